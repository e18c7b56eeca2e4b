"""Ops whose lowering is not one call of torch, by what they compute: against numpy, and torch's functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from lowered import lowered
from torch import Tensor
from torch.nn import functional as F

from archgraph.ops import make
from archgraph.ops.base import Primitive

pytestmark = pytest.mark.torch

MAP = torch.arange(2 * 6 * 7 * 5, dtype=torch.float64).reshape(2, 6, 7, 5).sin()
SEQUENCE = MAP[..., 0]


def computed(name: str, args: Mapping[str, Any], *inputs: Tensor) -> Any:
    """What the op gives for these inputs."""
    op = make(name, args)
    assert isinstance(op, Primitive)
    return lowered(op, tuple(tuple(x.shape[1:]) for x in inputs)).double()(*inputs)


@pytest.mark.parametrize("x", [MAP, SEQUENCE])
def test_a_layer_norm_over_channels_is_one_of_each_pixel(x: Tensor) -> None:
    op = make("layer_norm", {"over": "channels", "eps": 1e-6})
    assert isinstance(op, Primitive)
    module = lowered(op, (tuple(x.shape[1:]),)).double()
    weight, bias = module.inner.weight, module.inner.bias  # type: ignore[union-attr]
    with torch.no_grad():
        weight.uniform_(0.5, 2)  # type: ignore[operator, union-attr]
        bias.uniform_(-1, 1)  # type: ignore[operator, union-attr]
    of_a_pixel = F.layer_norm(x[0, :, 3, ...].reshape(6, -1).T[0], (6,), weight, bias, 1e-6)  # type: ignore[arg-type]
    torch.testing.assert_close(module(x)[0, :, 3, ...].reshape(6, -1).T[0], of_a_pixel)


def test_a_layer_norm_is_over_the_channels_of_a_map_and_the_last_axis_of_tokens() -> None:
    assert torch.equal(computed("layer_norm", {}, MAP), computed("layer_norm", {"over": "channels"}, MAP))
    torch.testing.assert_close(computed("layer_norm", {}, SEQUENCE), F.layer_norm(SEQUENCE, (7,)))
    torch.testing.assert_close(computed("layer_norm", {"over": "all"}, MAP), F.layer_norm(MAP, (6, 7, 5)))


def test_an_rms_norm_over_channels_divides_each_pixel_by_the_root_of_its_mean_square() -> None:
    expected = MAP / (MAP.square().mean(1, keepdim=True) + 1e-6).sqrt()
    torch.testing.assert_close(computed("rms_norm", {"eps": 1e-6}, MAP), expected)


@pytest.mark.parametrize(
    ("size", "rows", "columns"), [(4, (1, 5), (0, 4)), ((7, 2), (0, 7), (1, 3)), (5, (1, 6), (0, 5))]
)
def test_a_crop_takes_the_middle_and_leaves_an_odd_pixel_after_it(size: Any, rows: Any, columns: Any) -> None:
    expected = MAP[:, :, slice(*rows), slice(*columns)]
    assert torch.equal(computed("crop", {"size": size}, MAP), expected)
    assert torch.equal(computed("crop", {"like": "other"}, MAP, expected[:, :1]), expected)


def test_a_crop_of_even_margins_is_torchvisions() -> None:
    from torchvision_models import torchvision_models

    torchvision_models()
    from torchvision.transforms.functional import center_crop

    assert torch.equal(computed("crop", {"size": (5, 3)}, MAP), center_crop(MAP, [5, 3]))


def test_a_box_begins_at_its_top_left() -> None:
    assert torch.equal(computed("crop", {"box": (2, 1, 4, 3)}, MAP), MAP[:, :, 2:6, 1:4])
    assert torch.equal(computed("crop", {"box": (2, 4)}, SEQUENCE), SEQUENCE[:, :, 2:6])


@pytest.mark.parametrize(
    ("mode", "other"), [("constant", "constant"), ("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")]
)
def test_a_pad_is_numpys(mode: str, other: Any) -> None:
    sides = ((0, 0), (0, 0), (1, 2), (3, 0))
    given = computed("pad", {"space": (1, 2, 3, 0), "mode": mode}, MAP)
    assert np.array_equal(given.numpy(), np.pad(MAP.numpy(), sides, mode=other))


def test_a_pad_holds_its_value_and_channels_come_before_and_after() -> None:
    given = computed("pad", {"channels": (1, 2), "space": 1, "value": 3.0}, MAP).numpy()
    assert np.array_equal(given, np.pad(MAP.numpy(), ((0, 0), (1, 2), (1, 1), (1, 1)), constant_values=3.0))


@pytest.mark.parametrize(
    ("start", "stop", "step", "axis"), [(0, 3, 1, 0), (1, None, 2, 1), (-4, -1, 1, -1), (2, 6, 3, 0)]
)
def test_a_slice_is_numpys(start: int, stop: int | None, step: int, axis: int) -> None:
    where = [slice(None)] * 4
    where[axis + 1 if axis >= 0 else axis] = slice(start, stop, step)
    args = {"start": start, "stop": stop, "step": step, "axis": axis}
    assert np.array_equal(computed("slice", args, MAP).numpy(), MAP.numpy()[tuple(where)])


def test_pieces_put_together_are_the_whole() -> None:
    for args, axis in (({"parts": 3}, 1), ({"sizes": (1, 4, 2), "axis": 1}, 2), ({"parts": 5, "axis": -1}, 3)):
        pieces = computed("split", args, MAP)
        assert torch.equal(torch.cat(pieces, axis), MAP)
    assert [piece.shape[2] for piece in computed("split", {"sizes": (1, 4, 2), "axis": 1}, MAP)] == [1, 4, 2]


def test_a_permute_is_numpys() -> None:
    given = computed("permute", {"order": (2, 0, 1)}, MAP).numpy()
    assert np.array_equal(given, np.transpose(MAP.numpy(), (0, 3, 1, 2)))


@pytest.mark.parametrize("stride", [1, 2, (3, 1)])
def test_zero_gives_zeros_and_gradients_of_zero(stride: Any) -> None:
    x = MAP.clone().requires_grad_()
    given = computed("zero", {"stride": stride}, x)
    rows, columns = (stride, stride) if isinstance(stride, int) else stride
    assert given.shape == MAP[:, :, ::rows, ::columns].shape and not given.any()
    given.sum().backward()
    assert x.grad is not None and not x.grad.any()


@pytest.mark.parametrize(("by", "other"), [("mean", np.mean), ("max", np.max), ("sum", np.sum)])
@pytest.mark.parametrize("keep", [True, False])
def test_a_reduction_is_numpys(by: str, other: Any, keep: bool) -> None:
    for over, axes in (("channels", 1), ("space", (2, 3))):
        given = computed("reduce", {"by": by, "over": over, "keep": keep}, MAP).numpy()
        np.testing.assert_allclose(given, other(MAP.numpy(), axis=axes, keepdims=keep), rtol=1e-12)


def test_a_matrix_product_is_numpys_with_either_side_transposed() -> None:
    first, second = MAP.numpy(), MAP.numpy()
    for args, sum_ in (
        ({"transpose_first": True}, "bcki,bckj->bcij"),
        ({"transpose_second": True}, "bcik,bcjk->bcij"),
    ):
        np.testing.assert_allclose(computed("matmul", args, MAP, MAP).numpy(), np.einsum(sum_, first, second))


@pytest.mark.parametrize(
    ("mode", "corners"), [("nearest", None), ("bilinear", False), ("bilinear", True), ("bicubic", True), ("area", None)]
)
def test_an_upsample_like_a_node_has_its_size(mode: str, corners: bool | None) -> None:
    args = {"like": "other", "mode": mode, **({"align_corners": True} if corners else {})}
    expected = F.interpolate(MAP, (9, 13), mode=mode, align_corners=corners)
    assert torch.equal(computed("upsample", args, MAP, torch.empty(2, 1, 9, 13)), expected)
    given = {"size": (9, 13), "mode": mode, **({"align_corners": True} if corners else {})}
    assert torch.equal(computed("upsample", given, MAP), expected)


def test_a_max_unpool_puts_each_value_back_where_it_was() -> None:
    pooled, indices = computed("max_pool", {"kernel": 2, "indices": True}, MAP)
    given = computed("max_unpool", {"kernel": 2, "like": "other"}, pooled, indices, MAP)
    assert given.shape == MAP.shape
    assert torch.equal(given, torch.where(given == 0, 0, MAP))
    assert torch.equal(computed("max_pool", {"kernel": 2}, given.clamp(min=-1) + (given == 0) * -2), pooled)
    assert torch.equal(computed("max_unpool", {"kernel": 2, "size": (7, 5)}, pooled, indices), given)
