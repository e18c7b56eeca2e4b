"""Where the specs and search recipes that come with archgraph are, in a source checkout and in an installed wheel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from archgraph.errors import UsageError, nearest

_PACKAGE = Path(__file__).parent
ENDINGS = (".yaml", ".yml")
# How a file of the zoo writes its variants, so that their names are known without reading YAML.
_VARIANTS = re.compile(rb"^variants:(.*(?:\n(?:[ #].*)?)*)", re.MULTILINE)
_VARIANT = re.compile(rb"^  ([A-Za-z_][A-Za-z0-9_-]*):", re.MULTILINE)


class Where(NamedTuple):
    """A file, and which of its variants; none for the file as it stands."""

    path: Path
    variant: str = ""


@cache
def specs_folder() -> Path:
    """The folder of the zoo's specs, one YAML a network or a table of networks, by family."""
    return _shipped("specs", "specs")


@cache
def recipes_folder() -> Path:
    """The folder of the search recipes that come with archgraph."""
    return _shipped("recipes", "search")


def names() -> list[str]:
    """The networks of the zoo, sorted."""
    return sorted(_networks())


def find(name: str) -> Where:
    """Where a network of the zoo is. Raises UsageError for a name that is not there, with the nearest one."""
    where = _networks().get(name)
    if where is None:
        hint = nearest(name, _networks(), most=0)
        raise UsageError(f"no network {name!r} in the zoo, and no such file" + (f"; {hint}" if hint else ""))
    return where


def files() -> list[Path]:
    """The files of the zoo, sorted."""
    return sorted(specs_folder().glob("*/*.yaml"))


def networks_in(path: Path) -> Mapping[str, Where]:
    """The networks in one file of the zoo: its variants, else the file itself."""
    section = _VARIANTS.search(path.read_bytes())
    if section is None:
        return {path.stem: Where(path)}
    return {name.decode(): Where(path, name.decode()) for name in _VARIANT.findall(section[1])}


@cache
def _networks() -> Mapping[str, Where]:
    return {name: where for path in files() for name, where in networks_in(path).items()}


def _shipped(installed: str, source: str) -> Path:
    inside = _PACKAGE / installed
    return inside if inside.is_dir() else _PACKAGE.parent / source
