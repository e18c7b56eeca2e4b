"""Spatial pyramid pooling."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Len
from pydantic import Field

from archgraph.ops.arguments import Count, Takes
from archgraph.ops.base import Builder, Example, Macro, Ref


class SpatialPyramidPool(Macro):
    """The map pooled into grids of several sizes, and all cells in one row.

    `(C, H, W) -> (C * (levels[0] ** 2 + levels[1] ** 2 + ...),)`, the same for any size of map.
    Source: arXiv:1406.4729.
    """

    op = "spp"
    levels: Annotated[tuple[Count, ...], Len(1), Takes("a list of positive integers")] = Field(
        description="Cells along each axis of each grid, as in [4, 2, 1]."
    )

    examples = (
        Example({"levels": (4, 2, 1)}, ((256, 13, 13),)),
        Example({"levels": (3,)}, ((8, 5, 7),)),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        (x,) = inputs
        rows = []
        for number, size in enumerate(self.levels, start=1):
            grid = build.add(f"pool{number}", "adaptive_max_pool", {"size": size}, x)
            rows.append(build.add(f"flatten{number}", "flatten", {}, grid))
        return build.add("concat", "concat", {}, *rows)
