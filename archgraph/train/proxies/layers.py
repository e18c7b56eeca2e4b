"""What the proxies look at: the weights of a network's layers, its first output, and the loss of one batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

NORMS: tuple[type[nn.Module], ...] = (
    nn.modules.batchnorm._NormBase,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.RMSNorm,
)
"""Norms; those of `archgraph.nn` are subclasses."""


def multiplying(module: nn.Module) -> Iterator[nn.Module]:
    """The layers that multiply by weights, convolutions and linear ones, each once."""
    for layer in module.modules():
        if isinstance(layer, (_ConvNd, nn.Linear)):
            yield layer


def weights(module: nn.Module) -> list[nn.Parameter]:
    """The weights of these layers, without biases."""
    found = [layer.weight for layer in multiplying(module)]
    assert all(isinstance(weight, nn.Parameter) for weight in found)
    return found  # type: ignore[return-value]


def main_output(output: Tensor | Mapping[str, Tensor]) -> Tensor:
    """The output that a network is judged by; of several, the first."""
    return next(iter(output.values())) if isinstance(output, Mapping) else output


def backward(module: nn.Module, x_bchw: Tensor, labels_b: Tensor) -> None:
    """Gradients of the mean cross-entropy of one batch, in training mode, into `grad` of the parameters."""
    module.train()
    module.zero_grad(set_to_none=True)
    torch.autograd.backward(F.cross_entropy(main_output(module(x_bchw)), labels_b))
