"""Where each element of a tensor stands in another one: maps of indices, however views and moves came to them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor


def in_order(count: int, shape: Sequence[int]) -> Tensor:
    """Every element at its own place."""
    return torch.arange(count, device="cpu").reshape(tuple(shape))


def unless_in_order(places: Tensor, count: int) -> Tensor | None:
    """The places, or None where they are all of `count` elements in order."""
    whole = places.numel() == count and bool((places.reshape(-1) == in_order(count, [count])).all())
    return None if whole else places


def rows(places: Tensor, width: int) -> Tensor | None:
    """Which row of `width` elements stands in which row, where rows move as wholes; else None."""
    if places.shape[-1:] != (width,):
        return None
    by_row = places.reshape(-1, width)
    whole = bool((by_row[:, 0] % width == 0).all() and (by_row == by_row[:, :1] + in_order(width, [width])).all())
    return by_row[:, 0] // width if whole else None


def of_rows(found: Tensor, shape: Sequence[int]) -> Tensor:
    """Places of elements where rows moved."""
    width = shape[-1]
    return (found[:, None] * width + in_order(width, [width])).reshape(tuple(shape))


def grouped(places: Tensor, axes: Sequence[int]) -> Tensor:
    """The elements that go into each result of a reduction over these axes, one result a row, in one order."""
    over = sorted(axis % places.dim() for axis in axes)
    kept = [axis for axis in range(places.dim()) if axis not in over]
    count = prod(places.shape[axis] for axis in over)
    return places.permute(*kept, *over).reshape(-1, count).sort(-1).values


def digest(tensor: Tensor) -> str:
    """A text that is equal for tensors of the same elements in the same order, whatever their shapes."""
    whole = tensor.detach().to("cpu").contiguous()
    data = whole.reshape(-1).view(torch.uint8).numpy().tobytes() if whole.numel() else b""
    return hashlib.sha256(data).hexdigest()[:16]
