"""Densely connected layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Depth, Held, IsGraph, Role, Takes
from archgraph.ops.base import Builder, Example, Macro, Ref
from archgraph.spec.model import Body, NodeSpec


class Dense(Macro):
    """Layers each of which sees the input and the outputs of layers above it, concatenated.

    `(C, H, W) -> (C + layers * growth, H, W)`; with `connect: log` the channels of what its last concat takes.
    Each layer is a copy of the body; every concat takes all its parts at once. With `log` a concat takes the
    outputs 1, 2, 4, 8, ... back, the nearest first, where the input stands before the first layer's output.
    Source: arXiv:1608.06993; `log` is SparseNet, arXiv:1801.05895, section 3, in the order of pytorchcv.
    """

    op = "dense"
    layers: Depth = Field(description="Number of layers.")
    growth: Annotated[int | None, Ge(1), Takes("a positive integer"), Role("width")] = Field(
        None,
        description="Channels that each layer adds, by one 3x3 conv with `order: pre`; not beside a body.",
    )
    body: Annotated[Body | None, IsGraph(), Held("graph"), Takes("a list of nodes")] = Field(
        None, description="The nodes of a layer, in place of growth's one conv."
    )
    connect: Annotated[Literal["all", "log"], Takes("all or log")] = Field(
        "all", description="What a layer sees: `all` above it, or those at distances of powers of two (`log`)."
    )

    examples = (
        Example({"layers": 3, "growth": 12}, ((16, 8, 8),)),
        Example({"layers": 5, "growth": 12, "connect": "log"}, ((16, 8, 8),)),
        Example(
            {
                "layers": 2,
                "body": Body(
                    (
                        NodeSpec("conv", {"out": 32, "kernel": 1, "norm": "batch", "act": "relu", "order": "pre"}),
                        NodeSpec("conv", {"out": 8, "kernel": 3, "norm": "batch", "act": "relu", "order": "pre"}),
                    )
                ),
            },
            ((16, 8, 8),),
        ),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        if (self.growth is None) == (self.body is None):
            given = "neither" if self.body is None else "both"
            raise RuleError(f"dense takes growth or a body, given {given}", hint="growth: 32, or body: [conv: ...]")
        seen = list(inputs)
        for layer in range(self.layers):
            x = self._gathered(build, f"concat{layer}", seen)
            if self.body is not None:
                seen.append(build.body(str(layer), self.body, x))
            else:
                seen.append(build.add(str(layer), "conv", {"out": self.growth, "kernel": 3, "order": "pre"}, x))
        return self._gathered(build, "concat", seen)

    def _gathered(self, build: Builder, name: str, seen: Sequence[Ref]) -> Ref:
        """What the next layer sees of the input and the outputs so far."""
        parts = seen if self.connect == "all" else [seen[-(2**n)] for n in range(len(seen).bit_length())]
        return parts[0] if len(parts) == 1 else build.add(name, "concat", {}, *parts)
