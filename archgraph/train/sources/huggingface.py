"""Data sets of Hugging Face's `datasets`, by name or from a folder that `save_to_disk` wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgraph.errors import nearest
from archgraph.train.cache import decoded
from archgraph.train.dataset import DataError, require
from archgraph.train.sources.image_folder import MODES, fitted
from archgraph.train.splitting import Arrays, arrange

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = {"train": "train", "validation": "validation", "valid": "validation", "val": "validation", "test": "test"}
SEGMENTED = ("mask", "masks", "annotation", "segmentation", "label")


def opened(
    name: str, *, image: str | None = None, label: str | None = None, size: Sequence[int] | None = None,
    channels: int = 3,
) -> Arrays:  # fmt: skip
    """Its splits train, validation and test, as far as there are; `image` and `label` are the columns to take.

    Without them, the first column of images and the first of classes. A label that is an image is a mask. `size` is
    as in a folder of images. Raises DataError.
    """
    require("datasets", "a Hugging Face data set", install="pip install 'archgraph[datasets]'")
    loaded = _load(name)
    parts = {PARTS[split]: rows for split, rows in loaded.items() if split in PARTS}
    if "train" not in parts:
        raise DataError(f"{name} has the splits {', '.join(loaded)}", hint="it needs one called train")
    features = parts["train"].features
    pictures = [column for column, feature in features.items() if type(feature).__name__ == "Image"]
    classes = [column for column, feature in features.items() if type(feature).__name__ == "ClassLabel"]
    image = _column(image, pictures, features, "image", name)
    masks = [column for column in pictures if column != image and column in SEGMENTED]
    label = _column(label, classes or masks, features, "label", name)
    columns = [image, label, list(size) if size else None, channels]
    prints = [[part, rows._fingerprint] for part, rows in sorted(parts.items())]

    def decode() -> Arrays:
        arrays = {part: _arrays(rows, image, label, size, channels) for part, rows in parts.items()}
        return arrange(arrays, about=name)

    return decoded([], ["huggingface", columns, prints], decode)


def _load(name: str) -> Any:
    import datasets

    try:
        found = datasets.load_from_disk(name) if Path(name).is_dir() else datasets.load_dataset(name)
    except Exception as error:  # the network, the hub, a script, a file: it raises what those raise
        first = str(error).strip().split("\n")[0]
        raise DataError(f"cannot load {name!r} with datasets: {first}") from error
    return found if isinstance(found, dict) else {"train": found}


def _column(given: str | None, found: Sequence[str], features: Any, kind: str, name: str) -> str:
    if given is not None and given not in features:
        raise DataError(f"{name} has no column {given!r}", hint=nearest(given, features), path=(kind,))
    if given is None and not found:
        raise DataError(f"{name} has no column that is clearly its {kind}: {', '.join(features)}", hint=f"{kind}: NAME")
    return given or found[0]


def _arrays(rows: Any, image: str, label: str, size: Sequence[int] | None, channels: int) -> tuple[Any, Any]:
    import numpy as np

    images = _stacked([_pixels(row[image], size, MODES[channels]) for row in rows], image)
    first = rows[0][label] if len(rows) else 0
    if not hasattr(first, "convert"):
        return images, np.array(rows[label])
    return images, _stacked([_mask(row[label], size) for row in rows], label)


def _stacked(pixels: Sequence[NDArray[Any]], column: str) -> NDArray[Any]:
    import numpy as np

    if len({one.shape for one in pixels}) > 1:
        raise DataError(f"the images of {column} have several sizes", hint="size: 64 brings all to one size")
    return np.stack(pixels)


def _pixels(image: Any, size: Sequence[int] | None, mode: str) -> NDArray[Any]:
    import numpy as np

    image = image.convert(mode)
    pixels = np.asarray(fitted(image, size) if size else image)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _mask(image: Any, size: Sequence[int] | None) -> NDArray[Any]:
    import numpy as np
    from PIL import Image, ImageOps

    # Classes between two classes are not the mean of both.
    whole = ImageOps.fit(image, (size[1], size[0]), method=Image.Resampling.NEAREST) if size else image
    return np.asarray(whole if whole.mode in ("L", "P", "I", "1") else whole.convert("L"))
