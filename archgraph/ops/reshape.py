"""The same elements in another shape, fewer of them, none of them, and ops that change nothing in eval mode."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Len
from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Flag, Probability, Stride, Takes
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


class Reduce(Primitive):
    """The mean, the sum or the greatest value over the channels or over the pixels.

    `(C, H, W) -> (1, H, W)` over the channels, `(C, 1, 1)` over the space; a sequence likewise.
    Source: torch.mean, torch.sum, torch.amax.
    """

    op = "reduce"
    by: Annotated[Literal["mean", "max", "sum"], Takes("mean, max or sum")] = Field(
        description="What it gives of the values."
    )
    over: Annotated[Literal["channels", "space"], Takes("channels or space")] = Field(
        "channels", description="The axes it goes over."
    )
    keep: Flag = Field(True, description="Keep these axes, with size 1.")

    examples = (
        Example({"by": "mean"}, ((64, 7, 7),)),
        Example({"by": "max"}, ((8, 5),)),
        Example({"by": "max", "over": "space"}, ((8, 5, 4),)),
        Example({"by": "sum", "over": "space", "keep": False}, ((8, 5, 4),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        sizes = spatial(x, self.op)
        if self.over == "channels":
            return (1, *sizes) if self.keep else sizes
        return (x[0], *(1,) * len(sizes)) if self.keep else x[:1]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        axes = "1" if self.over == "channels" else str(tuple(range(2, len(inputs[0]) + 1)))
        kept = ", keepdim=True" if self.keep else ""
        # The gradient of amax needs its output.
        method, overwritable = {"mean": ("mean", True), "sum": ("sum", True), "max": ("amax", False)}[self.by]
        return Lowering(f"{{0}}.{method}({axes}{kept})", overwritable=overwritable)


class Zero(Primitive):
    """Zeros of the input's shape, or of the shape that a stride leaves.

    `(C, H, W) -> (C, H / stride, W / stride)`, rounded up; any shape without a stride.
    It is the absent edge of a cell; its gradient is zero, not missing.
    Source: arXiv:2001.00326 (NAS-Bench-201), the operation `none`.
    """

    op = "zero"
    stride: Stride = Field(1, description="Step in pixels, one for all axes or one an axis.")

    examples = (
        Example({}, ((8, 6, 5),)),
        Example({}, ((10,),)),
        Example({"stride": 2}, ((8, 7, 6),)),
        Example({"stride": (3, 1)}, ((8, 7, 6),)),
        Example({"stride": 2}, ((8, 7),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        strides = self._strides(x) or (1,) * (len(x) - 1)
        return x[0], *(-(-size // stride) for size, stride in zip(x[1:], strides, strict=True))

    def _strides(self, x: Shape) -> tuple[int, ...]:
        return () if self.stride == 1 else per_axis(self.stride, len(spatial(x, self.op)), "stride")

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        steps = self._strides(inputs[0])
        if set(steps) <= {1}:
            return Lowering("{0} * 0", overwritable=True)
        return Lowering(f"{{0}}[:, :, {', '.join(f'::{step}' for step in steps)}] * 0", overwritable=True)


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
