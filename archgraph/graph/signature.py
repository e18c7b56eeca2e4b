"""What a node does, as a short text: equal for all ways to write its arguments that end in one torch call."""

from __future__ import annotations

from hashlib import blake2b

from archgraph.graph.model import Graph
from archgraph.graph.normal_form import ASSOCIATIVE
from archgraph.ops.base import Primitive
from archgraph.ops.facts import Facts
from archgraph.shape import Shape

SIGNED: dict[int, tuple[Facts, str]] = {}
"""Signatures by identity of a node's facts, which all nodes of one op at the same shapes share; they are held, so that
their identity stays theirs.
"""
_LIMIT = 100_000


def signature(graph: Graph, name: str) -> str:
    """What a node of the graph does, 16 hexadecimal digits."""
    node = graph.nodes[name]
    known = SIGNED.get(id(node.facts))
    if known is None:
        if len(SIGNED) >= _LIMIT:
            SIGNED.clear()
        known = SIGNED[id(node.facts)] = node.facts, digest(call(node.op, graph.input_shapes(node)))
    return known[1]


def call(op: Primitive, inputs: tuple[Shape, ...]) -> str:
    """What an op runs at these input shapes. `bias: true` and nothing, or `pad: same` and `pad: 1`, are the same."""
    if op.op in ASSOCIATIVE:  # an inner sum may have become a part of it, so that it reads more than its own inputs
        return f"{op.op} {op!r}"
    lowering = op.lower(*inputs)
    if lowering.module is None:
        return f"{op.op} {lowering.forward}"
    target, args, kwargs = lowering.module
    return f"{op.op} {lowering.forward} {target} {args!r} {sorted(kwargs.items())!r}"


def digest(text: str, *, size: int = 8) -> str:
    """A short text for a long one: two hexadecimal digits a byte."""
    return blake2b(text.encode(), digest_size=size).hexdigest()
