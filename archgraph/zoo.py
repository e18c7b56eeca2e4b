"""Where the specs and search recipes that come with archgraph are, in a source checkout and in an installed wheel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from archgraph.errors import UsageError, nearest

_PACKAGE = Path(__file__).parent


@cache
def specs_folder() -> Path:
    """The folder of the zoo's specs, one YAML a network, by family."""
    return _shipped("specs", "specs")


@cache
def recipes_folder() -> Path:
    """The folder of the search recipes that come with archgraph."""
    return _shipped("recipes", "search")


def names() -> list[str]:
    """The networks of the zoo, sorted."""
    return sorted(_files())


def find(name: str) -> Path:
    """The file of a network of the zoo. Raises UsageError for a name that is not there, with the nearest one."""
    path = _files().get(name)
    if path is None:
        hint = nearest(name, _files(), most=0)
        raise UsageError(f"no network {name!r} in the zoo, and no such file" + (f"; {hint}" if hint else ""))
    return path


@cache
def _files() -> Mapping[str, Path]:
    return {path.stem: path for path in specs_folder().glob("*/*.yaml")}


def _shipped(installed: str, source: str) -> Path:
    inside = _PACKAGE / installed
    return inside if inside.is_dir() else _PACKAGE.parent / source
