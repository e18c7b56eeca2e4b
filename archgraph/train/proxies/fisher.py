"""Fisher information of channels, the proxy `fisher`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from archgraph.train.proxies.layers import backward, multiplying


def fisher(module: nn.Module, x_bchw: Tensor, labels_b: Tensor) -> float:
    """`sum over channels c of 1/(2N) * sum over images n of (sum over pixels of a[n, c] * dL/da[n, c])^2`.

    a is what a convolution or a linear layer gives, L the mean cross-entropy of one batch of N images. Source:
    arXiv:1906.04113, equations 3 and 4 (the pruning measure of arXiv:1801.05787), summed as in arXiv:2101.08134.
    """
    found: list[Tensor] = []

    def watch(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        # What follows may overwrite it.
        kept = output.detach().clone()
        # A linear layer has its channels last, a convolution second.
        axis = output.ndim - 1 if isinstance(layer, nn.Linear) else 1

        # A hook that knew its own tensor would keep it, and the graph behind it, for ever.
        def add(gradient: Tensor) -> None:
            each = kept * gradient
            per_image_bc = each.movedim(axis, 1).flatten(2).sum(2) if each.ndim > 2 else each
            found.append(per_image_bc.square().mean(0).sum() / 2)

        if output.requires_grad:
            output.register_hook(add)  # type: ignore[no-untyped-call]

    for layer in multiplying(module):
        layer.register_forward_hook(watch)
    backward(module, x_bchw, labels_b)
    return float(torch.stack(found).sum()) if found else 0.0
