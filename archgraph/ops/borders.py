"""Pixels and channels added around a map, or taken off."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Len
from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import NodeName, Number, OptionalSizes, Pads, Takes
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.sizes import one_of, sizes_like, spatial
from archgraph.shape import Shape, per_axis, show

_Pixels = Annotated[int, Ge(0)]


class Pad(Primitive):
    """Pixels around the map, or channels beside its own.

    `(C, H, W) -> (C + 2 * channels, H + 2 * space, W + 2 * space)`; a sequence likewise, a vector has
    channels alone.
    Source: torch.nn.functional.pad.
    """

    op = "pad"
    channels: Annotated[Pads, Takes("an integer from 0 up or a pair of them (before, after)")] = Field(
        0, description="Channels added at each side, or before and after the input's; with mode constant alone."
    )
    space: Annotated[
        int | Annotated[tuple[int, ...], Len(1, 4)],
        Takes("a whole number, one an axis, or two an axis (before, after)"),
    ] = Field(
        0,
        description="Pixels added at each side: one for all, one an axis [height, width], or two an axis "
        "[top, bottom, left, right]; of a sequence [before, after]. A negative number takes them off.",
    )
    mode: Annotated[
        Literal["constant", "reflect", "replicate", "circular"], Takes("constant, reflect, replicate or circular")
    ] = Field("constant", description="What is added: a value, or the input's own pixels.")
    value: Number = Field(0.0, description="The value of mode constant.")

    examples = (
        Example({"channels": 8}, ((16, 16, 16),)),
        Example({"channels": (0, 4), "space": (1, 2)}, ((4, 6, 5),)),
        Example({"space": (0, 1, 0, 1), "value": -1.0}, ((4, 6, 5),)),
        Example({"space": (-1, 1, -1, 1)}, ((4, 6, 5),)),
        Example({"space": 3, "mode": "reflect"}, ((4, 9),)),
        Example({"space": (2, 0), "mode": "circular"}, ((4, 9),)),
        Example({"channels": (1, 2)}, ((10,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        sides = self._sides(x)
        return tuple(size + before + after for size, (before, after) in zip(x, sides, strict=True))

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        sides = self._sides(inputs[0])
        if len(sides) > 1 and not any(sides[0]):
            sides = sides[1:]
        # torch counts the axes of a padding from the last one.
        listed = ", ".join(f"{before}, {after}" for before, after in reversed(sides))
        how = f", mode={self.mode!r}" if self.mode != "constant" else ""
        how += f", value={self.value}" if self.value else ""
        return Lowering(f"torch.nn.functional.pad({{0}}, ({listed}){how})", overwritable=True)

    def _sides(self, x: Shape) -> tuple[tuple[int, int], ...]:
        """Before and after, for the channels and each axis of pixels."""
        axes = len(x) - 1
        before, after = per_axis(self.channels, 2, "channels")
        if axes == 0 and self.space != 0:
            raise RuleError(f"space {self.space} pads no axis of a vector of {x[0]}", argument="space")
        if isinstance(self.space, tuple) and len(self.space) == 2 * axes:
            space = tuple(zip(self.space[::2], self.space[1::2], strict=True))
        else:
            space = tuple((n, n) for n in per_axis(self.space, axes, "space"))
        if self.mode != "constant":
            self._check_pixels(x, space)
        for size, sides in zip(x[1:], space, strict=True):
            if size + min(*sides, sum(sides)) < 0:
                raise RuleError(f"space {self.space} takes more off than {show(x)} has", argument="space")
            if size + sum(sides) == 0:
                raise RuleError(f"pad takes all pixels off {show(x)}", argument="from")
        return (before, after), *space

    def _check_pixels(self, x: Shape, space: tuple[tuple[int, int], ...]) -> None:
        """Other modes take the pixels from the input, which must have enough of them."""
        if len(x) == 1 or self.channels not in (0, (0, 0)):
            raise RuleError(f"mode {self.mode} is for pixels, not for channels", argument="mode")
        if self.value:
            raise RuleError(f"mode {self.mode} takes no value", argument="value")
        spare = {"reflect": 1, "circular": 0}.get(self.mode)
        for size, sides in zip(x[1:], space, strict=True):
            if spare is not None and max(sides) > size - spare:
                hint = f"it adds at most {size - spare} there; constant and replicate add any number"
                message = f"mode {self.mode} adds {max(sides)} pixels to an input of {size}"
                raise RuleError(message, hint=hint, argument="mode")


class Crop(Primitive):
    """A part of the map: the middle of it, or a box.

    `(C, H, W) -> (C, H', W')`, of the size given; a sequence likewise.
    The middle begins at (H - H') // 2, so that an odd pixel is left out after it.
    Source: arXiv:1505.04597 (U-Net).
    """

    op = "crop"
    size: OptionalSizes = Field(None, description="Size of the middle in pixels, one for all axes or one an axis.")
    like: NodeName = Field(None, description="A node whose size the middle has, in place of size.")
    box: Annotated[
        tuple[_Pixels, ...] | None, Len(2, 4), Takes("[top, left, height, width], or [start, length] of a sequence")
    ] = Field(None, description="The box [top, left, height, width], or [start, length], in place of a middle.")

    examples = (
        Example({"size": 56}, ((64, 64, 64),)),
        Example({"size": (4, 2)}, ((8, 7, 5),)),
        Example({"like": "other"}, ((64, 13, 11), (32, 8, 8))),
        Example({"box": (1, 0, 4, 5)}, ((8, 7, 5),)),
        Example({"box": (2, 6)}, ((8, 9),)),
        Example({"size": 3}, ((8, 9),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        sizes = spatial(x, self.op)
        given = one_of(self.op, size=self.size, like=self.like, box=self.box)
        if given == "box":
            return x[0], *(stop - start for start, stop in self._spans(x))
        wanted = per_axis(self.size, len(sizes), "size") if self.size else sizes_like(inputs, 1, self.op)
        if any(less > size for less, size in zip(wanted, sizes, strict=True)):
            hint = "`pad` and `upsample` make a map larger"
            raise RuleError(f"{show(wanted)} is no part of {show(sizes)}", hint=hint, argument=given)
        return x[0], *wanted

    def _spans(self, x: Shape) -> list[tuple[int, int]]:
        """Where the box starts and stops along each axis."""
        box, axes = self.box or (), len(x) - 1
        if len(box) != 2 * axes:
            takes = {1: "[start, length]", 2: "[top, left, height, width]"}[axes]
            raise RuleError(f"box {list(box)} has {len(box)} numbers, here it is {takes}", argument="box")
        spans = []
        for size, start, length in zip(x[1:], box[:axes], box[axes:], strict=True):
            if not 0 < length <= size - start:
                message = f"box {list(box)} takes {length} pixels from {start} on, of {size}"
                raise RuleError(message, argument="box")
            spans.append((start, start + length))
        return spans

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        x = inputs[0]
        given = one_of(self.op, size=self.size, like=self.like, box=self.box)
        if given == "box":
            spans = ", ".join(f"{start}:{stop}" for start, stop in self._spans(x))
            return Lowering(f"{{0}}[:, :, {spans}]", aliases=True)
        if given == "like":
            return Lowering("{self}({0}, {1})", Call("archgraph.nn.crop.CentreCropLike"), aliases=True)
        size = per_axis(self.size, len(x) - 1, "size") if self.size else ()
        return Lowering(module=Call("archgraph.nn.crop.CentreCrop", size), aliases=True)
