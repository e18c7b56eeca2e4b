"""Located tree -> the arguments of an op by name: values, graphs, names of nodes, columns."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from archgraph.errors import Mark, nearest
from archgraph.spec.beside import read_columns
from archgraph.spec.expressions import is_expression
from archgraph.spec.findings import Findings, listed, quoted
from archgraph.spec.identifiers import PATH, PATH_RULE, VARIABLE, VARIABLE_RULE, Known
from archgraph.spec.model import Body, Value
from archgraph.spec.tree import Entry, Located, Map, Scalar, Seq, kind
from archgraph.spec.values import Values, is_tagged
from archgraph.spec.vocabulary import Argument, Signature

ReadBody: TypeAlias = Callable[[Located, Known, str], Body]


class Arguments:
    """Reads what is given to ops; `body` reads a graph among it, `defaults` are the file's."""

    def __init__(self, values: Values, body: ReadBody) -> None:
        self.values, self.body = values, body
        self.findings: Findings = values.findings
        self.defaults: Mapping[str, Mapping[str, Value]] = {}

    def read(
        self,
        signature: Signature,
        entry: Entry,
        known: Known,
        marks: dict[str, Mark],
        *,
        all_named: bool = False,
        beside: Collection[str] = (),
        shares: bool = False,
    ) -> dict[str, Value]:
        """The arguments of an op by name, positions put into `marks`.

        With `all_named` none stands by position and none is required. What stands `beside` the op by mistake is not
        reported as missing too, and a node that `shares` may leave all of them out.
        """
        given = entry.value
        named = self._named(signature, given, all_named=all_named)
        args: dict[str, Value] = {}
        for key in signature.columns:
            if key in named:
                marks["." + key] = named[key].mark
                args[key] = columns = read_columns(named[key], self.values, known, marks, "." + key)
                known = known.plus(columns or ())
        for key, value in named.items():
            argument = signature.arguments.get(key)
            if argument is not None:
                if argument.holds != "columns":
                    args[key] = self._argument(argument, value, known, marks)
                continue
            at = given.entries[key].key if isinstance(given, Map) and key in given.entries else given.mark
            if all_named or not (signature.rest or signature.free):
                hint = nearest(key, signature.arguments, kind=f"arguments of {signature.op}", most=24)
                self.findings.add(f"unknown argument {quoted(key)} of {signature.op}", at, hint)
            else:
                args[key] = self._further(signature, key, at, value, known, marks)
        if signature.free and not signature.arguments:
            self._check_numbered(signature, args, given.mark)
        if not all_named and (named or not shares):
            self.check_required(signature, (*named, *beside), entry.key)
        return args

    def check_required(self, signature: Signature, given: Collection[str], at: Mark) -> None:
        """Report required arguments that are not given; one that is misspelt is reported as that."""
        wanted = [name for name, argument in signature.arguments.items() if argument.required]
        missing = [name for name in wanted if name not in given]
        if missing:
            defaults = self.defaults.get(signature.op, {})
            # Where every further key has a meaning of its own, none is a misspelt argument.
            misspelt = [name for name in given if name not in signature.arguments and not signature.free]
            missing = [name for name in missing if name not in defaults]
            missing = [name for name in missing if not difflib.get_close_matches(name, misspelt, cutoff=0.55)]
        if missing:
            example = ", ".join(f"{name}: ..." for name in missing)
            hint = f"write `{signature.op}: {{{example}}}`"
            self.findings.add(f"{signature.op} needs {listed(tuple(map(quoted, missing)))}", at, hint)

    def _named(self, signature: Signature, given: Located, *, all_named: bool) -> dict[str, Located]:
        """What is given for each argument; `all_named` allows no values by position."""
        if isinstance(given, Map) and not self._is_first(given, signature):
            return {key: entry.value for key, entry in given.entries.items()}
        if isinstance(given, Scalar) and given.value is None:
            return {}
        if all_named:
            message = f"{signature.op} takes arguments by name here, given {kind(given)}"
            self.findings.add(message, given.mark, "e.g. `conv: {norm: batch, act: relu}`")
            return {}
        return self._positional(signature, given)

    def _is_first(self, given: Map, signature: Signature) -> bool:
        """Whether a mapping is a choice or range for the first argument, rather than arguments by name."""
        tagged = [key for key in ("choice", "range") if key in given.entries]
        return bool(tagged) and not signature.rest and not any(key in signature.arguments for key in tagged)

    def _positional(self, signature: Signature, given: Located) -> dict[str, Located]:
        values = list(given.items) if isinstance(given, Seq) else [given]
        names = list(signature.arguments)
        if signature.free and not names:
            names = [str(number) for number in range(len(values))]
        first = next(iter(signature.arguments.values()), None)
        if first and first.holds not in ("value", "node") and isinstance(given, Seq):
            hint = f"write `{signature.op}: {{{first.name}: [...]}}`"
            self.findings.add(f"{signature.op} takes its graphs by name, given a list", given.mark, hint)
            return {first.name: Seq((), given.mark)}
        if len(values) > len(names):
            takes = f"takes at most {len(names)}: {', '.join(names)}" if names else "takes no arguments"
            hint = f"a list is given by name: `{signature.op}: {{{names[0]}: [...]}}`" if names else ""
            count = f"{len(values)} values" if len(values) > 1 else "a value"
            self.findings.add(f"{count} for {signature.op}, which {takes}", values[len(names)].mark, hint)
        return dict(zip(names, values, strict=False))

    def _further(
        self, signature: Signature, key: str, at: Mark, value: Located, known: Known, marks: dict[str, Mark]
    ) -> Value:
        """What is given beside the arguments of a word: a graph by name, a variable, an argument of a torch class."""
        if signature.rest:
            marks["." + key] = value.mark
            self._check_path(key, signature.op, at)
            return self.body(value, known, f"{quoted(key)} of {signature.op}")
        if not VARIABLE.fullmatch(key) and not (key.isdigit() and not signature.arguments):
            self.findings.add(f"{quoted(key)} cannot name an argument of {signature.op}", at, VARIABLE_RULE)
        return self.values.value(value, known, marks, "." + key)

    def _check_numbered(self, signature: Signature, args: Mapping[str, Value], at: Mark) -> None:
        """Arguments by position are numbered without a gap."""
        numbers = [key for key in args if key.isdigit()]
        if set(numbers) != {str(number) for number in range(len(numbers))}:
            message = f"{signature.op}: arguments by position are numbered 0, 1, ..., given {', '.join(numbers[:12])}"
            self.findings.add(message, at, f"write `{signature.op}: [...]`")

    def _argument(self, argument: Argument, node: Located, known: Known, marks: dict[str, Mark]) -> Value:
        path = "." + argument.name
        if argument.holds == "value":
            return self.values.value(node, known, marks, path)
        marks[path] = node.mark
        if argument.holds == "graph":
            return self._graph(argument, node, known)
        if argument.holds == "node":
            return self._node(argument, node, known)
        return self._graphs(argument, node, known, marks)

    def _graph(self, argument: Argument, node: Located, known: Known) -> Value:
        """A list of nodes, or a text that stands for one (`shortcut: identity`)."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            if not is_expression(node.value):
                return node.value
            hint = "write the graph, or `choice: {...}` as a node in it"
            self.findings.add(f"{argument.name} is a graph and cannot be an expression", node.mark, hint)
            return None
        if isinstance(node, Map) and is_tagged(node):
            return self.values.tagged(node, known, lambda option: self._graph(argument, option, known))
        return self.body(node, known, argument.name)

    def _node(self, argument: Argument, node: Located, known: Known) -> Value:
        """The name of a node above, or a choice of such names; whether it exists is seen when the graph is read."""
        if isinstance(node, Map) and "choice" in node.entries:
            return self.values.tagged(node, known, lambda option: self._node(argument, option, known))
        if isinstance(node, Scalar) and isinstance(node.value, str):
            if not is_expression(node.value):
                return node.value
            message = f"{argument.name} names a node and cannot be an expression"
            self.findings.add(message, node.mark, "write `{choice: [a, b]}` for one of several")
        elif not (isinstance(node, Scalar) and node.value is None):
            message = f"{argument.name} takes the name of a node, given {kind(node)}"
            self.findings.add(message, node.mark, f"e.g. `{argument.name}: stem`")
        return None

    def _graphs(self, argument: Argument, node: Located, known: Known, marks: dict[str, Mark]) -> Value:
        """A list of graphs, or a mapping of names to graphs; or a choice of such lists."""
        path, name = "." + argument.name, argument.name
        if isinstance(node, Map) and "choice" in node.entries:
            return self.values.tagged(node, known, lambda option: self._graphs(argument, option, known, {}))
        if isinstance(node, Seq):
            for number, item in enumerate(node.items):
                marks[f"{path}.{number}"] = item.mark
            return tuple([self.body(item, known, f"each of {name}") for item in node.items])
        if isinstance(node, Map):
            for key, entry in node.entries.items():
                marks[f"{path}.{key}"] = entry.value.mark
                self._check_path(key, name, entry.key)
            entries = node.entries.items()
            return {key: self.body(entry.value, known, f"{quoted(key)} of {name}") for key, entry in entries}
        hint = f"e.g. `{name}: [[conv: 64], [conv: 64, relu]]`"
        self.findings.add(f"{name} is a list of graphs, given {kind(node)}", node.mark, hint)
        return None

    def _check_path(self, key: str, what: str, at: Mark) -> None:
        if not PATH.fullmatch(key):
            self.findings.add(f"{quoted(key)} cannot name a graph of {what}", at, PATH_RULE)
