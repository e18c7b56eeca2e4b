"""Attention inside windows of a map, shifted in every other layer (Swin, arXiv:2103.14030).

The map is padded with zeros to whole windows and rolled by the shift; an axis that one window covers is not
shifted. All sizes follow from the map, so one module serves all of them.
b batch, c channels, h height, w width, n tokens of all windows, l tokens of a window, g windows times heads,
d features of a head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Windows(nn.Module):
    """`(B, C, H, W) -> (B, N, C)`: the pixels as tokens, window by window."""

    def __init__(self, window: tuple[int, int], shift: tuple[int, int]) -> None:
        super().__init__()
        self.window = window
        self.shift = shift

    def forward(self, x_bchw: Tensor) -> Tensor:
        wh, ww = self.window
        h, w = _padded(x_bchw.shape[2], wh), _padded(x_bchw.shape[3], ww)
        x_bchw = F.pad(x_bchw, (0, w - x_bchw.shape[3], 0, h - x_bchw.shape[2]))
        up, left = _shift(h, wh, self.shift[0]), _shift(w, ww, self.shift[1])
        if up or left:
            x_bchw = x_bchw.roll((-up, -left), (2, 3))
        b, c = x_bchw.shape[:2]
        x = x_bchw.reshape(b, c, h // wh, wh, w // ww, ww).permute(0, 2, 4, 3, 5, 1)
        return x.reshape(b, h * w, c)

    def extra_repr(self) -> str:
        return f"window={self.window}, shift={self.shift}"


class Unwindows(nn.Module):
    """`(B, N, C), (B, C', H, W) -> (B, C, H, W)`: tokens in windows as pixels again; the second gives the size."""

    def __init__(self, window: tuple[int, int], shift: tuple[int, int]) -> None:
        super().__init__()
        self.window = window
        self.shift = shift

    def forward(self, x_bnc: Tensor, like_bchw: Tensor) -> Tensor:
        wh, ww = self.window
        h, w = _padded(like_bchw.shape[2], wh), _padded(like_bchw.shape[3], ww)
        b, c = x_bnc.shape[0], x_bnc.shape[2]
        x = x_bnc.reshape(b, h // wh, w // ww, wh, ww, c).permute(0, 5, 1, 3, 2, 4)
        x_bchw = x.reshape(b, c, h, w)
        down, right = _shift(h, wh, self.shift[0]), _shift(w, ww, self.shift[1])
        if down or right:
            x_bchw = x_bchw.roll((down, right), (2, 3))
        return x_bchw[:, :, : like_bchw.shape[2], : like_bchw.shape[3]]

    def extra_repr(self) -> str:
        return f"window={self.window}, shift={self.shift}"


class WindowAttention(nn.Module):
    """`(B, N, 3 * C), (B, C', H, W) -> (B, N, C)`: each token attends to those of its window.

    The first holds queries, keys and values side by side, its tokens window by window; the second gives the
    size of the map. A trainable bias depends on the distance between two tokens. What a shift brought together
    over the map's edge does not attend to each other.
    """

    if TYPE_CHECKING:  # TorchScript would take an annotation that it sees for one of its own
        relative_position_index: Tensor

    def __init__(self, heads: int, window: tuple[int, int], shift: tuple[int, int], *, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.window = window
        self.shift = shift
        self.dropout = dropout
        distances = (2 * window[0] - 1) * (2 * window[1] - 1)
        self.relative_position_bias_table = nn.Parameter(torch.empty(distances, heads))
        self.register_buffer("relative_position_index", _relative_positions(window))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)

    def forward(self, x_bnc: Tensor, like_bchw: Tensor) -> Tensor:
        b, n, c3 = x_bnc.shape
        tokens = self.window[0] * self.window[1]
        windows = _padded(like_bchw.shape[2], self.window[0]) * _padded(like_bchw.shape[3], self.window[1]) // tokens
        # Every size is said, so that tokens of another map fail here.
        qkv = x_bnc.reshape(b, windows, tokens, 3, self.heads, c3 // (3 * self.heads)).permute(3, 0, 1, 4, 2, 5)
        q_bgld, k_bgld, v_bgld = qkv.flatten(2, 3).unbind(0)
        bias_gll = self._bias(windows, like_bchw)
        dropout = self.dropout if self.training else 0.0
        # Windows beside heads, so that one bias serves the whole batch.
        out_bgld = F.scaled_dot_product_attention(q_bgld, k_bgld, v_bgld, bias_gll[None], dropout)
        return out_bgld.reshape(b, windows, self.heads, tokens, -1).transpose(2, 3).reshape(b, n, -1)

    def _bias(self, windows: int, like_bchw: Tensor) -> Tensor:
        """What is added to the scores of every window and head."""
        wh, ww = self.window
        tokens = wh * ww
        table = self.relative_position_bias_table[self.relative_position_index]
        bias = table.reshape(1, tokens, tokens, self.heads).permute(0, 3, 1, 2)
        h, w = _padded(like_bchw.shape[2], wh), _padded(like_bchw.shape[3], ww)
        up, left = _shift(h, wh, self.shift[0]), _shift(w, ww, self.shift[1])
        if up or left:
            rows = _regions(h, wh, up, bias)
            columns = _regions(w, ww, left, bias)
            regions = rows[:, None] * 3 + columns[None]
            regions = regions.reshape(h // wh, wh, w // ww, ww).transpose(1, 2).reshape(windows, tokens)
            apart = regions[:, None, :] != regions[:, :, None]
            bias = bias + apart[:, None].to(bias.dtype) * -100.0
        else:
            bias = bias.expand(windows, -1, -1, -1)
        return bias.reshape(windows * self.heads, tokens, tokens)

    def extra_repr(self) -> str:
        return f"heads={self.heads}, window={self.window}, shift={self.shift}, dropout={self.dropout}"


def _padded(size: int, window: int) -> int:
    """The size in whole windows."""
    return (size + window - 1) // window * window


def _shift(size: int, window: int, shift: int) -> int:
    """Pixels to roll an axis of whole windows by."""
    return 0 if window >= size else shift


def _regions(size: int, window: int, shift: int, like: Tensor) -> Tensor:
    """Which pixels of a rolled axis stood together: all before the last window, then its two parts."""
    place = torch.arange(size, device=like.device)
    if shift == 0:
        return place * 0
    return (place >= size - window).long() + (place >= size - shift).long()


def _relative_positions(window: tuple[int, int]) -> Tensor:
    """The row of the bias table for each pair of a window's tokens, `(L * L,)`."""
    place = torch.arange(window[0] * window[1])
    row, column = place // window[1], place % window[1]
    down = row[:, None] - row[None] + window[0] - 1
    right = column[:, None] - column[None] + window[1] - 1
    return (down * (2 * window[1] - 1) + right).flatten()
