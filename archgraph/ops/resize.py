"""Maps of another size: interpolated, or with channels and pixels exchanged."""

from __future__ import annotations

from math import floor
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Len
from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Count, Flag, NodeName, OptionalSizes, Takes
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.sizes import one_if_equal, one_of, sizes_like, spatial
from archgraph.shape import Shape, per_axis, show

_Factor = Annotated[int, Ge(1)] | Annotated[float, Gt(0)]

MODES = {"linear": 1, "bilinear": 2, "bicubic": 2}
"""The modes that work on this many axes alone; the only ones that know align_corners."""


class Upsample(Primitive):
    """The map at another size, larger or smaller, each pixel from those around its place.

    `(C, H, W) -> (C, H * factor, W * factor)`, rounded down; or the size given; a sequence likewise.
    Source: torch.nn.Upsample, torch.nn.functional.interpolate.
    """

    op = "upsample"
    factor: Annotated[
        _Factor | Annotated[tuple[_Factor, ...], Len(1, 2)] | None, Takes("a number above 0 or a pair of them")
    ] = Field(None, description="How many times as large, one for all axes or one an axis (height, width).")
    size: OptionalSizes = Field(None, description="Output size in pixels, in place of factor.")
    like: NodeName = Field(None, description="A node whose size it takes, in place of factor.")
    mode: Annotated[
        Literal["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "area"],
        Takes("nearest, nearest-exact, linear, bilinear, bicubic or area"),
    ] = Field("nearest", description="`linear` is for sequences, `bilinear` and `bicubic` are for maps.")
    align_corners: Flag = Field(
        False, description="Map corner pixels to corner pixels; for linear, bilinear and bicubic."
    )

    examples = (
        Example({"factor": 2}, ((256, 13, 13),)),
        Example({"factor": (1.5, 2), "mode": "bilinear", "align_corners": True}, ((8, 7, 9),)),
        Example({"size": (9, 5), "mode": "bicubic"}, ((4, 6, 6),)),
        Example({"like": "other", "mode": "bilinear"}, ((4, 6, 5), (16, 13, 11))),
        Example({"like": "other"}, ((4, 6), (4, 6))),
        Example({"factor": 0.5, "mode": "area"}, ((4, 7, 9),)),
        Example({"factor": 3, "mode": "linear"}, ((4, 7),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        sizes = spatial(x, self.op)
        self._check_mode(len(sizes))
        one_of(self.op, factor=self.factor, size=self.size, like=self.like)
        if self.size is not None:
            return x[0], *per_axis(self.size, len(sizes), "size")
        if self.factor is None:
            return x[0], *sizes_like(inputs, 1, self.op)
        factors: tuple[float, ...] = per_axis(self.factor, len(sizes), "factor")
        found = tuple(floor(size * factor) for size, factor in zip(sizes, factors, strict=True))
        if 0 in found:
            raise RuleError(f"factor {_listed(factors)} leaves nothing of {show(sizes)}", argument="factor")
        return x[0], *found

    def _check_mode(self, axes: int) -> None:
        if self.mode in MODES and MODES[self.mode] != axes:
            kind = {1: "a sequence", 2: "a map"}
            fitting = ", ".join(mode for mode, fits in MODES.items() if fits == axes)
            raise RuleError(
                f"mode {self.mode} is for {kind[MODES[self.mode]]}, given {kind[axes]}",
                hint=f"{fitting}; nearest and area are for both",
                argument="mode",
            )
        if self.align_corners and self.mode not in MODES:
            hint = f"{', '.join(MODES)} have them"
            raise RuleError(f"mode {self.mode} has no corners to align", hint=hint, argument="align_corners")

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        axes = len(inputs[0]) - 1
        one_of(self.op, factor=self.factor, size=self.size, like=self.like)
        if self.like is not None:
            corners = ", align_corners=True" if self.align_corners else ""
            call = f"torch.nn.functional.interpolate({{0}}, {{1}}.shape[2:], mode={self.mode!r}{corners})"
            return Lowering(call, overwritable=True)
        kwargs: dict[str, Any] = {}
        if self.size is not None:
            kwargs["size"] = one_if_equal(per_axis(self.size, axes, "size"))
        else:
            kwargs["scale_factor"] = one_if_equal(per_axis(self.factor, axes, "factor"))
        kwargs |= {} if self.mode == "nearest" else {"mode": self.mode}
        kwargs |= {"align_corners": True} if self.align_corners else {}
        return Lowering(module=Call("nn.Upsample", (), kwargs), overwritable=True)


class PixelShuffle(Primitive):
    """Each `factor * factor` channels made one, their values the pixels of a square.

    `(C, H, W) -> (C / factor ** 2, H * factor, W * factor)`.
    Source: arXiv:1609.05158; torch.nn.PixelShuffle.
    """

    op = "pixel_shuffle"
    factor: Count = Field(description="How many times as high and as wide.")

    examples = (
        Example({"factor": 2}, ((64, 14, 14),)),
        Example({"factor": 3}, ((9, 5, 4),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        height, width = map_sizes(x, self.op)
        if x[0] % self.factor**2:
            hint = f"{self.factor}x{self.factor} channels become one"
            raise RuleError(f"factor {self.factor} does not fit {x[0]} channels", hint=hint, argument="factor")
        return x[0] // self.factor**2, height * self.factor, width * self.factor

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("nn.PixelShuffle", (self.factor,)), aliases=True)


class PixelUnshuffle(Primitive):
    """The pixels of each square made channels, at a pixel for each square.

    `(C, H, W) -> (C * factor ** 2, H / factor, W / factor)`.
    Source: arXiv:1609.05158; torch.nn.PixelUnshuffle.
    """

    op = "pixel_unshuffle"
    factor: Count = Field(description="Side of the squares in pixels; it divides height and width.")

    examples = (
        Example({"factor": 2}, ((3, 32, 32),)),
        Example({"factor": 3}, ((2, 6, 9),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        height, width = map_sizes(x, self.op)
        if height % self.factor or width % self.factor:
            hint = "pad or crop the map before it"
            raise RuleError(f"factor {self.factor} does not divide {show(x[1:])}", hint=hint, argument="factor")
        return x[0] * self.factor**2, height // self.factor, width // self.factor

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("nn.PixelUnshuffle", (self.factor,)), aliases=True)


def map_sizes(x: Shape, op: str) -> tuple[int, int]:
    """Height and width. Raises RuleError for what is no map."""
    if len(x) != 3:
        raise RuleError(f"{op} takes a map (C, H, W), given {show(x)}", argument="from")
    return x[1], x[2]


def _listed(factors: tuple[float, ...]) -> str:
    return " and ".join(str(factor) for factor in dict.fromkeys(factors))
