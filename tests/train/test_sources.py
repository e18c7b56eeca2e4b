"""Data from folders, pickles, Hugging Face and a user's function, each as it is really laid out."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from archgraph.train.data import DataError, load, source


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def save(file: Path, pixels: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


def test_a_folder_of_images_has_a_class_a_folder(tmp_path: Path) -> None:
    pixels = noise(40, 6, 8, 3)
    for number, one in enumerate(pixels):
        save(tmp_path / "pets" / ("cat", "dog")[number % 2] / f"{number}.png", one)
    (tmp_path / "pets" / "dog" / "notes.txt").write_text("not an image")
    found = source(str(tmp_path / "pets"))
    assert (found.shape, found.classes, found.task) == ((3, 6, 8), 2, "classification")
    for part in found.load().values():
        for image, label in zip(part.images, part.labels, strict=True):
            (number,) = (n for n, one in enumerate(pixels) if np.array_equal(one.transpose(2, 0, 1), image))
            assert label == number % 2


def test_a_folder_of_images_may_have_its_parts(tmp_path: Path) -> None:
    for part, count in (("train", 30), ("val", 6), ("test", 4)):
        for number in range(count):
            save(tmp_path / part / "ab"[number % 2] / f"{number}.png", noise(4, 4, seed=number))
    found = source({"folder": str(tmp_path), "channels": 1})
    assert found.shape == (1, 4, 4)
    assert [len(part.labels) for part in found.load().values()] == [30, 6, 4]
    assert np.array_equal(found.load()["test"].images[0, 0], noise(4, 4, seed=0))


def test_images_of_several_sizes_need_one(tmp_path: Path) -> None:
    for number in range(24):
        save(tmp_path / "ab"[number % 2] / f"{number}.png", np.full((8 + number, 16, 3), 7 * (number % 2), np.uint8))
    with pytest.raises(DataError, match=r"has \d+x16 pixels, others \d+x16; size: 64 brings all to one size"):
        load({"folder": str(tmp_path)})
    found = source({"folder": str(tmp_path), "size": [6, 5]})
    assert found.shape == (3, 6, 5) and set(np.unique(found.load()["train"].images)) == {0, 7}
    assert source({"folder": str(tmp_path), "size": 6}).shape == (3, 6, 6)


def test_a_folder_without_images_and_a_broken_image_are_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(DataError, match="no images in folders of classes below"):
        source({"folder": str(tmp_path)})
    with pytest.raises(DataError, match="is no data set that is known; it takes a folder of IDX"):
        source(str(tmp_path))
    (tmp_path / "a" / "x.png").write_bytes(b"not a png")
    with pytest.raises(DataError, match=r"cannot read the image '.*x\.png'"):
        source({"folder": str(tmp_path)})


def cifar_files(folder: Path, *, binary: bool) -> tuple[np.ndarray, np.ndarray]:
    """Six batches of 20 images as CIFAR-10's page describes them."""
    folder.mkdir(parents=True)
    images, labels = noise(6, 20, 3072), np.arange(120).reshape(6, 20) % 10
    for name, rows, classes in zip(
        [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"], images, labels, strict=True
    ):
        if binary:
            table = np.concatenate([classes[:, None].astype(np.uint8), rows], axis=1)
            (folder / f"{name}.bin").write_bytes(table.tobytes())
        else:
            batch = {b"data": rows, b"labels": classes.tolist(), b"batch_label": b"x", b"filenames": [b"a.png"] * 20}
            (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
    return images, labels


@pytest.mark.parametrize("binary", [False, True])
def test_cifar10_is_read_as_it_is_handed_out(tmp_path: Path, binary: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = cifar_files(tmp_path / f"cifar-10-batches-{'bin' if binary else 'py'}", binary=binary)
    monkeypatch.setenv("ARCHGRAPH_DATA", str(tmp_path))
    found = source("cifar10")
    assert (found.shape, found.classes) == ((3, 32, 32), 10)
    test = found.load()["test"]
    assert np.array_equal(test.images.reshape(20, -1), images[5]) and np.array_equal(test.labels, labels[5])
    assert source(str(tmp_path)).shape == (3, 32, 32)
    # Channels by channels, each row by row: the first pixel's green is the 1,025th number.
    assert test.images[3, 1, 0, 0] == images[5, 3, 1024]


class Evil:
    def __reduce__(self) -> Any:
        return exec, ("open('executed', 'w')",)


def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cifar_files(tmp_path / "c", binary=False)
    (tmp_path / "c" / "data_batch_3").write_bytes(pickle.dumps({b"data": Evil(), b"labels": []}))
    with pytest.raises(DataError, match=r"a pickle asks for \w+\.exec, .*; it was not executed"):
        source({"cifar10": str(tmp_path / "c")})
    assert not (tmp_path / "executed").exists()


def test_a_broken_cifar10_says_which_file(tmp_path: Path) -> None:
    cifar_files(tmp_path / "c", binary=True)
    (tmp_path / "c" / "data_batch_2.bin").write_bytes(b"12345")
    with pytest.raises(DataError, match=r"data_batch_2\.bin' has 5 bytes, no multiple of 3,073"):
        source({"cifar10": str(tmp_path / "c")})
    with pytest.raises(DataError, match="no CIFAR-10 in"):
        source({"cifar10": str(tmp_path)})


def test_an_npz_may_have_its_parts_and_is_never_executed(tmp_path: Path) -> None:
    images, labels = noise(40, 4, 4), np.arange(40) % 3
    np.savez(tmp_path / "keras.npz", x_train=images, y_train=labels, x_test=images[:7], y_test=labels[:7])
    assert [len(part.labels) for part in load(str(tmp_path / "keras.npz")).values()] == [34, 6, 7]
    np.savez_compressed(tmp_path / "masks.npz", images=images, masks=images > 9, other=np.zeros(3))
    assert source(str(tmp_path / "masks.npz")).task == "segmentation"
    np.savez(tmp_path / "evil.npz", images=np.array([Evil()], dtype=object), labels=labels)
    with pytest.raises(DataError, match=r"cannot read .*evil\.npz"):
        source(str(tmp_path / "evil.npz"))
    np.savez(tmp_path / "bare.npz", images=images)
    with pytest.raises(DataError, match="has no training images with labels; it needs images and labels"):
        source(str(tmp_path / "bare.npz"))
    (tmp_path / "text.npz").write_text("no arrays")
    with pytest.raises(DataError, match=r"cannot read .*text\.npz"):
        source(str(tmp_path / "text.npz"))


def test_gzipped_idx_files_are_the_same_as_plain_ones(tmp_path: Path) -> None:
    from archgraph.train.sources import idx

    content = bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 6, 7])
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "a.gz").write_bytes(gzip.compress(content))
    assert list(idx.read(tmp_path / "a")) == list(idx.read(tmp_path / "a.gz")) == [5, 6, 7]
    (tmp_path / "b.gz").write_bytes(gzip.compress(content)[:-5])
    with pytest.raises(DataError, match=r"cannot read .*b\.gz"):
        idx.read(tmp_path / "b.gz")


def test_a_function_of_the_users_gives_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_images.py").write_text(
        "import numpy as np\n"
        "def give():\n"
        "    return {'train': (np.zeros((60, 4, 4)), np.arange(60) % 5)}\n"
        "def wrong():\n"
        "    return [1, 2]\n"
        "def raises():\n"
        "    raise OSError('disk')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = source({"python": "my_images:give"})
    assert (found.shape, found.classes, found.given) == ((1, 4, 4), 5, {"python": "my_images:give"})
    with pytest.raises(DataError, match=r'my_images:wrong gives list; it gives \{"train": \(images, labels\)'):
        source({"python": "my_images:wrong"})
    with pytest.raises(DataError, match="my_images:raises raises OSError: disk"):
        source({"python": "my_images:raises"})


def test_a_data_set_of_hugging_face_is_read(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="an optional package")
    pixels = noise(30, 5, 6, 3)
    features = datasets.Features(
        {"id": datasets.Value("int32"), "picture": datasets.Image(), "kind": datasets.ClassLabel(names=["a", "b", "c"])}
    )
    images = [Image.fromarray(one) for one in pixels]
    rows = {"id": list(range(30)), "picture": images, "kind": [n % 3 for n in range(30)]}
    whole = datasets.Dataset.from_dict(rows, features=features)
    datasets.DatasetDict({"train": whole.select(range(24)), "test": whole.select(range(24, 30))}).save_to_disk(
        tmp_path / "h"
    )
    found = source(str(tmp_path / "h"))
    assert (found.shape, found.classes) == ((3, 5, 6), 3)
    test = found.load()["test"]
    assert np.array_equal(test.images, pixels[24:].transpose(0, 3, 1, 2)) and list(test.labels) == [0, 1, 2] * 2
    assert source({"huggingface": str(tmp_path / "h"), "size": 4, "channels": 1}).shape == (1, 4, 4)
    with pytest.raises(DataError, match="has no column 'kin'; did you mean 'kind'"):
        source({"huggingface": str(tmp_path / "h"), "label": "kin"})


def test_masks_of_hugging_face_are_images(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="an optional package")
    pixels, masks = noise(20, 6, 6, 3), noise(20, 6, 6, seed=1) % 3
    rows = {name: [Image.fromarray(one) for one in many] for name, many in (("image", pixels), ("mask", masks))}
    features = datasets.Features({"image": datasets.Image(), "mask": datasets.Image()})
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(tmp_path / "h")
    found = source({"huggingface": str(tmp_path / "h")})
    assert (found.task, found.classes, found.shape) == ("segmentation", 3, (3, 6, 6))
    seen = np.concatenate([part.labels for part in found.load().values()])
    assert np.array_equal(np.unique(seen.reshape(20, -1), axis=0), np.unique(masks.reshape(20, -1), axis=0))
