"""Data sets by name or place: what `data:` in a recipe and `--data` on the command line say.

What a search compares is measured on the validation images; the test images are for the winners, once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from archgraph.errors import nearest
from archgraph.train.dataset import DataError, DataSource, Part, Split
from archgraph.train.sources import cifar10, digits, huggingface, idx, image_folder, npz, python
from archgraph.train.splitting import Arrays

__all__ = ["DATA", "KINDS", "DataError", "DataSource", "Part", "Split", "load", "source"]

Given: TypeAlias = str | Mapping[str, Any]
"""`fashion_mnist`, a path, or a mapping such as `{folder: pets, size: 64}`."""


def source(given: Given, *, base: Path | None = None) -> DataSource:
    """The data set of a name, a path or a mapping; relative paths are from `base`, else the current folder.

    The first time, its images are decoded; see `archgraph.train.cache`. Raises DataError.
    """
    if isinstance(given, Mapping):
        return _kept(json.dumps(_absolute(given, base or Path()), sort_keys=True))
    if given in DATA:
        return DATA[given]()
    path = (base or Path()) / given
    if not path.exists():
        if "/" in given or "." in given:
            raise DataError(f"no file and no folder {given!r}", hint="data sets by name: " + ", ".join(DATA))
        raise DataError(f"unknown data set {given!r}", hint=nearest(given, DATA, kind="data sets"))
    return source({_recognised(path): given}, base=base)


def load(given: Given) -> Mapping[Part, Split]:
    """The images and labels of a data set. Raises DataError where it is unknown or cannot be read here."""
    found = source(given)
    if (install := found.missing()) is not None:
        raise DataError(f"the data set {given} is read with {found.needs}, which is not installed", hint=install)
    return found.load()


def _recognised(path: Path) -> str:
    """The kind of data that lies at a path."""
    if path.suffix == ".npz":
        return "npz"
    if path.is_dir():
        for kind, looks in (
            ("idx", idx.looks_like),
            ("cifar10", cifar10.looks_like),
            ("folder", image_folder.classes_in),
        ):
            if looks(path):
                return kind
        if (path / "dataset_dict.json").is_file() or (path / "dataset_info.json").is_file():
            return "huggingface"
    hint = "it takes a folder of IDX files, of CIFAR-10's batches or of a folder a class, or an .npz file"
    raise DataError(f"{str(path)!r} is no data set that is known", hint=hint)


def _absolute(given: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """A mapping that was checked, its path absolute."""
    kinds = [key for key in given if key in KINDS]
    if len(kinds) != 1:
        said = " and ".join(kinds) or ", ".join(map(str, given)) or "nothing"
        hint = f"it takes one of {', '.join(KINDS)}; for example {{folder: PATH, size: 64}}"
        unknown = next((key for key in given if key not in KINDS), None)
        path = (str(unknown),) if not kinds and unknown is not None else ()
        raise DataError(f"data says {said}", hint=hint, path=path, at_key=bool(path))
    (kind,) = kinds
    for key, value in given.items():
        if key != kind and key not in KINDS[kind]:
            hint = nearest(str(key), (kind, *KINDS[kind]))
            raise DataError(f"unknown key {key!r} of data: {kind}", hint=hint, path=(str(key),), at_key=True)
        takes, right = OPTIONS[key] if key in OPTIONS else ("a text", lambda text: isinstance(text, str) and text != "")
        if not right(value):
            raise DataError(f"{key} of data is {value!r}", hint=f"it takes {takes}", path=(str(key),))
    place = given[kind]
    here = kind in PLACES or (kind == "huggingface" and (base / place).is_dir())
    return {**given, kind: str((base / Path(place).expanduser()).resolve()) if here else place}


def _size(value: Any) -> bool:
    sides = value if isinstance(value, list) and len(value) == 2 else [value]
    return all(isinstance(side, int) and not isinstance(side, bool) and 0 < side <= 4096 for side in sides)


OPTIONS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "size": ("pixels, as 64 or [height, width]", _size),
    "channels": ("1, 3 or 4", lambda value: value in (1, 3, 4) and not isinstance(value, bool)),
}
KINDS: Mapping[str, tuple[str, ...]] = {
    "folder": ("size", "channels"),
    "npz": (),
    "idx": (),
    "cifar10": (),
    "huggingface": ("image", "label", "size", "channels"),
    "python": (),
}
"""The keys that say where data are, each with its options."""
PLACES = ("folder", "npz", "idx", "cifar10")
_SOURCES: dict[str, DataSource] = {}


def _kept(key: str) -> DataSource:
    """The data of a mapping, read once in a process, whoever asks."""
    if key not in _SOURCES:
        given = json.loads(key)
        kind = next(name for name in KINDS if name in given)
        try:
            _SOURCES[key] = _as_source(_open(kind, given), given, f"{kind} {given[kind]}")
        except DataError as error:
            path = error.path or (kind,)
            raise DataError(error.message, hint=error.hint, path=path, at_key=error.at_key) from error
    return _SOURCES[key]


def _open(kind: str, given: Mapping[str, Any]) -> Arrays:
    options = {key: value for key, value in given.items() if key != kind}
    if isinstance(options.get("size"), int):
        options["size"] = [options["size"]] * 2
    if kind in ("huggingface", "python"):
        return huggingface.opened(given[kind], **options) if kind == "huggingface" else python.opened(given[kind])
    place = Path(given[kind])
    if kind == "folder":
        return image_folder.opened(place, **options)
    return {"npz": npz.opened, "idx": idx.opened, "cifar10": cifar10.opened}[kind](place)


def _as_source(arrays: Arrays, given: Given, name: str) -> DataSource:
    sizes = ", ".join(f"{len(split.labels):,} {part}" for part, split in arrays.parts.items())
    what = "masks" if arrays.task == "segmentation" else "images"
    channels, height, width = arrays.shape
    return DataSource(
        about=f"{name}: {what} of {channels}x{height}x{width}, {arrays.classes} classes ({sizes})",
        shape=arrays.shape,
        classes=arrays.classes,
        load=lambda: arrays.parts,
        task=arrays.task,
        given=given,
    )


def _named(name: str, kind: str, folders: tuple[str, ...], install: str) -> DataSource:
    """A well-known set that others hand out: where they put it, or below the folders of $ARCHGRAPH_DATA."""
    own = [Path(one).expanduser() for one in os.environ.get("ARCHGRAPH_DATA", "").split(os.pathsep) if one]
    looks = idx.looks_like if kind == "idx" else cifar10.looks_like
    tried = [
        *(folder / below for folder in own for below in folders),
        *own,
        *(Path(SHARED) / below for below in folders),
    ]
    for folder in tried:
        if folder.is_dir() and looks(folder):
            found = _kept(json.dumps({kind: str(folder.resolve())}, sort_keys=True))
            return replace(found, about=f"{name}: {found.about.rpartition(': ')[2]}", given=name)
    places = ", ".join(dict.fromkeys(str(folder) for folder in tried))
    raise DataError(f"{name} is in none of {places}", hint=f"{install}; or {{{kind}: FOLDER}}, or $ARCHGRAPH_DATA")


SHARED = "/usr/share/datasets"
"""Where Debian's packages of data sets put them."""
DATA: Mapping[str, Callable[[], DataSource]] = {
    "digits": digits.opened,
    "fashion_mnist": partial(
        _named, "fashion_mnist", "idx", ("fashion-mnist", "fashion_mnist", "FashionMNIST/raw"),
        "Debian's package dataset-fashion-mnist has it",
    ),
    "cifar10": partial(
        _named, "cifar10", "cifar10", ("cifar-10-batches-py", "cifar-10-batches-bin", "cifar10", "cifar-10"),
        "its authors' archive, unpacked, has it (www.cs.toronto.edu/~kriz/cifar.html)",
    ),
}  # fmt: skip
