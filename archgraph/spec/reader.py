"""YAML text -> located tree, within limits. The only importer of yaml for reading.

The tree is built here from libyaml's events: its own composer recurses in C, and a file of `[` crashes
the process. Events are taken one at a time: a file past a limit is refused before the rest of it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from archgraph.errors import Finding, Mark, Source, SpecError
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.scalars import UnusableNumberError, resolve
from archgraph.spec.syntax import explain
from archgraph.spec.tree import Entry, Located, Map, Scalar, Seq, Tree

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_KEY = 100
MAX_VALUES = 100_000
"""Values of one file after its aliases are expanded."""

# libyaml is 20 times faster; PyYAML built without it still works.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def decode(name: str, data: bytes) -> Source:
    """The text of a file. Raises SpecError where it is too large or is not UTF-8."""
    if len(data) > MAX_BYTES:
        raise SpecError([_too_large(Source(name, ""))])
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        source = Source(name, data.decode("utf-8-sig", errors="replace"))
        at = _mark(source, len(data[: error.start].decode("utf-8-sig")))
        message = f"not UTF-8 text: byte {data[error.start]:#04x}"
        raise SpecError([Finding(message, at, "save the file as UTF-8")]) from None


def read(source: Source) -> Tree:
    """The one YAML document in a text as a located tree.

    Raises SpecError where the text is no YAML or goes past a limit (1 MB, 64 levels, 100,000 values with its
    aliases expanded). Duplicate keys, tags and unusable numbers are the tree's `findings`: they stop nothing.
    """
    text = source.text
    if len(text) > MAX_BYTES or (not text.isascii() and len(text.encode("utf-8", "replace")) > MAX_BYTES):
        raise SpecError([_too_large(source)])
    if bad := _UNPRINTABLE.search(text):
        message = f"a control character (U+{ord(bad[0]):04X}) cannot stand in a file"
        raise SpecError([Finding(message, _mark(source, bad.start()), "delete it, or write it as an escape in quotes")])
    loader = _Loader(text)
    builder = _Builder(source)
    try:
        while loader.check_event():
            builder.take(loader.get_event())
    except yaml.MarkedYAMLError as error:
        raise SpecError([explain(source, error)]) from None
    except yaml.reader.ReaderError as error:
        raise SpecError([Finding(f"unreadable text: {error.reason}", _mark(source, error.position))]) from None
    finally:
        loader.dispose()
    return builder.tree()


class _Open:
    """A list or mapping that has begun and not ended."""

    __slots__ = ("anchor", "before", "entries", "height", "items", "key", "mark", "merges")

    def __init__(self, event: Any, mark: Mark, before: int) -> None:
        self.mark = mark
        self.anchor: str | None = event.anchor
        self.before = before
        self.height = 1
        self.items: list[Located] | None = [] if type(event) is SequenceStartEvent else None
        self.entries: dict[str, Entry] = {}
        self.merges: list[Map] = []
        self.key: tuple[str, Mark, bool] | None = None


class _Builder:
    """Turns events into located data with a stack of its own, counting as it goes."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings = Findings()
        self.values = 0
        self.documents = 0
        self.root: Located | None = None
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Located, int, int]] = {}  # the value, how many it holds, how deep it is

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is ScalarEvent:
            self._scalar(event)
        elif kind is SequenceStartEvent or kind is MappingStartEvent:
            self._begin(event)
        elif kind is SequenceEndEvent or kind is MappingEndEvent:
            self._end()
        elif kind is AliasEvent:
            self._alias(event)
        elif kind is DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                self._stop("a second document begins", self._at(event), "a file holds one document: remove `---`")
        else:
            assert kind in (StreamStartEvent, StreamEndEvent, DocumentEndEvent)

    def tree(self) -> Tree:
        if self.root is None or (isinstance(self.root, Scalar) and self.root.text == "" and self.root.plain):
            self._stop("the file is empty", Mark(self.source, 1, 1))
        return Tree(self.root, self.findings.found)

    def _scalar(self, event: Any) -> None:
        start, end = event.start_mark, event.end_mark
        line, col = start.line, start.column
        mark = Mark(self.source, line + 1, col + 1, max(1, end.column - col) if end.line == line else 1)
        plain = event.implicit[0]
        text = value = event.value
        if event.tag is not None:
            self._tag(event.tag, mark)
        elif plain and not (self.open and self.open[-1].items is None and self.open[-1].key is None):
            try:
                value = resolve(text)
            except UnusableNumberError as error:
                self.findings.add(f"{quoted(text)} {error}", mark, "a text of digits is written in quotes")
        self.values += 1
        scalar = Scalar(value, mark, text, plain)
        if event.anchor is not None:
            self.anchors[event.anchor] = (scalar, 1, 0)
        self._put(scalar)

    def _begin(self, event: Any) -> None:
        mark = self._at(event)
        if event.tag is not None:
            self._tag(event.tag, mark)
        if len(self.open) >= MAX_DEPTH:
            self._stop(f"values are nested more than {MAX_DEPTH} levels deep", mark)
        self.open.append(_Open(event, mark, self.values))
        self.values += 1
        if event.anchor is not None:
            self.anchors.pop(event.anchor, None)

    def _end(self) -> None:
        closed = self.open.pop()
        value: Located
        if closed.items is not None:
            value = Seq(tuple(closed.items), closed.mark)
        else:
            merged: dict[str, Entry] = {}
            for other in reversed(closed.merges):  # the first of several wins, the mapping's own keys over all
                merged.update(other.entries)
            value = Map({**merged, **closed.entries} if merged else closed.entries, closed.mark)
        if closed.anchor is not None:
            self.anchors[closed.anchor] = (value, self.values - closed.before, closed.height)
        if self.open:
            self.open[-1].height = max(self.open[-1].height, closed.height + 1)
        self._put(value)

    def _alias(self, event: Any) -> None:
        mark = self._at(event, length=len(event.anchor) + 1)
        if event.anchor not in self.anchors:
            if any(event.anchor == holder.anchor for holder in self.open):
                self._stop(f"the value {quoted('&' + event.anchor)} contains itself", mark)
            hint = "an anchor (&name) stands above its aliases (*name)"
            self._stop(f"unknown anchor {quoted('*' + event.anchor)}", mark, hint)
        value, count, height = self.anchors[event.anchor]
        self.values += count
        if len(self.open) + height > MAX_DEPTH:
            self._stop(f"aliases nest values more than {MAX_DEPTH} levels deep", mark)
        if self.open:
            self.open[-1].height = max(self.open[-1].height, height + 1)
        if self.values > MAX_VALUES:
            self._stop(f"aliases multiply to more than {MAX_VALUES:,} values", mark)
        self._put(value)

    def _put(self, value: Located) -> None:
        """Give a finished value to what it stands in."""
        if self.values > MAX_VALUES:
            self._stop(f"the file holds more than {MAX_VALUES:,} values", value.mark)
        if not self.open:
            self.root = value
            return
        holder = self.open[-1]
        if holder.items is not None:
            holder.items.append(value)
        elif holder.key is None:
            holder.key = self._key(value)
        else:
            (text, at, merge), holder.key = holder.key, None
            if merge:
                self._merge(holder, value)
            elif text in holder.entries:
                first = holder.entries[text].key.line
                self.findings.add(f"the key {quoted(text)} stands twice", at, f"it is given first in line {first}")
            else:
                holder.entries[text] = Entry(at, value)

    def _key(self, value: Located) -> tuple[str, Mark, bool]:
        if not isinstance(value, Scalar):
            self._stop("a key has to be a text", value.mark, "a list or mapping cannot be a key")
        if len(value.text) > MAX_KEY:
            self.findings.add(f"a key of {len(value.text)} characters", value.mark, f"at most {MAX_KEY} are read")
        if value.text == "" and value.plain:
            self.findings.add("a key is missing before ':'", value.mark)
        return value.text, value.mark, value.plain and value.text == "<<"

    def _merge(self, holder: _Open, value: Located) -> None:
        for other in value.items if isinstance(value, Seq) else (value,):
            if isinstance(other, Map):
                holder.merges.append(other)
            else:
                self.findings.add("'<<' takes a mapping or a list of mappings", other.mark)

    def _tag(self, tag: str, mark: Mark) -> None:
        written = tag.replace("tag:yaml.org,2002:", "!!")
        message = f"the tag {quoted(written)} is not read"
        self.findings.add(message, mark, "a spec is plain data: no tags, no types, no code")

    def _at(self, event: Any, *, length: int = 1) -> Mark:
        start = event.start_mark
        return Mark(self.source, start.line + 1, start.column + 1, length)

    def _stop(self, message: str, at: Mark, hint: str = "") -> NoReturn:
        raise SpecError([*self.findings.found, Finding(message, at, hint)])


def _too_large(source: Source) -> Finding:
    return Finding(f"{source.name} is larger than {MAX_BYTES // 1_000_000} MB, the most a spec may have")


def _mark(source: Source, position: int) -> Mark:
    """The place of a character, counted from 0."""
    lines = source.text[: position + 1].splitlines()
    return Mark(source, max(1, len(lines)), max(1, len(lines[-1]) if lines else 1))


class Span(NamedTuple):
    """Where a text or a list or mapping in brackets stands: lines and columns from 1, the end not included."""

    kind: Literal["text", "brackets"]
    start: tuple[int, int]
    end: tuple[int, int]


def spans(source: Source) -> Iterator[Span]:
    """The texts and brackets of a text that can be read, for those who look for what is between them.

    Of a text in block style it is what stands below its `|` or `>`, as a comment may stand beside that.
    """
    opened: list[tuple[int, int] | None] = []
    loader = _Loader(source.text)
    try:
        while loader.check_event():
            event = loader.get_event()
            kind, start, end = type(event), event.start_mark, event.end_mark
            if kind is ScalarEvent:
                first = (start.line + 2, 1) if event.style in ("|", ">") else (start.line + 1, start.column + 1)
                yield Span("text", first, (end.line + 1, end.column + 1))
            elif kind is SequenceStartEvent or kind is MappingStartEvent:
                opened.append((start.line + 1, start.column + 1) if event.flow_style else None)
            elif (kind is SequenceEndEvent or kind is MappingEndEvent) and (began := opened.pop()) is not None:
                yield Span("brackets", began, (end.line + 1, end.column + 1))
    finally:
        loader.dispose()
