"""The norm of the gradients, the proxy `grad_norm`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from archgraph.train.proxies.layers import backward, weights


def grad_norm(module: nn.Module, x_bchw: Tensor, labels_b: Tensor) -> float:
    """`sum over layers of the Euclidean norm of dL/dw`, with L the mean cross-entropy of one batch.

    Source: arXiv:2101.08134, section 3.1; that the norms of layers are summed is its code's.
    """
    backward(module, x_bchw, labels_b)
    found = [torch.linalg.vector_norm(weight.grad) for weight in weights(module) if weight.grad is not None]
    return float(torch.stack(found).sum()) if found else 0.0
