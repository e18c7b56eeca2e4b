"""Plain YAML data with the position of every value: what the reader gives and parsers walk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from archgraph.errors import Finding, Mark, SpecError
from archgraph.spec.scalars import Plain


class Scalar(NamedTuple):
    """A single value. `text` is what was written, `plain` whether it stood there without quotes."""

    value: Plain
    mark: Mark
    text: str
    plain: bool


class Seq(NamedTuple):
    """A list."""

    items: tuple[Located, ...]
    mark: Mark


class Entry(NamedTuple):
    """A key's position, and its value."""

    key: Mark
    value: Located


class Map(NamedTuple):
    """A mapping; keys are texts as written, in the order of the file."""

    entries: Mapping[str, Entry]
    mark: Mark


Located: TypeAlias = Scalar | Seq | Map


class Tree(NamedTuple):
    """A file as located data, with the mistakes that did not stop it from being read.

    Whoever takes the root must report `findings` too; `checked()` does it for those with nothing to add.
    """

    root: Located
    findings: tuple[Finding, ...] = ()

    def checked(self) -> Located:
        """The root of a file without mistakes. Raises SpecError."""
        if self.findings:
            raise SpecError(self.findings)
        return self.root

    def at(self, path: Sequence[str | int]) -> Mark:
        """Position of the value at a path such as `("budget", "macs", 1)`, or of what is left of it."""
        node = self.root
        for part in path:
            if isinstance(node, Map) and str(part) in node.entries:
                node = node.entries[str(part)].value
            elif isinstance(node, Seq) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
            else:
                break
        return node.mark

    def key(self, path: Sequence[str | int]) -> Mark:
        """Position of the key that a path ends in."""
        *above, last = path
        node = self.root
        for part in above:
            if isinstance(node, Map) and str(part) in node.entries:
                node = node.entries[str(part)].value
            elif isinstance(node, Seq) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
        return node.entries[str(last)].key if isinstance(node, Map) and str(last) in node.entries else node.mark


def plain(node: Located) -> Any:
    """The data without positions: dicts, lists and scalars."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Seq):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}


def kind(node: Located) -> str:
    """What a value is, in the words of a message."""
    if isinstance(node, Scalar):
        value = node.value
        if value is None:
            return "nothing"
        if isinstance(value, bool):
            return "true" if value else "false"
        return f"the text {_short(node.text)!r}" if isinstance(value, str) else f"the number {_short(node.text)}"
    return "a list" if isinstance(node, Seq) else "a mapping"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
