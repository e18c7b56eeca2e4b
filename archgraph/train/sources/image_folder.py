"""A folder of images with one folder a class, as ImageNet is usually kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgraph.train.cache import decoded
from archgraph.train.dataset import DataError, require
from archgraph.train.splitting import Arrays, arrange

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
PARTS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def opened(folder: Path, *, size: Sequence[int] | None = None, channels: int = 3) -> Arrays:
    """`folder/CLASS/*.png`, or `folder/train/CLASS/*.png` with `val` and `test` beside; classes go by their names.

    `size` is what every image is brought to, `(height, width)`: scaled until it covers that, and cut in the middle;
    without it all have to be alike. Raises DataError.
    """
    require("PIL", "a folder of images", install="pip install 'archgraph[data]'")
    if not folder.is_dir():
        raise DataError(f"no folder {str(folder)!r}")
    parts = {PARTS[below.name]: below for below in _folders(folder) if below.name in PARTS}
    if "train" not in parts:
        parts = {"train": folder}
    classes = sorted({below.name for part in parts.values() for below in _folders(part)})
    files = {part: _labelled(below, classes) for part, below in parts.items()}
    if not files["train"]:
        hint = f"it takes {folder.name}/CLASS/*.png, or {folder.name}/train/CLASS/*.png; {', '.join(ENDINGS)}"
        raise DataError(f"no images in folders of classes below {str(folder)!r}", hint=hint)
    every = [file for pairs in files.values() for file, _ in pairs]
    options = ["folder", list(size) if size else None, channels, classes]
    return decoded(every, options, lambda: _decode(files, size, channels, str(folder)))


def classes_in(folder: Path) -> bool:
    """Whether a folder has folders of images, with parts or without."""
    first = folder / "train" if (folder / "train").is_dir() else folder
    return any(file.suffix.lower() in ENDINGS for below in _folders(first)[:3] for file in below.iterdir())


def _folders(folder: Path) -> list[Path]:
    return sorted(below for below in folder.iterdir() if below.is_dir() and not below.name.startswith("."))


def _labelled(folder: Path, classes: Sequence[str]) -> list[tuple[Path, int]]:
    return [
        (file, classes.index(below.name))
        for below in _folders(folder)
        for file in sorted(below.iterdir())
        if file.suffix.lower() in ENDINGS
    ]


def _decode(files: dict[str, list[tuple[Path, int]]], size: Sequence[int] | None, channels: int, about: str) -> Arrays:
    import numpy as np

    given: dict[str, tuple[Any, Any]] = {}
    first: tuple[int, int] | None = (size[0], size[1]) if size else None
    for part, pairs in files.items():
        images = []
        for file, _ in pairs:
            image = _image(file, size, channels)
            first = first or image.shape[:2]
            if image.shape[:2] != first:
                message = f"{str(file)!r} has {image.shape[0]}x{image.shape[1]} pixels, others {first[0]}x{first[1]}"
                raise DataError(message, hint="size: 64 brings all to one size")
            images.append(image)
        if pairs:
            given[part] = np.stack(images), np.array([label for _, label in pairs])
    return arrange(given, about=about)


def _image(file: Path, size: Sequence[int] | None, channels: int) -> NDArray[Any]:
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as opened:
            image = opened.convert(MODES[channels])
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(f"cannot read the image {str(file)!r}: {error}") from error
    pixels = np.asarray(fitted(image, size) if size else image)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def fitted(image: Image, size: Sequence[int]) -> Image:
    """An image scaled to cover `(height, width)` and cut to it in the middle."""
    from PIL import ImageOps

    return ImageOps.fit(image, (size[1], size[0]))
