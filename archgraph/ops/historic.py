"""Layers of LeNet-5 as printed in 1998: later networks have pools, tanh and a linear layer in their place."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Count
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.sizes import spatial, vector
from archgraph.shape import Shape, show


class Subsample(Primitive):
    """The sum of each window, times a trainable number a channel, plus another.

    `(C, H, W) -> (C, H / size, W / size)`, rounded down.
    Source: LeCun et al. 1998, Gradient-based learning applied to document recognition, section II.B.
    """

    op = "subsample"
    size: Count = Field(description="Side of the window and step from one to the next, in pixels.")

    examples = (
        Example({"size": 2}, ((6, 28, 28),)),
        Example({"size": 3}, ((4, 10, 7),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(spatial(x, self.op)) != 2:
            raise RuleError(f"subsample takes a map (C, H, W), given the sequence {show(x)}", argument="from")
        if self.size > min(x[1:]):
            raise RuleError(f"a window of {self.size} is larger than its input of {min(x[1:])}", argument="size")
        return x[0], x[1] // self.size, x[2] // self.size

    def macs(self, *inputs: Shape) -> int:
        return 0

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        channels = inputs[0][:1]
        return {"weight": channels, "bias": channels}

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("archgraph.nn.historic.Subsample2d", (inputs[0][0], self.size)), overwritable=True)


class ScaledTanh(Primitive):
    """1.7159 * tanh(2 / 3 * x), which takes 1 to 1 and -1 to -1.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: LeCun et al. 1998, Gradient-based learning applied to document recognition, appendix A.
    """

    op = "scaled_tanh"
    examples = (
        Example({}, ((6, 14, 14),)),
        Example({}, ((84,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering("torch.tanh({0} * (2 / 3)) * 1.7159", overwritable=True)


class RadialBasisOutput(Primitive):
    """Squared distances to one fixed target of -1 and 1 a class; the smallest is the answer.

    `(N,) -> (classes,)`.
    The targets are a buffer, drawn at random when the module is made; the paper drew pictures of the digits.
    Source: LeCun et al. 1998, Gradient-based learning applied to document recognition, equation 7.
    """

    op = "rbf"
    classes: Count = Field(description="Number of targets.")

    examples = (
        Example({"classes": 10}, ((84,),)),
        Example({"classes": 3}, ((7,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        vector(inputs[0], self.op)
        return (self.classes,)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def buffers(self, *inputs: Shape) -> Mapping[str, Shape]:
        return {"targets": (self.classes, *inputs[0])}

    def lower(self, *inputs: Shape) -> Lowering:
        call = Call("archgraph.nn.historic.RadialBasis", (vector(inputs[0], self.op), self.classes))
        return Lowering(module=call, overwritable=True)
