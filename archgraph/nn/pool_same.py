"""Pools padded as TensorFlow does it: ceil(size / stride) out, the odd pixel after the input.

The padding follows from the size of each input, so one module serves all sizes.
b batch, c channels, h height, w width, l length.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class MaxPool1dSame(nn.MaxPool1d):
    """`(B, C, L) -> (B, C, ceil(L / stride))`."""

    def forward(self, x_bcl: Tensor) -> Tensor:
        return F.max_pool1d(_padded(self, x_bcl, float("-inf")), self.kernel_size, self.stride, 0, self.dilation)


class MaxPool2dSame(nn.MaxPool2d):
    """`(B, C, H, W) -> (B, C, ceil(H / stride), ceil(W / stride))`."""

    def forward(self, x_bchw: Tensor) -> Tensor:
        return F.max_pool2d(_padded(self, x_bchw, float("-inf")), self.kernel_size, self.stride, 0, self.dilation)


class AvgPool1dSame(nn.AvgPool1d):
    """`(B, C, L) -> (B, C, ceil(L / stride))`."""

    def forward(self, x_bcl: Tensor) -> Tensor:
        mean_bcl = F.avg_pool1d(_padded(self, x_bcl, 0.0), self.kernel_size, self.stride)
        if self.count_include_pad:
            return mean_bcl
        ones_bcl = x_bcl.new_ones(1, 1, x_bcl.shape[2])
        return mean_bcl / F.avg_pool1d(_padded(self, ones_bcl, 0.0), self.kernel_size, self.stride)


class AvgPool2dSame(nn.AvgPool2d):
    """`(B, C, H, W) -> (B, C, ceil(H / stride), ceil(W / stride))`."""

    def forward(self, x_bchw: Tensor) -> Tensor:
        mean_bchw = F.avg_pool2d(_padded(self, x_bchw, 0.0), self.kernel_size, self.stride)
        if self.count_include_pad:
            return mean_bchw
        ones_bchw = x_bchw.new_ones(1, 1, *x_bchw.shape[2:])
        return mean_bchw / F.avg_pool2d(_padded(self, ones_bchw, 0.0), self.kernel_size, self.stride)


def _padded(pool: nn.Module, x: Tensor, value: float) -> Tensor:
    """The input with pixels of one value around it. torch counts the axes of a padding from the last one."""
    sides: list[int] = []
    for axis in range(x.dim() - 2):
        kernel, stride, dilation = (_along(pool, name, axis) for name in ("kernel_size", "stride", "dilation"))
        size = x.shape[2 + axis]
        total = max(((size + stride - 1) // stride - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
        sides = [total // 2, total - total // 2, *sides]
    return F.pad(x, sides, value=value)


def _along(pool: nn.Module, name: str, axis: int) -> int:
    """A size of the pool along an axis; an average pool has no dilation."""
    value = getattr(pool, name, 1)
    return int(value[axis]) if isinstance(value, tuple) else int(value)
