"""Layers of LeNet-5 as printed in 1998 that torch has no module for.

b batch, c channels, h height, w width, f features, k classes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Subsample2d(nn.Module):
    """`(B, C, H, W) -> (B, C, H / size, W / size)`: window sums times a weight a channel, plus a bias a channel."""

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start as the mean of each window."""
        nn.init.constant_(self.weight, self.size**-2)
        nn.init.zeros_(self.bias)

    def forward(self, x_bchw: Tensor) -> Tensor:
        sums_bchw = F.avg_pool2d(x_bchw, self.size, divisor_override=1)
        return sums_bchw * self.weight[:, None, None] + self.bias[:, None, None]


class RadialBasis(nn.Module):
    """`(B, F) -> (B, K)`: squared distances to fixed targets of -1 and 1, drawn at random as section II.B allows."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.targets: Tensor
        signs_kf = torch.randint(2, (classes, features), dtype=torch.get_default_dtype()) * 2 - 1
        self.register_buffer("targets", signs_kf)

    def forward(self, x_bf: Tensor) -> Tensor:
        return (x_bf[:, None] - self.targets).square().sum(2)
