"""A spec's text in canonical layout, with its comments: each stands above or beside the same part as before.

What the text says is laid out as `dump` does. Parts of the text and of the layout are matched by their keys and
positions; where both are of another form (`conv: [64, 3]` for `conv: {out: 64, kernel: 3}`), a comment within goes to
the nearest part that both have. Anchors and merge keys are written out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from archgraph.errors import Source
from archgraph.spec.comments import Comment, comments
from archgraph.spec.layout import Doc, Entries, Items, Noted, page
from archgraph.spec.model import Spec
from archgraph.spec.reader import read
from archgraph.spec.tree import Located, Map, Seq
from archgraph.spec.vocabulary import Vocabulary
from archgraph.spec.writer import document, sections

Path: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]


def formatted(source: Source, spec: Spec, vocabulary: Vocabulary) -> str:
    """The text of `spec` in canonical layout with the comments of `source`, the text it was read from."""
    made = document(spec, vocabulary)
    notes = _Notes(read(source).root, made)
    for comment in comments(source):
        notes.add(comment)
    return page(notes.attached(), sections=sections(made), below=notes.below)


@dataclass
class _Note:
    """The comments of one part."""

    above: list[str] = field(default_factory=list)
    beside: str = ""


class _Notes:
    """Gives each comment to a part of a document."""

    def __init__(self, root: Located, made: Entries) -> None:
        self.document = made
        parts: dict[Place, Path] = {}
        for place, path in _parts(root, made, ()):
            parts.setdefault(place, path)
        self.places = sorted(parts)
        self.paths = [parts[place] for place in self.places]
        self.notes: dict[Path, _Note] = {}
        self.below: list[str] = []

    def add(self, comment: Comment) -> None:
        """Note a comment above what it stands above, or beside what begins in its line."""
        after = bisect_left(self.places, (comment.line, comment.col))
        if comment.alone or after == 0:
            if after == len(self.places):
                self.below.append(comment.text)
            else:
                self._note(self.paths[after]).above.append(comment.text)
            return
        # Beside all that its line holds, or within brackets that go on beside the last thing in the line. A line in
        # which nothing begins ends something that began above it.
        last = self.places[after - 1]
        inside = comment.inside and last[0] == comment.line
        note = self._note(self.paths[after - 1 if inside else bisect_left(self.places, (last[0], 0))])
        if note.beside:
            note.above.append(comment.text)
        else:
            note.beside = comment.text

    def _note(self, path: Path) -> _Note:
        """The note of a part; what is first in an item of a list begins where the item does."""
        while len(path) > 1 and isinstance(path[-2], int) and self._is_first(path):
            path = path[:-1]
        return self.notes.setdefault(path, _Note())

    def _is_first(self, path: Path) -> bool:
        doc: Doc = self.document
        for step in path[:-1]:
            assert isinstance(doc, (Items, Entries))
            doc = doc.items[int(step)] if isinstance(doc, Items) else doc.entries[str(step)]
        return path[-1] == (next(iter(doc.entries)) if isinstance(doc, Entries) else 0)

    def attached(self) -> Entries:
        """The document with the notes in it."""
        doc = _attached(self.document, (), self.notes, {path[:n] for path in self.notes for n in range(len(path))})
        assert isinstance(doc, Entries)
        return doc


def _parts(node: Located, doc: Doc, path: Path) -> Iterator[tuple[Place, Path]]:
    """Where each part of a document begins in the text it was read from."""
    if isinstance(node, Map) and isinstance(doc, Entries):
        for key, entry in node.entries.items():
            if key in doc.entries:
                yield (entry.key.line, entry.key.col), (*path, key)
                yield from _parts(entry.value, doc.entries[key], (*path, key))
    elif isinstance(node, Seq) and isinstance(doc, Items) and len(node.items) == len(doc.items):
        for number, (item, made) in enumerate(zip(node.items, doc.items, strict=True)):
            yield (item.mark.line, item.mark.col), (*path, number)
            yield from _parts(item, made, (*path, number))


def _attached(doc: Doc, path: Path, notes: Mapping[Path, _Note], holders: set[Path]) -> Doc:
    """A part with its notes and those in it; `holders` are the parts that have some in them."""
    if path in holders and isinstance(doc, Entries):
        doc = replace(doc, entries={k: _attached(v, (*path, k), notes, holders) for k, v in doc.entries.items()})
    elif path in holders and isinstance(doc, Items):
        doc = replace(doc, items=[_attached(item, (*path, n), notes, holders) for n, item in enumerate(doc.items)])
    note = notes.get(path)
    if note is None:
        return doc
    assert not isinstance(doc, Noted)
    return Noted(doc, tuple(note.above), note.beside)
