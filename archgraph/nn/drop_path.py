"""Stochastic depth (arXiv:1603.09382): whole inputs of a batch dropped at random in training.

b batch.
"""

from __future__ import annotations

from torch import Tensor, nn


class DropPath(nn.Module):
    """`(B, ...) -> (B, ...)`: in training an input is 0 with probability `p`, and else divided by `1 - p`."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        keep = 1.0 - self.p
        kept_b = x.new_empty([x.shape[0]] + [1] * (x.dim() - 1)).bernoulli_(keep)
        return x * (kept_b / keep if keep > 0.0 else kept_b)

    def extra_repr(self) -> str:
        return f"p={self.p}"
