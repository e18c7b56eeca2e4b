"""Arrays as a data set: one layout, one kind of labels, parts that have nothing in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archgraph.shape import Shape
from archgraph.train.dataset import IGNORED, DataError, Part, Split, Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHANNELS = (1, 3, 4)
SHARE = 1 / 6
"""Of the training images, what is held out: 10,000 of MNIST's 60,000, as many as there are test images."""
SEED = 0
"""The parts are the same for every search, whatever its seed: results can be compared."""


@dataclass(frozen=True, eq=False)
class Arrays:
    """Decoded images and labels by part, and what is known of them without looking at every pixel."""

    parts: Mapping[Part, Split]
    shape: Shape
    classes: int
    task: Task


def arrange(given: Mapping[str, tuple[Any, Any]], *, share: float = SHARE, about: str = "the data") -> Arrays:
    """Images and labels by part, `train` at least, as a data set.

    Images are `(N, H, W)`, `(N, H, W, C)` or `(N, C, H, W)` with 1, 3 or 4 channels, bytes or floats; labels `(N,)` or
    masks `(N, H, W)`, whole numbers from 0. A part that is not given is held out of `train`: `share` of it, with equal
    parts of every class, by a fixed seed. Raises DataError.
    """
    import numpy as np

    unknown = [name for name in given if name not in ("train", "validation", "test")]
    if unknown or "train" not in given:
        hint = "there are train, validation and test; train has to be there"
        raise DataError(f"{about} has the parts {', '.join(given) or 'none'}", hint=hint)
    arrays = {
        name: (_images(np.asarray(i), f"{about}: {name}"), np.asarray(y)) for name, (i, y) in given.items() if len(i)
    }
    if "train" not in arrays:
        raise DataError(f"{about} has no images for training")
    for name, (images, labels) in arrays.items():
        _check(images, labels, f"{about}: {name}")
    shapes = {images.shape[1:] for images, _ in arrays.values()}
    if len(shapes) > 1:
        raise DataError(f"{about} has images of several shapes: {', '.join(map(str, sorted(shapes)))}")
    task: Task = "segmentation" if arrays["train"][1].ndim == 3 else "classification"
    arrays = {name: (images, _classes(labels, task)) for name, (images, labels) in arrays.items()}
    for name in ("test", "validation"):
        if name not in arrays:
            arrays["train"], arrays[name] = _held_out(*arrays["train"], share=share, about=about)
    counts = [_count(labels, task) for _, labels in arrays.values()]
    if max(counts) < 2:
        raise DataError(f"{about} has one class alone", hint="labels are whole numbers from 0, two of them at least")
    mean, deviation = _statistics(arrays["train"][0])
    order: Sequence[Part] = ("train", "validation", "test")
    parts: dict[Part, Split] = {name: Split(*arrays[name], mean, deviation) for name in order}
    channels, height, width = shapes.pop()
    return Arrays(parts, (channels, height, width), max(counts), task)


def _images(images: NDArray[Any], about: str) -> NDArray[Any]:
    """Images as `(N, C, H, W)`."""
    import numpy as np

    shape = images.shape
    if images.ndim == 3:
        images = images[:, None]
    elif images.ndim == 4 and shape[3] in CHANNELS and (shape[1] not in CHANNELS or shape[1] == shape[2]):
        images = images.transpose(0, 3, 1, 2)
    elif images.ndim != 4 or shape[1] not in CHANNELS:
        hint = "it takes (N, H, W), (N, H, W, C) or (N, C, H, W) with 1, 3 or 4 channels"
        raise DataError(f"{about} has images of the shape {shape}", hint=hint)
    if images.dtype.kind not in "fbui":
        raise DataError(f"{about} has images of the type {images.dtype}", hint="it takes bytes or floats")
    return np.ascontiguousarray(images, dtype=np.uint8 if images.dtype == np.uint8 else np.float32)


def _check(images: NDArray[Any], labels: NDArray[Any], about: str) -> None:
    if len(images) != len(labels):
        raise DataError(f"{about} has {len(images):,} images and {len(labels):,} labels")
    if labels.ndim == 3 and labels.shape[1:] != images.shape[2:]:
        raise DataError(f"{about} has images of {images.shape[2:]} and masks of {labels.shape[1:]}")
    if labels.ndim not in (1, 3) or labels.dtype.kind not in "bui":
        hint = "it takes whole numbers, (N,) for classes or (N, H, W) for masks"
        raise DataError(f"{about} has labels of the shape {labels.shape} and type {labels.dtype}", hint=hint)
    if labels.min() < 0:
        raise DataError(f"{about} has the label {labels.min()}", hint="labels are whole numbers from 0")
    if labels.ndim == 3 and labels.max() > IGNORED:
        raise DataError(f"{about} has the label {labels.max()} in a mask", hint=f"masks go to {IGNORED}, not counted")


def _classes(labels: NDArray[Any], task: Task) -> NDArray[Any]:
    """Labels as int64, masks as bytes; a mask of 0 and 255 alone is one of 0 and 1."""
    import numpy as np

    if task == "classification":
        return labels.astype(np.int64)
    masks = labels.astype(np.uint8)
    return masks // IGNORED if masks.max() == IGNORED and not ((masks > 0) & (masks < IGNORED)).any() else masks


def _count(labels: NDArray[Any], task: Task) -> int:
    """Classes: one more than the highest label."""
    counted = labels[labels != IGNORED] if task == "segmentation" else labels
    return int(counted.max()) + 1 if counted.size else 0


def _held_out(
    images: NDArray[Any], labels: NDArray[Any], *, share: float, about: str
) -> tuple[tuple[NDArray[Any], NDArray[Any]], tuple[NDArray[Any], NDArray[Any]]]:
    """The rest and what is held out, of every class the same part."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(labels))
    out = np.zeros(len(labels), bool)
    groups = [order[labels[order] == label] for label in np.unique(labels)] if labels.ndim == 1 else [order]
    for group in groups:
        out[group[: round(len(group) * share)]] = True
    if not out.any() or out.all():
        raise DataError(f"{about} has {len(labels)} images, too few to hold any out", hint="give a part of its own")
    return (images[~out], labels[~out]), (images[out], labels[out])


def _statistics(images: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and deviation of each channel. In pieces: all images at once as float64 would not fit."""
    import numpy as np

    total, squares = np.zeros(images.shape[1]), np.zeros(images.shape[1])
    for start in range(0, len(images), 1024):
        piece = images[start : start + 1024].astype(np.float64)
        total += piece.sum((0, 2, 3))
        squares += (piece**2).sum((0, 2, 3))
    pixels = images[:, 0].size
    mean = total / pixels
    deviation = np.sqrt(np.maximum(squares / pixels - mean**2, 0))
    # A channel that is the same everywhere has nothing to be divided by.
    deviation[deviation < 1e-6] = 1
    return mean.astype(np.float32), deviation.astype(np.float32)
