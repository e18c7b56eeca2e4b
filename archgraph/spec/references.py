"""Names that stand for nodes, and whether they exist: `stem`, `stage.0.2` (a copy), `x/1`, `x/c2` (an output)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from archgraph.errors import Mark, nearest
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.identifiers import ABOVE, INPUT
from archgraph.spec.model import Body, Choice, NodeSpec
from archgraph.spec.naming import node_names
from archgraph.spec.uses import Uses
from archgraph.spec.vocabulary import USE, Vocabulary

_REFERENCE = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)((?:\.[0-9]{1,9})*)(?:/([0-9]{1,9}|[A-Za-z_][A-Za-z0-9_-]*))?")
_FORMS = "a node's name, `in`, `prev`, a copy such as `stage.0.2`, or an output such as `stage/1` or `net/c2`"


class Reference(NamedTuple):
    """What a reference says: a node's name, which of its copies, and which of its outputs, by number or name."""

    name: str
    copies: tuple[int, ...] = ()
    output: int | str = 0


def read_reference(text: str) -> Reference | None:
    """The parts of a reference; None where the text is none.

    >>> read_reference("stage.0.2")
    Reference(name='stage', copies=(0, 2), output=0)
    """
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    name, copies, output = match.groups(default="0")
    numbers = tuple(int(part) for part in copies.split(".")[1:])
    return Reference(name, numbers, int(output) if output.isdigit() else output)


class References:
    """Checks the names by which the nodes of a file refer to one another; `words` are the ops it may use."""

    def __init__(self, words: Vocabulary, uses: Uses, findings: Findings) -> None:
        self.words, self.uses, self.findings = words, uses, findings
        self._outputs: dict[int, Collection[str] | None] = {}

    def check_body(self, body: Body, inputs: Collection[str] = ()) -> None:
        """Check one graph: every name once, and every `from`, `share` and `like` a name that stands above.

        `inputs` are names that stand for inputs of the graph.
        """
        names, inputs = node_names(body), frozenset(inputs)
        first: dict[str, NodeSpec] = {}
        for name, node in zip(names, body.nodes, strict=True):
            if name in first or name in inputs:
                self._report_twice(name, node, first.get(name))
            else:
                first[name] = node
        above = _Above({}, first, inputs)
        for name, node in zip(names, body.nodes, strict=True):
            for text, at in self._taken(node):
                if text not in (INPUT, ABOVE):
                    self._check_input(text, at, node, above)
            if node.share is not None:
                self._check_share(node.share, node, above)
            above.nodes[name] = node

    def check_names(
        self, what: str, wanted: Mapping[str, tuple[str, Mark]], body: Body, inputs: Collection[str]
    ) -> None:
        """Check that what `outputs` or `features` name stands in the graph."""
        nodes, inputs = dict(zip(node_names(body), body.nodes, strict=True)), frozenset(inputs)
        for text, at in wanted.values():
            reference = read_reference(text)
            name = reference.name if reference else ""
            if reference and (name == INPUT or name in inputs):
                self._check_of_input(reference, text, at)
            elif reference is None or name not in nodes:
                hint = nearest(text, [*nodes, *inputs], kind="nodes")
                self.findings.add(f"{what}: unknown node {quoted(text)}", at, hint)
            else:
                self._check_node(reference, at, nodes[name])

    def _taken(self, node: NodeSpec) -> Iterator[tuple[str, Mark | None]]:
        """The names in `from`, and in arguments that hold a node."""
        marks = node.marks
        for number, text in enumerate(node.inputs or ()):
            yield text, marks.get(f"from.{number}") or marks.get("from")
        signature = self.words.get(node.op)
        for name in signature.nodes if signature else ():
            value = node.args.get(name)
            for option in value.options if isinstance(value, Choice) else (value,):
                if isinstance(option, str):
                    yield option, marks.get("." + name)

    def _report_twice(self, name: str, node: NodeSpec, first: NodeSpec | None) -> None:
        if first is None:
            at = node.marks.get("id") if node.id is not None else node.marks.get("op")
            message = f"this node is named {quoted(name)}, and so is an input"
            self.findings.add(message, at, "give it another `id`")
            return
        line = _line(first)
        if node.id is not None:
            hint = f"it is given first in line {line}; a name is given once in its graph"
            self.findings.add(f"the id {quoted(name)} is given twice", node.marks.get("id"), hint)
        else:
            message = f"this node is named {quoted(name)} after its op and number, and so is the one in line {line}"
            self.findings.add(message, node.marks.get("op"), "give it an `id` of its own")

    def _check_input(self, text: str, at: Mark | None, node: NodeSpec, above: _Above) -> None:
        reference = read_reference(text)
        if reference is None:
            self.findings.add(f"{quoted(text)} is not the name of a node", at, _FORMS)
        elif reference.name in (INPUT, ABOVE) or reference.name in above.inputs:
            self._check_of_input(reference, text, at)
        elif self._stands_above(reference.name, at, node, above):
            self._check_node(reference, at, above.nodes[reference.name])

    def _stands_above(self, name: str, at: Mark | None, node: NodeSpec, above: _Above) -> bool:
        if name in above.nodes:
            return True
        if above.all_nodes.get(name) is node:
            self.findings.add(f"{quoted(name)} takes its own output: a cycle", at, "a node takes what stands above it")
        elif name in above.all_nodes:
            line = _line(above.all_nodes[name])
            message = f"{quoted(name)} is a forward reference: it stands below, in line {line}"
            self.findings.add(message, at, "a node takes what stands above it; move one of the two")
        else:
            known = [*above.nodes, *above.inputs, INPUT, ABOVE]
            self.findings.add(f"unknown node {quoted(name)}", at, nearest(name, known, kind="above"))
        return False

    def _check_of_input(self, reference: Reference, text: str, at: Mark | None) -> None:
        """`in/1` is one of what comes in; nothing else of `in`, of `prev` or of a named input can be chosen."""
        if reference.copies or (reference.output and (reference.name != INPUT or isinstance(reference.output, str))):
            hint = "give the node above an `id` to choose from what it gives" if reference.name == ABOVE else ""
            message = f"{quoted(text)}: {reference.name!r} has neither copies nor named outputs"
            self.findings.add(message, at, hint)

    def _check_share(self, text: str, node: NodeSpec, above: _Above) -> None:
        at = node.marks.get("share")
        reference = read_reference(text)
        if reference is None or "/" in text or reference.name in (INPUT, ABOVE) or reference.name in above.inputs:
            hint = "the `id` of a node above, or one of its copies, such as `stage.0`"
            self.findings.add(f"`share` takes the name of a node, given {quoted(text)}", at, hint)
        elif self._stands_above(reference.name, at, node, above):
            other = above.nodes[reference.name]
            self._check_copies(reference, at, other)
            if other.op != node.op:
                hint = "weights are shared by nodes of the same op"
                self.findings.add(f"share: {text} is {other.op}, this node is {node.op}", at, hint)

    def _check_node(self, reference: Reference, at: Mark | None, node: NodeSpec) -> None:
        self._check_copies(reference, at, node)
        self._check_output(reference, at, node)

    def _check_output(self, reference: Reference, at: Mark | None, node: NodeSpec) -> None:
        """Check `x/c2` where the names of outputs are known, and `x/1` where their number is."""
        output = reference.output
        if output == 0:
            return
        names = self._named_outputs(node)
        if names is None:
            return
        name = quoted(reference.name)
        if isinstance(output, str) and output not in names:
            hint = nearest(output, names, kind="outputs") if names else "its outputs have numbers: `x/0`, `x/1`"
            self.findings.add(f"{name} ({node.op}) has no output {quoted(output)}", at, hint)
        elif isinstance(output, int) and names and output >= len(names):
            hint = f"it gives {len(names)}: {', '.join(list(names)[:12])}"
            self.findings.add(f"{name} ({node.op}) has no output {output}", at, hint)

    def _named_outputs(self, node: NodeSpec) -> Collection[str] | None:
        """Names of what a node gives; none where it has no names for it, None where they are not known."""
        if node.op != USE:
            signature = self.words.get(node.op)
            return signature.outputs if signature else ()
        if id(node) not in self._outputs:
            names = self.uses.outputs(node)
            self._outputs[id(node)] = None if names is None else dict.fromkeys(names)
        return self._outputs[id(node)]

    def _check_copies(self, reference: Reference, at: Mark | None, node: NodeSpec) -> None:
        """Check `stage.0.2` against the columns and copies that can be counted without evaluating anything."""
        levels: list[tuple[str, int | None]] = []
        if node.each is not None:
            columns = [len(values) for values in node.each.values() if isinstance(values, tuple)]
            levels.append(("columns", columns[0] if columns else None))
        if node.repeat is not None:
            levels.append(("copies", node.repeat if isinstance(node.repeat, int) else None))
        name = reference.name
        if len(reference.copies) > len(levels):
            hint = f"{quoted(name)} has " + (_numbered(name, levels) if levels else "neither `repeat` nor `each`")
            written = ".".join([name, *map(str, reference.copies)])
            self.findings.add(f"{quoted(written)} does not exist", at, hint)
            return
        for number, (what, count) in zip(reference.copies, levels, strict=False):
            if count is not None and number >= count:
                given = f"{what[:-1].replace('copie', 'copy')} {number}"
                self.findings.add(f"{quoted(name)} has no {given}", at, f"it has {count} {what}, counted from 0")


class _Above:
    """What stands above a node while a graph is gone through, among all nodes of the graph."""

    __slots__ = ("all_nodes", "inputs", "nodes")

    def __init__(self, nodes: dict[str, NodeSpec], all_nodes: Mapping[str, NodeSpec], inputs: Collection[str]) -> None:
        self.nodes, self.all_nodes, self.inputs = nodes, all_nodes, inputs


def _numbered(name: str, levels: Sequence[tuple[str, int | None]]) -> str:
    counted = [what if count is None else f"{count} {what}" for what, count in levels]
    return " of ".join(reversed(counted)) + f": write {name}{'.0' * len(levels)}"


def _line(node: NodeSpec) -> int | str:
    at = node.marks.get("id") or node.marks.get("op")
    return at.line if at else "?"
