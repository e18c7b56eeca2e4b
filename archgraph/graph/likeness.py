"""What a network looks like in numbers: ops, sequences of ops, ways through it, costs. For guessing its score."""

from __future__ import annotations

import math
from collections import Counter

from archgraph.graph.cost import Cost
from archgraph.graph.model import Graph, Node

LONGEST = 3
"""Ops in a sequence that is counted."""
_MOST = 64
"""Sequences that are followed through one node."""


def likeness(graph: Graph, cost: Cost) -> dict[str, dict[str, float]]:
    """Features by kind and name.

    `costs`: logarithms of MACs, parameters and memory. `depth`: layers with weights on the longest way, the logarithm
    of the number of ways, and the mean of layers over them. `counts`: nodes by op and kernel. `paths`: nodes at which
    a sequence of up to three such layers ends, whatever merges, norms and activations lie between (after the path
    encoding of arXiv:1910.11858, of parts of paths so that deep networks have few).
    """
    counts: Counter[str] = Counter()
    paths: Counter[str] = Counter()
    tails: dict[str, frozenset[tuple[str, ...]]] = {name: frozenset([()]) for name in graph.inputs}
    ways = dict.fromkeys(graph.inputs, 1.0)
    layers = dict.fromkeys(graph.inputs, 0.0)
    deepest = dict.fromkeys(graph.inputs, 0)
    for node in graph:
        label = _label(node)
        counts[label or node.op.op] += 1
        sources = [ref.node for ref in node.inputs]
        if not sources or node.op.op == "zero":
            # Nothing that comes in goes out.
            tails[node.name], ways[node.name], layers[node.name], deepest[node.name] = frozenset(), 0.0, 0.0, 0
            continue
        before = frozenset().union(*(tails[source] for source in sources))
        total = sum(ways[source] for source in sources)
        mean = sum(ways[source] * layers[source] for source in sources) / total if total else 0.0
        depth = max(deepest[source] for source in sources)
        if label and before:
            before = frozenset(sorted((*tail, label)[-LONGEST:] for tail in before)[:_MOST])
            paths.update({" ".join(tail[start:]) for tail in before for start in range(len(tail))})
            mean, depth = mean + (node.facts.params > 0), depth + (node.facts.params > 0)
        tails[node.name], ways[node.name], layers[node.name], deepest[node.name] = before, total, mean, depth
    ends = [ref.node for ref in graph.outputs.values()]
    return {
        "costs": {name: math.log1p(getattr(cost, name)) for name in ("macs", "params", "activation_bytes")},
        "depth": {
            "longest": float(max(deepest[end] for end in ends)),
            "ways": math.log1p(max(ways[end] for end in ends)),
            "mean": max(layers[end] for end in ends),
        },
        "counts": {name: float(count) for name, count in counts.items()},
        "paths": {name: float(count) for name, count in paths.items()},
    }


def _label(node: Node) -> str:
    """What a layer is called in a sequence; nothing for what only merges, norms or activates."""
    kernel = getattr(node.op, "kernel", None)
    if kernel is None and not node.facts.macs:
        return ""
    sizes = "x".join(map(str, kernel)) if isinstance(kernel, tuple) else str(kernel or "")
    return f"{node.op.op}{sizes}"
