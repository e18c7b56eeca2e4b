"""Data that cannot be read, or that the parents do not fit, are told at their line before anything runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from archgraph.errors import SpecError
from archgraph.search.reading import read_recipe

HEAD = """\
archgraph_search: 1
name: small
spec: net.yaml
objectives: [OBJECTIVE]
evaluate:
  train:
    epochs: 1
"""
NET = "archgraph: 1\nname: net\ninput: [1, 8, 8]\ngraph: [conv: [4, 3], global_avg_pool, linear: 3]\n"
MASKS = "archgraph: 1\nname: net\ninput: [1, 8, 8]\ngraph: [conv: [4, 3], conv: [CHANNELS, 1]]\n"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a network and two data sets: three classes, and masks of three classes."""
    monkeypatch.setenv("ARCHGRAPH_CACHE", str(tmp_path / "cache"))
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
    (tmp_path / "data").mkdir()
    np.savez(tmp_path / "data" / "classes.npz", images=images, labels=np.arange(60) % 3)
    np.savez(tmp_path / "data" / "masks.npz", images=images, masks=images // 100)
    np.savez(tmp_path / "data" / "binary.npz", images=images, masks=images > 100)
    (tmp_path / "net.yaml").write_text(NET)
    return tmp_path


def said(folder: Path, data: str, *, objective: str = "accuracy", **settings: object) -> list[str]:
    (folder / "r.yaml").write_text(HEAD.replace("OBJECTIVE", objective) + data)
    with pytest.raises(SpecError) as caught:
        read_recipe(folder / "r.yaml", settings=settings)
    return [f"{f.at.line}:{f.at.col}: {f.message}" if f.at else f.message for f in caught.value.findings]


def fine(folder: Path, data: str, **options: str) -> object:
    (folder / "r.yaml").write_text(HEAD.replace("OBJECTIVE", options.get("objective", "accuracy")) + data)
    return read_recipe(folder / "r.yaml").values["evaluate"]["train"]["data"]


def test_paths_are_from_the_recipes_folder_and_kept_absolute(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    for data in ("    data: data/classes.npz\n", "    data: {npz: data/classes.npz}\n"):
        assert fine(files, data) == {"npz": str(files / "data" / "classes.npz")}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("    data: data/clases.npz\n", "8:11: no file and no folder 'data/clases.npz'"),
        ("    data: {npz: data/clases.npz}\n", "8:17: no file '"),
        ("    data:\n      folder: data\n      sise: 3\n", "10:7: unknown key 'sise' of data: folder"),
        ("    data:\n      folder: data\n", "9:15: no images in folders of classes below '"),
        ("    data:\n      folder: data\n      size: big\n", "10:13: size of data is 'big'"),
        ("    data: {idx: data}\n", "8:17: no IDX files in '"),
        ("    data: {cifar10: data}\n", "8:21: no CIFAR-10 in '"),
        ("    data: {python: 'no_such_module:f'}\n", "8:20: no_such_module:f raises ModuleNotFoundError"),
        ("    data: {where: data}\n", "8:12: data says where"),
        ("    data: 3\n", "8:11: evaluate.train.data is the number 3, it takes the name of a data set, a path, or a "),
    ],
)
def test_data_that_cannot_be_read_are_told_at_their_place(files: Path, data: str, expected: str) -> None:
    (found,) = said(files, data)
    assert found.startswith(expected)


def test_a_setting_is_named_and_its_path_is_from_the_current_folder(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files / "data")
    (files / "r.yaml").write_text(HEAD.replace("OBJECTIVE", "accuracy") + "    data: digits\n")
    found = read_recipe(files / "r.yaml", settings={"evaluate.train.data": "classes.npz"})
    assert found.values["evaluate"]["train"]["data"] == {"npz": str(files / "data" / "classes.npz")}
    (wrong,) = said(files, "    data: digits\n", **{"evaluate.train.data": "data/classes.npz"})
    assert wrong.startswith("--set evaluate.train.data=data/classes.npz: no file and no folder")


def test_parents_that_do_not_fit_are_told(files: Path) -> None:
    (files / "net.yaml").write_text(NET.replace("[1, 8, 8]", "[3, 8, 8]").replace("linear: 3", "linear: 4"))
    first, second = said(files, "    data: data/classes.npz\n")
    place = str(files / "data" / "classes.npz")
    assert first == f"3:7: net takes [3, 8, 8], the images of {place} are [1, 8, 8]"
    assert second == f"3:7: output of net is [4], {place} has 3 classes"


@pytest.mark.parametrize(("data", "channels"), [("masks", 3), ("binary", 2), ("binary", 1)])
def test_masks_need_an_output_of_their_size(files: Path, data: str, channels: int) -> None:
    (files / "net.yaml").write_text(MASKS.replace("CHANNELS", str(channels)))
    fine(files, f"    data: data/{data}.npz\n", objective="iou")
    (files / "net.yaml").write_text(MASKS.replace("CHANNELS", "5"))
    (found,) = said(files, f"    data: data/{data}.npz\n", objective="iou")
    classes = 3 if data == "masks" else 2
    assert found.startswith("3:7: output of net is [5, 8, 8], ")
    assert found.endswith(f"has masks of {classes} classes: [{classes}, 8, 8]")


def test_one_channel_is_not_enough_for_three_classes(files: Path) -> None:
    (files / "net.yaml").write_text(MASKS.replace("CHANNELS", "1"))
    (found,) = said(files, "    data: data/masks.npz\n", objective="iou")
    assert found.endswith("has masks of 3 classes: [3, 8, 8]")


def test_iou_is_no_objective_of_classes(files: Path) -> None:
    (found,) = said(files, "    data: data/classes.npz\n", objective="iou")
    assert found == "4:14: iou is for masks, these data have classes"
