"""The taps of a multi-scale network: channels, how much smaller than the input, and shape of each."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from archgraph.graph.model import Graph, Node
from archgraph.ops.base import Ref
from archgraph.shape import Shape

Scale: TypeAlias = tuple[Fraction, ...]
"""Pixels of the input for one step of a map, along each spatial axis."""

_GROWING = frozenset({"conv_transpose", "max_unpool"})
"""Ops whose stride is how many times larger their output is."""


class Feature(NamedTuple):
    """One tap: channels; input pixels for one of its own, where it is a map and that is a whole number; its shape."""

    channels: int
    reduction: int | None
    shape: Shape


def pyramid(graph: Graph, refs: Mapping[str, Ref] | None = None) -> dict[str, Feature]:
    """The features of a graph by name, in the order of the spec; or what `refs` names.

    The reduction is the product of the strides on the way, so that 35 of 299 pixels is 8; without strides, the ratio
    of the sizes.
    """
    wanted = graph.features if refs is None else refs
    scales = _scales(graph) if wanted else {}
    found = {}
    for name, ref in wanted.items():
        shape = graph.shape(ref)
        scale = set(scales.get(ref.node, ()))
        (only,) = scale if len(scale) == 1 else (Fraction(0),)
        whole = int(only) if only.denominator == 1 and only > 0 else None
        found[name] = Feature(shape[0] if len(shape) != 2 else shape[-1], whole, shape)
    return found


def _scales(graph: Graph) -> dict[str, Scale]:
    """The scale of each map of a graph, by the name of its node."""
    scales = {name: (Fraction(1),) * (len(shape) - 1) for name, shape in graph.inputs.items()}
    for node in graph:
        if not node.inputs:
            continue
        # What takes its size from another node, its last input, has that one's scale too.
        source = node.inputs[-1 if getattr(node.op, "like", None) else 0]
        before, given = scales.get(source.node, ()), graph.shape(source)
        if before and len(node.shape) == len(given) == len(before) + 1:
            steps = (Fraction(1),) * len(before) if source is not node.inputs[0] else _steps(node, given)
            scales[node.name] = tuple(old * step for old, step in zip(before, steps, strict=True))
    return scales


def _steps(node: Node, given: Shape) -> Scale:
    """How many steps of the input one step of the output is, along each axis."""
    sizes = tuple(zip(given[1:], node.shape[1:], strict=True))
    stride = getattr(node.op, "stride", None) or getattr(node.op, "kernel", None)
    if stride is None or not hasattr(node.op, "stride"):
        return tuple(_ratio(size, out) for size, out in sizes)
    strides = stride if isinstance(stride, tuple) else (stride,) * len(sizes)
    return tuple(1 / Fraction(step) if node.op.op in _GROWING else Fraction(step) for step in strides)


def _ratio(size: int, out: int) -> Fraction:
    """`size / out`, or the whole number that it is but for a last step cut short."""
    whole = -(-size // out)
    return Fraction(whole) if -(-size // whole) == out else Fraction(size, out)
