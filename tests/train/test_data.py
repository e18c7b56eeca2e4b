"""Data sets: split once, apart, and the same everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from archgraph.errors import UsageError
from archgraph.train.data import DATA, load


def test_the_parts_of_the_digits_are_disjoint_and_complete() -> None:
    parts = load("digits")
    every = np.concatenate([part.images.reshape(len(part.labels), -1) for part in parts.values()])
    raw = load_digits().images.reshape(1797, -1)
    assert every.shape == raw.shape
    # No two digits of the set are equal, so that distinct images are distinct rows.
    assert len(np.unique(raw, axis=0)) == 1797
    assert len(np.unique(every, axis=0)) == 1797


def test_every_class_is_in_every_part_alike() -> None:
    for name, part in load("digits").items():
        shares = np.bincount(part.labels, minlength=10) / len(part.labels)
        assert np.abs(shares - 0.1).max() < 0.01, name
    assert [len(part.labels) for part in load("digits").values()] == [1077, 360, 360]


def test_images_are_scaled_by_the_training_images_alone() -> None:
    parts = load("digits")
    assert abs(parts["train"].images.mean()) < 1e-5 and abs(parts["train"].images.std() - 1) < 1e-5
    assert abs(parts["test"].images.mean()) > 1e-5


def test_a_source_gives_what_it_says() -> None:
    for name, source in DATA.items():
        for part in load(name).values():
            assert part.images.shape[1:] == source.shape and part.images.dtype == np.float32
            assert set(part.labels) == set(range(source.classes))


def test_an_unknown_name_gives_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no data set 'digit'; did you mean 'digits'\?"):
        load("digit")


def test_a_missing_package_gives_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archgraph.train.data.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"which is not installed: pip install 'archgraph\[data\]'"):
        load("digits")
