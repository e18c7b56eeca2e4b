"""The handwritten digits of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from archgraph.train.dataset import DataSource, Part, Split


@cache
def load() -> Mapping[Part, Split]:
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
    unit = np.zeros(1, np.float32), np.ones(1, np.float32)
    return {
        "train": Split(scaled[train], labels[train], *unit),
        "validation": Split(scaled[validation], labels[validation], *unit),
        "test": Split(scaled[test], labels[test], *unit),
    }


def opened() -> DataSource:
    """The data set."""
    return DataSource(
        about="1,797 handwritten digits of 8x8 pixels that come with scikit-learn",
        shape=(1, 8, 8),
        classes=10,
        load=load,
        needs="sklearn",
        install="pip install 'archgraph[data]'",
        given="digits",
    )
