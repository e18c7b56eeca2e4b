"""From a name, a file or a text to a Spec, with the specs that it uses."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from archgraph import zoo
from archgraph.errors import Finding, RuleError, Source, SpecError, UsageError, nearest
from archgraph.ops import vocabulary
from archgraph.spec.findings import quoted
from archgraph.spec.model import Input, Spec
from archgraph.spec.parser import parse
from archgraph.spec.reader import MAX_BYTES, decode, read
from archgraph.spec.tree import Map, Tree
from archgraph.spec.uses import Opener
from archgraph.spec.variants import variant
from archgraph.zoo import ENDINGS, Where

MAX_USES = 16
"""How deep specs use one another."""
UNKNOWN = "unknown op "
"""How the message of a word that is not known begins."""

Opening: TypeAlias = Callable[[Path], object]
"""Told of each file that a spec is made of just before it is read, and of one that is missing."""


def load(name: str | os.PathLike[str], *, opening: Opening | None = None) -> Spec:
    """The spec of a network of the zoo (`"resnet50"`), of a YAML file (`"nets/mine.yaml"`), or of one of a file's
    variants (`"nets/mine.yaml:small"`).

    `opening` is told of each file before it is read. Raises SpecError with every mistake in the file and in those it
    uses, UsageError where there is no such network, file or variant.
    """
    return _Reading(opening).spec(locate(name))


def load_blocks(name: str | os.PathLike[str]) -> Spec:
    """A file for the blocks in it alone: it needs neither `input` nor `graph`. Raises SpecError, UsageError."""
    return _Reading().spec(locate(name), blocks=True)


def loads(text: str, *, name: str = "<text>", base: str | os.PathLike[str] | None = None) -> Spec:
    """The spec written in a text; `name` stands for it in errors, `base` is the folder of the files it uses.

    Raises SpecError.
    """
    return _parsed(read(Source(name, text)), _Reading().opener(None if base is None else Path(base)))


def laid_out(source: Source, *, path: Path | None = None) -> str:
    """A text in the layout of `dump`, its comments kept; `path` is the file it is from.

    It may be a file of blocks alone. Raises SpecError where it has mistakes.
    """
    from archgraph.spec.formatting import formatted

    tree = read(source)
    blocks = isinstance(tree.root, Map) and "blocks" in tree.root.entries and "graph" not in tree.root.entries
    opener = _Reading().opener(path.parent, path.resolve()) if path else _Reading().opener(None)
    return formatted(source, _parsed(tree, opener, blocks=blocks), vocabulary())


def source_of(path: Path) -> Source:
    """The text of a file. Raises UsageError where it cannot be read, SpecError where it is too large or no text."""
    try:
        with path.open("rb") as file:
            return decode(str(path), file.read(MAX_BYTES + 1))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def locate(name: str | os.PathLike[str]) -> Where:
    """Where a name is written: a path that exists, with a variant or without, else a network of the zoo."""
    text = os.fspath(name)
    file, chosen = split(text)
    path = Path(file)
    try:
        if path.is_file():
            return Where(path, chosen)
        if path.is_dir() and is_path(file):
            raise UsageError(f"{file!r} is a folder, not a file")
    except OSError as error:  # A name that no file can have, or a folder that may not be looked into.
        raise UsageError(f"cannot read {file!r}: {error.strerror}") from None
    if is_path(file) or isinstance(name, os.PathLike):
        raise UsageError(f"no file {file!r}")
    return zoo.find(text)


def split(text: str) -> tuple[str, str]:
    """`nets/mine.yaml:small` as a file and one of its variants; none for the file as it stands."""
    file, colon, chosen = text.rpartition(":")
    return (file, chosen) if colon and file.endswith(ENDINGS) else (text, "")


def is_path(text: str) -> bool:
    """Whether a text names a file rather than a network of the zoo."""
    return "/" in text or os.sep in text or split(text)[0].endswith(ENDINGS)


def override(spec: Spec, settings: Mapping[str, Any]) -> Spec:
    """The spec with other values for its `vars`, and for `input` if given: `{"classes": 10, "input": (1, 8, 8)}`.

    A variable that is a choice takes a value as any other. Of several inputs those are replaced that `input` names.
    What comes of it expects nothing and has no variants. Raises UsageError for a variable or input the spec does not
    have.
    """
    values = {name: _frozen(value) for name, value in settings.items()}
    shape = _input(spec, values.pop("input")) if "input" in values else spec.input
    for name in values:
        if name not in spec.vars:
            raise UsageError(f"{spec.name} has no variable {name!r}; {nearest(name, [*spec.vars, 'input'])}")
    if not values and shape == spec.input:
        return spec
    return replace(spec, input=shape, vars={**spec.vars, **values}, expect={}, variants={})


def _input(spec: Spec, given: Any) -> Input:
    if isinstance(spec.input, Mapping):
        if not isinstance(given, Mapping):
            raise UsageError(f"{spec.name} has the inputs {', '.join(spec.input)}: give a shape for each by its name")
        for name in given:
            if name not in spec.input:
                raise UsageError(f"{spec.name} has no input {name!r}; {nearest(name, spec.input)}")
        return {**spec.input, **given}
    if isinstance(given, Mapping):
        raise UsageError(f"{spec.name} has one input; give its shape, e.g. (3, 224, 224)")
    return tuple(given)


def _frozen(value: Any) -> Any:
    """A value as the parser gives it: lists are tuples."""
    if isinstance(value, Mapping):
        return {key: _frozen(part) for key, part in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


class _Reading:
    """One reading of a spec with all that it uses: every file is read once, however many use it."""

    def __init__(self, opening: Opening | None = None) -> None:
        self.opening = opening or (lambda path: None)
        self.known: dict[tuple[Path, bool], Spec | SpecError] = {}

    def spec(self, where: Where, *above: Path, blocks: bool = False) -> Spec:
        """The spec of a file; `above` are the files that use it, from the outermost."""
        path = where.path.resolve()
        found = self.known.get((path, blocks))
        if found is None:
            self.opening(where.path)
            try:
                opener = self.opener(where.path.parent, *above, path)
                found = _parsed(read(source_of(where.path)), opener, blocks=blocks)
            except SpecError as error:
                found = error
            self.known[path, blocks] = found
        if isinstance(found, SpecError):
            raise found
        return variant(found, where.variant) if where.variant else found

    def opener(self, base: Path | None, *above: Path) -> Opener:
        """Opens what a file in the folder `base` uses."""
        return partial(self._opened, base, above)

    def _opened(self, base: Path | None, above: tuple[Path, ...], text: str, *, blocks: bool) -> Spec:
        try:
            where = _below(base, text, self.opening) if is_path(text) else zoo.find(text)
            path = where.path.resolve()
            if path in above:
                circle = " -> ".join(file.name for file in (*above[above.index(path) :], path))
                raise RuleError(f"{quoted(text)} uses itself: {circle}", hint="a spec is made of others, not of itself")
            if len(above) >= MAX_USES:
                raise RuleError(f"{quoted(text)}: specs use one another more than {MAX_USES} deep")
            return self.spec(where, *above, blocks=blocks)
        except UsageError as error:
            raise RuleError(str(error)) from None


def _parsed(tree: Tree, opener: Opener, *, blocks: bool = False) -> Spec:
    """The spec of a file, where it has a word that is not known with the words of installed plug-ins."""
    words = vocabulary()
    try:
        return parse(tree, words, opener=opener, blocks=blocks)
    except SpecError as error:
        if not any(finding.message.startswith(UNKNOWN) for finding in error.findings):
            raise
        from archgraph.ops.plugins import installed

        try:
            installed()
        except UsageError as broken:
            raise SpecError([*error.findings, Finding(str(broken))], partial=error.partial) from None
        if vocabulary() is words:
            raise
    return parse(tree, vocabulary(), opener=opener, blocks=blocks)


def _below(base: Path | None, text: str, opening: Opening) -> Where:
    """A file in a folder or below it; `opening` is told where none is. Raises RuleError."""
    if base is None:
        hint = "give the folder it is in: archgraph.loads(text, base=folder)"
        raise RuleError(f"the file {quoted(text)} cannot be looked for: this text is in no folder", hint=hint)
    file, chosen = split(text)
    path = Path(file)
    if path.is_absolute() or ".." in path.parts:
        hint = "a spec uses the files below its own folder, or networks of the zoo"
        raise RuleError(f"{quoted(text)} is not a path below this file's folder", hint=hint)
    if path.suffix not in ENDINGS:
        raise RuleError(f"{quoted(text)} is no YAML file", hint=f"it ends in {' or '.join(ENDINGS)}")
    found = base / path
    try:
        if not found.resolve().is_relative_to(base.resolve()):
            raise RuleError(f"{quoted(text)} leads out of this file's folder", hint="a link has to stay in the folder")
        there = found.is_file()
    except OSError as error:
        opening(found)
        raise RuleError(f"cannot read {quoted(text)}: {error.strerror}") from None
    if not there:
        opening(found)
        near = [file.name for file in _listed(found.parent) if file.suffix in ENDINGS]
        raise RuleError(f"no file {quoted(text)} below {str(base)!r}", hint=nearest(path.name, near) if near else "")
    return Where(found, chosen)


def _listed(folder: Path) -> Sequence[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
