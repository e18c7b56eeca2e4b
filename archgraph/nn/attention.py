"""Scaled dot-product attention in several heads (arXiv:1706.03762), without the linear layers around it.

b batch, n tokens that ask, m tokens that are asked, h heads, d features of a head.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class DotProductAttention(nn.Module):
    """`(B, N, q + k + v) -> (B, N, v)`, or `(B, N, q), (B, M, k + v)`, or `(B, N, q), (B, M, k), (B, M, v)`.

    Queries, keys and values stand side by side in one tensor where fewer are given, keys as wide as queries and
    values `value` wide (as wide as the rest where it is 0); `heads` divides both widths.
    """

    def __init__(self, heads: int, *, value: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.value = value
        self.dropout = dropout

    def forward(self, q: Tensor, k: Tensor | None = None, v: Tensor | None = None) -> Tensor:
        if k is None:
            width = (q.shape[-1] - self.value) // 2 if self.value else q.shape[-1] // 3
            k, q = q[..., width:], q[..., :width]
        if v is None:
            v, k = k[..., q.shape[-1] :], k[..., : q.shape[-1]]
        dropout = self.dropout if self.training else 0.0
        out_bhnd = F.scaled_dot_product_attention(self._split(q), self._split(k), self._split(v), dropout_p=dropout)
        return out_bhnd.transpose(1, 2).flatten(2)

    def _split(self, x: Tensor) -> Tensor:
        """`(B, N, H * D) -> (B, H, N, D)`."""
        return x.reshape(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def extra_repr(self) -> str:
        return f"heads={self.heads}, value={self.value}, dropout={self.dropout}"
