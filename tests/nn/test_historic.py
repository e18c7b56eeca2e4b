"""LeNet's layers of 1998 against the sentences of the paper, worked out by hand and with torch's own layers."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch


def test_subsampling_is_a_depthwise_conv_whose_weights_are_one_number_a_channel() -> None:
    import torch
    from torch import nn

    from archgraph.nn.historic import Subsample2d

    ours = Subsample2d(3, 2)
    nn.init.normal_(ours.weight)
    nn.init.normal_(ours.bias)
    theirs = nn.Conv2d(3, 3, 2, stride=2, groups=3)
    theirs.load_state_dict({"weight": ours.weight[:, None, None, None].expand(3, 1, 2, 2), "bias": ours.bias})
    x = torch.randn(2, 3, 9, 8)
    torch.testing.assert_close(ours(x), theirs(x))


def test_subsampling_starts_as_the_mean_of_its_windows() -> None:
    import torch

    from archgraph.nn.historic import Subsample2d

    x = torch.randn(2, 3, 9, 8)
    torch.testing.assert_close(Subsample2d(3, 3)(x), torch.nn.functional.avg_pool2d(x, 3))


def test_an_output_of_radial_bases_is_a_squared_distance_to_a_target_of_signs() -> None:
    import torch

    from archgraph.nn.historic import RadialBasis

    module = RadialBasis(84, 10)
    assert set(module.targets.unique().tolist()) == {-1.0, 1.0}
    x = torch.randn(4, 84)
    torch.testing.assert_close(module(x), torch.cdist(x, module.targets) ** 2, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(module(module.targets).diagonal(), torch.zeros(10))
    assert not list(module.parameters())
