"""From a name, a file or a text to a Spec."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from archgraph import zoo
from archgraph.errors import Source, UsageError, nearest
from archgraph.ops import vocabulary
from archgraph.spec.model import Spec
from archgraph.spec.parser import parse
from archgraph.spec.reader import MAX_BYTES, decode, read


def load(name: str | os.PathLike[str]) -> Spec:
    """The spec of a network of the zoo (`"resnet50"`) or of a YAML file (`"nets/mine.yaml"`).

    Raises SpecError with every mistake in the file, UsageError where there is no such network or file.
    """
    path = locate(name)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    return _parsed(decode(str(path), data))


def loads(text: str, *, name: str = "<text>") -> Spec:
    """The spec written in a text; `name` stands for it in errors. Raises SpecError."""
    return _parsed(Source(name, text))


def _parsed(source: Source) -> Spec:
    return parse(read(source), vocabulary())


def locate(name: str | os.PathLike[str]) -> Path:
    """The file that a name stands for: a path that exists, else a network of the zoo."""
    path = Path(name)
    looks_like_path = isinstance(name, os.PathLike) or path.suffix in (".yaml", ".yml") or os.sep in str(name)
    if path.is_file() or (looks_like_path and not path.is_dir()):
        if not path.exists():
            raise UsageError(f"no file {str(path)!r}")
        return path
    if looks_like_path:
        raise UsageError(f"{str(path)!r} is a folder, not a file")
    return zoo.find(str(name))


def override(spec: Spec, settings: Mapping[str, Any]) -> Spec:
    """The spec with other values for its `vars`, and for `input` if given: `{"classes": 10, "input": (1, 8, 8)}`.

    Raises UsageError for a variable the spec does not have.
    """
    values = dict(settings)
    shape = tuple(values.pop("input", spec.input))
    for name in values:
        if name not in spec.vars:
            raise UsageError(f"{spec.name} has no variable {name!r}; {nearest(name, [*spec.vars, 'input'])}")
    changed = bool(values) or shape != spec.input
    return replace(spec, input=shape, vars={**spec.vars, **values}, expect={} if changed else spec.expect)
