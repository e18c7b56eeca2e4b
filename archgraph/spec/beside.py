"""The reserved keys beside a node's op: `id`, `from`, `repeat`, `each`, `when`, `share`."""

from __future__ import annotations

from typing import Any

from archgraph.errors import Mark
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.identifiers import ABOVE, INPUT, NAME, NAME_RULE, Known, check_variable
from archgraph.spec.model import RESERVED, Choice, Expr, Range, Value
from archgraph.spec.tree import Located, Map, Scalar, Seq, kind
from archgraph.spec.values import Values, is_tagged


def read_beside(node: Map, values: Values, known: Known, marks: dict[str, Mark]) -> dict[str, Any]:
    """The reserved keys of a node, as fields of NodeSpec; their positions are put into `marks`."""
    beside: dict[str, Any] = {}
    entries = node.entries
    for key in RESERVED:
        if key in entries:
            marks[key] = entries[key].value.mark
    if "id" in entries:
        beside["id"] = _id(entries["id"].value, values.findings)
    if "from" in entries:
        beside["inputs"] = _inputs(entries["from"].value, values.findings, marks)
    if "each" in entries:
        beside["each"] = read_columns(entries["each"].value, values, known, marks, "each")
    if "repeat" in entries:
        columns = known.plus(beside.get("each") or ())
        beside["repeat"] = _repeat(entries["repeat"].value, values, columns, marks)
    if "when" in entries:
        beside["when"] = _when(entries["when"].value, values, known, marks)
    if "share" in entries:
        beside["share"] = _share(entries["share"].value, values.findings)
    return beside


def _id(node: Located, findings: Findings) -> str | None:
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        findings.add(f"an id is a text, given {kind(node)}", node.mark, NAME_RULE)
    elif node.value in (INPUT, ABOVE):
        hint = "`in` is the graph's input, `prev` the node above"
        findings.add(f"{node.value!r} cannot be an id", node.mark, hint)
    elif not NAME.fullmatch(node.value):
        findings.add(f"{quoted(node.value)} cannot be an id", node.mark, f"an id has {NAME_RULE}")
    else:
        return node.value
    return None


def _inputs(node: Located, findings: Findings, marks: dict[str, Mark]) -> tuple[str, ...] | None:
    texts: list[str] = []
    for number, item in enumerate(node.items if isinstance(node, Seq) else (node,)):
        marks[f"from.{number}"] = item.mark
        if isinstance(item, Scalar) and isinstance(item.value, str):
            texts.append(item.value)
        else:
            message = f"`from` takes names of nodes, given {kind(item)}"
            findings.add(message, item.mark, "e.g. `from: [a, b]`")
            texts.append(ABOVE)
    if not texts:
        findings.add("`from` names no node", node.mark, "leave it out for the node above")
    return tuple(texts) or None


def read_columns(
    node: Located, values: Values, known: Known, marks: dict[str, Mark], path: str
) -> dict[str, Value] | None:
    """Names with lists of one length, as in `each`; None after a mistake. Positions are put into `marks`."""
    findings, each = values.findings, path.removeprefix(".")
    if not isinstance(node, Map) or not node.entries:
        hint = f"e.g. `{each}: {{width: [64, 128], stride: [1, 2]}}`"
        findings.add(f"`{each}` takes names with lists, given {kind(node)}", node.mark, hint)
        return None
    lists: dict[str, Value] = {}
    lengths: dict[str, int] = {}
    for key, entry in node.entries.items():
        check_variable(key, entry.key, findings)
        lists[key] = value = values.value(entry.value, known, marks, f"{path}.{key}")
        if isinstance(value, tuple):
            lengths[key] = len(value)
        elif not isinstance(value, (Expr, Choice)) and not _unreadable(entry.value, value):
            findings.add(f"{each}.{key} is a list, given {kind(entry.value)}", entry.value.mark)
    if len(set(lengths.values())) > 1:
        first, length = next(iter(lengths.items()))
        other = next(key for key in lengths if lengths[key] != length)
        counted = f"{first} has {length}, {other} has {lengths[other]}"
        hint = "they are zipped: one copy a column"
        findings.add(f"the lists of `{each}` differ in length: {counted}", node.mark, hint)
    return lists


def _repeat(node: Located, values: Values, known: Known, marks: dict[str, Mark]) -> Value:
    value = values.value(node, known, marks, "repeat")
    if isinstance(value, (Expr, Choice, Range)) or _unreadable(node, value):
        return value
    if type(value) is not int or value < 0:
        hint = "a whole number from 0, an expression or a choice"
        values.findings.add(f"`repeat` takes a number of copies, given {kind(node)}", node.mark, hint)
    return value


def _when(node: Located, values: Values, known: Known, marks: dict[str, Mark]) -> Value:
    value = values.value(node, known, marks, "when")
    if not isinstance(value, (bool, Expr, Choice)) and not _unreadable(node, value):
        hint = "e.g. `when: $depth > 1`"
        values.findings.add(f"`when` takes an expression, given {kind(node)}", node.mark, hint)
    return value


def _share(node: Located, findings: Findings) -> str | None:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return node.value
    findings.add(f"`share` takes the name of a node, given {kind(node)}", node.mark, "e.g. `share: stem`")
    return None


def _unreadable(node: Located, value: Value) -> bool:
    """Whether a value is None because of a mistake that is reported already."""
    return value is None and (is_tagged(node) or (isinstance(node, Scalar) and node.value is not None))
