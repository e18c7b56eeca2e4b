"""Inverted residuals against torchvision's blocks with the same weights, and where they leave a part out."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import archgraph
from archgraph.graph.model import Graph
from archgraph.shape import Shape

V2 = "conv: {norm: batch, act: relu6}"
V3 = "conv: {norm: batch, act: hardswish}, batch_norm: {eps: 1e-3}, se: {gate: hardsigmoid, divisor: 8}"
B0 = "conv: {norm: batch, act: silu}, se: {act: silu}"


def inverted(arguments: str, shape: Shape, defaults: str = V2) -> Graph:
    text = f"archgraph: 1\nname: net\ninput: {list(shape)}\ndefaults: {{{defaults}}}\ngraph: [inverted: {arguments}]\n"
    return archgraph.expand(archgraph.loads(text))


def parts(graph: Graph) -> list[str]:
    """The macro's nodes, without the norms and activations of its convs."""
    return list(dict.fromkeys(name.split(".")[1] for name in graph.nodes))


def test_all_parts_are_there_where_it_widens_and_keeps_the_shape() -> None:
    graph = inverted("{out: 8, kernel: 3, se: 4, drop_path: 0.1}", (8, 5, 5))
    assert parts(graph) == ["expand", "depthwise", "se", "project", "drop_path", "add"]
    assert graph.nodes["inverted1.depthwise.conv"].facts.params == 48 * 9
    (last,) = graph.nodes["inverted1.drop_path"].inputs
    assert last.node == "inverted1.project.norm"  # no activation after it


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ("{out: 8, kernel: 3, expansion: 1}", ["depthwise", "project", "add"]),
        ("{out: 8, kernel: 3, width: 8}", ["depthwise", "project", "add"]),
        ("{out: 9, kernel: 3}", ["expand", "depthwise", "project"]),
        ("{out: 8, kernel: 3, stride: 2, drop_path: 0.1}", ["expand", "depthwise", "project"]),
        ("{out: 8, kernel: 3, stride: [1, 2]}", ["expand", "depthwise", "project"]),
        ("{out: 8, kernel: 3, pad: valid}", ["expand", "depthwise", "project"]),
        ("{out: 8, kernel: 5, stride: [1, 1]}", ["expand", "depthwise", "project", "add"]),
    ],
)
def test_parts_that_do_nothing_or_do_not_fit_are_left_out(arguments: str, left: list[str]) -> None:
    assert parts(inverted(arguments, (8, 5, 5))) == left


def test_a_stride_on_a_map_of_one_pixel_keeps_the_shape_and_still_adds_nothing() -> None:
    assert parts(inverted("{out: 8, kernel: 3, stride: 2}", (8, 1, 1))) == ["expand", "depthwise", "project"]


@pytest.mark.parametrize(
    ("arguments", "channels"),
    [
        ("{out: 16, kernel: 5, width: 96, se: 4}", 24),
        ("{out: 16, kernel: 5, width: 72, se: 4}", 24),  # 18, at least nine tenths of it: 24, as in MobileNetV3
        ("{out: 16, kernel: 5, width: 16, se: 4}", 8),
        ("{out: 16, kernel: 5, width: 200, se: 4}", 48),  # 50: 48 is less than a tenth below
        ("{out: 16, kernel: 5, width: 200, se: 4, se_of: input}", 8),
    ],
)
def test_the_narrow_layer_of_se_follows_its_base_and_divisor(arguments: str, channels: int) -> None:
    assert inverted(arguments, (16, 5, 5), V3).nodes["inverted1.se.squeeze"].shape == (channels, 1, 1)


def _v2(models: Any) -> Any:
    return models.mobilenetv2.InvertedResidual(8, 8, 1, 6)


def _v3(models: Any) -> Any:
    from torch import nn

    v3 = models.mobilenetv3
    settings = v3.InvertedResidualConfig(16, 5, 72, 24, True, "HS", 2, 1, 1.0)
    return v3.InvertedResidual(settings, partial(nn.BatchNorm2d, eps=1e-3))


def _b0(models: Any) -> Any:
    from torch import nn

    b0 = models.efficientnet
    return b0.MBConv(b0.MBConvConfig(6, 5, 1, 16, 16, 1), 0.0, nn.BatchNorm2d)


@pytest.mark.torch
@pytest.mark.parametrize(
    ("graph", "peer"),
    [
        (inverted("{out: 8, kernel: 3}", (8, 7, 6)), _v2),
        (inverted("{out: 24, kernel: 5, stride: 2, width: 72, se: 4}", (16, 9, 8), V3), _v3),
        (inverted("{out: 16, kernel: 5, se: 4, se_of: input}", (16, 7, 6), B0), _b0),
    ],
    ids=["mobilenet_v2", "mobilenet_v3", "efficientnet"],
)
def test_it_equals_torchvisions_block(graph: Graph, peer: Any) -> None:
    import torch
    from torchvision_models import torchvision_models

    theirs, ours = peer(torchvision_models()).double().eval(), archgraph.build(graph).double().eval()
    torch.manual_seed(0)
    for mine, other in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        if mine.dim():
            other.copy_(mine.uniform_(0.1, 1))
    x = torch.randn(2, *graph.inputs["in"], dtype=torch.float64)
    torch.testing.assert_close(ours(x), theirs(x))
