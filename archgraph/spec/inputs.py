"""Located tree -> the shape of a network's input, or of several by name; and shapes elsewhere in a file."""

from __future__ import annotations

from archgraph.errors import Mark
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.identifiers import ABOVE, INPUT, NAME, NAME_RULE
from archgraph.spec.model import Input
from archgraph.spec.tree import Located, Map, Scalar, Seq, kind

_HINT = "without the batch: [3, 224, 224] is C, H, W; [C, L] for sequences, [N] for vectors"


def read_input(node: Located, marks: dict[str, Mark], findings: Findings) -> Input:
    """The value of `input`; an empty shape after a mistake."""
    if not isinstance(node, Map):
        return _shape(node, "`input`", findings)
    if not node.entries:
        findings.add("`input` names no input", node.mark, "e.g. `input: {left: [3, 64, 64], right: [3, 64, 64]}`")
        return ()
    shapes: dict[str, tuple[int, ...]] = {}
    for name, entry in node.entries.items():
        marks[f"input.{name}"] = entry.value.mark
        check_input_name(name, entry.key, findings)
        shapes[name] = _shape(entry.value, f"the input {quoted(name)}", findings)
    return shapes


def check_input_name(name: str, at: Mark, findings: Findings) -> None:
    """Report what cannot name an input of a network or a block."""
    if name in (INPUT, ABOVE):
        hint = "`in` is all inputs, `prev` the node above"
        findings.add(f"an input cannot be named {quoted(name)}", at, hint)
    elif not NAME.fullmatch(name):
        findings.add(f"{quoted(name)} cannot name an input", at, f"an input's name has {NAME_RULE}")


def _shape(node: Located, what: str, findings: Findings) -> tuple[int, ...]:
    if not isinstance(node, Seq) or not 1 <= len(node.items) <= 3:
        given = f"{len(node.items)} sizes" if isinstance(node, Seq) else kind(node)
        findings.add(f"{what} is a list of 1 to 3 sizes, given {given}", node.mark, _HINT)
        return ()
    return sizes(node, "a size of the input", findings)


def sizes(node: Seq, what: str, findings: Findings) -> tuple[int, ...]:
    """The sizes in a list, `what` each of them is."""
    found: list[int] = []
    for item in node.items:
        if isinstance(item, Scalar) and type(item.value) is int and item.value > 0:
            found.append(item.value)
        else:
            findings.add(f"{what} is a whole number from 1, given {kind(item)}", item.mark)
    return tuple(found)
