"""Data sets by name and place: split once, apart, and the same everywhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from archgraph.errors import UsageError
from archgraph.train.data import DataError, load, source
from archgraph.train.sources import idx
from archgraph.train.splitting import arrange


def npz(file: Path, count: int = 120, classes: int = 3, seed: int = 0) -> Path:
    """Images of noise, no two alike, with classes of unequal size."""
    rng = np.random.default_rng(seed)
    labels = np.sort(rng.integers(0, classes, count) ** 2 // (classes - 1))
    np.savez(file, images=rng.integers(0, 256, (count, 6, 5, 3), dtype=np.uint8), labels=labels)
    return file


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


def test_images_are_scaled_by_the_training_images_alone(tmp_path: Path) -> None:
    for given in ("digits", str(npz(tmp_path / "a.npz"))):
        parts = load(given)
        train = parts["train"].scaled
        assert train.dtype == np.float32
        np.testing.assert_allclose(train.mean((0, 2, 3)), 0, atol=1e-5)
        np.testing.assert_allclose(train.std((0, 2, 3)), 1, atol=1e-5)
        assert np.abs(parts["test"].scaled.mean((0, 2, 3))).max() > 1e-5


def test_the_digits_are_what_they_say() -> None:
    found = source("digits")
    for part in load("digits").values():
        assert part.images.shape[1:] == found.shape and part.images.dtype == np.float32
        assert set(part.labels) == set(range(found.classes))


def test_what_is_held_out_is_a_sixth_of_every_class_and_of_nothing_else(tmp_path: Path) -> None:
    given = np.load(npz(tmp_path / "a.npz", count=3600))
    parts = load(str(tmp_path / "a.npz"))
    every = np.concatenate([part.images.reshape(len(part.labels), -1) for part in parts.values()])
    raw = given["images"].transpose(0, 3, 1, 2).reshape(3600, -1)
    assert np.array_equal(np.unique(every, axis=0), np.unique(raw, axis=0))
    counts = np.bincount(given["labels"])
    held = [np.bincount(parts[name].labels) for name in ("test", "validation")]
    assert np.abs(held[0] - counts / 6).max() < 1 and np.abs(held[1] - counts * 5 / 36).max() < 2
    for part in parts.values():
        for image, label in zip(part.images[:5].reshape(-1, 90), part.labels[:5], strict=False):
            assert given["labels"][(raw == image).all(1)] == [label]


def test_the_split_is_the_same_every_time(tmp_path: Path, own_cache: Path) -> None:
    arrays = np.load(npz(tmp_path / "a.npz"))
    first, second = (arrange({"train": (arrays["images"], arrays["labels"])}).parts for _ in range(2))
    assert all(np.array_equal(first[name].images, second[name].images) for name in first)


def test_parts_that_are_given_stay_as_they_are() -> None:
    rng = np.random.default_rng(0)
    parts = {name: (rng.integers(0, 255, (n, 4, 4)), rng.integers(0, 2, n)) for name, n in (("train", 60), ("test", 9))}
    found = arrange(parts).parts
    assert [len(found[name].labels) for name in ("train", "validation", "test")] == [50, 10, 9]
    assert np.array_equal(found["test"].labels, parts["test"][1])
    assert np.array_equal(found["test"].images[:, 0], parts["test"][0])


@pytest.mark.parametrize(
    "shape", [(50, 7, 9), (50, 7, 9, 3), (50, 3, 7, 9), (50, 1, 7, 9), (50, 7, 9, 1), (50, 4, 4, 1), (50, 1, 4, 4)]
)
def test_images_come_in_any_usual_layout(shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).random(shape)
    found = arrange({"train": (images, np.arange(50) % 2)})
    assert found.shape == ((3, 7, 9) if 3 in shape else (1, 4, 4) if 4 in shape else (1, 7, 9))
    first = found.parts["train"].images[0]
    assert first.dtype == np.float32 and any(
        np.allclose(
            np.squeeze(first), np.squeeze(one if shape[1] in (1, 3) or one.ndim == 2 else one.transpose(2, 0, 1))
        )
        for one in images
    )


def test_masks_are_a_task_of_their_own_and_255_is_not_counted() -> None:
    rng = np.random.default_rng(0)
    images, masks = rng.integers(0, 256, (30, 4, 4), dtype=np.uint8), rng.integers(0, 3, (30, 4, 4))
    masks[0, 0] = 255
    found = arrange({"train": (images, masks)})
    assert (found.task, found.classes) == ("segmentation", 3)
    assert 255 in np.concatenate([part.labels.ravel() for part in found.parts.values()])
    binary = arrange({"train": (images, np.where(masks == 1, 255, 0))})
    assert binary.classes == 2 and set(np.unique(binary.parts["train"].labels)) == {0, 1}
    assert arrange({"train": (images, masks == 1)}).classes == 2


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        ((10, 4, 4), np.arange(9) % 2, "x: train has 10 images and 9 labels"),
        ((10, 5, 5, 5), np.arange(10) % 2, r"x: train has images of the shape \(10, 5, 5, 5\); it takes"),
        ((10, 4), np.arange(10) % 2, r"x: train has images of the shape \(10, 4\)"),
        ((10, 4, 4), np.arange(10) - 1, "x: train has the label -1; labels are whole numbers from 0"),
        ((10, 4, 4), np.arange(10) / 2, r"x: train has labels of the shape \(10,\) and type float64"),
        ((10, 4, 4), np.zeros((10, 4, 5), int), r"x: train has images of \(4, 4\) and masks of \(4, 5\)"),
        ((10, 4, 4), np.zeros(10, int), "x has one class alone"),
        ((2, 4, 4), np.arange(2), "x has 2 images, too few to hold any out"),
        ((0, 4, 4), np.arange(0), "x has no images for training"),
    ],
)
def test_arrays_that_are_no_data_set_are_turned_away(images: tuple[int, ...], labels: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=f"^{said}"):
        arrange({"train": (np.zeros(images, np.uint8), labels)}, about="x")


def test_an_unknown_name_gives_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"unknown data set 'digit'; did you mean 'digits'\?"):
        load("digit")


@pytest.mark.parametrize(
    ("given", "said", "path"),
    [
        ({"fold": "x"}, "data says fold; it takes one of folder, npz", ("fold",)),
        ({"npz": "a", "idx": "b"}, "data says npz and idx; it takes one of", ()),
        ({"folder": "a", "sise": 3}, "unknown key 'sise' of data: folder; did you mean 'size'?", ("sise",)),
        ({"npz": "a.npz", "size": 3}, "unknown key 'size' of data: npz; allowed: npz", ("size",)),
        ({"folder": "a", "size": 0}, "size of data is 0; it takes pixels, as 64 or [height, width]", ("size",)),
        ({"folder": "a", "channels": 2}, "channels of data is 2; it takes 1, 3 or 4", ("channels",)),
        ({"npz": 3}, "npz of data is 3; it takes a text", ("npz",)),
        ({"npz": "nowhere.npz"}, "no file ", ("npz",)),
        ({"python": "nodots"}, "no function 'nodots'; it takes package.module:function", ("python",)),
        ({"python": "no_such:f"}, "no_such:f raises ModuleNotFoundError", ("python",)),
    ],
)
def test_a_mapping_that_is_wrong_says_where(given: dict[str, object], said: str, path: tuple[str, ...]) -> None:
    with pytest.raises(DataError) as caught:
        source(given)
    assert str(caught.value).startswith(said) and caught.value.path == path


def test_a_missing_package_gives_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archgraph.train.dataset.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"which is not installed; pip install 'archgraph\[data\]'"):
        load("digits")
    with pytest.raises(
        UsageError, match=r"is read with datasets, which is not installed; pip install 'archgraph\[data"
    ):
        load({"huggingface": "mnist"})


def test_a_path_is_absolute_in_what_a_source_says_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npz(tmp_path / "a.npz")
    found = source("a.npz", base=tmp_path)
    assert found.given == {"npz": str(tmp_path / "a.npz")}
    monkeypatch.chdir("/")
    assert source(json.loads(json.dumps(found.given))).load() is found.load()


def test_images_are_decoded_once(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npz(tmp_path / "a.npz")
    first = load(str(tmp_path / "a.npz"))
    monkeypatch.setattr("archgraph.train.data._SOURCES", {})
    with monkeypatch.context() as patch:
        patch.setattr("archgraph.train.sources.npz._read", lambda file: pytest.fail("decoded again"))
        second = load(str(tmp_path / "a.npz"))
    for name, part in first.items():
        assert np.array_equal(part.images, second[name].images) and np.array_equal(part.labels, second[name].labels)
        assert np.array_equal(part.mean, second[name].mean)
    # Another file at the same path is other data.
    npz(tmp_path / "a.npz", seed=1)
    os.utime(tmp_path / "a.npz", ns=(1, 1))
    monkeypatch.setattr("archgraph.train.data._SOURCES", {})
    assert not np.array_equal(load(str(tmp_path / "a.npz"))["train"].images, first["train"].images)


def test_data_are_read_where_no_cache_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ARCHGRAPH_CACHE", str(tmp_path / "file" / "below"))
    assert len(load(str(npz(tmp_path / "a.npz")))["train"].labels) > 50


def write_idx(folder: Path, count: int = 60) -> np.ndarray:
    """MNIST's four files, byte by byte as its authors describe them."""
    folder.mkdir(parents=True)
    images = np.random.default_rng(0).integers(0, 256, (count, 5, 7), dtype=np.uint8)
    for part, size in (("train", count), ("t10k", 20)):
        head = bytes([0, 0, 8, 3]) + size.to_bytes(4, "big") + (5).to_bytes(4, "big") + (7).to_bytes(4, "big")
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + images[:size].tobytes())
        labels = bytes(number % 4 for number in range(size))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1]) + size.to_bytes(4, "big") + labels)
    return images


def test_a_folder_of_idx_files_is_read(tmp_path: Path) -> None:
    images = write_idx(tmp_path / "mine")
    found = source(str(tmp_path / "mine"))
    assert (found.shape, found.classes, found.given) == ((1, 5, 7), 4, {"idx": str(tmp_path / "mine")})
    parts = found.load()
    assert [len(part.labels) for part in parts.values()] == [52, 8, 20]
    assert np.array_equal(parts["test"].images[:, 0], images[:20])
    assert list(parts["test"].labels[:5]) == [0, 1, 2, 3, 0]


def test_fashion_mnist_is_found_below_the_folders_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        DataError, match=r"fashion_mnist is in none of .*; Debian's package dataset-fashion-mnist has it"
    ):
        source("fashion_mnist")
    write_idx(tmp_path / "data" / "FashionMNIST" / "raw")
    monkeypatch.setenv("ARCHGRAPH_DATA", f"{tmp_path / 'empty'}{os.pathsep}{tmp_path / 'data'}")
    found = source("fashion_mnist")
    assert found.given == "fashion_mnist" and found.about.startswith("fashion_mnist: images of 1x5x7, 4 classes")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no IDX file: it begins nowhere"),
        (b"\x1f\x8b\x08\x00", "is no IDX file: it begins 1f 8b 08 00"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 9, 1, 2]), r"has 2 bytes of values, its sizes \(9,\) are 9"),
        (bytes([0, 0, 8, 3, 0, 0]), "has"),
    ],
)
def test_a_broken_idx_file_says_what_is_wrong(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DataError, match=said):
        idx.read(tmp_path / "a")


def test_idx_values_of_every_type_are_read(tmp_path: Path) -> None:
    for code, kind in ((0x09, ">i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")):
        values = np.array([1, -2, 3], kind)
        (tmp_path / "a").write_bytes(bytes([0, 0, code, 1, 0, 0, 0, 3]) + values.tobytes())
        assert list(idx.read(tmp_path / "a")) == [1, -2, 3]
