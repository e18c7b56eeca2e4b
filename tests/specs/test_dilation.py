"""Strides made dilations, as backbones of segmentation networks do it, against torchvision's module."""

from __future__ import annotations

import pytest

import archgraph
from archgraph.graph.features import pyramid

OUTPUT_STRIDE_8 = {"strides": (1, 2, 1, 1), "dilations": (1, 1, 2, 4), "first_dilations": (1, 1, 1, 2)}
"""torchvision's `replace_stride_with_dilation=[False, True, True]`: a first block keeps the dilation before it."""

OUTPUT_STRIDE_16 = {"strides": (1, 2, 2, 1), "dilations": (1, 1, 1, 2)}
"""segmentation_models_pytorch's `output_stride=16`: every 3x3 of the last stage is dilated."""


@pytest.mark.parametrize(("settings", "last"), [(OUTPUT_STRIDE_8, 8), (OUTPUT_STRIDE_16, 16)])
def test_dilation_keeps_the_parameters_and_the_size(settings: dict[str, tuple[int, ...]], last: int) -> None:
    spec = archgraph.load("resnet50")
    graph = archgraph.expand(archgraph.override(spec, settings))
    assert archgraph.cost(graph).params == archgraph.cost(spec).params
    assert pyramid(graph)["c5"] == (2048, last, (2048, 224 // last, 224 // last))


@pytest.mark.torch
def test_a_dilated_resnet_equals_torchvisions() -> None:
    import torch
    from torchvision_models import torchvision_models

    from archgraph.interop.transplant import transplant

    theirs = torchvision_models().resnet50(replace_stride_with_dilation=[False, True, True])
    spec = archgraph.override(archgraph.load("resnet50"), OUTPUT_STRIDE_8)
    ours = archgraph.build(archgraph.expand(spec, input=(3, 65, 65)), init=False)
    x = torch.randn(2, 3, 65, 65, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    transplant(theirs, ours, x.float())
    with torch.no_grad():
        torch.testing.assert_close(ours.double().eval()(x), theirs.double().eval()(x), rtol=1e-9, atol=1e-9)
    dilations = [part.dilation for part in theirs.modules() if isinstance(part, torch.nn.Conv2d)]
    assert sorted(part.dilation for part in ours.modules() if isinstance(part, torch.nn.Conv2d)) == sorted(dilations)
