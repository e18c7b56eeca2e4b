"""Synaptic flow, the proxy `synflow`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from archgraph.train.proxies.layers import NORMS, main_output, weights


def synflow(module: nn.Module, x_bchw: Tensor, labels_b: Tensor) -> float:
    """The logarithm of `sum over weights of |w * dR/dw|`, with R the sum of the outputs of a network for an input of
    ones, all of whose parameters are replaced by their absolute values. It needs no data.

    Norms are left out, as the zero-cost benchmark does (arXiv:2101.08134): they would take away the scale that is
    measured. Numbers are doubles; the logarithm keeps the order, and keeps deep networks apart in a report.
    Source: arXiv:2006.05467, section 5.
    """
    module.double().eval()
    for layer in module.modules():
        if isinstance(layer, NORMS):
            layer.register_forward_hook(lambda norm, given, output: given[0])
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.abs_()
    ones_1chw = torch.ones(1, *x_bchw.shape[1:], dtype=torch.float64, device=x_bchw.device)
    torch.autograd.backward(main_output(module(ones_1chw)).sum())
    flow = [(weight.detach() * weight.grad).abs().sum() for weight in weights(module) if weight.grad is not None]
    return float(torch.stack(flow).sum().log()) if flow else -torch.inf
