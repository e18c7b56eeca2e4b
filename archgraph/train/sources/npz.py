"""Arrays in a file of numpy: images with their classes or masks."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgraph.train.cache import decoded
from archgraph.train.dataset import DataError
from archgraph.train.splitting import Arrays, arrange

IMAGES = ("images", "x")
LABELS = ("labels", "masks", "y")
PARTS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}


def opened(file: Path) -> Arrays:
    """`images` (or `x`) and `labels` (or `masks`, `y`), of a part in `train_images` or `images_train`.

    Nothing in the file is executed: arrays of Python objects are refused. Raises DataError.
    """
    if not file.is_file():
        raise DataError(f"no file {str(file)!r}")
    return decoded([file], "npz", lambda: arrange(_parts(_read(file), file), about=str(file)))


def _read(file: Path) -> Mapping[str, Any]:
    import numpy as np

    try:
        with np.load(file, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files if _is_part(name)}
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"cannot read {str(file)!r} as .npz: {error}") from error


def _parts(arrays: Mapping[str, Any], file: Path) -> dict[str, tuple[Any, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        part, kind = _is_part(name) or ("", "")
        found.setdefault(part, {})[kind] = array
    whole = {part: (pair["images"], pair["labels"]) for part, pair in found.items() if len(pair) == 2}
    if "train" not in whole:
        hint = "it needs images and labels (or masks); or train_images, train_labels, test_images, test_labels"
        raise DataError(f"{str(file)!r} has no training images with labels", hint=hint)
    return whole


def _is_part(name: str) -> tuple[str, str] | None:
    """The part that an array is of, and whether it has its images or labels; an array of no part is for `train`."""
    words = name.split("_")
    parts = [PARTS[word] for word in words if word in PARTS]
    rest = "_".join(word for word in words if word not in PARTS)
    kind = "images" if rest in IMAGES else "labels" if rest in LABELS else ""
    return ((parts or ["train"])[0], kind) if kind and len(parts) <= 1 else None
