"""Layer norms over the channels of a map, at each pixel on its own. torch's are over the last axes.

b batch, c channels, p the axes of pixels (height and width, or length).
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class ChannelLayerNorm(nn.LayerNorm):
    """`(B, C, P...) -> (B, C, P...)`, the mean and the variance of the C values of each pixel."""

    def forward(self, x_bcp: Tensor) -> Tensor:
        x_bpc = x_bcp.movedim(1, -1)
        x_bpc = F.layer_norm(x_bpc, self.normalized_shape, self.weight, self.bias, self.eps)
        return x_bpc.movedim(-1, 1)


class ChannelRMSNorm(nn.RMSNorm):
    """`(B, C, P...) -> (B, C, P...)`, the mean square of the C values of each pixel."""

    def forward(self, x_bcp: Tensor) -> Tensor:
        x_bpc = x_bcp.movedim(1, -1)
        return F.rms_norm(x_bpc, self.normalized_shape, self.weight, self.eps).movedim(-1, 1)
