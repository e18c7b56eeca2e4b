"""The training loop, for searches and for single networks: all images on the device, no loader, no workers.

Shape suffixes: b batch, n images, c channels, h height, w width, k classes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archgraph.errors import ArchgraphError
from archgraph.train.data import Part, Split
from archgraph.train.settings import Training

EVALUATION_BATCH = 1024


class DivergenceError(ArchgraphError):
    """The loss became infinite or not a number."""


@dataclass(frozen=True)
class Score:
    """How well a network does on one part of the data: `accuracy` from 0 to 1, mean cross-entropy `loss`."""

    accuracy: float
    loss: float

    def as_dict(self) -> dict[str, float]:
        """The score as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Trained:
    """A finished training: the validation score at the end, that of every epoch, and the seconds it took."""

    validation: Score
    epochs: tuple[Score, ...]
    seconds: float


def tensors(split: Split, device: torch.device) -> tuple[Tensor, Tensor]:
    """Images and labels on a device."""
    return torch.from_numpy(split.images).to(device), torch.from_numpy(split.labels).to(device)


def train(
    module: nn.Module,
    data: Mapping[Part, Split],
    settings: Training,
    *,
    seed: int,
    device: torch.device,
    report: Callable[[int, Score], None] = lambda epoch, score: None,
) -> Trained:
    """Train a module in place and score it on the validation images after every epoch.

    The module takes `(N, C, H, W)` and gives logits `(N, K)`, or a dict of them in training (each head adds to the
    loss). Initial weights are the caller's; order and augmentation follow `seed`. Raises DivergenceError.
    """
    started = time.perf_counter()
    module.to(device)
    images_nchw, labels_n = (t[: settings.images] for t in tensors(data["train"], device))
    order = torch.Generator().manual_seed(seed)
    batch = min(settings.batch, len(labels_n))
    steps = settings.epochs * (len(labels_n) // batch)
    optimizer = _optimizer(module, settings)
    step = 0
    scores = []
    for epoch in range(settings.epochs):
        module.train()
        shuffled = torch.randperm(len(labels_n), generator=order).to(device)
        # The last, smaller batch is left out: batch norm cannot learn from a single image.
        for chosen in shuffled[: len(labels_n) // batch * batch].view(-1, batch):
            for group in optimizer.param_groups:
                group["lr"] = settings.rate * _rate(settings.schedule, (step + 0.5) / steps)
            x_bchw = _augmented(images_nchw[chosen], settings.augment, order)
            loss = _loss(module(x_bchw), labels_n[chosen], settings.label_smoothing)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimizer.step()
            step += 1
        scores.append(score(module, data["validation"], device=device))
        if not math.isfinite(scores[-1].loss):
            raise DivergenceError(f"the loss became {scores[-1].loss} in epoch {epoch + 1}")
        report(epoch, scores[-1])
    return Trained(scores[-1], tuple(scores), time.perf_counter() - started)


@torch.no_grad()
def score(module: nn.Module, split: Split, *, device: torch.device) -> Score:
    """Accuracy and loss of a module in eval mode."""
    module.eval()
    images_nchw, labels_n = tensors(split, device)
    starts = range(0, len(images_nchw), EVALUATION_BATCH)
    logits_nk = torch.cat([_main(module(images_nchw[start : start + EVALUATION_BATCH])) for start in starts])
    correct = (logits_nk.argmax(1) == labels_n).float().mean()
    return Score(accuracy=correct.item(), loss=F.cross_entropy(logits_nk, labels_n).item())


def _loss(output: Tensor | Mapping[str, Tensor], labels_b: Tensor, smoothing: float) -> Tensor:
    heads = list(output.values()) if isinstance(output, Mapping) else [output]
    losses = [F.cross_entropy(logits_bk, labels_b, label_smoothing=smoothing) for logits_bk in heads]
    # Auxiliary heads weigh 0.3, as in GoogLeNet (arXiv:1409.4842, section 5).
    return losses[0] + 0.3 * torch.stack(losses[1:]).sum() if len(losses) > 1 else losses[0]


def _main(output: Tensor | Mapping[str, Tensor]) -> Tensor:
    return next(iter(output.values())) if isinstance(output, Mapping) else output


def _rate(schedule: str, done: float) -> float:
    """The learning rate as a part of its peak, when `done` of the training is over."""
    if schedule == "constant":
        return 1.0
    if schedule == "one_cycle":
        return done / 0.25 if done < 0.25 else 0.5 + 0.5 * math.cos(math.pi * (done - 0.25) / 0.75)
    return 0.5 + 0.5 * math.cos(math.pi * done)


def _optimizer(module: nn.Module, settings: Training) -> torch.optim.Optimizer:
    decayed = [p for p in module.parameters() if p.ndim >= 2]
    rest = [p for p in module.parameters() if p.ndim < 2]
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=settings.rate)
    return torch.optim.SGD(groups, lr=settings.rate, momentum=0.9, nesterov=True)


def _augmented(x_bchw: Tensor, augment: str, order: torch.Generator) -> Tensor:
    """Shift every image by its own few pixels; what comes in from outside is the nearest pixel's mean: zero."""
    if augment == "none":
        return x_bchw
    batch, _, height, width = x_bchw.shape
    reach = max(1, height // 8)
    padded = F.pad(x_bchw, (reach,) * 4, value=float(x_bchw.min()))
    shift_b2 = torch.randint(0, 2 * reach + 1, (batch, 2), generator=order).to(x_bchw.device)
    rows_bh = shift_b2[:, :1] + torch.arange(height, device=x_bchw.device)
    columns_bw = shift_b2[:, 1:] + torch.arange(width, device=x_bchw.device)
    picked = torch.arange(batch, device=x_bchw.device)[:, None, None]
    return padded[picked, :, rows_bh[:, :, None], columns_bw[:, None, :]].permute(0, 3, 1, 2)
