"""The comments of a YAML text: what stands behind a `#` outside of texts, and what it stands beside."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from archgraph.errors import Source
from archgraph.spec.reader import Span, spans


class Comment(NamedTuple):
    """A comment as written, with its `#`, at a line and column counted from 1.

    `alone` says that nothing but a dash stands before it in its line, `inside` that it stands within brackets.
    """

    text: str
    line: int
    col: int
    alone: bool
    inside: bool


def comments(source: Source) -> list[Comment]:
    """The comments of a text that can be read, in order."""
    found = []
    held_in = list(spans(source))
    held = _Held([span for span in held_in if span.kind == "text"])
    around = _Held([span for span in held_in if span.kind == "brackets"])
    for number, line in enumerate(source.text.splitlines(), start=1):
        col = next((col for col in _candidates(line) if not held.holds((number, col))), None)
        if col is not None:
            alone = not line[: col - 1].replace("-", "").strip()
            inside = around.holds((number, col))
            found.append(Comment(line[col - 1 :].rstrip(), number, col, alone, inside))
    return found


def _candidates(line: str) -> Iterator[int]:
    """Where a `#` begins a comment, if it is in no text."""
    for position, letter in enumerate(line):
        if letter == "#" and (position == 0 or line[position - 1] in " \t\ufeff"):
            yield position + 1


class _Held:
    """Whether a place is in one of several spans, which stand in order and apart, or within one another."""

    def __init__(self, found: list[Span]) -> None:
        found.sort(key=lambda span: span.start)
        self._starts: list[tuple[int, int]] = []
        self._ends: list[tuple[int, int]] = []
        for span in found:
            if not self._ends or span.start >= self._ends[-1]:  # what is within another adds nothing
                self._starts.append(span.start)
                self._ends.append(span.end)

    def holds(self, place: tuple[int, int]) -> bool:
        number = bisect_right(self._starts, place) - 1
        return number >= 0 and place < self._ends[number]
