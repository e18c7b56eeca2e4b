"""The training loop, for searches and for single networks: all images on the device, no loader, no workers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from archgraph.errors import ArchgraphError
from archgraph.train.augment import augmented
from archgraph.train.checkpoint import Checkpoint, chances, set_chances
from archgraph.train.data import Part, Split
from archgraph.train.placed import placed
from archgraph.train.scoring import Score, loss, score
from archgraph.train.settings import Training

__all__ = ["DivergenceError", "Score", "Trained", "score", "train"]

LOOK = 25
"""Steps between looks at the losses of a GPU: each waits for it."""


class DivergenceError(ArchgraphError):
    """The loss became infinite or not a number."""


@dataclass(frozen=True)
class Trained:
    """A finished training: the validation score at the end, that of every epoch, and the seconds it took.

    `stopped` says whether the time was over before the epochs were. From `checkpoint` it can go on.
    """

    validation: Score
    epochs: tuple[Score, ...]
    seconds: float
    checkpoint: Checkpoint
    stopped: bool = False


def train(
    module: nn.Module,
    data: Mapping[Part, Split],
    settings: Training,
    *,
    seed: int,
    device: torch.device,
    report: Callable[[int, Score], None] = lambda epoch, score: None,
    until: int | None = None,
    begin: Checkpoint | None = None,
) -> Trained:
    """Train a module in place and score it on the validation images after every epoch.

    The module takes `(N, C, H, W)` and gives logits `(N, K)`, or `(N, K, H, W)` for masks, or a dict of them in
    training (each head adds to the loss). Initial weights are the caller's; order and augmentation follow `seed`.
    It ends after the epoch `until` (counted from 1) of a schedule that is for all of them; with the weights it had
    then and its checkpoint as `begin` it goes on, to what it would have been without the break.
    Raises DivergenceError as soon as a loss is no number.
    """
    run = _Run(module, data["train"], settings, seed, device)
    first, last = run.go_on(begin), until or settings.epochs
    scores: list[Score] = []
    for epoch in range(first, last):
        module.train()
        for chosen in run.batches():
            run.step(chosen, epoch)
            if run.out_of_time:
                break
        run.check(epoch)
        found = score(module, data["validation"], device=device, bf16=run.bf16)
        if not math.isfinite(found.loss):
            raise DivergenceError(f"the loss became {found.loss} in epoch {epoch + 1}")
        scores.append(found)
        report(epoch, found)
        if run.out_of_time:
            break
    seconds = time.perf_counter() - run.started
    stopped = run.steps < last * run.steps_each
    return Trained(scores[-1], tuple(scores), seconds, run.checkpoint(first + len(scores)), stopped)


class _Run:
    """One training: what it is of, and how far it is."""

    def __init__(self, module: nn.Module, split: Split, settings: Training, seed: int, device: torch.device) -> None:
        self.started = time.perf_counter()
        self.settings, self.device = settings, device
        self.bf16 = settings.precision == "bf16" or (settings.precision == "auto" and device.type == "cuda")
        self.module = module.to(device)
        # Channels last: small ResNets took a quarter to a third less CPU time so (measured); GPUs work in it anyway.
        self.module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.data = placed(split, device)
        self.images = min(len(self.data), settings.images or len(self.data))
        self.batch = min(settings.batch, self.images)
        self.steps_each = self.images // self.batch
        self.planned = settings.epochs * self.steps_each
        self.optimizer = _optimizer(module, settings)
        self.order = torch.Generator().manual_seed(seed)
        # A generator on the device: a batch is changed without waiting for the CPU.
        self.chance = self.order if device.type == "cpu" else torch.Generator(device).manual_seed(seed)
        self.steps = 0
        self.unlooked: list[Tensor] = []

    def checkpoint(self, epochs: int) -> Checkpoint:
        """How far it is, after so many epochs; what is in it changes if the training goes on."""
        generators = {"order": self.order.get_state(), "chance": self.chance.get_state(), **chances(self.device)}
        done = {"epochs": epochs, "steps": self.steps, "device": self.device.type}
        return {**done, "optimizer": self.optimizer.state_dict(), **generators}

    def go_on(self, begin: Checkpoint | None) -> int:
        """Bring all but the weights to where a checkpoint was; gives the epochs that are done."""
        if begin is None:
            return 0
        self.steps = begin["steps"]
        self.optimizer.load_state_dict(begin["optimizer"])
        self.order.set_state(begin["order"])
        # The generators of another kind of device do not fit this one: what they would have drawn is drawn anew.
        if begin["device"] == self.device.type:
            self.chance.set_state(begin["chance"])
            set_chances(begin, self.device)
        return int(begin["epochs"])

    @property
    def out_of_time(self) -> bool:
        """Whether the time limit is over."""
        limit = self.settings.seconds
        return limit is not None and time.perf_counter() - self.started > limit

    def batches(self) -> Iterator[Tensor]:
        """The indices of an epoch's batches. The last, smaller one is left out: batch norm needs two images."""
        shuffled = torch.randperm(self.images, generator=self.order).to(self.data.images.device)
        yield from shuffled[: self.images // self.batch * self.batch].view(-1, self.batch)

    def step(self, chosen: Tensor, epoch: int) -> None:
        """Learn from one batch."""
        rate = self.settings.rate * _rate(self.settings.schedule, self._done(), self.settings.rising)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        x_bchw, target = augmented(*self.data.batch(chosen), self.settings.augment, self.chance)
        x_bchw = x_bchw.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            found = loss(self.module(x_bchw), target, smoothing=self.settings.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(found)
        self.optimizer.step()
        self.steps += 1
        self.unlooked.append(found.detach())
        if len(self.unlooked) == LOOK or self.device.type == "cpu":
            self.check(epoch)

    def check(self, epoch: int) -> None:
        """End a training that has gone astray: what follows would be a waste. Raises DivergenceError."""
        if self.unlooked:
            losses = torch.stack(self.unlooked).tolist()
            self.unlooked = []
            wrong = next((one for one in losses if not math.isfinite(one)), None)
            if wrong is not None:
                raise DivergenceError(f"the loss became {wrong} in epoch {epoch + 1}")

    def _done(self) -> float:
        """How much of the training is over, by steps or, where time is short, by time."""
        by_steps = (self.steps + 0.5) / self.planned
        limit = self.settings.seconds
        return by_steps if limit is None else min(1.0, max(by_steps, (time.perf_counter() - self.started) / limit))


def _rate(schedule: str, done: float, rising: float) -> float:
    """The learning rate as a part of its peak, when `done` of the training is over."""
    if done < rising:
        return done / rising
    if schedule == "constant":
        return 1.0
    return 0.5 + 0.5 * math.cos(math.pi * (done - rising) / (1 - rising))


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
