"""Connection sensitivity, the proxy `snip`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from archgraph.train.proxies.layers import backward, weights


def snip(module: nn.Module, x_bchw: Tensor, labels_b: Tensor) -> float:
    """`sum over weights of |w * dL/dw|`, with L the mean cross-entropy of one batch.

    Source: arXiv:1810.02340, equation 5, summed over all weights as in arXiv:2101.08134.
    """
    backward(module, x_bchw, labels_b)
    found = [(weight.detach() * weight.grad).abs().sum() for weight in weights(module) if weight.grad is not None]
    return float(torch.stack(found).sum()) if found else 0.0
