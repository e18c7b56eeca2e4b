"""Pieces of a tensor along an axis, and its axes or channels in another order."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Len
from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Axis, Count, Groups, Takes
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.sizes import axis_of, one_of, spatial
from archgraph.shape import Shape, show

_AXIS = "Axis it goes along, without the batch: 0 is the channels, -1 the last."


class Split(Primitive):
    """Its input cut along an axis; each piece is an output: `split1/0`, `split1/1`, ...

    `(C, H, W) -> (C / parts, H, W), (C / parts, H, W), ...`; or pieces of the sizes given.
    Source: torch.split.
    """

    op = "split"
    parts: Annotated[int | None, Ge(1), Takes("a positive integer")] = Field(
        None, description="How many equal pieces; it divides the axis."
    )
    sizes: Annotated[tuple[Annotated[int, Ge(1)], ...] | None, Len(1), Takes("a list of positive integers")] = Field(
        None, description="Sizes of the pieces, in place of parts; they add up to the axis."
    )
    axis: Axis = Field(0, description=_AXIS)

    examples = (
        Example({"parts": 2}, ((116, 28, 28),)),
        Example({"sizes": (2, 5, 1)}, ((8, 6, 5),)),
        Example({"parts": 3, "axis": -1}, ((7, 9),)),
        Example({"parts": 1}, ((10,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return self._pieces(inputs[0])[0]

    def further(self, *inputs: Shape) -> tuple[Shape, ...]:
        return self._pieces(inputs[0])[1:]

    def _pieces(self, x: Shape) -> tuple[Shape, ...]:
        at = axis_of(x, self.axis)
        return tuple((*x[:at], size, *x[at + 1 :]) for size in self._along(x[at]))

    def _along(self, length: int) -> tuple[int, ...]:
        one_of(self.op, parts=self.parts, sizes=self.sizes)
        if self.parts is not None:
            if length % self.parts:
                hint = "`sizes` gives pieces that are not equal"
                raise RuleError(f"parts {self.parts} does not divide {length}", hint=hint, argument="parts")
            return (length // self.parts,) * self.parts
        sizes = self.sizes or ()
        if sum(sizes) != length:
            message = f"sizes {list(sizes)} add up to {sum(sizes)}, the axis has {length}"
            raise RuleError(message, argument="sizes")
        return sizes

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        at = axis_of(inputs[0], self.axis)
        sizes = self._along(inputs[0][at])
        if len(sizes) == 1:
            return Lowering("{0}", aliases=True)
        return Lowering(f"torch.split({{0}}, {list(sizes)}, {at + 1})", aliases=True)


class Slice(Primitive):
    """A part of an axis, as Python slices it.

    `(C, H, W) -> (stop - start, H, W)`, divided by the step and rounded up.
    """

    op = "slice"
    start: Annotated[int, Takes("a whole number")] = Field(
        0, description="First element; a negative number counts from the end."
    )
    stop: Annotated[int | None, Takes("a whole number")] = Field(
        None, description="First element left out; a negative number counts from the end; the end if not given."
    )
    step: Count = Field(1, description="Take every so many.")
    axis: Axis = Field(0, description=_AXIS)

    examples = (
        Example({"start": 0, "stop": 58}, ((116, 28, 28),)),
        Example({"start": 1, "axis": 2}, ((8, 6, 5),)),
        Example({"start": -4, "stop": -1, "step": 2}, ((10,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        at = axis_of(x, self.axis)
        size = x[at]
        start = self.start + size if self.start < 0 else self.start
        stop = size if self.stop is None else self.stop + size if self.stop < 0 else self.stop
        if not 0 <= start < size:
            raise RuleError(f"start {self.start} is outside of an axis of {size}", argument="start")
        if not start < stop <= size:
            message = f"stop {self.stop} is not between start {self.start} and the end of an axis of {size}"
            raise RuleError(message, argument="stop")
        return *x[:at], -(-(stop - start) // self.step), *x[at + 1 :]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        at = axis_of(inputs[0], self.axis)
        start, stop = (str(self.start) if self.start else ""), ("" if self.stop is None else str(self.stop))
        step = f":{self.step}" if self.step > 1 else ""
        return Lowering(f"{{0}}[:, {':, ' * at}{start}:{stop}{step}]", aliases=True)


class ChannelShuffle(Primitive):
    """The channels in another order, so that the next grouped conv sees all groups of the one before.

    `(C, H, W) -> (C, H, W)`; a sequence likewise.
    Source: arXiv:1707.01083; torch.nn.ChannelShuffle.
    """

    op = "channel_shuffle"
    groups: Groups = Field(description="Groups to mix; it divides the channels.")

    examples = (
        Example({"groups": 3}, ((240, 28, 28),)),
        Example({"groups": 2}, ((8, 5, 4),)),
        Example({"groups": 4}, ((8, 5),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        spatial(x, self.op)
        if x[0] % self.groups:
            raise RuleError(f"groups {self.groups} does not divide {x[0]} channels", argument="groups")
        return x

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("nn.ChannelShuffle", (self.groups,)), aliases=True)


class Permute(Primitive):
    """Its axes in another order.

    `(C, H, W) -> (H, W, C)` with order [1, 2, 0].
    Source: torch.permute.
    """

    op = "permute"
    order: Annotated[
        tuple[Annotated[int, Ge(0)], ...], Len(1, 3), Takes("the axes of the input, each once, as in [1, 2, 0]")
    ] = Field(description="Which axis of the input each axis of the output is; 0 is the channels.")

    examples = (
        Example({"order": (1, 2, 0)}, ((8, 6, 5),)),
        Example({"order": (1, 0)}, ((8, 6),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if sorted(self.order) != list(range(len(x))):
            hint = f"it has each of {', '.join(map(str, range(len(x))))} once"
            raise RuleError(f"order {list(self.order)} is none of the axes of {show(x)}", hint=hint, argument="order")
        return tuple(x[axis] for axis in self.order)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        axes = ", ".join(str(axis + 1) for axis in self.order)
        return Lowering(f"{{0}}.permute(0, {axes})", aliases=True)
