"""What a network is trained for and how well it does: losses and scores of classes and of masks.

Shape suffixes: b batch, k classes, h height, w width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archgraph.train.dataset import IGNORED, Split
from archgraph.train.placed import placed

PIXELS = 1024 * 32 * 32
"""Pixels that are scored at once."""
AUXILIARY = 0.3
"""Weight of the loss of each further head, as in GoogLeNet (arXiv:1409.4842, section 5)."""


@dataclass(frozen=True)
class Score:
    """How well a network does on one part of the data.

    `accuracy`, of images or of pixels, from 0 to 1; mean `loss`; for masks `iou`, the mean over classes of
    intersection over union, counted over all pixels of the part (classes that nobody has or says are left out).
    """

    accuracy: float
    loss: float
    iou: float | None = None

    def as_dict(self) -> dict[str, float]:
        """The score as plain data."""
        found = {"accuracy": self.accuracy, "loss": self.loss}
        return found if self.iou is None else {**found, "iou": self.iou}


def loss(output: Tensor | Mapping[str, Tensor], target: Tensor, *, smoothing: float = 0.0) -> Tensor:
    """The mean loss of logits `(B, K)` for classes `(B,)`, or `(B, K, H, W)` for masks `(B, H, W)`.

    Cross-entropy; binary where K is 1. Of a dict of outputs the first counts in full, the others 0.3 each.
    """
    heads = list(output.values()) if isinstance(output, Mapping) else [output]
    losses = [_mean(logits, target, smoothing) for logits in heads]
    return losses[0] + AUXILIARY * torch.stack(losses[1:]).sum() if len(losses) > 1 else losses[0]


def _mean(logits: Tensor, target: Tensor, smoothing: float) -> Tensor:
    counted = target.numel() if target.ndim == 1 else (target != IGNORED).sum().clamp(min=1)
    return _sum(logits, target, smoothing) / counted


def _sum(logits: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """The losses of all images, or of all pixels that count, added up."""
    if target.ndim == 1:
        return F.cross_entropy(logits, target, label_smoothing=smoothing, reduction="sum")
    if logits.shape[1] > 1:
        return F.cross_entropy(logits, target, label_smoothing=smoothing, ignore_index=IGNORED, reduction="sum")
    wanted_bhw = target.clamp(max=1).to(logits.dtype) * (1 - smoothing) + smoothing / 2
    each_bhw = F.binary_cross_entropy_with_logits(logits[:, 0], wanted_bhw, reduction="none")
    return (each_bhw * (target != IGNORED)).sum()


@torch.no_grad()
def score(module: nn.Module, split: Split, *, device: torch.device, bf16: bool = False) -> Score:
    """The score of a module, in eval mode, on all images of a part."""
    module.eval()
    data = placed(split, device)
    size = max(16, min(1024, PIXELS // (split.images.shape[2] * split.images.shape[3])))
    total = torch.zeros((), dtype=torch.float64, device=device)
    confusion_kk = torch.zeros(0, 0, dtype=torch.int64, device=device)
    for start in range(0, len(data), size):
        x_bchw, target = data.batch(slice(start, start + size))
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            output = module(x_bchw.contiguous(memory_format=torch.channels_last))
        logits = (next(iter(output.values())) if isinstance(output, Mapping) else output).float()
        counted = target != IGNORED if target.ndim == 3 else torch.ones_like(target, dtype=torch.bool)
        total += _sum(logits, target, 0.0)
        said = logits.argmax(1) if logits.shape[1] > 1 else (logits[:, 0] > 0).long()
        confusion_kk = _added(confusion_kk, target[counted], said[counted], max(2, logits.shape[1]))
    count, right_k = confusion_kk.sum(), confusion_kk.diagonal()
    accuracy, mean = (right_k.sum() / count).item(), (total / count).item()
    union_k = confusion_kk.sum(0) + confusion_kk.sum(1) - right_k
    iou = (right_k[union_k > 0] / union_k[union_k > 0]).mean().item() if split.labels.ndim == 3 else None
    return Score(accuracy, mean, iou)


def _added(confusion_kk: Tensor, target: Tensor, said: Tensor, classes: int) -> Tensor:
    """The confusion matrix with more pixels or images in it: rows are what is right, columns what was said."""
    found = torch.bincount(target.flatten() * classes + said.flatten(), minlength=classes**2).view(classes, classes)
    return found if not len(confusion_kk) else confusion_kk + found
