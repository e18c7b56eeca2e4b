"""Two networks -> what differs, node by node and as a reader of the spec would tell it."""

from __future__ import annotations

from collections.abc import Mapping

from archgraph.compare.change import Change, Difference, What
from archgraph.compare.matching import matching
from archgraph.compare.reading import read
from archgraph.compare.wiring import Wiring
from archgraph.compare.written import said_of_nodes
from archgraph.graph.cost import NodeCost, cost, node_costs
from archgraph.graph.model import Graph, Node


def difference(old: Graph, new: Graph) -> Difference:
    """What became of each node, and what was changed to get from one network to the other."""
    found = matching(old, new)
    names = {**_inputs(old, new), **found.names()}
    boxes = {a.name: b.name for a, b in found.to_new.items() if a.node is None and a.kind != "copies"}
    wiring = Wiring(old, new, names, boxes)
    nodes = _nodes(old, new, wiring)
    return Difference(
        names=(old.name, new.name), before=cost(old), after=cost(new),
        changes=read(found, wiring, nodes), nodes=tuple(nodes), boxes=boxes,
    )  # fmt: skip


def _inputs(old: Graph, new: Graph) -> dict[str, str]:
    """The networks' inputs by their names; those that are left over in order."""
    names = {name: name for name in old.inputs if name in new.inputs}
    left = ([name for name in one if name not in names] for one in (old.inputs, new.inputs))
    return {**names, **dict(zip(*left, strict=False))}


def _nodes(old: Graph, new: Graph, wiring: Wiring) -> list[Change]:
    """Every node of both: those of the new network in its order, each removed one where it was."""
    costs = _costs(old), _costs(new)
    back = {name: before for before, name in wiring.names.items()}
    place = {name: number for number, name in enumerate(new.nodes)}
    changes, keys, last = [], [], -1.0
    for node in old:
        now = wiring.names.get(node.name)
        if now is None:
            spent = NodeCost(*(-number for number in costs[0][node.name]))
            changes.append(Change("removed", node.op.op, node.name, None, cost=spent))
            keys.append(last + 0.5)
        else:
            last = place[now]
    for number, node in enumerate(new):
        before = back.get(node.name)
        if before is None:
            changes.append(Change("added", node.op.op, None, node.name, cost=costs[1][node.name]))
        else:
            more = (after - was for was, after in zip(costs[0][before], costs[1][node.name], strict=True))
            changes.append(_kept(old.nodes[before], node, wiring, NodeCost(*more)))
        keys.append(number)
    return [changes[n] for n in sorted(range(len(changes)), key=keys.__getitem__)]


def _kept(old: Node, new: Node, wiring: Wiring, cost: NodeCost) -> Change:
    """What became of a node that is in both networks."""
    shares = wiring.names.get(old.shares or "", old.shares)
    arguments: Mapping[str, tuple[object, object]] = {}
    if old.op is not new.op and old.op != new.op:
        arguments = said_of_nodes(old, new)
    if shares != new.shares:
        arguments = {**arguments, "share": (old.shares, new.shares)}
    shape = None if old.shape == new.shape else (old.shape, new.shape)
    weights = None if old.facts.weights == new.facts.weights else (old.facts.weights, new.facts.weights)
    rewired = wiring.differs(old.inputs, new.inputs, op=new.op.op)
    inputs = (_names(old), _names(new)) if rewired else None
    what: What
    if arguments:
        what, follows = "changed", False
    elif rewired and not wiring.follows(old.inputs, new.inputs, reader=(old.name, new.name)):
        what, follows = "rewired", False
    elif shape or weights or rewired or any(cost):
        what, follows = "changed", True
    else:
        what, follows = "renamed" if old.name != new.name else "same", old.name != new.name
    return Change(
        what, new.op.op, old.name, new.name,
        arguments=arguments, shape=shape, weights=weights, inputs=inputs, cost=cost, follows=follows,
    )  # fmt: skip


def _names(node: Node) -> tuple[str, ...]:
    return tuple(ref.node for ref in node.inputs)


def _costs(graph: Graph) -> dict[str, NodeCost]:
    """What each node costs, as `cost` counts it: MACs of those alone that run in eval mode."""
    needed = graph.needed(training=False)
    return {name: each if name in needed else each._replace(macs=0) for name, each in node_costs(graph).items()}
