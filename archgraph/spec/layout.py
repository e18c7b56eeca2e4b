"""Lists and mappings as lines of YAML: within brackets where that is short, else one item a line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

from archgraph.spec.quoting import write_block_text, write_key

WIDTH = 120
_COMMENT = "\0"
"""Stands between a line and the comment beside it, until all lines are known; no text can hold it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value, written within brackets as `flow` and outside them as `block`."""

    flow: str
    block: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `spread` puts one item a line, however short they are; `width` is the longest line that holds it.

    One that is `tall` has one item a line wherever it is not within the brackets of something else.
    """

    items: Sequence[Doc]
    spread: bool = False
    width: int = WIDTH
    tall: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping; `spread` puts one entry a line, `width` is the longest line on which brackets hold it.

    A `node` with one entry needs no brackets of its own in a list: `[conv: 64, relu]`. One with `rows` stands within
    brackets on several lines where it has to, each of these keys first in its line.
    """

    entries: Mapping[str, Doc]
    spread: bool = False
    width: int = WIDTH
    node: bool = False
    rows: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """An item or an entry's value with comments: lines above it, and one beside it."""

    doc: Leaf | Items | Entries
    above: tuple[str, ...] = ()
    beside: str = ""


Doc: TypeAlias = Leaf | Items | Entries | Noted


def page(document: Entries, *, sections: Collection[str], below: Sequence[str] = ()) -> str:
    """The text of a file, with a blank line above its `sections` and the lines `below` at its end."""
    lines: list[str] = []
    for key, value in document.entries.items():
        lines += [""] if key in sections and lines else []
        lines += entry(key, value, 0)
    return "".join(line + "\n" for line in (*_aligned(lines), *below))


def is_spread(doc: Doc) -> bool:
    """Whether a value, or any part of it, has to stand on lines of its own."""
    if isinstance(doc, Leaf):
        return False
    if isinstance(doc, Noted):
        return True
    parts = doc.items if isinstance(doc, Items) else doc.entries.values()
    return doc.spread or any(is_spread(part) for part in parts)


def flow(doc: Doc) -> str:
    """A value on one line."""
    assert not isinstance(doc, Noted), "what has comments has lines"
    if isinstance(doc, Leaf):
        return doc.flow
    if isinstance(doc, Items):
        return f"[{', '.join(_flow_item(item) for item in doc.items)}]"
    return f"{{{_flow_entries(doc)}}}"


def block(doc: Items | Entries, indent: int) -> list[str]:
    """The lines of a list or mapping, indented."""
    if isinstance(doc, Items):
        return [line for item in doc.items for line in _item(item, indent)]
    return [line for key, value in doc.entries.items() for line in entry(key, value, indent)]


def entry(key: str, value: Doc, indent: int) -> list[str]:
    """The lines of `key: value`."""
    if isinstance(value, Noted):
        return _with_comments(value, entry(key, value.doc, indent), indent)
    start = " " * indent + write_key(key) + ":"
    if isinstance(value, Leaf):
        line = f"{start} {value.block}".rstrip()
        if value.text is not None and (len(line) > WIDTH or "\n" in value.text):
            lines = write_block_text(value.text, width=WIDTH, indent=indent + 2)
            if lines:
                return [f"{start} {lines[0]}", *lines[1:]]
        return [line]
    if not is_spread(value):
        line = f"{start} {flow(value)}"
        tall = isinstance(value, Items) and value.tall
        if (len(line) <= value.width and not tall) or not _parts(value):
            return [line]
        if isinstance(value, Entries) and value.rows is not None:
            rows = _rows(value, len(start) + 2)
            if rows:
                return [f"{start} {{{rows[0]}", *(" " * (len(start) + 2) + row for row in rows[1:])]
    return [start, *block(value, indent + 2)]


def _item(item: Doc, indent: int) -> list[str]:
    """The lines of one item of a list, the dash with it."""
    if isinstance(item, Noted):
        return _with_comments(item, _item(item.doc, indent), indent)
    start = " " * indent + "- "
    if isinstance(item, Leaf):
        return [start + item.block]
    if not is_spread(item) and not (isinstance(item, Entries) and item.node and len(item.entries) == 1):
        line = start + flow(item)
        if len(line) <= item.width or not _parts(item):
            return [line]
    lines = block(item, indent + 2)
    return [start + lines[0][indent + 2 :], *lines[1:]]


def _rows(doc: Entries, indent: int) -> list[str]:
    """A mapping on several lines within brackets; none where one of its entries is too long for a line."""
    rows: list[str] = []
    for number, (key, value) in enumerate(doc.entries.items(), start=1):
        name, end = write_key(key) + ": ", "}" if number == len(doc.entries) else ","
        text = name + flow(value) + end
        if rows and key not in (doc.rows or ()) and indent + len(rows[-1]) + 1 + len(text) <= doc.width:
            rows[-1] += f" {text}"
        elif indent + len(text) <= doc.width:
            rows.append(text)
        elif isinstance(value, Entries) and value.rows is not None and (inner := _rows(value, indent + len(name) + 1)):
            rows.append(f"{name}{{{inner[0]}")
            rows += [" " * (len(name) + 1) + row for row in inner[1:]]
            rows[-1] += end
        else:
            return []
    return rows


def _with_comments(noted: Noted, lines: list[str], indent: int) -> list[str]:
    above, first = list(noted.above), lines[0]
    goes_on = len(lines) > 1 and first.endswith(",")  # beside it, it would be a comment of the last thing in the line
    if noted.beside and (goes_on or len(first) + 2 + len(noted.beside) > WIDTH):
        above.append(noted.beside)
    elif noted.beside:
        first += _COMMENT + noted.beside
    return [*(" " * indent + line for line in above), first, *lines[1:]]


def _aligned(lines: Sequence[str]) -> Iterator[str]:
    """The lines with their comments beside them, those of consecutive lines of one depth in one column if it is wide
    enough.
    """
    depths = [len(line) - len(line.lstrip(" ")) if _COMMENT in line else None for line in lines]
    for depth, run in groupby(zip(depths, lines, strict=True), key=itemgetter(0)):
        parts = [line.partition(_COMMENT) for _, line in run]
        if depth is None:
            yield from (content for content, _, _ in parts)
        else:
            widest = max(len(content) for content, _, _ in parts)
            if widest + 2 + max(len(comment) for _, _, comment in parts) > WIDTH:
                widest = 0
            yield from (f"{content.ljust(widest)}  {comment}" for content, _, comment in parts)


def _parts(doc: Items | Entries) -> int:
    return len(doc.items if isinstance(doc, Items) else doc.entries)


def _flow_item(item: Doc) -> str:
    single = isinstance(item, Entries) and item.node and len(item.entries) == 1
    return _flow_entries(item) if single and isinstance(item, Entries) else flow(item)


def _flow_entries(doc: Entries) -> str:
    return ", ".join(f"{write_key(key)}: {flow(value)}" for key, value in doc.entries.items())
