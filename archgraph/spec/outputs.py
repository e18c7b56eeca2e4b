"""Located tree -> names for nodes of a graph: `outputs` and `features`, and which outputs are `train_only`."""

from __future__ import annotations

from collections.abc import Mapping

from archgraph.errors import Mark, nearest
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.identifiers import NAME, NAME_RULE
from archgraph.spec.tree import Entry, Located, Map, Scalar, Seq, kind

Named = dict[str, tuple[str, Mark]]
"""Names, each with what it stands for and where that is written."""


def read_named(key: str, entries: Mapping[str, Entry], marks: dict[str, Mark], findings: Findings) -> Named:
    """A mapping of names to nodes, not yet looked up."""
    found: Named = {}
    for name, entry in entries.items():
        marks[f"{key}.{name}"] = at = entry.value.mark
        if not NAME.fullmatch(name):
            findings.add(f"{quoted(name)} cannot be a name in `{key}`", entry.key, NAME_RULE)
        elif not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, str):
            hint = f"e.g. `{key}: {{{name}: conv1}}`"
            findings.add(f"`{key}` takes names of nodes, given {kind(entry.value)}", at, hint)
        else:
            found[name] = (entry.value.value, at)
    return found


def read_block_outputs(node: Located, marks: dict[str, Mark], findings: Findings) -> Named:
    """`outputs` of a block: a mapping, or a list of nodes whose names are those of the outputs."""
    if isinstance(node, Map):
        if not node.entries:
            findings.add("`outputs` names no output", node.mark, "leave it out for what the last node gives")
        return read_named("outputs", node.entries, marks, findings)
    if not isinstance(node, Seq) or not node.items:
        given = "an empty list" if isinstance(node, Seq) else kind(node)
        hint = "e.g. `outputs: [hi, lo]`, or `outputs: {hi: conv1, lo: low/1}`"
        findings.add(f"`outputs` of a block names nodes, given {given}", node.mark, hint)
        return {}
    found: Named = {}
    for item in node.items:
        text = item.value if isinstance(item, Scalar) else None
        if not isinstance(text, str):
            findings.add(f"`outputs` takes names of nodes, given {kind(item)}", item.mark, "e.g. `outputs: [hi, lo]`")
        elif not NAME.fullmatch(text):
            hint = "give it a name of its own: `outputs: {name: " + text + "}`"
            findings.add(f"{quoted(text)} cannot be a name in `outputs`", item.mark, hint)
        elif text in found:
            findings.add(f"the output {quoted(text)} stands twice", item.mark)
        else:
            marks[f"outputs.{text}"] = item.mark
            found[text] = (text, item.mark)
    return found


def read_train_only(
    node: Located, outputs: Mapping[str, str], marks: dict[str, Mark], findings: Findings
) -> tuple[str, ...]:
    """The outputs that are there in training mode alone."""
    if not isinstance(node, Seq):
        hint = "e.g. `train_only: [aux1]`"
        findings.add(f"`train_only` is a list of outputs, given {kind(node)}", node.mark, hint)
        return ()
    names: list[str] = []
    for number, item in enumerate(node.items):
        marks[f"train_only.{number}"] = item.mark
        if isinstance(item, Scalar) and item.text in outputs:
            names.append(item.text)
            continue
        given = quoted(item.text) if isinstance(item, Scalar) else kind(item)
        hint = nearest(item.text if isinstance(item, Scalar) else "", outputs, kind="outputs")
        findings.add(f"unknown output {given} in `train_only`", item.mark, hint)
    if names and set(names) == set(outputs):
        findings.add("every output is in `train_only`", node.mark, "one output has to be there outside training")
    return tuple(names)
