"""Between a map and its tokens, and what is learned beside the tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from annotated_types import Ge, Len
from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import OTHER, NodeName, Takes
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.sizes import spatial
from archgraph.shape import Shape, numel, per_axis, show


class Tokens(Primitive):
    """The pixels of a map one after another, row by row, as tokens with as many features as it has channels.

    `(C, H, W) -> (H * W, C)`, and `(C, L) -> (L, C)`.
    Source: arXiv:2010.11929.
    """

    op = "tokens"
    examples = (
        Example({}, ((192, 14, 14),)),
        Example({}, ((8, 20),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return numel(spatial(x, self.op)), x[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering("{0}.flatten(2).transpose(1, 2)", aliases=True)


class Untokens(Primitive):
    """Tokens as the pixels of a map again, row by row.

    `(N, C) -> (C, H, W)` with H * W = N, or `(C, L)`.
    With `like` the size is that of another node, whatever the network's input; with `size` it is fixed.
    Source: torchvision.ops.Permute and a reshape.
    """

    op = "untokens"
    size: Annotated[
        Annotated[int, Ge(1)] | Annotated[tuple[Annotated[int, Ge(1)], ...], Len(1, 2)] | None,
        Takes("a positive integer or a pair of them"),
    ] = Field(None, description="Height and width in pixels, one number for both; a list of one gives a sequence.")
    like: NodeName = Field(None, description="The node whose height and width it takes, in place of size.")

    examples = (
        Example({"size": 14}, ((196, 192),)),
        Example({"like": OTHER}, ((30, 8), (4, 5, 6))),
        Example({"size": (20,)}, ((20, 8),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        count, features = token_axes(inputs[0], self.op)
        size = self._size(*inputs)
        if numel(size) != count:
            wanted = f"{show(size)} pixels" if len(size) > 1 else f"a length of {show(size)}"
            argument = "like" if self.like else "size"
            raise RuleError(f"{argument} gives {wanted}, the input has {count} tokens", argument=argument)
        return features, *size

    def _size(self, *inputs: Shape) -> tuple[int, ...]:
        if (self.size is None) == (self.like is None):
            given = "neither" if self.size is None else "both"
            raise RuleError(f"untokens takes size or like, given {given}", hint="size: [14, 14], or like: a node")
        if self.like:
            return spatial(inputs[1], "like of untokens")
        assert self.size is not None
        return per_axis(self.size, 2, "size") if isinstance(self.size, int) else self.size

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        size = self._size(*inputs)
        first = 2 if self.like else 0
        sizes = [f"{{1}}.shape[{first + n}]" for n in range(len(size))] if self.like else map(str, size)
        to = ", ".join(["{0}.shape[0]", "{0}.shape[2]", *sizes])
        return Lowering(f"{{0}}.transpose(1, 2).reshape({to})", aliases=True)


class ClassToken(Primitive):
    """A trainable token before all others.

    `(N, C) -> (N + 1, C)`; it starts at 0.
    Source: arXiv:2010.11929, section 3.1.
    """

    op = "class_token"
    examples = (Example({}, ((196, 192),)),)

    def shape(self, *inputs: Shape) -> Shape:
        count, features = token_axes(inputs[0], self.op)
        return count + 1, features

    def macs(self, *inputs: Shape) -> int:
        return 0

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        return {"weight": (1, 1, inputs[0][1])}

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("archgraph.nn.tokens.ClassToken", (inputs[0][1],)), overwritable=True)


class EmbedPosition(Primitive):
    """A trainable number added to each element, so that later layers know where it stood.

    `(N, C) -> (N, C)`, any shape.
    The numbers start at random, normally distributed with a deviation of 0.02.
    Source: arXiv:2010.11929, section 3.1.
    """

    op = "embed_position"
    examples = (
        Example({}, ((197, 192),)),
        Example({}, ((8, 6, 5),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        return {"weight": (1, *inputs[0])}

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("archgraph.nn.tokens.EmbedPosition", (inputs[0],)), overwritable=True)


def token_axes(shape: Shape, op: str) -> tuple[int, int]:
    """How many tokens there are and how many features each has. Raises RuleError for what is not tokens."""
    if len(shape) == 2:
        return shape[0], shape[1]
    raise RuleError(
        f"{op} takes tokens (N, C), given {'the map' if len(shape) == 3 else 'a vector of'} {show(shape)}",
        hint="put `tokens` before it" if len(shape) == 3 else "it has one axis; tokens have two",
        argument="from",
    )
