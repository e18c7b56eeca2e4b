"""HRNet's features and its segmentation form against timm's trunk with the same weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torchvision_models import torchvision_models

import archgraph
from archgraph.interop.transplant import transplant

pytestmark = pytest.mark.torch

SIZE = 96
"""Pixels a side; timm's trunk resizes by whole factors, so that its sizes have to halve five times."""


def trunk(**options: object) -> nn.Module:
    torchvision_models()  # timm imports torchvision
    timm = pytest.importorskip("timm")
    module: nn.Module = timm.create_model("hrnet_w18", **options)
    return module


class Segmentation(nn.Module):
    """What the authors' seg_hrnet.py does with its streams, on timm's trunk."""

    def __init__(self, w: int, classes: int) -> None:
        super().__init__()
        self.trunk = trunk(head="")
        for part in self.trunk.modules():
            if isinstance(part, nn.Upsample):
                part.mode, part.align_corners = "bilinear", False
        width = 15 * w
        self.last = nn.Sequential(
            nn.Conv2d(width, width, 1), nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, classes, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        first, *others = self.trunk.forward_features(x)
        size = first.shape[2:]
        return self.last(torch.cat([first, *(interpolate(y, size, mode="bilinear") for y in others)], 1))


def shaken(module: nn.Module) -> nn.Module:
    """The module with norms that are not at their start, where they would hide which of them is which."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for tensor in (part.weight, part.bias, part.running_mean, part.running_var):
                nn.init.uniform_(tensor.detach(), 0.5, 1.5)
    return module


@pytest.mark.parametrize(
    ("name", "take"), [("hrnetv2_w18", "features"), ("hrnetv2_w18_seg", "outputs")], ids=["features", "segmentation"]
)
def test_outputs_equal_those_of_timms_trunk(name: str, take: str) -> None:
    torch.manual_seed(0)
    theirs = shaken(trunk(features_only=True) if take == "features" else Segmentation(18, 19))
    graph = archgraph.expand(archgraph.load(name), input=(3, SIZE, SIZE), take=take)
    ours = archgraph.build(graph, init=False)
    x = torch.randn(2, 3, SIZE, SIZE, dtype=torch.float64)
    transplant(theirs, ours, x.float(), training=False)
    with torch.no_grad():
        expected, found = theirs.double().eval()(x), ours.double().eval()(x)
    pairs = zip(expected, found.values(), strict=True) if take == "features" else [(expected, found)]
    for theirs_out, ours_out in pairs:
        torch.testing.assert_close(ours_out, theirs_out, rtol=1e-9, atol=1e-9)
