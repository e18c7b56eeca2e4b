"""The middle of a map. Where a side cannot be even, the odd pixel is left out after it, not before.

b batch, c channels, p the axes of pixels (height and width, or length).
"""

from __future__ import annotations

from torch import Tensor, nn


class CentreCrop(nn.Module):
    """`(B, C, P...) -> (B, C, *size)`."""

    def __init__(self, *size: int) -> None:
        super().__init__()
        self.size = list(size)

    def forward(self, x_bcp: Tensor) -> Tensor:
        return _middle(x_bcp, self.size)

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.size))


class CentreCropLike(nn.Module):
    """`(B, C, P...), (B, D, Q...) -> (B, C, Q...)`: the size of another map."""

    def forward(self, x_bcp: Tensor, other_bdq: Tensor) -> Tensor:
        return _middle(x_bcp, list(other_bdq.shape[2:]))


def _middle(x_bcp: Tensor, size: list[int]) -> Tensor:
    for axis, length in enumerate(size, 2):
        x_bcp = x_bcp.narrow(axis, (x_bcp.shape[axis] - length) // 2, length)
    return x_bcp
