"""Layer scale (arXiv:2103.17239): a trainable factor a channel."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Scale(nn.Module):
    """`x * weight`, where `weight` has the given shape and starts at `value`. Gives the shape of x."""

    def __init__(self, shape: tuple[int, ...], value: float) -> None:
        super().__init__()
        self.value = value
        self.weight = nn.Parameter(torch.empty(shape))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.constant_(self.weight, self.value)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight

    def extra_repr(self) -> str:
        return f"{tuple(self.weight.shape)}, value={self.value}"
