"""CIFAR-10 as the benchmarks get it: an archive of WebP pictures, each a hundred images one above the other."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

STRIP = 100
"""Images in a picture."""


def images(file: Path, part: str = "train", *, most: int | None = None) -> tuple[Any, Any]:
    """The first images of a part, uint8 `(N, 32, 32, 3)`, and their classes, int64 `(N,)`."""
    from PIL import Image

    with np.load(file) as held:
        blobs, offsets = held[f"{part}_webp"].tobytes(), held[f"{part}_off"]
        labels = held[f"{part}_y"][:most].astype(np.int64)
    strips = [
        np.asarray(Image.open(io.BytesIO(blobs[offsets[n] : offsets[n + 1]])).convert("RGB"))
        for n in range(-(-len(labels) // STRIP))
    ]
    return np.concatenate(strips).reshape(-1, 32, 32, 3)[: len(labels)], labels


def unpacked(file: Path, to: Path) -> Path:
    """The whole archive as arrays that `data: {npz: FILE}` takes, in the file `to`, unless that is there already."""
    if not to.exists():
        to.parent.mkdir(parents=True, exist_ok=True)
        (train_x, train_y), (test_x, test_y) = images(file), images(file, "test")
        np.savez(to, train_x=train_x, train_y=train_y, test_x=test_x, test_y=test_y)
    return to
