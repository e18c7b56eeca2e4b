"""The padding of TensorFlow, against timm's modules with the same weights."""

from __future__ import annotations

from itertools import product

import pytest

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation"), list(product([7, 8, 13], [1, 2, 3, 5], [1, 2, 3], [1, 2]))
)
def test_a_map_padded_as_tensorflow_does_equals_timm(size: int, kernel: int, stride: int, dilation: int) -> None:
    import torch
    from torchvision_models import torchvision_models

    from archgraph.nn.conv_same import Conv2dSame

    torchvision_models()
    layers = pytest.importorskip("timm.layers")
    ours = Conv2dSame(4, 6, kernel, stride=stride, dilation=dilation, groups=2)
    theirs = layers.Conv2dSame(4, 6, kernel, stride=stride, dilation=dilation, groups=2)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 4, size, size + 1)
    torch.testing.assert_close(ours(x), theirs(x))
    assert ours(x).shape[2:] == (-(-size // stride), -(-(size + 1) // stride))


@pytest.mark.parametrize("padding_mode", ["zeros", "reflect", "replicate", "circular"])
def test_a_sequence_is_a_map_of_one_row(padding_mode: str) -> None:
    import torch

    from archgraph.nn.conv_same import Conv1dSame, Conv2dSame

    row = Conv1dSame(4, 6, 5, stride=2, padding_mode=padding_mode)
    plane = Conv2dSame(4, 6, (1, 5), stride=(1, 2), padding_mode=padding_mode)
    plane.load_state_dict({name: v.reshape(plane.state_dict()[name].shape) for name, v in row.state_dict().items()})
    x = torch.randn(2, 4, 11)
    torch.testing.assert_close(row(x), plane(x[:, :, None])[:, :, 0])
