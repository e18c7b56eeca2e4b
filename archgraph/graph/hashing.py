"""A hash of what a graph computes: equal for isomorphic graphs, whatever their nodes are called."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from archgraph.graph.model import Graph
from archgraph.ops.base import Primitive, Ref

ROUNDS = 2
COMMUTATIVE = frozenset({"add", "mul", "max", "mean"})


def canonical_hash(graph: Graph) -> str:
    """32 hexadecimal digits, the same for graphs that differ in names, order of independent nodes, identities or
    the order of a commutative op's inputs, and different for any other difference.

    Colours are refined along the edges, first with and then against the flow, `ROUNDS` times (Weisfeiler and
    Leman's test, which on these ordered acyclic graphs ends after few rounds).
    """
    nodes = [node for node in graph if node.op.op != "identity"]
    inputs = {node.name: [_through(graph, ref) for ref in node.inputs] for node in nodes}
    outputs: dict[str, list[str]] = {}
    for name, ref in graph.outputs.items():
        mode = "train" if name in graph.train_only else "always"
        outputs.setdefault(_through(graph, ref).node, []).append(f"{name}:{mode}")
    users: dict[str, list[tuple[str, str]]] = {}
    for node in nodes:
        for position, ref in enumerate(inputs[node.name]):
            slot = "any" if node.op.op in COMMUTATIVE else str(position)
            users.setdefault(ref.node, []).append((f"{slot}/{ref.output}", node.name))

    colour = {name: _digest("input", name, *map(str, shape)) for name, shape in graph.inputs.items()}
    colour |= {node.name: _signature(node.op) for node in nodes}
    for _ in range(ROUNDS):
        for node in nodes:
            fed = [f"{colour[ref.node]}/{ref.output}" for ref in inputs[node.name]]
            fed = sorted(fed) if node.op.op in COMMUTATIVE else fed
            shared = colour[node.shares] if node.shares else ""
            colour[node.name] = _digest(colour[node.name], shared, *fed)
        for node in reversed(nodes):
            feeds = sorted(f"{slot}/{colour[user]}" for slot, user in users.get(node.name, ()))
            colour[node.name] = _digest(colour[node.name], *outputs.get(node.name, ()), "|", *feeds)
    passed = sorted(f"{node}>{','.join(names)}" for node, names in outputs.items() if node in graph.inputs)
    return _digest(*sorted(colour.values()), *passed, size=16)


@lru_cache(maxsize=100_000)
def _signature(op: Primitive) -> str:
    return _digest(f"{op.op} {op!r}")


def _through(graph: Graph, ref: Ref) -> Ref:
    """What a reference stands for once identities are taken out."""
    while (node := graph.nodes.get(ref.node)) is not None and node.op.op == "identity":
        ref = node.inputs[0]
    return ref


def _digest(*parts: str, size: int = 8) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=size).hexdigest()
