"""Zero-cost proxies against NAS-Bench-201: the rank correlation of each with trained networks.

    python benchmarks/proxies.py nasbench201_cifar10.csv.gz cifar10.npz [--cells 300] [--seed 0] [--batch 64]

Spearman's correlation of every proxy on untrained networks with the table's CIFAR-10 test accuracy after 200 epochs,
over cells drawn at random, with a 95 % interval from 1,000 bootstrap samples of the cells. The images are an archive
with `train_webp`, `train_off` (strips of 100 images as WebP) and `train_y`. The published figures are over all cells,
with the weights that the authors drew.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr
from strips import images
from timing import options, report
from torch import Tensor

from archgraph import build, cost, expand
from archgraph.interop.nasbench201 import spec
from archgraph.train.proxies import COUNTED, PROXIES
from archgraph.train.proxies.score import score

MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
"""Of CIFAR-10's training images, by channel."""
PUBLISHED: Mapping[str, str] = {
    "synflow": "0.74 (arXiv:2101.08134)",
    "naswot": "0.78 (arXiv:2006.04647)",
    "snip": "0.58 (arXiv:2101.08134)",
    "grad_norm": "0.58 (arXiv:2101.08134)",
    "fisher": "0.36 (arXiv:2101.08134)",
    "zen": "",
}


def main() -> None:
    """Print a row for each proxy."""
    parser = options("Spearman of zero-cost proxies with the accuracies of NAS-Bench-201")
    parser.add_argument("table", nargs="?", type=Path, help="the benchmark's table as CSV, which is not ours to give")
    parser.add_argument("images", nargs="?", type=Path, help="CIFAR-10 as an archive of WebP strips")
    parser.add_argument("--cells", type=int, default=300)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--proxies", nargs="+", choices=PROXIES, default=list(PROXIES))
    parser.add_argument("--keep", type=Path, help="a JSON file of scores, which is gone on with and added to")
    given = parser.parse_args()
    if given.table is None or given.images is None:
        print("nothing measured: it takes the benchmark's table and CIFAR-10's images")
        return
    cells = _cells(given.table, 5 if given.quick else given.cells, given.seed)
    x_bchw, labels_b = _batch(given.images, given.batch)
    scores, seconds = _scores(given.proxies, cells, x_bchw, labels_b, given.seed, given.keep)
    report(
        f"Spearman with CIFAR-10 test accuracy, {len(cells)} random cells, one batch of {given.batch} images",
        _rows(cells, scores, seconds),
        as_json=given.json,
    )


def _cells(path: Path, number: int, seed: int) -> list[Mapping[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return random.Random(seed).sample(rows, number)


def _batch(path: Path, number: int) -> tuple[Tensor, Tensor]:
    """The first training images, `(B, 3, 32, 32)`, and their labels."""
    found, labels = images(path, most=number)
    scaled = (found.astype(np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
    return torch.from_numpy(scaled).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels)


def _scores(
    proxies: Sequence[str],
    cells: Sequence[Mapping[str, str]],
    x_bchw: Tensor,
    labels_b: Tensor,
    seed: int,
    keep: Path | None,
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """The value of every proxy for every cell, and the seconds that each takes for one."""
    known = json.loads(keep.read_text()) if keep is not None and keep.exists() else {}
    scores: dict[str, list[float]] = defaultdict(list, known)
    seconds: dict[str, float] = defaultdict(float)
    done = min((len(scores[name]) for name in proxies), default=0)
    for cell in cells[done:]:
        graph = expand(spec(cell["arch"]))
        counted = cost(graph)
        for name in COUNTED:
            scores[name].append(float(getattr(counted, name)))
        torch.manual_seed(seed)
        module = build(graph)
        for name in proxies:
            start = time.perf_counter()
            scores[name].append(score(name, module, x_bchw, labels_b, seed=seed))
            seconds[name] += time.perf_counter() - start
        if keep is not None:
            keep.write_text(json.dumps(scores))
    return scores, {name: taken / (len(cells) - done) for name, taken in seconds.items()}


def _rows(
    cells: Sequence[Mapping[str, str]], scores: Mapping[str, Sequence[float]], seconds: Mapping[str, float]
) -> list[dict[str, Any]]:
    accuracies = [float(cell["test_200"]) for cell in cells]
    rows = []
    for name in sorted(scores, key=lambda name: name not in COUNTED):
        # A proxy without a value for a network puts it last.
        ranked = np.nan_to_num(np.array(scores[name]), nan=-np.inf)
        rows.append(
            {
                "proxy": name,
                "Spearman": f"{spearmanr(ranked, accuracies).statistic:.3f}",
                "95 %": _interval(ranked, np.array(accuracies)),
                "published": PUBLISHED.get(name, ""),
                "ms a network": f"{1e3 * seconds[name]:.0f}" if name in seconds else "",
            }
        )
    return rows


def _interval(ranked: np.ndarray[Any, Any], accuracies: np.ndarray[Any, Any]) -> str:
    """Where the correlation lies for 95 of 100 bootstrap samples of the cells."""
    chance = np.random.default_rng(0)
    samples = chance.integers(len(ranked), size=(1000, len(ranked)))
    found = [spearmanr(ranked[sample], accuracies[sample]).statistic for sample in samples]
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return f"{low:.2f}-{high:.2f}"


if __name__ == "__main__":
    main()
