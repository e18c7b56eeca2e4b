"""What is written for a node or a box, and how that differs between two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from archgraph.compare.items import Item
from archgraph.graph.model import Node
from archgraph.graph.outline import Part
from archgraph.graph.wording import arguments, assumed, changed
from archgraph.ops.signatures import node_arguments

Differing: TypeAlias = dict[str, tuple[Any, Any]]
"""Arguments by name, the old value and the new one."""


def written(item: Item) -> dict[str, Any]:
    """The arguments that an item was given, but for those that only name another node."""
    if item.node is not None:
        return _without_nodes(item.node, changed(item.node))
    if not item.told:
        return {}
    found = arguments(Part(item.name, item.name, 1, (item.leaves(),), item.scope))
    return {name: value for name, value in found.items() if name != "share"}


def said(old: Item, new: Item) -> Differing:
    """How what is written for two items differs; for an argument that only one gives, what the other assumes."""
    if old.word != new.word:
        return _other_op((old.word, new.word), written(old), written(new))
    found = _differing(written(old), written(new))
    defaults = _defaults(old), _defaults(new)
    for name, pair in found.items():
        one, other = (of.get(name) if value is None else value for value, of in zip(pair, defaults, strict=True))
        found[name] = (one, other)
    found = {name: pair for name, pair in found.items() if pair[0] != pair[1]}
    if old.unit and new.unit and not found:
        order = tuple([item.local for item in unit.items] for unit in (old, new))
        if order[0] != order[1] and sorted(order[0]) == sorted(order[1]):
            found["order"] = (order[0], order[1])
    return found


def said_of_nodes(old: Node, new: Node) -> Differing:
    """How the arguments of two nodes differ, those that they assume too."""
    if old.op.op != new.op.op:
        return _other_op((old.op.op, new.op.op), *(_without_nodes(node, changed(node)) for node in (old, new)))
    return _differing(*(_without_nodes(node, assumed(node)) for node in (old, new)))


def _without_nodes(node: Node, values: Mapping[str, Any]) -> dict[str, Any]:
    names = node_arguments(type(node.op))
    return {name: value for name, value in values.items() if name not in names}


def _other_op(ops: tuple[str, str], old: Mapping[str, Any], new: Mapping[str, Any]) -> Differing:
    """`op`, and those of the arguments that both have."""
    both = {name: value for name, value in old.items() if name in new}
    return {"op": ops, **_differing(both, {name: new[name] for name in both})}


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Differing:
    """The values that are not the same; None for one that is not there."""
    both = {name: (old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


def _defaults(item: Item) -> dict[str, Any]:
    own = item if item.node is not None else item.own
    return assumed(own.node) if own is not None and own.node is not None else {}
