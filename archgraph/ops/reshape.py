"""The same elements in another shape, or with zeros around them, and ops that change nothing in eval mode."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Len
from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Flag, Pads, Probability, Takes
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.sizes import spatial
from archgraph.shape import Shape, numel, per_axis, show


class Flatten(Primitive):
    """All elements in one row.

    `(C, H, W) -> (C * H * W,)`, any shape.
    Source: torch.nn.Flatten.
    """

    op = "flatten"
    examples = (
        Example({}, ((256, 6, 6),)),
        Example({}, ((10,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return (numel(inputs[0]),)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("nn.Flatten"), aliases=True)


class Reshape(Primitive):
    """The same elements, in order, in another shape.

    `(C, H, W) -> to`, any shape.
    Source: torch.reshape.
    """

    op = "reshape"
    to: Annotated[
        tuple[Annotated[int, Ge(-1)], ...], Len(1, 3), Takes("one to three sizes, one of which may be -1")
    ] = Field(description="Sizes without the batch; -1 is what the others leave over.")

    examples = (
        Example({"to": (1, -1)}, ((64,),)),
        Example({"to": (4, 6, -1)}, ((8, 6, 5),)),
        Example({"to": (-1,)}, ((8, 6),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        known = numel(tuple(size for size in self.to if size != -1))
        left = numel(x) // known if known else 0
        found = tuple(left if size == -1 else size for size in self.to)
        if self.to.count(-1) > 1 or numel(found) != numel(x):
            raise RuleError(
                f"to {list(self.to)} does not hold the {numel(x)} elements of {show(x)}",
                hint="its sizes multiply to that number; one of them may be -1",
                argument="to",
            )
        return found

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        sizes = ", ".join(map(str, self.shape(*inputs)))
        return Lowering(f"{{0}}.reshape({{0}}.shape[0], {sizes})", aliases=True)


class Pad(Primitive):
    """Zeros around the map, or channels of zeros beside its own.

    `(C, H, W) -> (C + 2 * channels, H + 2 * space, W + 2 * space)`; a sequence likewise, a vector has
    channels alone.
    Source: torch.nn.functional.pad.
    """

    op = "pad"
    channels: Annotated[Pads, Takes("an integer from 0 up or a pair of them (before, after)")] = Field(
        0, description="Channels of 0 at each side, or before and after the input's."
    )
    space: Pads = Field(0, description="Pixels of 0 at each side, one for all axes or one an axis (height, width).")

    examples = (
        Example({"channels": 8}, ((16, 16, 16),)),
        Example({"channels": (0, 4), "space": (1, 2)}, ((4, 6, 5),)),
        Example({"space": 3}, ((4, 9),)),
        Example({"channels": (1, 2)}, ((10,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        sides = self._sides(x)
        return tuple(size + before + after for size, (before, after) in zip(x, sides, strict=True))

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        # torch counts the axes of a padding from the last one.
        sides = ", ".join(f"{before}, {after}" for before, after in reversed(self._sides(inputs[0])))
        return Lowering(f"torch.nn.functional.pad({{0}}, ({sides}))", overwritable=True)

    def _sides(self, x: Shape) -> tuple[tuple[int, int], ...]:
        if len(x) == 1 and self.space != 0:
            raise RuleError(f"space {self.space} pads no axis of a vector of {x[0]}", argument="space")
        before, after = per_axis(self.channels, 2, "channels")
        return (before, after), *((n, n) for n in per_axis(self.space, len(x) - 1, "space"))


class Reduce(Primitive):
    """The mean or the greatest value over the channels or over the pixels, kept as an axis of size 1.

    `(C, H, W) -> (1, H, W)` over the channels, `(C, 1, 1)` over the space; a sequence likewise.
    Source: torch.mean, torch.amax.
    """

    op = "reduce"
    by: Annotated[Literal["mean", "max"], Takes("mean or max")] = Field(description="What it gives of the values.")
    over: Annotated[Literal["channels", "space"], Takes("channels or space")] = Field(
        "channels", description="The axes it goes over."
    )

    examples = (
        Example({"by": "mean"}, ((64, 7, 7),)),
        Example({"by": "max"}, ((8, 5),)),
        Example({"by": "max", "over": "space"}, ((8, 5, 4),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        sizes = spatial(x, self.op)
        return (1, *sizes) if self.over == "channels" else (x[0], *(1,) * len(sizes))

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        axes = "1" if self.over == "channels" else str(tuple(range(2, len(inputs[0]) + 1)))
        # The gradient of amax needs its output.
        method, overwritable = {"mean": ("mean", True), "max": ("amax", False)}[self.by]
        return Lowering(f"{{0}}.{method}({axes}, keepdim=True)", overwritable=overwritable)


class Identity(Primitive):
    """Its input.

    `(C, H, W) -> (C, H, W)`, any shape.
    """

    op = "identity"
    examples = (Example({}, ((8, 6, 5),)),)

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering("{0}", aliases=True)


class Dropout(Primitive):
    """Elements set to 0 at random in training, the others scaled up by as much; in eval mode its input.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: arXiv:1207.0580; torch.nn.Dropout, torch.nn.Dropout1d, torch.nn.Dropout2d.
    """

    op = "dropout"
    p: Probability = Field(0.5, description="Share of the elements set to 0.")
    per_channel: Flag = Field(False, description="Drop whole channels in place of elements.")

    examples = (
        Example({}, ((4096,),)),
        Example({"p": 0.2, "per_channel": True}, ((8, 6, 5),)),
        Example({"p": 0.1, "per_channel": True}, ((8, 6),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        if self.per_channel:
            spatial(inputs[0], "dropout with per_channel")
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        target = f"nn.Dropout{len(inputs[0]) - 1}d" if self.per_channel else "nn.Dropout"
        return Lowering(module=Call(target, (self.p,)), aliases=True)
