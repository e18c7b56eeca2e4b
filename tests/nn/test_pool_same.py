"""Pools with the padding of TensorFlow, against timm's."""

from __future__ import annotations

from itertools import product

import pytest

pytestmark = pytest.mark.torch

WINDOWS = list(product([7, 8, 13], [1, 2, 3, 5], [1, 2, 3]))


@pytest.mark.parametrize(("size", "kernel", "stride"), WINDOWS)
def test_pools_equal_timms(size: int, kernel: int, stride: int) -> None:
    import torch
    from torchvision_models import torchvision_models

    from archgraph.nn.pool_same import AvgPool2dSame, MaxPool2dSame

    torchvision_models()
    layers = pytest.importorskip("timm.layers.pool2d_same")
    x = torch.randn(2, 4, size, size + 1)
    for ours, theirs in ((MaxPool2dSame, layers.MaxPool2dSame), (AvgPool2dSame, layers.AvgPool2dSame)):
        out = ours(kernel, stride)(x)
        torch.testing.assert_close(out, theirs(kernel, stride)(x))
        assert out.shape[2:] == (-(-size // stride), -(-(size + 1) // stride))


@pytest.mark.parametrize(("size", "kernel", "stride"), WINDOWS)
def test_a_mean_without_the_padding_counts_the_pixels_of_the_input(size: int, kernel: int, stride: int) -> None:
    import torch

    from archgraph.nn.pool_same import AvgPool2dSame

    x = torch.randn(2, 4, size, size)
    before = max((-(-size // stride) - 1) * stride + kernel - size, 0) // 2
    rows = [x[:, :, max(at, 0) : at + kernel] for at in range(-before, -before + stride * -(-size // stride), stride)]
    out = AvgPool2dSame(kernel, stride, count_include_pad=False)(x)
    for number, row in enumerate(rows):
        for column, part in enumerate(
            row[..., max(at, 0) : at + kernel] for at in range(-before, -before + stride * -(-size // stride), stride)
        ):
            torch.testing.assert_close(out[:, :, number, column], part.mean((2, 3)))


def test_a_sequence_is_a_map_of_one_row() -> None:
    import torch

    from archgraph.nn.pool_same import AvgPool1dSame, AvgPool2dSame, MaxPool1dSame, MaxPool2dSame

    x = torch.randn(2, 4, 10)
    for row, plane in ((MaxPool1dSame, MaxPool2dSame), (AvgPool1dSame, AvgPool2dSame)):
        torch.testing.assert_close(row(3, 2)(x), plane((1, 3), (1, 2))(x[:, :, None])[:, :, 0])
    out = AvgPool1dSame(3, 2, count_include_pad=False)(x)
    torch.testing.assert_close(out, AvgPool2dSame((1, 3), (1, 2), count_include_pad=False)(x[:, :, None])[:, :, 0])
