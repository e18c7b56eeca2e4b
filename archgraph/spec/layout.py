"""Lists and mappings as lines of YAML: within brackets where that is short, else one item a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from archgraph.spec.quoting import write_block_text, write_key

WIDTH = 110


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value, written within brackets as `flow` and outside them as `block`."""

    flow: str
    block: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `spread` puts one item a line, however short they are."""

    items: Sequence[Doc]
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping; `spread` puts one entry a line, `width` is the longest line on which brackets hold it.

    A `node` with one entry needs no brackets of its own in a list: `[conv: 64, relu]`.
    """

    entries: Mapping[str, Doc]
    spread: bool = False
    width: int = WIDTH
    node: bool = False


Doc: TypeAlias = Leaf | Items | Entries


def is_spread(doc: Doc) -> bool:
    """Whether a value, or any part of it, has to stand on lines of its own."""
    if isinstance(doc, Leaf):
        return False
    parts = doc.items if isinstance(doc, Items) else doc.entries.values()
    return doc.spread or any(is_spread(part) for part in parts)


def flow(doc: Doc) -> str:
    """A value on one line."""
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
        if len(line) <= WIDTH or not _parts(value):
            return [line]
    return [start, *block(value, indent + 2)]


def _item(item: Doc, indent: int) -> list[str]:
    """The lines of one item of a list, the dash with it."""
    start = " " * indent + "- "
    if isinstance(item, Leaf):
        return [start + item.block]
    if not is_spread(item) and not (isinstance(item, Entries) and item.node and len(item.entries) == 1):
        line = start + flow(item)
        if len(line) <= (item.width if isinstance(item, Entries) else WIDTH) or not _parts(item):
            return [line]
    lines = block(item, indent + 2)
    return [start + lines[0][indent + 2 :], *lines[1:]]


def _parts(doc: Items | Entries) -> int:
    return len(doc.items if isinstance(doc, Items) else doc.entries)


def _flow_item(item: Doc) -> str:
    single = isinstance(item, Entries) and item.node and len(item.entries) == 1
    return _flow_entries(item) if single and isinstance(item, Entries) else flow(item)


def _flow_entries(doc: Entries) -> str:
    return ", ".join(f"{write_key(key)}: {flow(value)}" for key, value in doc.entries.items())
