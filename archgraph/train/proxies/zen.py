"""The Zen-score, the proxy `zen`."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from archgraph.train.proxies.layers import NORMS, main_output, multiplying

STEP = 0.01
"""The paper's alpha: how far the second input is from the first."""
REPEATS = 4
"""Draws of weights and inputs that the expectation is taken over."""
IMAGES = 8
"""Inputs of a draw, or as many as the batch has."""


@torch.no_grad()
def zen(module: nn.Module, x_bchw: Tensor, labels_b: Tensor) -> float:
    """`log E |f(x) - f(x + a e)| + sum over batch norms of log sqrt(mean over channels of the batch's variance)`.

    x, e and all weights are standard normal, f is the last map before the pixels are pooled, the norm is the sum of
    absolute differences of an image. It needs no data, only the batch's shape. Minus infinity where the map does not
    depend on the input. Source: arXiv:2102.01063, algorithm 1; the sum of absolute values is its code's. The paper
    leaves out residual connections; here the network is taken as it is.
    """
    module.train()
    variances: list[float] = []
    last: list[Tensor] = []

    def note_variance(norm: nn.Module, given: tuple[Tensor, ...]) -> None:
        axes = [axis for axis in range(given[0].ndim) if axis != 1]
        variances.append(float(given[0].var(axes, correction=0).mean()))

    def note_map(layer: nn.Module, given: tuple[Tensor, ...], output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and output.shape[2:].numel() > 1:
            last[:] = [output]

    for layer in module.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.register_forward_pre_hook(note_variance)
        layer.register_forward_hook(note_map)

    def final(x_bchw: Tensor) -> Tensor:
        last.clear()
        output = main_output(module(x_bchw))
        return last[0] if last else output

    found = []
    for _ in range(REPEATS):
        _draw_weights(module)
        x_bchw = torch.randn_like(x_bchw[:IMAGES])
        moved_bchw = x_bchw + STEP * torch.randn_like(x_bchw)
        variances.clear()
        one = final(x_bchw)
        # What reaches a norm from a zero, such as an edge of a cell that is left out, scales nothing.
        scales = [0.5 * math.log(variance) for variance in variances if variance > 0]
        difference = float((one - final(moved_bchw)).abs().flatten(1).sum(1).mean())
        found.append((math.log(difference) if difference > 0 else -math.inf) + sum(scales))
    return sum(found) / len(found)


def _draw_weights(module: nn.Module) -> None:
    """Weights of layers from the normal distribution, biases zero, norms as they begin."""
    for layer in module.modules():
        if isinstance(layer, NORMS):
            layer.reset_parameters()  # type: ignore[operator]
    for layer in multiplying(module):
        layer.weight.normal_()  # type: ignore[operator]
        if isinstance(layer.bias, Tensor):
            layer.bias.zero_()
