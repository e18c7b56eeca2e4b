"""What stands in a spec for a value -> the value: expressions and choices resolved, mistakes kept with their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from archgraph.errors import Finding, Mark, RuleError
from archgraph.graph.builder import MAX_NODES, Place, Stop
from archgraph.ops import mistakes
from archgraph.spec.evaluate import evaluate
from archgraph.spec.model import Block, Body, Choice, Expr, NodeSpec, Range, Spec

Env: TypeAlias = dict[str, Any]
Choose: TypeAlias = Callable[[str, Choice | Range], Any]

MAX_FINDINGS = 100


class Evaluation:
    """Evaluates the values of one spec. `findings` are the mistakes seen so far."""

    def __init__(self, spec: Spec, choose: Choose | None) -> None:
        self.spec = spec
        self.choose = choose
        self.findings: list[Finding] = []
        self.vars: Env = {}
        for name, value in spec.vars.items():
            self.vars[name] = self.value(value, self.vars, f"vars.{name}", spec.marks.get(f"vars.{name}"))

    def decide(self, name: str, choice: Choice | Range) -> Any:
        """What a choice takes: its default, or what the caller of `expand` chooses."""
        return self.choose(name, choice) if self.choose else choice.chosen

    def value(self, value: Any, env: Mapping[str, Any], name: str, at: Mark | None) -> Any:
        """Resolve expressions and choices inside a value; 1 and a finding where one of them is a mistake."""
        try:
            return evaluate(value, env, lambda choice: self.decide(name, choice))
        except RuleError as error:
            self.findings.append(Finding(f"{name}: {error.message}", at, error.hint))
            return 1

    def arguments(self, node: NodeSpec, name: str, env: Mapping[str, Any]) -> Env | None:
        """The node's arguments without expressions and choices; None where one of them is a mistake."""
        before = len(self.findings)
        args: Env = {}
        for key, value in node.args.items():
            kind = type(value)
            if kind is int or kind is str or kind is Body:
                args[key] = value
            elif isinstance(value, Expr):
                args[key] = self._expression(value, env, name, key, node)
            else:
                args[key] = self.value(value, env, f"{name}.{key}", node.marks.get("." + key))
        return args if len(self.findings) == before else None

    def _expression(self, value: Expr, env: Mapping[str, Any], name: str, key: str, node: NodeSpec) -> Any:
        """As `value`, for what most arguments are; names and places are looked up only for a mistake."""
        try:
            return value.evaluate(env)
        except RuleError as error:
            self.findings.append(Finding(f"{name}.{key}: {error.message}", node.marks.get("." + key), error.hint))
            return 1

    def defaults(self, op: str) -> Env:
        """The file's defaults for an op, with its expressions resolved."""
        given = self.spec.defaults.get(op)
        if not given:
            return {}
        marks = {f".{k}": mark for k in given if (mark := self.spec.marks.get(f"defaults.{op}.{k}"))}
        found = {k: self.value(v, self.vars, f"defaults.{op}.{k}", marks.get(f".{k}")) for k, v in given.items()}
        for mistake in mistakes(op, found):
            self.locate(mistake, Place(f"defaults.{op}", marks))
            found.pop(str(mistake.argument).partition(".")[0], None)
        return found

    def block_arguments(self, node: NodeSpec, block: Block, args: Mapping[str, Any]) -> Env:
        """A value for each argument of a block. Raises RuleError for one of the wrong type."""
        env: Env = {}
        for key, parameter in block.args.items():
            value = args[key] if key in args else self.value(parameter.default, self.vars, f"{node.op}.{key}", None)
            wanted = parameter.type or _type_name(parameter.default)
            if wanted and not _fits(value, wanted):
                raise RuleError(f"{key} of {node.op} is {value!r}, it takes {_ARTICLES[wanted]}", argument=key)
            env[key] = value
        return env

    def columns(self, node: NodeSpec, name: str, env: Mapping[str, Any]) -> Iterator[tuple[int | None, Env]]:
        """Number and variables of each column of `each`; None and no variables without one."""
        if node.each is None:
            yield None, {}
            return
        lists: dict[str, Sequence[Any]] = {}
        for key, value in node.each.items():
            at = node.marks.get(f"each.{key}", node.marks.get("each"))
            found = self.value(value, env, f"{name}.each.{key}", at)
            if not isinstance(found, tuple):
                self.findings.append(Finding(f"{name}: each.{key} is {found!r}, it takes a list", at))
                return
            lists[key] = found
        lengths = {key: len(values) for key, values in lists.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{key} has {length}" for key, length in lengths.items())
            message = f"{name}: the lists of each differ in length: {listed}"
            self.findings.append(Finding(message, node.marks.get("each"), "they are zipped, one copy a column"))
            return
        for number, row in enumerate(zip(*lists.values(), strict=True)):
            yield number, dict(zip(lists, row, strict=True))

    def count(self, node: NodeSpec, name: str, env: Mapping[str, Any]) -> int:
        """How many copies `repeat` asks for."""
        at = node.marks.get("repeat")
        count = self.value(node.repeat, env, f"{name}.repeat", at)
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            self.findings.append(Finding(f"{name}: repeat is {count!r}, it takes a whole number from 0", at))
            return 0
        if count > MAX_NODES:
            raise Stop(Finding(f"{name}: repeat is {count}", at, f"a network has at most {MAX_NODES:,} nodes"))
        return count

    def locate(self, error: RuleError, at: Place) -> None:
        """Keep the mistakes in an error as findings at their places, one a place."""
        for mistake in (error, *error.others):
            finding = at.finding(mistake)
            if not any(finding.at is not None and finding.at == other.at for other in self.findings):
                self.findings.append(finding)
        if len(self.findings) >= MAX_FINDINGS:
            raise Stop


_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,), "float": (int, float), "str": (str,), "bool": (bool,), "list": (tuple,),
}  # fmt: skip
_ARTICLES = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "list": "a list",
}


def _type_name(default: Any) -> str | None:
    """The type that a default value stands for; None where it says nothing (an expression, a choice, null)."""
    for name in ("bool", "int", "float", "str", "list"):
        if type(default) in _TYPES[name][-1:]:
            return name
    return None


def _fits(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "bool"
    return isinstance(value, _TYPES[wanted])
