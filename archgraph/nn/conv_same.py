"""Convolutions padded as TensorFlow does it: ceil(size / stride) out, the odd pixel after the input.

The padding follows from the size of each input, so one module serves all sizes.
b batch, c channels, h height, w width, l length.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class Conv1dSame(nn.Conv1d):
    """`(B, C, L) -> (B, out, ceil(L / stride))`."""

    def forward(self, x_bcl: Tensor) -> Tensor:
        left, right = _sides(x_bcl.shape[2], self.kernel_size[0], self.stride[0], self.dilation[0])
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        x_bcl = F.pad(x_bcl, (left, right), mode)
        return F.conv1d(x_bcl, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class Conv2dSame(nn.Conv2d):
    """`(B, C, H, W) -> (B, out, ceil(H / stride), ceil(W / stride))`."""

    def forward(self, x_bchw: Tensor) -> Tensor:
        top, bottom = _sides(x_bchw.shape[2], self.kernel_size[0], self.stride[0], self.dilation[0])
        left, right = _sides(x_bchw.shape[3], self.kernel_size[1], self.stride[1], self.dilation[1])
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        x_bchw = F.pad(x_bchw, (left, right, top, bottom), mode)
        return F.conv2d(x_bchw, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


def _sides(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Pixels before and after along one axis."""
    steps = (size + stride - 1) // stride - 1
    total = max(steps * stride + dilation * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2
