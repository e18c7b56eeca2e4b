"""Located tree -> nodes: the op with its arguments by name, and the reserved keys beside it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from archgraph.errors import Mark, nearest
from archgraph.spec.beside import read_beside
from archgraph.spec.expressions import is_expression
from archgraph.spec.findings import Findings, listed, quoted
from archgraph.spec.identifiers import COPY, PATH, PATH_RULE, Known
from archgraph.spec.model import RESERVED, Body, NodeSpec, Value
from archgraph.spec.references import check_body
from archgraph.spec.tree import Entry, Located, Map, Scalar, Seq, kind
from archgraph.spec.values import Values, is_tagged
from archgraph.spec.vocabulary import Argument, Signature, Vocabulary

_FORMS = "write `op`, `op: value` or `op: {argument: value}`"


class Nodes:
    """Reads graphs in one file's words: the vocabulary's ops and the file's blocks."""

    def __init__(self, ops: Vocabulary, findings: Findings) -> None:
        self.ops = ops
        self.findings = findings
        self.values = Values(findings)
        self.defaults: Mapping[str, Mapping[str, Value]] = {}

    def body(self, node: Located, known: Known, *, what: str = "a graph") -> Body:
        """A list of nodes."""
        if not isinstance(node, Seq):
            hint = "begin each node with '- '" if isinstance(node, Map) else "e.g. `[conv: 64, relu]`"
            self.findings.add(f"{what} is a list of nodes, given {kind(node)}", node.mark, hint)
            return Body()
        body = Body(tuple([self.node(item, known) for item in node.items]))
        check_body(body, self.findings)
        return body

    def node(self, node: Located, known: Known) -> NodeSpec:
        """One node; a NodeSpec with what could be read where there are mistakes."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            signature = self._signature(node.text, node.mark)
            if signature:
                self._check_required(signature, (), node.mark)
            return NodeSpec(node.text, marks={"op": node.mark})
        if not isinstance(node, Map):
            self.findings.add(f"a node is an op with its arguments, given {kind(node)}", node.mark, _FORMS)
            return NodeSpec("?")
        op = self._op(node)
        marks: dict[str, Mark] = {}
        beside = read_beside(node, self.values, known, marks)
        if op is None:
            return NodeSpec("?", id=beside.get("id"), marks=marks)
        entry = node.entries[op]
        marks["op"] = entry.key
        each, inside = beside.get("each"), known
        if each:
            inside = inside.plus(each)
        if "repeat" in node.entries:
            inside = inside.plus((COPY,))
        signature = self._signature(op, entry.key)
        others = [key for key in node.entries if key != op and key not in RESERVED]
        args = self.arguments(signature, entry, inside, marks, beside=others) if signature else {}
        return NodeSpec(op, args, marks=marks, **beside)

    def _op(self, node: Map) -> str | None:
        """The key that is the node's op."""
        others = [key for key in node.entries if key not in RESERVED]
        if len(others) == 1:
            return others[0]
        if not others:
            keys = listed(tuple(f"`{key}`" for key in node.entries))
            hint = f"{keys} can only stand beside an op" if keys else _FORMS
            self.findings.add("a node without an op", node.mark, hint)
            return None
        ops = [key for key in others if key in self.ops]
        if len(ops) > 1:
            named = listed(tuple(quoted(op) for op in ops))
            hint = "begin each with '- ', or indent what belongs to the first below it"
            self.findings.add(f"a node has one op, this one has {len(ops)}: {named}", node.entries[ops[1]].key, hint)
            return ops[0]
        op = ops[0] if ops else others[0]
        for key in others:
            if key != op:
                self._report_beside(key, op, node.entries[key].key)
        return op

    def _report_beside(self, key: str, op: str, at: Mark) -> None:
        signature = self.ops.get(op)
        if signature and key in signature.arguments:
            hint = f"it is an argument of {op}: write `{op}: {{{key}: ...}}`"
        else:
            hint = nearest(key, RESERVED, kind="beside an op stand only")
        self.findings.add(f"unknown key {quoted(key)} beside {quoted(op)}", at, hint)

    def _signature(self, op: str, at: Mark) -> Signature | None:
        signature = self.ops.get(op)
        if signature is None:
            hint = nearest(op, self.ops, kind="ops") or "`archgraph ops` lists them"
            if "$" in op:
                hint = "an op is a plain name; `choice: {pick: $name, ...}` takes one of several graphs"
            self.findings.add(f"unknown op {quoted(op)}", at, hint)
        return signature

    def arguments(
        self,
        signature: Signature,
        entry: Entry,
        known: Known,
        marks: dict[str, Mark],
        *,
        all_named: bool = False,
        beside: Collection[str] = (),
    ) -> dict[str, Value]:
        """The arguments of an op by name, positions put into `marks`; with `all_named` none is required.

        What stands `beside` the op by mistake is not reported as missing too.
        """
        op, given = signature.op, entry.value
        named = self._named(signature, given, all_named=all_named)
        args: dict[str, Value] = {}
        for key, value in named.items():
            argument = signature.arguments.get(key)
            if argument is not None:
                args[key] = self._argument(argument, value, known, marks)
            elif signature.rest and not all_named:
                self._check_path(key, op, given.entries[key].key if isinstance(given, Map) else given.mark)
                args[key] = self.body(value, known, what=f"{quoted(key)} of {op}")
                marks["." + key] = value.mark
            else:
                at = given.entries[key].key if isinstance(given, Map) else given.mark
                hint = nearest(key, signature.arguments, kind=f"arguments of {op}", most=24)
                self.findings.add(f"unknown argument {quoted(key)} of {op}", at, hint)
        if not all_named:
            self._check_required(signature, (*named, *beside), entry.key)
        return args

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
        names = list(signature.arguments)
        first = next(iter(signature.arguments.values()), None)
        if first and first.holds != "value" and isinstance(given, Seq):
            hint = f"write `{signature.op}: {{{first.name}: [...]}}`"
            self.findings.add(f"{signature.op} takes its graphs by name, given a list", given.mark, hint)
            return {first.name: Seq((), given.mark)}
        values = list(given.items) if isinstance(given, Seq) else [given]
        if len(values) > len(names):
            takes = f"takes at most {len(names)}: {', '.join(names)}" if names else "takes no arguments"
            hint = f"a list is given by name: `{signature.op}: {{{names[0]}: [...]}}`" if names else ""
            count = f"{len(values)} values" if len(values) > 1 else "a value"
            self.findings.add(f"{count} for {signature.op}, which {takes}", values[len(names)].mark, hint)
        return dict(zip(names, values, strict=False))

    def _argument(self, argument: Argument, node: Located, known: Known, marks: dict[str, Mark]) -> Value:
        path = "." + argument.name
        if argument.holds == "value":
            return self.values.value(node, known, marks, path)
        marks[path] = node.mark
        if argument.holds == "graph":
            return self._graph(argument, node, known)
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
        return self.body(node, known, what=argument.name)

    def _graphs(self, argument: Argument, node: Located, known: Known, marks: dict[str, Mark]) -> Value:
        """A list of graphs, or a mapping of names to graphs."""
        path, name = "." + argument.name, argument.name
        if isinstance(node, Seq):
            for number, item in enumerate(node.items):
                marks[f"{path}.{number}"] = item.mark
            return tuple([self.body(item, known, what=f"each of {name}") for item in node.items])
        if isinstance(node, Map):
            for key, entry in node.entries.items():
                marks[f"{path}.{key}"] = entry.value.mark
                self._check_path(key, name, entry.key)
            return {
                key: self.body(entry.value, known, what=f"{quoted(key)} of {name}")
                for key, entry in node.entries.items()
            }
        hint = f"e.g. `{name}: [[conv: 64], [conv: 64, relu]]`"
        self.findings.add(f"{name} is a list of graphs, given {kind(node)}", node.mark, hint)
        return None

    def _check_path(self, key: str, what: str, at: Mark) -> None:
        if not PATH.fullmatch(key):
            self.findings.add(f"{quoted(key)} cannot name a graph of {what}", at, PATH_RULE)

    def _check_required(self, signature: Signature, given: Collection[str], at: Mark) -> None:
        """Report required arguments that are not given; one that is misspelt is reported as that."""
        defaults = self.defaults.get(signature.op, {})
        wanted = [name for name, argument in signature.arguments.items() if argument.required]
        missing = [name for name in wanted if name not in given and name not in defaults]
        misspelt = [name for name in given if name not in signature.arguments]
        missing = [name for name in missing if not difflib.get_close_matches(name, misspelt, cutoff=0.55)]
        if missing:
            example = ", ".join(f"{name}: ..." for name in missing)
            hint = f"write `{signature.op}: {{{example}}}`"
            self.findings.add(f"{signature.op} needs {listed(tuple(map(quoted, missing)))}", at, hint)
