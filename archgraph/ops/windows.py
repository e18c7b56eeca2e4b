"""Attention inside windows of a map, and the step between its stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from annotated_types import Ge, Len
from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import OTHER, Count, NodeName, Probability, Sizes, Takes
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.tokens import token_axes
from archgraph.shape import Shape, per_axis, show

Shift = Annotated[
    Annotated[int, Ge(0)] | Annotated[tuple[Annotated[int, Ge(0)], ...], Len(1, 2)],
    Takes("an integer from 0 up or a pair of them"),
]
_WINDOW = "Height and width of a window in pixels, one number for both."
_SHIFT = "Pixels by which the windows are moved down and right, less than a window; an axis of one window is not."


class Windows(Primitive):
    """The pixels of a map as tokens, window by window.

    `(C, H, W) -> (N, C)`, N the pixels of all windows.
    Zeros fill the windows at the right and the lower edge; with a shift, the windows at an edge hold pixels of
    both sides, which `window_attention` keeps apart.
    Source: arXiv:2103.14030, section 3.2; torchvision's swin_t.
    """

    op = "windows"
    window: Sizes = Field(description=_WINDOW)
    shift: Shift = Field(0, description=_SHIFT)

    examples = (
        Example({"window": 7}, ((96, 56, 56),)),
        Example({"window": (4, 3), "shift": (2, 1)}, ((6, 9, 8),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        rows, columns = padded(inputs[0], self.window, self.shift, self.op)
        return rows * columns, inputs[0][0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        call = Call("archgraph.nn.windows.Windows", (_pair(self.window), _pair(self.shift)))
        return Lowering(module=call, aliases=True)


class Unwindows(Primitive):
    """Tokens that stand window by window as the pixels of a map again.

    `(N, C) -> (C, H, W)`, the size that of another node.
    Source: arXiv:2103.14030, section 3.2; torchvision's swin_t.
    """

    op = "unwindows"
    window: Sizes = Field(description=_WINDOW)
    like: NodeName = Field(description="The map whose windows they are.")
    shift: Shift = Field(0, description=_SHIFT)

    examples = (
        Example({"window": 7, "like": OTHER}, ((196, 12), (12, 14, 14))),
        Example({"window": (4, 3), "shift": (2, 1), "like": OTHER}, ((108, 5), (6, 9, 8))),
    )

    def shape(self, *inputs: Shape) -> Shape:
        features = tokens_of(inputs[0], inputs[-1], self.window, self.shift, self.op)
        return features, *inputs[-1][1:]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        call = Call("archgraph.nn.windows.Unwindows", (_pair(self.window), _pair(self.shift)))
        return Lowering("{self}({0}, {1})", module=call, aliases=True)


class WindowAttention(Primitive):
    """Each token attends to those of its window, by what they are and by how far apart they stand.

    `(N, 3 * C) -> (N, C)`: queries, keys and values side by side, the tokens in the order of `windows`.
    The bias for each distance and head is trained. Its work is that of the two products of the attention.
    Source: arXiv:2103.14030, section 3.2; torchvision's swin_t.
    """

    op = "window_attention"
    heads: Count = Field(description="Heads; it divides C.")
    window: Sizes = Field(description=_WINDOW)
    like: NodeName = Field(description="The map whose windows they are.")
    shift: Shift = Field(0, description=_SHIFT)
    dropout: Probability = Field(0.0, description="Share of the attention set to 0 in training.")

    examples = (
        Example({"heads": 2, "window": 7, "shift": 3, "like": OTHER}, ((196, 12), (4, 14, 14))),
        Example({"heads": 2, "window": (4, 3), "dropout": 0.1, "like": OTHER}, ((108, 12), (6, 9, 8))),
        Example({"heads": 2, "window": 7, "shift": 3, "like": OTHER}, ((49, 12), (6, 7, 5))),
    )

    def shape(self, *inputs: Shape) -> Shape:
        packed = tokens_of(inputs[0], inputs[-1], self.window, self.shift, self.op)
        if packed % (3 * self.heads):
            raise RuleError(
                f"heads {self.heads} does not divide a third of {packed} features",
                hint="queries, keys and values of all heads stand side by side",
                argument="heads",
            )
        return inputs[0][0], packed // 3

    def macs(self, *inputs: Shape) -> int:
        tokens, width = self.shape(*inputs)
        rows, columns = _pair(self.window)
        return 2 * tokens * rows * columns * width

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        rows, columns = _pair(self.window)
        return {"relative_position_bias_table": ((2 * rows - 1) * (2 * columns - 1), self.heads)}

    def buffers(self, *inputs: Shape) -> Mapping[str, Shape]:
        rows, columns = _pair(self.window)
        return {"relative_position_index": ((rows * columns) ** 2,)}

    def lower(self, *inputs: Shape) -> Lowering:
        kwargs = {"dropout": self.dropout} if self.dropout else {}
        args = self.heads, _pair(self.window), _pair(self.shift)
        call = Call("archgraph.nn.windows.WindowAttention", args, kwargs)
        return Lowering("{self}({0}, {1})", module=call)


class SpaceToDepth(Primitive):
    """Blocks of pixels moved into the channels.

    `(C, H, W) -> (block ** 2 * C, ceil(H / block), ceil(W / block))`, zeros where a block reaches out.
    The channels of a block's pixels stand one after another, down its columns, as in Swin's patch merging;
    `pixel_unshuffle` has another order, and all pixels of a channel together.
    Source: arXiv:2103.14030, section 3.1; torchvision.models.swin_transformer.PatchMerging.
    """

    op = "space_to_depth"
    block: Count = Field(description="Height and width of a block in pixels.")

    examples = (
        Example({"block": 2}, ((96, 56, 56),)),
        Example({"block": 3}, ((4, 7, 8),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        rows, columns = _map(inputs[0], self.op)
        return self.block**2 * inputs[0][0], -(-rows // self.block), -(-columns // self.block)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("archgraph.nn.space_to_depth.SpaceToDepth", (self.block,)), aliases=True)


def padded(x: Shape, window: int | tuple[int, ...], shift: int | tuple[int, ...], op: str) -> tuple[int, int]:
    """Height and width of a map in whole windows. Raises RuleError for what is no map, or too far a shift."""
    height, width = _map(x, op)
    rows, columns = per_axis(window, 2, "window")
    for step, size in zip(per_axis(shift, 2, "shift"), (rows, columns), strict=True):
        if step >= size:
            hint = "half a window, rounded down, is usual"
            raise RuleError(f"shift {step} is not less than the window of {size}", hint=hint, argument="shift")
    return -(-height // rows) * rows, -(-width // columns) * columns


def tokens_of(tokens: Shape, like: Shape, window: int | tuple[int, ...], shift: int | tuple[int, ...], op: str) -> int:
    """How many features the tokens of a map's windows have. Raises RuleError where they are not those."""
    count, features = token_axes(tokens, op)
    rows, columns = padded(like, window, shift, op)
    if count != rows * columns:
        message = f"the windows of {show(like)} have {rows * columns} pixels, the input has {count} tokens"
        raise RuleError(message, hint="`like` names the map that went into `windows`", argument="like")
    return features


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    first, second = per_axis(value, 2, "window")
    return first, second


def _map(x: Shape, op: str) -> tuple[int, int]:
    if len(x) == 3:
        return x[1], x[2]
    raise RuleError(f"{op} takes a map (C, H, W), given {show(x)}", hint="`untokens` makes one", argument="from")
