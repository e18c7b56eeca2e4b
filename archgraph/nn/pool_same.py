"""Pools padded as TensorFlow does it: ceil(size / stride) out, the odd pixel after the input.

The padding follows from the size of each input, so one module serves all sizes.
b batch, c channels, h height, w width, l length.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class MaxPool1dSame(nn.MaxPool1d):
    """`(B, C, L) -> (B, C, ceil(L / stride))`."""

    def __init__(self, kernel_size: Any, stride: Any = None, dilation: Any = 1, **kwargs: Any) -> None:
        super().__init__(kernel_size, stride, dilation=dilation, **kwargs)
        self.along = _along(1, self.kernel_size, self.stride, dilation)

    def forward(self, x_bcl: Tensor) -> Tensor:
        x_bcl = F.pad(x_bcl, _sides(list(x_bcl.shape[2:]), self.along), value=-float("inf"))
        return F.max_pool1d(x_bcl, self.kernel_size, self.stride, 0, self.dilation)


class MaxPool2dSame(nn.MaxPool2d):
    """`(B, C, H, W) -> (B, C, ceil(H / stride), ceil(W / stride))`."""

    def __init__(self, kernel_size: Any, stride: Any = None, dilation: Any = 1, **kwargs: Any) -> None:
        super().__init__(kernel_size, stride, dilation=dilation, **kwargs)
        self.along = _along(2, self.kernel_size, self.stride, dilation)

    def forward(self, x_bchw: Tensor) -> Tensor:
        x_bchw = F.pad(x_bchw, _sides(list(x_bchw.shape[2:]), self.along), value=-float("inf"))
        return F.max_pool2d(x_bchw, self.kernel_size, self.stride, 0, self.dilation)


class AvgPool1dSame(nn.AvgPool1d):
    """`(B, C, L) -> (B, C, ceil(L / stride))`."""

    def __init__(self, kernel_size: Any, stride: Any = None, **kwargs: Any) -> None:
        super().__init__(kernel_size, stride, **kwargs)
        self.along = _along(1, self.kernel_size, self.stride, 1)

    def forward(self, x_bcl: Tensor) -> Tensor:
        sides = _sides(list(x_bcl.shape[2:]), self.along)
        mean_bcl = F.avg_pool1d(F.pad(x_bcl, sides), self.kernel_size, self.stride)
        if self.count_include_pad:
            return mean_bcl
        ones_bcl = F.pad(torch.ones_like(x_bcl[:1, :1]), sides)
        return mean_bcl / F.avg_pool1d(ones_bcl, self.kernel_size, self.stride)


class AvgPool2dSame(nn.AvgPool2d):
    """`(B, C, H, W) -> (B, C, ceil(H / stride), ceil(W / stride))`."""

    def __init__(self, kernel_size: Any, stride: Any = None, **kwargs: Any) -> None:
        super().__init__(kernel_size, stride, **kwargs)
        self.along = _along(2, self.kernel_size, self.stride, 1)

    def forward(self, x_bchw: Tensor) -> Tensor:
        sides = _sides(list(x_bchw.shape[2:]), self.along)
        mean_bchw = F.avg_pool2d(F.pad(x_bchw, sides), self.kernel_size, self.stride)
        if self.count_include_pad:
            return mean_bchw
        ones_bchw = F.pad(torch.ones_like(x_bchw[:1, :1]), sides)
        return mean_bchw / F.avg_pool2d(ones_bchw, self.kernel_size, self.stride)


def _along(axes: int, kernel: Any, stride: Any, dilation: Any) -> list[tuple[int, int, int]]:
    """Kernel, stride and dilation of each axis, the last axis first, as torch counts those of a padding."""
    sizes = [value if isinstance(value, tuple) else (value,) * axes for value in (kernel, stride, dilation)]
    return list(zip(*sizes, strict=True))[::-1]


def _sides(sizes: list[int], along: list[tuple[int, int, int]]) -> list[int]:
    """Pixels before and after, the last axis first."""
    sides: list[int] = []
    for axis, (kernel, stride, dilation) in enumerate(along, 1):
        size = sizes[-axis]
        steps = (size + stride - 1) // stride - 1
        total = max(steps * stride + dilation * (kernel - 1) + 1 - size, 0)
        sides += [total // 2, total - total // 2]
    return sides
