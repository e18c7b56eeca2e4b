"""What a part of a graph is, in a few words, for tables and pictures: its name, op, arguments and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archgraph import shape as shapes
from archgraph.graph.model import Graph, Node
from archgraph.graph.outline import Part
from archgraph.ops.signatures import node_arguments
from archgraph.shape import Shape


def op_name(part: Part) -> str:
    """The op as in the spec."""
    return part.scope.op if part.scope else part.copies[0][0].op.op


def label(part: Part, inside: str = "") -> str:
    """Its name within the box `inside`, and for copies those of the first and the last: `stage.0.1–2`."""
    first = part.name.removeprefix(inside)
    if inside:
        first = ".".join(step for step in first.split(".") if step != "body")
    if part.count == 1:
        return first
    one, other = part.name.split("."), part.last.split(".")
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    return f"{first}–{'.'.join(other[same:])}"


def arguments(part: Part) -> dict[str, Any]:
    """Arguments as the spec's author would see them: what a node changed from the defaults, what a box was given; and
    whose weights it uses, where they are not its own.
    """
    found = changed(part.copies[0][0]) if part.scope is None else dict(part.scope.args) or _of_unit(part)
    owner = _owner(part)
    return {**found, "share": owner} if owner else found


def _owner(part: Part) -> str | None:
    """The node or box whose weights a part uses node by node, as seen from the graph around it."""
    holding = [node for node in part.copies[0] if node.facts.params]
    owners = {(node.shares or node.name).removesuffix(node.name.removeprefix(part.name)) for node in holding}
    if len(owners) != 1 or part.name in owners:
        return None
    (owner,) = owners
    around = part.name.rpartition(".")[0]
    return owner.removeprefix(f"{around}.") if around else owner


def changed(node: Node) -> dict[str, Any]:
    """The arguments of a node that differ from their op's defaults, in the order of its fields."""
    fields = type(node.op).model_fields
    values = assumed(node)
    return {
        name: value
        for name, value in values.items()
        if fields[name].is_required() or value != fields[name].get_default(call_default_factory=True)
    }


def assumed(node: Node) -> dict[str, Any]:
    """All arguments of a node, its op's defaults among them; where one names a node, that name."""
    values = {name: getattr(node.op, name) for name in type(node.op).model_fields}
    for name in node_arguments(type(node.op)):
        if values[name] is not None:
            values[name] = _seen_from(node, node.inputs[-1].node)
    return values


def _seen_from(node: Node, other: str) -> str:
    """What the spec calls the node or box that another name is in, as seen from the graph around a node."""
    around, steps = node.name.split(".")[:-1], other.split(".")
    same = next((n for n, (a, b) in enumerate(zip(around, steps, strict=False)) if a != b), len(around))
    return steps[min(same, len(steps) - 1)]


def text(value: Any) -> str:
    """A value as YAML writes it in one line."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(text, value)) + "]"
    return f"{value:g}" if isinstance(value, float) else printable(str(value))


def printable(given: str) -> str:
    """A text that a spec may hold as anything, without what would steer a terminal or break a picture."""
    return "".join(character if character.isprintable() else "\ufffd" for character in given)


def size(shape: Shape) -> str:
    """A shape for people: `64×56×56`."""
    return shapes.show(shape).replace("x", "×")


def human(number: int) -> str:
    """A count in three digits: 25557032 is `25.6M`."""
    return _scaled(number, 1000, ("", "k", "M", "G", "T"))


def human_bytes(number: int) -> str:
    """Memory in units of 1024 bytes: 104857600 is `100 MiB`."""
    return _scaled(number, 1024, (" B", " KiB", " MiB", " GiB", " TiB"))


def _scaled(number: int, base: int, units: Sequence[str]) -> str:
    if number < base:
        return f"{number}{units[0]}"
    scaled = float(number)
    step = 0
    while scaled >= 999.5 and step < len(units) - 1:
        scaled /= base
        step += 1
    digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    return f"{scaled:.{digits}f}{units[step]}"


def _of_unit(part: Part) -> dict[str, Any]:
    """A conv or linear with its norm and activation: the arguments of the primitive, and what is around it."""
    own = [node for node in part.copies[0] if node.scope == part.name and node.op.op == op_name(part)]
    if len(own) != 1:
        return {}
    found = changed(own[0])
    around = dict(_around(part, own[0]))
    if found.get("bias") is ("norm" not in around):
        del found["bias"]  # As in every such unit; saying so at each of them hides what differs.
    return found | around


def _around(part: Part, own: Node) -> Iterator[tuple[str, str]]:
    for node in part.copies[0]:
        if node is not own and node.scope == part.name:
            yield node.name.rpartition(".")[2], node.op.op.removesuffix("_norm")


def measured(graph: Graph) -> list[str]:
    """The ops of a graph whose shape and cost torch has found, not a rule of ours."""
    return sorted({node.op.op for node in graph if node.op.measured})
