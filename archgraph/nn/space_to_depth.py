"""Blocks of pixels moved into the channels.

b batch, c channels, h height, w width, i row in a block, j column in a block.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class SpaceToDepth(nn.Module):
    """`(B, C, H, W) -> (B, block * block * C, ceil(H / block), ceil(W / block))`, zeros where a block reaches out.

    The channels of a block's pixels stand one after another, down its columns: that of Swin's patch merging.
    """

    def __init__(self, block: int) -> None:
        super().__init__()
        self.block = block

    def forward(self, x_bchw: Tensor) -> Tensor:
        n = self.block
        b, c, h, w = x_bchw.shape
        rows, columns = (h + n - 1) // n, (w + n - 1) // n
        x_bchw = F.pad(x_bchw, (0, columns * n - w, 0, rows * n - h))
        x_bjichw = x_bchw.reshape(b, c, rows, n, columns, n).permute(0, 5, 3, 1, 2, 4)
        return x_bjichw.reshape(b, n * n * c, rows, columns)

    def extra_repr(self) -> str:
        return str(self.block)
