"""Random changes of a batch of images, and of its masks with them, on the device that they are on.

Shape suffixes: b batch, c channels, h height, w width.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def augmented(x_bchw: Tensor, y: Tensor, names: Sequence[str], order: torch.Generator) -> tuple[Tensor, Tensor]:
    """Images, scaled to mean 0, and labels `(B,)` or masks `(B, H, W)` after the changes of these names.

    `order` is on the images' device; the same state gives the same changes.
    """
    if "flip" in names:
        x_bchw, y = _flipped(x_bchw, y, order)
    if "crop" in names:
        x_bchw, y = _shifted(x_bchw, y, order)
    if "cutout" in names:
        x_bchw = _cut_out(x_bchw, order)
    return x_bchw, y


def _flipped(x_bchw: Tensor, y: Tensor, order: torch.Generator) -> tuple[Tensor, Tensor]:
    """Every image mirrored left to right or not, with equal chance."""
    mirror_b = torch.rand(len(x_bchw), generator=order, device=x_bchw.device) < 0.5
    x_bchw = torch.where(mirror_b[:, None, None, None], x_bchw.flip(-1), x_bchw)
    return x_bchw, torch.where(mirror_b[:, None, None], y.flip(-1), y) if y.ndim == 3 else y


def _shifted(x_bchw: Tensor, y: Tensor, order: torch.Generator) -> tuple[Tensor, Tensor]:
    """Every image moved by its own few pixels, at most an eighth of its height; what comes in repeats its border."""
    batch, _, height, width = x_bchw.shape
    reach = max(1, height // 8)
    device = x_bchw.device
    shift_b2 = torch.randint(-reach, reach + 1, (batch, 2), generator=order, device=device)
    rows_bh = (shift_b2[:, :1] + torch.arange(height, device=device)).clamp_(0, height - 1)
    columns_bw = (shift_b2[:, 1:] + torch.arange(width, device=device)).clamp_(0, width - 1)
    picked = torch.arange(batch, device=device)[:, None, None], rows_bh[:, :, None], columns_bw[:, None, :]
    moved_bhwc = x_bchw.permute(0, 2, 3, 1)[picked]
    return moved_bhwc.permute(0, 3, 1, 2), y[picked] if y.ndim == 3 else y


def _cut_out(x_bchw: Tensor, order: torch.Generator) -> Tensor:
    """A square around a random pixel of every image set to the mean; a quarter of the height a side, half of the area
    that suits CIFAR-10 best in the paper. Source: Cutout, arXiv:1708.04552."""
    batch, _, height, width = x_bchw.shape
    device = x_bchw.device
    side = max(1, height // 4)
    top_b1 = torch.randint(0, height, (batch, 1), generator=order, device=device) - side // 2
    left_b1 = torch.randint(0, width, (batch, 1), generator=order, device=device) - side // 2
    rows_h, columns_w = torch.arange(height, device=device), torch.arange(width, device=device)
    inside_bh = (rows_h >= top_b1) & (rows_h < top_b1 + side)
    inside_bw = (columns_w >= left_b1) & (columns_w < left_b1 + side)
    return x_bchw.masked_fill((inside_bh[:, :, None] & inside_bw[:, None, :])[:, None], 0.0)
