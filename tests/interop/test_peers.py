"""The zoo's networks give what the same networks of torchvision and timm give with the same weights."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision_models import TWINS, torchvision_models, twin

import archgraph
from archgraph.interop.transplant import transplant

pytestmark = pytest.mark.torch

SIZE = 80
"""Pixels a side: quicker than 224, which benchmarks/transplant.py does, and full of sizes that halve unevenly."""


@pytest.mark.parametrize("name", sorted(TWINS))
def test_outputs_equal_torchvisions(name: str) -> None:
    graph = archgraph.expand(archgraph.load(name), input=(3, SIZE, SIZE))
    theirs, ours = twin(name), archgraph.build(graph, init=False)
    x = torch.randn(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    mapping = transplant(theirs, ours, x)
    assert sorted(mapping) == sorted(theirs.state_dict())
    assert sorted(mapping.values()) == sorted(ours.state_dict())
    equal(theirs, ours, x, training=True)
    equal(theirs, ours, x, training=False)


def _timm_mobilenet() -> nn.Module:
    timm = importlib.import_module("timm")
    module: nn.Module = timm.create_model("mobilenetv1_100", act_layer=nn.ReLU)  # its own is relu6, the paper's relu
    return module


def _timm_resnet(attention: str) -> nn.Module:
    from timm.models.resnet import Bottleneck, ResNet

    return ResNet(Bottleneck, [3, 4, 6, 3], block_args={"attn_layer": attention})


TIMM: dict[str, Callable[[], nn.Module]] = {
    "se_resnet50": lambda: _timm_resnet("se"),
    "eca_resnet50": lambda: _timm_resnet("eca"),
    "mobilenet_v1": _timm_mobilenet,
}


@pytest.mark.skipif(importlib.util.find_spec("timm") is None, reason="timm is not installed")
@pytest.mark.parametrize("name", sorted(TIMM))
def test_outputs_equal_timms(name: str) -> None:
    torchvision_models()  # timm imports torchvision
    graph = archgraph.expand(archgraph.load(name), input=(3, SIZE, SIZE))
    theirs, ours = TIMM[name](), archgraph.build(graph, init=False)
    x = torch.randn(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    transplant(theirs, ours, x)
    equal(theirs, ours, x, training=False)


def equal(theirs: nn.Module, ours: nn.Module, x: Tensor, *, training: bool) -> None:
    """Their outputs are the same in float64, with dropout off."""
    given = []
    for module in (theirs, ours):
        module.double().train(training)
        for part in module.modules():
            if isinstance(part, nn.Dropout):
                part.eval()
        with torch.no_grad():
            given.append(_tensors(module(x.double())))
    assert len(given[0]) == len(given[1])
    # Heads of training come in any order; the main output is the first in both.
    for expected, found in zip(_ordered(given[0]), _ordered(given[1]), strict=True):
        assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()


def _ordered(tensors: list[Tensor]) -> list[Tensor]:
    return [tensors[0], *sorted(tensors[1:], key=lambda tensor: float(tensor.flatten()[0]))]


def _tensors(outputs: Any) -> list[Tensor]:
    if isinstance(outputs, Tensor):
        return [outputs]
    parts = outputs.values() if isinstance(outputs, dict) else outputs
    return [part for part in parts if part is not None]
