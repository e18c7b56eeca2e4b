"""Trials an hour: our training loop against a plain PyTorch loop with a DataLoader, on the same networks and images.

The plain loop is what tutorials show: a Dataset that crops, flips and normalises one image at a time, a DataLoader with
workers that shuffles, fp32. Both train the same candidates of a search, as long and with the same optimizer, and are
scored on the validation images after every epoch; who goes first changes from network to network. It takes the GPU
where there is one.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import torch
import torch.nn.functional as F
from timing import options, report
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

import archgraph
from archgraph.search.mutations import MUTATIONS, Rejected, mutate
from archgraph.spec.model import Spec
from archgraph.train.data import DataSource, load, source
from archgraph.train.dataset import Split
from archgraph.train.device import describe, device, use_threads
from archgraph.train.loop import train
from archgraph.train.settings import Training

OPERATORS = ("width", "depth", "kernel", "activation", "skip")


@dataclass(frozen=True)
class Trial:
    """One network's training by one of the loops."""

    seconds: float
    accuracy: float


def main() -> None:
    """Print the table."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--data", default="fashion_mnist", help="a data set's name or path")
    parser.add_argument("--parent", default="cifar_resnet8", help="the network whose children are trained")
    parser.add_argument("--images", type=int, default=10_000, help="training images an epoch")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--workers", type=int, default=min(8, os.cpu_count() or 1), help="of the DataLoader")
    given = parser.parse_args()
    images = 512 if given.quick else given.images
    epochs, batch = (1, 64) if given.quick else (given.epochs, given.batch)
    settings = Training(
        data=given.data, epochs=epochs, batch=batch, images=images, augment=["flip", "crop"], lr=0.1
    )  # fmt: skip
    try:
        found = source(given.data)
    except archgraph.UsageError as missing:
        print(f"not measured: {missing}")
        return
    parts = dict(load(given.data))
    if given.quick:
        validation = parts["validation"]
        parts["validation"] = replace(validation, images=validation.images[:512], labels=validation.labels[:512])
    loops: dict[str, Callable[[nn.Module], float]] = {
        "archgraph": lambda module: train(module, parts, settings, seed=0, device=device()).validation.accuracy,
        f"DataLoader, {given.workers} workers": lambda module: plain(module, parts, settings, workers=given.workers),
    }
    specs = children(given.parent, found, count=given.rounds or (2 if given.quick else 10))
    trials = compare(specs, loops)
    ours, theirs = (sum(trial.seconds for trial in trials[name]) for name in loops)
    about = f"{settings.epochs} epochs of {images:,} images of {given.data} each, batch {settings.batch}"
    report(f"{describe(device())}: {about}; ratio {theirs / ours:.2f}", _rows(trials), as_json=given.json)


def _rows(trials: dict[str, list[Trial]]) -> list[dict[str, object]]:
    return [
        {
            "loop": name,
            "networks": len(done),
            "trials an hour": round(3600 * len(done) / sum(trial.seconds for trial in done)),
            "mean accuracy": sum(trial.accuracy for trial in done) / len(done),
        }
        for name, done in trials.items()
    ]


def children(parent: str, data: DataSource, *, count: int) -> list[Spec]:
    """The parent for these data, and changes of it."""
    rng = Random(0)
    spec = archgraph.override(archgraph.load(parent), {"input": data.shape, "classes": data.classes})
    most = 1.5 * archgraph.cost(spec).macs
    found = [spec]
    while len(found) < count:
        new = mutate(rng.choice(found), rng.choice([name for name in OPERATORS if name in MUTATIONS]), rng)
        if isinstance(new, Rejected):
            continue
        try:
            if archgraph.cost(new.spec).macs <= most:
                found.append(new.spec)
        except archgraph.SpecError:
            continue
    return found


def compare(specs: list[Spec], loops: dict[str, Callable[[nn.Module], float]]) -> dict[str, list[Trial]]:
    """Train every network by every loop, in turn, after one that is not counted."""
    trials: dict[str, list[Trial]] = {name: [] for name in loops}
    for index, spec in enumerate([specs[0], *specs]):
        use_threads(archgraph.cost(spec).macs)
        for name in list(loops) if index % 2 else reversed(loops):
            start = time.perf_counter()
            torch.manual_seed(0)
            accuracy = loops[name](archgraph.build(spec))
            if index:
                trials[name].append(Trial(time.perf_counter() - start, accuracy))
    return trials


class Images(Dataset[tuple[Tensor, int]]):
    """Images one at a time, as a tutorial's Dataset gives them."""

    def __init__(self, split: Split, count: int, *, augment: bool) -> None:
        self.images, self.labels = torch.from_numpy(split.images[:count]), split.labels[:count]
        self.mean, self.deviation = (torch.from_numpy(one)[:, None, None] for one in (split.mean, split.deviation))
        self.augment = augment

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = (self.images[index].float() - self.mean) / self.deviation
        if self.augment:
            height, width = image.shape[1:]
            reach = max(1, height // 8)
            top, left = torch.randint(0, 2 * reach + 1, (2,)).tolist()
            image = F.pad(image[None], (reach,) * 4, mode="replicate")[0, :, top : top + height, left : left + width]
            if torch.rand(()) < 0.5:
                image = image.flip(-1)
        return image, int(self.labels[index])


def plain(module: nn.Module, parts: dict[str, Split], settings: Training, *, workers: int) -> float:
    """The accuracy after a training with a DataLoader."""
    where = device()
    module.to(where)
    shared = {"num_workers": workers, "persistent_workers": workers > 0, "pin_memory": where.type == "cuda"}
    count = settings.images or len(parts["train"].labels)
    training = DataLoader(
        Images(parts["train"], count, augment=True), settings.batch, shuffle=True, drop_last=True, **shared
    )
    validation = DataLoader(Images(parts["validation"], len(parts["validation"].labels), augment=False), 512, **shared)
    optimizer = torch.optim.SGD(
        module.parameters(), lr=settings.rate, momentum=0.9, nesterov=True, weight_decay=settings.weight_decay
    )
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.rate, total_steps=settings.epochs * len(training), pct_start=0.25, cycle_momentum=False
    )
    accuracy = math.nan
    for _ in range(settings.epochs):
        module.train()
        for images, labels in training:
            loss = F.cross_entropy(module(images.to(where)), labels.to(where))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
        module.eval()
        right = 0
        with torch.no_grad():
            for images, labels in validation:
                right += (module(images.to(where)).argmax(1) == labels.to(where)).sum().item()
        accuracy = right / len(parts["validation"].labels)
    return accuracy


if __name__ == "__main__":
    main()
