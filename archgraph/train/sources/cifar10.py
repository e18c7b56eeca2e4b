"""CIFAR-10 (Krizhevsky 2009) in the forms it is handed out in: Python pickles, the binary version, and .npz."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgraph.train.cache import decoded
from archgraph.train.dataset import DataError
from archgraph.train.sources import npz
from archgraph.train.splitting import Arrays, arrange

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRAIN = [f"data_batch_{number}" for number in range(1, 6)]
TEST = "test_batch"
SHAPE = (3, 32, 32)
ROW = 1 + 3 * 32 * 32
"""Bytes of an image in the binary version: its class, then its red, green and blue pixels, row by row."""
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}
"""All that a pickle of CIFAR-10 names. A pickle can call whatever it names, so nothing else is looked up."""


def opened(path: Path) -> Arrays:
    """A folder `cifar-10-batches-py` or `cifar-10-batches-bin`, or an .npz file as `npz` takes. Raises DataError."""
    if path.is_file():
        return npz.opened(path)
    found = _files(path)
    if found is None:
        hint = f"it needs {TRAIN[0]} to {TRAIN[-1]} and {TEST}, each as a pickle or with .bin; or an .npz file"
        raise DataError(f"no CIFAR-10 in {str(path)!r}", hint=hint)
    return decoded(found, "cifar10", lambda: _decode(found, str(path)))


def looks_like(folder: Path) -> bool:
    """Whether a folder has CIFAR-10's files."""
    return _files(folder) is not None


def _files(folder: Path) -> list[Path] | None:
    inner = ("", "cifar-10-batches-py", "cifar-10-batches-bin")
    for below in (folder / name for name in inner):
        for ending in ("", ".bin"):
            files = [below / f"{name}{ending}" for name in (*TRAIN, TEST)]
            if all(file.is_file() for file in files):
                return files
    return None


def _decode(files: Sequence[Path], about: str) -> Arrays:
    import numpy as np

    batches = [_binary(file) if file.suffix == ".bin" else _pickled(file) for file in files]
    images, labels = ([batch[index] for batch in batches] for index in (0, 1))
    train = np.concatenate(images[:-1]), np.concatenate(labels[:-1])
    return arrange({"train": train, "test": (images[-1], labels[-1])}, about=about)


def _binary(file: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    import numpy as np

    values = np.fromfile(file, np.uint8)
    if not len(values) or len(values) % ROW:
        raise DataError(f"{str(file)!r} has {len(values):,} bytes, no multiple of {ROW:,}")
    rows = values.reshape(-1, ROW)
    return rows[:, 1:].reshape(-1, *SHAPE), rows[:, 0]


def _pickled(file: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    import numpy as np

    try:
        batch = _Unpickler(io.BytesIO(file.read_bytes()), encoding="bytes").load()
        images, labels = batch[b"data"], np.asarray(batch[b"labels"])
        return np.asarray(images, np.uint8).reshape(-1, *SHAPE), labels
    except DataError:
        raise
    except Exception as error:  # what a broken pickle raises can be of any kind
        raise DataError(f"cannot read {str(file)!r} as a batch of CIFAR-10: {error}") from error


class _Unpickler(pickle.Unpickler):
    """Reads arrays, lists, dicts and texts; a pickle that names anything else is refused before that is called."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise DataError(f"a pickle asks for {module}.{name}, which no batch of CIFAR-10 does; it was not executed")
        return super().find_class(module, name)
