"""What can be counted of a graph beside its cost: layers by kind, and a fingerprint of its parameters' shapes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256

from archgraph.graph.cost import parameter_shapes
from archgraph.graph.model import Graph
from archgraph.shape import Shape

LAYERS: Mapping[str, str] = {"convs": "conv", "linears": "linear", "batch_norms": "batch_norm"}
"""What `expect:` calls a count of layers, and the op it counts."""


def layers(graph: Graph) -> dict[str, int]:
    """How many layers of each kind there are, shared ones counted once."""
    counts = Counter(node.op.op for node in graph.nodes.values() if node.shares is None)
    return {name: counts[op] for name, op in LAYERS.items()}


def shapes_hash(shapes: Iterable[Shape]) -> str:
    """sha256 of the sorted list of shapes as JSON without spaces, 64 hexadecimal digits.

    Two networks with the same digits have the same trainable tensors, in whatever order.
    """
    return sha256(f"[{','.join(map(_text, sorted(shapes)))}]".encode()).hexdigest()


def param_shapes(graph: Graph) -> str:
    """The hash of the shapes of all trainable tensors."""
    return shapes_hash(parameter_shapes(graph))


def param_shapes_sq(graph: Graph) -> str:
    """The same without dimensions of 1, so that a 1x1 conv and a linear layer do not differ."""
    return shapes_hash(tuple(size for size in shape if size != 1) for shape in parameter_shapes(graph))


@lru_cache(maxsize=10_000)
def _text(shape: Shape) -> str:
    return json.dumps(shape, separators=(",", ":"))
