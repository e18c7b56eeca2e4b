"""What a primitive's rules give at given input shapes, worked out once."""

from __future__ import annotations

from typing import NamedTuple

from archgraph.ops.base import Primitive
from archgraph.shape import Shape, numel


class Facts(NamedTuple):
    """Output shape and the elements of all outputs; elements of weights and of buffers; multiply-adds for one input;
    shapes of the outputs after the first, and of the weights.
    """

    shape: Shape
    numel: int
    params: int
    buffers: int
    macs: int
    further: tuple[Shape, ...] = ()
    weights: tuple[Shape, ...] = ()


def facts(op: Primitive, inputs: tuple[Shape, ...]) -> Facts:
    """All rules of `op` at these input shapes, remembered on the op.

    Raises RuleError for shapes it cannot take.
    """
    try:
        return op._facts[inputs]  # type: ignore[no-any-return]
    except (AttributeError, KeyError):
        pass
    shape = op.shape(*inputs)
    further = op.further(*inputs)
    weights = tuple(op.weights(*inputs).values())
    found = Facts(
        shape=shape,
        numel=numel(shape) + sum(map(numel, further)),
        params=sum(map(numel, weights)),
        buffers=sum(map(numel, op.buffers(*inputs).values())),
        macs=op.macs(*inputs),
        further=further,
        weights=weights,
    )
    if not hasattr(op, "_facts"):
        object.__setattr__(op, "_facts", {})
    op._facts[inputs] = found
    return found
