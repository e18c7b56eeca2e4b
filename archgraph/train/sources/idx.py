"""IDX files, the format of MNIST (http://yann.lecun.com/exdb/mnist), gzipped or not."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgraph.train.cache import decoded
from archgraph.train.dataset import DataError
from archgraph.train.splitting import Arrays, arrange

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def opened(folder: Path) -> Arrays:
    """The images of a folder with MNIST's file names; a sixth of the training images is for validation."""
    found = {part: tuple(_find(folder, name) for name in names) for part, names in NAMES.items()}
    images, labels = found["train"]
    if images is None or labels is None:
        hint = f"it needs {' and '.join(NAMES['train'])}, each with .gz or without, and the same with t10k for test"
        raise DataError(f"no IDX files in {str(folder)!r}", hint=hint)
    given = {part: (i, y) for part, (i, y) in found.items() if i is not None and y is not None}
    files = [file for pair in given.values() for file in pair]
    return decoded(
        files,
        "idx",
        lambda: arrange({part: (read(i), read(y)) for part, (i, y) in given.items()}, about=str(folder)),
    )


def looks_like(folder: Path) -> bool:
    """Whether a folder has the training images of MNIST's names."""
    return _find(folder, NAMES["train"][0]) is not None


def read(file: Path) -> NDArray[Any]:
    """The array of an IDX file: two zero bytes, the type, the number of axes, their sizes, the values, all big-endian.

    Raises DataError.
    """
    import numpy as np

    try:
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot read {str(file)!r}: {error}") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in TYPES:
        raise DataError(f"{str(file)!r} is no IDX file: it begins {data[:4].hex(' ') or 'nowhere'}")
    axes = data[3]
    sizes = tuple(int.from_bytes(data[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(axes))
    dtype = np.dtype(TYPES[data[2]])
    values, expected = len(data) - 4 - 4 * axes, math.prod(sizes) * dtype.itemsize
    if values != expected:
        raise DataError(f"{str(file)!r} has {values:,} bytes of values, its sizes {sizes} are {expected:,}")
    return np.frombuffer(data, dtype, offset=4 + 4 * axes).reshape(sizes).astype(dtype.newbyteorder("="))


def _find(folder: Path, name: str) -> Path | None:
    # torchvision's copies are written with a dot: train-images.idx3-ubyte.
    for each in (name, name.replace("-idx", ".idx")):
        for file in (folder / each, folder / f"{each}.gz"):
            if file.is_file():
                return file
    return None
