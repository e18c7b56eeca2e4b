"""What multiplies the end of a branch before it is added: a factor, or chance."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from archgraph.ops.arguments import Flag, Number, Probability
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.shape import Shape


class Scale(Primitive):
    """Each channel times a trainable factor (layer scale), or everything times a fixed one.

    `(C, H, W) -> (C, H, W)`; tokens `(N, C) -> (N, C)`, vectors `(C,) -> (C,)`.
    Of two axes the last is the channels, as everywhere with tokens.
    Source: arXiv:2103.17239, section 2.1; torchvision's ConvNeXt.
    """

    op = "scale"
    value: Number = Field(description="The factor; a trainable one starts at this.")
    trainable: Flag = Field(True, description="A factor a channel that is trained; false: one fixed number.")

    examples = (
        Example({"value": 1e-6}, ((96, 56, 56),)),
        Example({"value": 1e-5}, ((197, 192),)),
        Example({"value": 0.17, "trainable": False}, ((8, 6, 5),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        return {"weight": _factors(inputs[0])} if self.trainable else {}

    def lower(self, *inputs: Shape) -> Lowering:
        if not self.trainable:
            in_place = Lowering(f"{{0}}.mul_({self.value!r})")
            return Lowering(f"{{0}} * {self.value!r}", in_place=in_place, overwritable=True)
        call = Call("archgraph.nn.scale.Scale", (_factors(inputs[0]), self.value))
        return Lowering(module=call, overwritable=True)


class DropPath(Primitive):
    """Whole inputs of a batch set to 0 at random in training, the others scaled up by as much; in eval its input.

    `(C, H, W) -> (C, H, W)`, any shape.
    At the end of a residual's body it makes an input skip that body: stochastic depth.
    Source: arXiv:1603.09382; torchvision.ops.StochasticDepth, mode `row`.
    """

    op = "drop_path"
    p: Probability = Field(description="Chance that an input of the batch is set to 0.")

    examples = (
        Example({"p": 0.2}, ((8, 6, 5),)),
        Example({"p": 0.1}, ((197, 192),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("archgraph.nn.drop_path.DropPath", (self.p,)), aliases=True)


def _factors(x: Shape) -> Shape:
    """Factors that broadcast over what comes in: one a channel of a map, one a column of tokens."""
    return (x[0], 1, 1) if len(x) == 3 else x[-1:]
