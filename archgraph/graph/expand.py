"""Spec -> Graph: blocks, macros, copies and choices resolved, every node with its shape.

Shapes are inferred on the way, not in a pass of their own: `residual: {shortcut: auto}`, `se` and `eca` decide
by the shapes they see, so a graph of another input size is another expansion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from archgraph.errors import Finding, Mark, RuleError, SpecError, nearest
from archgraph.graph.builder import MAX_NODES, Assembly, MacroBuilder, Place, Stop
from archgraph.graph.model import Graph, Scope
from archgraph.graph.templates import Templates
from archgraph.ops import mistakes
from archgraph.ops.base import Macro, Primitive, Ref
from archgraph.shape import Shape
from archgraph.spec.evaluate import evaluate
from archgraph.spec.model import Block, Body, Choice, Expr, NodeSpec, Range, Spec
from archgraph.spec.naming import node_names

Env: TypeAlias = dict[str, Any]
Choose: TypeAlias = Callable[[str, Choice | Range], Any]

MAX_RECURSION = 64
MAX_STEPS = 100_000
"""Nodes as written that one expansion visits; more than MAX_NODES, as blocks and empty graphs make no nodes."""


def expand(spec: Spec, *, input: Shape | None = None, choose: Choose | None = None) -> Graph:
    """Resolve a spec into a graph of primitive ops with shapes.

    `input` replaces the spec's `(C, H, W)`. `choose` is asked at every choice, with a name such as `vars.width`
    or `stage.0.1.kernel`, and gives one of its options; without it every choice takes its default.
    Raises SpecError with every mistake that one run can find.
    """
    expansion = _Expansion(spec, {"in": tuple(input or spec.input)}, choose)
    try:
        last = expansion.run()
        if not expansion.findings:
            return expansion.graph(last)
    except Stop as stop:
        expansion.findings.extend([stop.finding] if stop.finding else [])
    except RecursionError:
        expansion.findings.append(Finding(f"{spec.name} nests its graphs too deeply", spec.marks.get("graph")))
    raise SpecError(expansion.findings)


class _Expansion:
    """One run of `expand`: what has been assembled so far, and the mistakes found."""

    def __init__(self, spec: Spec, inputs: Mapping[str, Shape], choose: Choose | None) -> None:
        self.spec = spec
        self.choose = choose
        self.findings: list[Finding] = []
        self.names: dict[str, Ref | None] = {"in": Ref("in")}
        self.assembly = Assembly(inputs, self.evaluated_defaults)
        self.depth = 0
        self.steps = 0
        self.vars: Env = {}
        for name, value in spec.vars.items():
            self.vars[name] = self._value(value, self.vars, f"vars.{name}", spec.marks.get(f"vars.{name}"))
        self.templates = Templates(self.assembly, spec, self.vars)

    def evaluated_defaults(self, op: str) -> dict[str, Any]:
        """The file's defaults for an op, with its expressions resolved."""
        given = self.spec.defaults.get(op)
        if not given:
            return {}
        marks = {f".{k}": mark for k in given if (mark := self.spec.marks.get(f"defaults.{op}.{k}"))}
        found = {k: self._value(v, self.vars, f"defaults.{op}.{k}", marks.get(f".{k}")) for k, v in given.items()}
        for mistake in mistakes(op, found):
            self._locate(mistake, Place(f"defaults.{op}", marks))
            found.pop(str(mistake.argument).partition(".")[0], None)
        return found

    def run(self) -> Ref | None:
        return self.body(self.spec.graph, "", self.vars, Ref("in"), self.names)

    def graph(self, last: Ref | None) -> Graph:
        if last is None or not self.assembly.nodes:
            raise SpecError([Finding(f"{self.spec.name} has no nodes", self.spec.marks.get("graph"))])
        outputs = {name: self._output(at, "outputs." + name) for name, at in self.spec.outputs.items()}
        features = {name: self._output(at, "features." + name) for name, at in self.spec.features.items()}
        if self.findings:
            raise SpecError(self.findings)
        return Graph(
            name=self.spec.name,
            inputs=self.assembly.inputs,
            nodes=self.assembly.nodes,
            outputs=outputs or {"output": last},
            train_only=frozenset(self.spec.train_only),
            features=features,
            scopes=self.assembly.scopes,
        )

    def _output(self, name: str, key: str) -> Ref:
        ref = self._lookup(name, self.names, self.spec.marks.get(key))
        return ref or Ref("in")

    def body(
        self, body: Body, prefix: str, env: Mapping[str, Any], first: Ref | None, names: dict[str, Ref | None]
    ) -> Ref | None:
        """Expand the nodes of one graph below `prefix`; None where a mistake leaves its output unknown."""
        above = first
        for name, node in zip(node_names(body), body.nodes, strict=True):
            marks = node.marks
            self._step(node, prefix + name)
            if node.when is not None and not self._value(node.when, env, "when", marks.get("when")):
                continue
            if node.inputs is None:
                inputs: tuple[Ref | None, ...] = (above,)
            else:
                inputs = tuple(
                    above
                    if wanted == "prev"
                    else self._lookup(wanted, names, marks.get(f"from.{n}", marks.get("from")))
                    for n, wanted in enumerate(node.inputs)
                )
            if node.repeat is None and node.each is None:
                above = self.node(node, prefix + name, env, inputs)
            else:
                above = self._copies(node, prefix, name, env, inputs, names)
            names[name] = above
        return above

    def _step(self, node: NodeSpec, name: str) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            message = f"{name}: the network takes more than {MAX_STEPS:,} steps to expand"
            raise Stop(Finding(message, node.marks.get("op")))

    def _lookup(self, wanted: str, names: Mapping[str, Ref | None], at: Mark | None) -> Ref | None:
        if wanted in names:
            return names[wanted]
        if "/" in wanted:
            name, _, output = wanted.rpartition("/")
            if output == "0" and name in names:
                return names[name]
            self.findings.append(Finding(f"{name!r} has no output {output}", at, "it gives one, number 0"))
            return None
        self.findings.append(Finding(f"no node {wanted!r} above", at, nearest(wanted, [*names, "prev"])))
        return None

    def _copies(
        self,
        node: NodeSpec,
        prefix: str,
        name: str,
        env: Mapping[str, Any],
        inputs: tuple[Ref | None, ...],
        names: dict[str, Ref | None],
    ) -> Ref | None:
        """Expand a node with `repeat` or `each`: every copy is fed by the one before."""
        columns = self._columns(node, prefix + name, env)
        before = len(self.assembly.nodes)
        self.assembly.open(prefix + name, Scope(node.op, "copies", at=node.marks.get("op")))
        out: Ref | None = inputs[0]
        for column, values in columns:
            label = name if column is None else f"{name}.{column}"
            local = {**env, **values}
            if node.repeat is None:
                inputs = (out := self.node(node, prefix + label, local, inputs),)
            else:
                count = self._count(node, prefix + label, local)
                if column is not None and count:
                    self.assembly.open(prefix + label, Scope(node.op, "copies", values, node.marks.get("op")))
                for index in range(count):
                    self._step(node, prefix + label)
                    local["i"] = index
                    inputs = (out := self.node(node, f"{prefix}{label}.{index}", local, inputs),)
                    names[f"{label}.{index}"] = out
            names[label] = out
        self.assembly.close(prefix + name, before)
        return out

    def _columns(
        self, node: NodeSpec, name: str, env: Mapping[str, Any]
    ) -> Iterator[tuple[int | None, Env]] | Sequence[tuple[int | None, Env]]:
        if node.each is None:
            return [(None, {})]
        lists: dict[str, Sequence[Any]] = {}
        for key, value in node.each.items():
            at = node.marks.get(f"each.{key}", node.marks.get("each"))
            found = self._value(value, env, f"{name}.each.{key}", at)
            if not isinstance(found, tuple):
                self.findings.append(Finding(f"{name}: each.{key} is {found!r}, it takes a list", at))
                return []
            lists[key] = found
        lengths = {key: len(values) for key, values in lists.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{key} has {length}" for key, length in lengths.items())
            message = f"{name}: the lists of each differ in length: {listed}"
            self.findings.append(Finding(message, node.marks.get("each"), "they are zipped, one copy a column"))
            return []
        return ((n, dict(zip(lists, row, strict=True))) for n, row in enumerate(zip(*lists.values(), strict=True)))

    def _count(self, node: NodeSpec, name: str, env: Mapping[str, Any]) -> int:
        at = node.marks.get("repeat")
        count = self._value(node.repeat, env, f"{name}.repeat", at)
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            self.findings.append(Finding(f"{name}: repeat is {count!r}, it takes a whole number from 0", at))
            return 0
        if count > MAX_NODES:
            raise Stop(Finding(f"{name}: repeat is {count}", at, f"a network has at most {MAX_NODES:,} nodes"))
        return count

    def node(self, node: NodeSpec, name: str, env: Mapping[str, Any], inputs: tuple[Ref | None, ...]) -> Ref | None:
        """Expand one copy of a node; None where a mistake leaves its output unknown."""
        args = self._arguments(node, name, env)
        if args is None or None in inputs:
            return None
        known: tuple[Ref, ...] = inputs  # type: ignore[assignment]
        at = Place(name, node.marks)
        try:
            block = self.spec.blocks.get(node.op)
            if block is not None:
                return self._block(node, block, name, args, known)
            op = self.assembly.make(node.op, args)
            if isinstance(op, Primitive):
                return self.assembly.primitive(name, op, known, at)
            assert isinstance(op, Macro)
            return self.macro(name, op, at, env, known, args)
        except RuleError as error:
            self._locate(error, at)
        except _Unknown:
            pass  # the mistake inside the macro is already a finding
        return None

    def macro(
        self, name: str, op: Macro, at: Place, env: Mapping[str, Any], inputs: tuple[Ref, ...], args: Mapping[str, Any]
    ) -> Ref:
        """Expand a macro in a scope of its own."""
        self.assembly.check_arity(op, inputs)
        before = len(self.assembly.nodes)
        self.assembly.open(name, Scope(op.op, "macro", _plain(args), at.op))
        out = op.expand(MacroBuilder(self.assembly, self, at, name, env), *inputs)
        self.assembly.close(name, before)
        return out

    def inner(self, body: Body, name: str, env: Mapping[str, Any], first: Ref) -> Ref:
        """Expand a graph-valued argument in a scope of its own, for a macro."""
        if not body.nodes:
            return first
        before = len(self.assembly.nodes)
        self.assembly.open(name, Scope("body", "body"))
        out = self.body(body, name + ".", env, first, {"in": first})
        if out is None:
            raise _Unknown
        self.assembly.close(name, before)
        return out

    def decide(self, name: str, choice: Choice | Range) -> Any:
        """What a choice takes: its default, or what the caller of `expand` chooses."""
        return self.choose(name, choice) if self.choose else choice.chosen

    def _block(
        self, node: NodeSpec, block: Block, name: str, args: Mapping[str, Any], inputs: tuple[Ref, ...]
    ) -> Ref | None:
        if len(inputs) != 1:
            raise RuleError(f"{node.op} takes one input, given {len(inputs)}", argument="from")
        if self.depth >= MAX_RECURSION:
            hint = "bound it with `when:`, e.g. `when: $depth > 1`"
            message = f"block {node.op!r} contains itself without end ({MAX_RECURSION} levels)"
            raise Stop(Finding(message, node.marks.get("op"), hint))
        assembly = self.assembly
        key = None if self.choose else self.templates.key(node.op, args, assembly.shapes[inputs[0].node])
        known = self.templates.replay(key, name, inputs[0])
        if known is not None:
            return known
        env = {**self.vars, **self._block_arguments(node, block, args)}
        for variable, value in block.vars.items():
            env[variable] = self._value(value, env, f"{name}.vars.{variable}", block.marks.get(f"vars.{variable}"))
        before = len(assembly.order), len(assembly.opened), assembly.params
        assembly.open(name, Scope(node.op, "block", _plain(args), node.marks.get("op")))
        self.depth += 1
        out = self.body(block.graph, name + ".", env, inputs[0], {"in": inputs[0]})
        self.depth -= 1
        assembly.close(name, before[0])
        if key is not None and out is not None and len(assembly.order) > before[0]:
            self.templates.record(key, name, inputs[0], out, *before)
        return out

    def _block_arguments(self, node: NodeSpec, block: Block, args: Mapping[str, Any]) -> Env:
        env: Env = {}
        for key, parameter in block.args.items():
            value = args[key] if key in args else self._value(parameter.default, self.vars, f"{node.op}.{key}", None)
            wanted = parameter.type or _type_name(parameter.default)
            if wanted and not _fits(value, wanted):
                raise RuleError(f"{key} of {node.op} is {value!r}, it takes {_ARTICLES[wanted]}", argument=key)
            env[key] = value
        return env

    def _arguments(self, node: NodeSpec, name: str, env: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The node's arguments without expressions and choices; None where one of them is a mistake."""
        before = len(self.findings)
        args: dict[str, Any] = {}
        for key, value in node.args.items():
            kind = type(value)
            if kind is int or kind is str or kind is Body:
                args[key] = value
            elif isinstance(value, Expr):
                args[key] = self._expression(value, env, name, key, node)
            else:
                args[key] = self._value(value, env, f"{name}.{key}", node.marks.get("." + key))
        return args if len(self.findings) == before else None

    def _expression(self, value: Expr, env: Mapping[str, Any], name: str, key: str, node: NodeSpec) -> Any:
        """As `_value`, for what most arguments are; names and places are looked up only for a mistake."""
        try:
            return value.evaluate(env)
        except RuleError as error:
            self.findings.append(Finding(f"{name}.{key}: {error.message}", node.marks.get("." + key), error.hint))
            return 1

    def _value(self, value: Any, env: Mapping[str, Any], name: str, at: Mark | None) -> Any:
        """Resolve expressions and choices inside a value; 1 and a finding where one of them is a mistake."""
        try:
            return evaluate(value, env, lambda choice: self.decide(name, choice))
        except RuleError as error:
            self.findings.append(Finding(f"{name}: {error.message}", at, error.hint))
            return 1

    def _locate(self, error: RuleError, at: Place) -> None:
        for mistake in (error, *error.others):
            finding = at.finding(mistake)
            if not any(finding.at is not None and finding.at == other.at for other in self.findings):
                self.findings.append(finding)
        if len(self.findings) >= 100:
            raise Stop


class _Unknown(Exception):  # noqa: N818 - a signal, caught by the node around the macro
    """A graph inside a macro has a mistake that is already reported."""


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


def _plain(args: Mapping[str, Any]) -> Env:
    """Arguments to show beside a box: its graphs are shown as what is in it."""
    plain = {key: value for key, value in args.items() if isinstance(value, (int, float, str, tuple))}
    return {key: value for key, value in plain.items() if not (type(value) is tuple and Body in map(type, value))}


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
