"""The zoo's networks give what public implementations of them give with the same weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peers import PEERS, peer
from torch import Tensor, nn

import archgraph
from archgraph.interop.transplant import transplant

pytestmark = pytest.mark.torch

SIZE = 96
"""Pixels a side: quicker than 224, which benchmarks/transplant.py does. The parts are the same at every size."""
SIZES = {"inception_v3": 299, "swin_tiny": 224, "cifar_resnet20_b": 32}
"""Where the network allows nothing smaller."""
TRAINED = (
    "googlenet_bn",
    "inception_v3",
    "fcn_resnet50",
    "deeplabv3_resnet50",
    "resnet18",
    "densenet121",
    "alexnet_owt",
)
"""Those that are compared in training mode too: all that have heads for it, and some that have none."""


@pytest.mark.parametrize("name", sorted(PEERS))
def test_outputs_equal_a_public_implementations(name: str) -> None:
    shape = (3, SIZES.get(name, SIZE), SIZES.get(name, SIZE))
    graph = archgraph.expand(archgraph.load(name), input=shape)
    theirs, ours = peer(name), archgraph.build(graph, init=False).double()
    x = torch.randn(2, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    mapping = transplant(theirs, ours, x, training=name in TRAINED)
    assert all(kept in mapping for kept, tensor in theirs.state_dict().items() if tensor.is_floating_point())
    assert sorted(mapping.values()) == sorted(ours.state_dict())
    if name in TRAINED:
        equal(theirs, ours, x, training=True)
    equal(theirs, ours, x, training=False)


def equal(theirs: nn.Module, ours: nn.Module, x: Tensor, *, training: bool) -> None:
    """Their outputs are the same, with dropout off."""
    given = []
    for module in (theirs, ours):
        module.train(training)
        for part in module.modules():
            if isinstance(part, nn.Dropout):
                part.eval()
        with torch.no_grad():
            given.append(_tensors(module(x)))
    assert len(given[0]) == len(given[1])
    # Heads of training come in any order; the main output is the first in both.
    for expected, found in zip(_ordered(given[0]), _ordered(given[1]), strict=True):
        assert expected.shape == found.shape and float(expected.std()) > 0
        assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()


def _ordered(tensors: list[Tensor]) -> list[Tensor]:
    return [tensors[0], *sorted(tensors[1:], key=lambda tensor: float(tensor.flatten()[0]))]


def _tensors(outputs: Any) -> list[Tensor]:
    if isinstance(outputs, Tensor):
        return [outputs]
    parts = outputs.values() if isinstance(outputs, dict) else outputs
    return [part for part in parts if part is not None]
