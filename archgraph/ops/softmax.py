"""Activations along an axis: what one element becomes depends on those beside it."""

from __future__ import annotations

from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Axis
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.sizes import axis_of
from archgraph.shape import Shape

_AXIS = "Axis it goes along, without the batch: 0 is the channels, -1 the last."
_EXAMPLES = (Example({}, ((10,),)), Example({}, ((21, 6, 5),)), Example({"axis": -1}, ((4, 9, 9),)))


class Softmax(Primitive):
    """exp(x), divided by its sum along an axis.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Softmax.
    """

    op = "softmax"
    axis: Axis = Field(0, description=_AXIS)
    examples = _EXAMPLES

    def shape(self, *inputs: Shape) -> Shape:
        axis_of(inputs[0], self.axis)
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("nn.Softmax", (), {"dim": axis_of(inputs[0], self.axis) + 1}))


class LogSoftmax(Primitive):
    """The logarithm of the softmax along an axis.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.LogSoftmax.
    """

    op = "log_softmax"
    axis: Axis = Field(0, description=_AXIS)
    examples = _EXAMPLES

    def shape(self, *inputs: Shape) -> Shape:
        axis_of(inputs[0], self.axis)
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("nn.LogSoftmax", (), {"dim": axis_of(inputs[0], self.axis) + 1}))


class Softmin(Primitive):
    """exp(-x), divided by its sum along an axis.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Softmin.
    """

    op = "softmin"
    axis: Axis = Field(0, description=_AXIS)
    examples = _EXAMPLES

    def shape(self, *inputs: Shape) -> Shape:
        axis_of(inputs[0], self.axis)
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("nn.Softmin", (), {"dim": axis_of(inputs[0], self.axis) + 1}))


class GatedLinearUnit(Primitive):
    """The first half along an axis, times the sigmoid of the second half.

    `(C, H, W) -> (C / 2, H, W)`, any shape.
    Source: arXiv:1612.08083; torch.nn.GLU.
    """

    op = "glu"
    axis: Axis = Field(0, description=_AXIS)
    examples = (Example({}, ((8, 6, 5),)), Example({"axis": -1}, ((9, 6),)), Example({}, ((10,),)))

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        at = axis_of(x, self.axis)
        if x[at] % 2:
            raise RuleError(f"glu takes two halves along its axis, given {x[at]}", argument="axis")
        return *x[:at], x[at] // 2, *x[at + 1 :]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("nn.GLU", (), {"dim": axis_of(inputs[0], self.axis) + 1}), overwritable=True)
