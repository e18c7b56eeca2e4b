"""A part of a graph: what some of its values need, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from archgraph.errors import UsageError, nearest
from archgraph.graph.model import Graph, Node
from archgraph.ops.base import Ref


def taken(graph: Graph, what: str = "outputs") -> Graph:
    """The graph whose outputs are what is taken of this one, without the nodes that this does not need.

    `what` is `outputs` (those of eval mode), `features`, or the name of one output or feature.
    Raises UsageError where the graph has no such thing.
    """
    outputs = {name: ref for name, ref in graph.outputs.items() if name not in graph.train_only}
    if what == "outputs":
        return pruned(graph, outputs)
    if what == "features":
        if not graph.features:
            raise UsageError(f"{graph.name} names no features; `features: {{c2: stage.0, ...}}` in its file would")
        return pruned(graph, graph.features)
    every = {**graph.features, **graph.outputs}
    if what not in every:
        hint = nearest(what, ["outputs", "features", *every], kind="it has")
        raise UsageError(f"{graph.name} has no output or feature {what!r}; {hint}")
    return pruned(graph, {what: every[what]})


def _owning(nodes: dict[str, Node]) -> dict[str, Node]:
    """The nodes, where weights whose owner is not among them go to the first node that shares them."""
    owners: dict[str, str | None] = {}
    for name, node in nodes.items():
        if node.shares is not None and node.shares not in nodes:
            nodes[name] = node._replace(shares=owners.get(node.shares))
            owners.setdefault(node.shares, name)
    return nodes


def pruned(graph: Graph, outputs: Mapping[str, Ref]) -> Graph:
    """The graph with these outputs, and the nodes that they need."""
    alone = replace(graph, outputs=dict(outputs), train_only=frozenset())
    return _kept(alone, alone.needed(training=False))


def trimmed(graph: Graph, uses: Collection[str]) -> Graph:
    """The graph without those nodes below the names `uses` that no output, no feature and no other node needs.

    So a network that takes all features of another one pays for those alone that it goes on with.
    """
    below = tuple(f"{name}." for name in uses)
    needed = graph.useful(name for name in graph.nodes if not name.startswith(below))
    return graph if len(needed) == len(graph) else _kept(graph, needed)


def _kept(graph: Graph, names: Collection[str]) -> Graph:
    nodes = _owning({name: node for name, node in graph.nodes.items() if name in names})
    around: set[str] = set()
    for name in nodes:
        while (name := name.rpartition(".")[0]) and name not in around:
            around.add(name)
    features = {name: ref for name, ref in graph.features.items() if ref.node in nodes or ref.node in graph.inputs}
    scopes = {name: scope for name, scope in graph.scopes.items() if name in around}
    return replace(graph, nodes=nodes, scopes=scopes, features=features)
