"""Names that stand for nodes, and whether they exist: `stem`, `stage.0.2` (a copy), `x/1` (an output)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archgraph.errors import Mark, nearest
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.identifiers import ABOVE, INPUT
from archgraph.spec.model import Body, NodeSpec
from archgraph.spec.naming import node_names

_REFERENCE = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)((?:\.[0-9]{1,9})*)(?:/([0-9]{1,9}))?")


class Reference(NamedTuple):
    """What a reference says: a node's name, which of its copies, and which of its outputs."""

    name: str
    copies: tuple[int, ...] = ()
    output: int = 0


def read_reference(text: str) -> Reference | None:
    """The parts of a reference; None where the text is none.

    >>> read_reference("stage.0.2")
    Reference(name='stage', copies=(0, 2), output=0)
    """
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    name, copies, output = match.groups()
    return Reference(name, tuple(int(part) for part in copies.split(".")[1:]), int(output or 0))


def check_body(body: Body, findings: Findings) -> None:
    """Check the names of one graph: every id once, and every `from` a name that stands above."""
    names = node_names(body)
    first: dict[str, NodeSpec] = {}
    for name, node in zip(names, body.nodes, strict=True):
        if name in first:
            _report_twice(name, node, first[name], findings)
        else:
            first[name] = node
    above: dict[str, NodeSpec] = {}
    for name, node in zip(names, body.nodes, strict=True):
        for number, text in enumerate(node.inputs or ()):
            at = node.marks.get(f"from.{number}") or node.marks.get("from")
            if text not in (INPUT, ABOVE):
                _check_input(text, at, node, above, first, findings)
        above[name] = node


def check_names(what: str, wanted: Mapping[str, tuple[str, Mark]], body: Body, findings: Findings) -> None:
    """Check that what `outputs` or `features` name stands in the graph."""
    nodes = dict(zip(node_names(body), body.nodes, strict=True))
    for text, at in wanted.values():
        reference = read_reference(text)
        if text == INPUT:
            continue
        if reference is None or reference.name not in nodes:
            findings.add(f"{what}: unknown node {quoted(text)}", at, nearest(text, nodes, kind="nodes"))
        else:
            _check_copies(reference, at, nodes[reference.name], findings)


def _report_twice(name: str, node: NodeSpec, first: NodeSpec, findings: Findings) -> None:
    line = _line(first)
    if node.id is not None:
        hint = f"it is given first in line {line}; a name is given once in its graph"
        findings.add(f"the id {quoted(name)} is given twice", node.marks.get("id"), hint)
    else:
        message = f"this node is named {quoted(name)} after its op and number, and so is the one in line {line}"
        findings.add(message, node.marks.get("op"), "give it an `id` of its own")


def _check_input(
    text: str,
    at: Mark | None,
    node: NodeSpec,
    above: Mapping[str, NodeSpec],
    all_nodes: Mapping[str, NodeSpec],
    findings: Findings,
) -> None:
    reference = read_reference(text)
    if reference is None:
        hint = "a node's name, `in`, `prev`, a copy such as `stage.0.2`, or an output such as `stage/1`"
        findings.add(f"{quoted(text)} is not the name of a node", at, hint)
        return
    name = reference.name
    if name in above:
        _check_copies(reference, at, above[name], findings)
    elif all_nodes.get(name) is node:
        findings.add(f"{quoted(name)} takes its own output: a cycle", at, "a node takes what stands above it")
    elif name in all_nodes:
        message = f"{quoted(name)} is a forward reference: it stands below, in line {_line(all_nodes[name])}"
        findings.add(message, at, "a node takes what stands above it; move one of the two")
    elif name in (INPUT, ABOVE):
        findings.add(f"{quoted(text)}: {name!r} has neither copies nor outputs to choose from", at)
    else:
        findings.add(f"unknown node {quoted(name)}", at, nearest(name, [*above, INPUT, ABOVE], kind="above"))


def _check_copies(reference: Reference, at: Mark | None, node: NodeSpec, findings: Findings) -> None:
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
        findings.add(f"{quoted(written)} does not exist", at, hint)
        return
    for number, (what, count) in zip(reference.copies, levels, strict=False):
        if count is not None and number >= count:
            given = f"{what[:-1].replace('copie', 'copy')} {number}"
            findings.add(f"{quoted(name)} has no {given}", at, f"it has {count} {what}, counted from 0")


def _numbered(name: str, levels: Sequence[tuple[str, int | None]]) -> str:
    counted = [what if count is None else f"{count} {what}" for what, count in levels]
    return " of ".join(reversed(counted)) + f": write {name}{'.0' * len(levels)}"


def _line(node: NodeSpec) -> int | str:
    at = node.marks.get("id") or node.marks.get("op")
    return at.line if at else "?"
