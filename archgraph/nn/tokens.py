"""What vision transformers learn beside their tokens (arXiv:2010.11929).

b batch, n tokens, c features.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ClassToken(nn.Module):
    """`(B, N, C) -> (B, N + 1, C)`: a trainable token, the same for all inputs, before the others."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, 1, features))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)

    def forward(self, x_bnc: Tensor) -> Tensor:
        return torch.cat([self.weight.expand(x_bnc.shape[0], -1, -1), x_bnc], 1)

    def extra_repr(self) -> str:
        return str(self.weight.shape[2])


class EmbedPosition(nn.Module):
    """`(B, *shape) -> (B, *shape)`: a trainable number added to each element."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, *shape))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.trunc_normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight

    def extra_repr(self) -> str:
        return str(tuple(self.weight.shape[1:]))
