"""Data sets by name: images and labels as arrays, split once and for all into train, validation and test.

What a search compares is measured on the validation images; the test images are for the winners, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from archgraph.errors import UsageError, nearest
from archgraph.shape import Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Images: TypeAlias = NDArray[np.float32]
    Labels: TypeAlias = NDArray[np.int64]

Part: TypeAlias = Literal["train", "validation", "test"]


class Split(NamedTuple):
    """Images `(N, C, H, W)`, scaled to mean 0 and deviation 1 by the training images; labels `(N,)`."""

    images: Images
    labels: Labels


@dataclass(frozen=True)
class DataSource:
    """A data set: the shape of an image, the number of classes, and how to get it.

    `needs` is the module it is read with, `install` what installs that.
    """

    about: str
    shape: Shape
    classes: int
    load: Callable[[], Mapping[Part, Split]]
    needs: str
    install: str

    def missing(self) -> str | None:
        """What has to be installed before it can be read; None where nothing is missing."""
        return None if find_spec(self.needs.split(".")[0]) else self.install


def source(name: str) -> DataSource:
    """The data set of a name. Raises UsageError for an unknown name."""
    if name not in DATA:
        raise UsageError(f"no data set {name!r}; {nearest(name, DATA, kind='data sets')}")
    return DATA[name]


def load(name: str) -> Mapping[Part, Split]:
    """The images and labels of a data set. Raises UsageError where it is unknown or cannot be read here."""
    found = source(name)
    if (install := found.missing()) is not None:
        raise UsageError(f"the data set {name!r} is read with {found.needs}, which is not installed: {install}")
    return found.load()


def _digits() -> Mapping[Part, Split]:
    """60 % train, 20 % validation, 20 % test, with equal parts of every class; the same on every machine."""
    import numpy as np
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    loaded = load_digits()
    images = loaded.images.astype(np.float32)[:, None]
    labels = loaded.target.astype(np.int64)
    rest, test = train_test_split(np.arange(len(labels)), test_size=360, stratify=labels, random_state=0)
    train, validation = train_test_split(rest, test_size=360, stratify=labels[rest], random_state=0)
    mean, deviation = images[train].mean(), images[train].std()
    scaled = (images - mean) / deviation
    return {
        "train": Split(scaled[train], labels[train]),
        "validation": Split(scaled[validation], labels[validation]),
        "test": Split(scaled[test], labels[test]),
    }


DATA: Mapping[str, DataSource] = {
    "digits": DataSource(
        about="1,797 handwritten digits of 8x8 pixels that come with scikit-learn",
        shape=(1, 8, 8),
        classes=10,
        load=_digits,
        needs="sklearn",
        install="pip install 'archgraph[data]'",
    ),
}
