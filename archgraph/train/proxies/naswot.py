"""Neural architecture search without training, the proxy `naswot`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

ACTIVATIONS = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish,
    nn.Hardswish, nn.Softplus,
)  # fmt: skip
"""Units that let what is above zero through: whether it is, is the unit's bit."""


@torch.no_grad()
def naswot(module: nn.Module, x_bchw: Tensor, labels_b: Tensor) -> float:
    """`log |det K|`, where `K[i, j]` is the number of activation units that are both on or both off for images i and j.

    Images that a network tells apart before it was trained make K far from singular. Norms use the batch's
    statistics. Minus infinity where two images have the same pattern. Source: arXiv:2006.04647, equations 1 and 2;
    that K is the sum over layers is its code's.
    """
    batch = len(x_bchw)
    agreeing_bb = torch.zeros(batch, batch, dtype=torch.float64, device=x_bchw.device)

    def count(activation: nn.Module, given: tuple[Tensor, ...]) -> None:
        on_bu = (given[0].flatten(1) > 0).float()
        units = on_bu.shape[1]
        both_bb = (on_bu @ on_bu.T).double()
        each_b = on_bu.sum(1).double()
        # Both off: all units, less those that either has on.
        agreeing_bb.add_(2 * both_bb + units - each_b[:, None] - each_b[None, :])

    for layer in module.modules():
        if isinstance(layer, ACTIVATIONS):
            layer.register_forward_pre_hook(count)
    module.train()
    module(x_bchw)
    # A pattern that two images share gives a determinant of zero, which rounding would hide.
    if len(torch.unique(agreeing_bb, dim=0)) < batch:
        return -torch.inf
    return float(torch.linalg.slogdet(agreeing_bb).logabsdet)
