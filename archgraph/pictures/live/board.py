"""What the pages of a view show: the last good picture, and what is wrong with the file as it stands."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from archgraph.errors import Finding, UsageError
from archgraph.graph.model import Graph
from archgraph.graph.wording import printable
from archgraph.pictures.live.document import drawn, waiting
from archgraph.pictures.live.reading import Reading

Status: TypeAlias = Literal["reading", "current", "wrong"]

MOST_HELD = 4
"""Questions that wait for an answer at once. A browser has six connections to one address, for all its tabs."""


@dataclass(frozen=True)
class Notice:
    """What a page is told: `version` grows with every change, `picture` counts the drawings, 0 for none yet.

    `status` is `wrong` where the picture is not of the file as it stands. `at` is when the file that the picture is of
    was read, by this machine's clock.
    """

    name: str
    version: int = 1
    picture: int = 0
    status: Status = "reading"
    at: str = ""
    findings: tuple[Finding, ...] = ()
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The notice as plain data, for JSON."""
        told = [{**found.as_dict(), "excerpt": found.at.excerpt() if found.at else ""} for found in self.findings]
        if self.error:
            told = [{"message": self.error, "hint": "", "excerpt": ""}]
        fields = {key: getattr(self, key) for key in ("name", "version", "picture", "status", "at")}
        return {**fields, "findings": told}


class Board:
    """The newest notice and the newest pictures, for any number of threads; one alone puts something up."""

    def __init__(self, name: str) -> None:
        self._changed = threading.Condition()
        self._notice = Notice(printable(name))
        self._held = 0
        self._closed = False
        self._first: Graph | None = None
        self._last: Graph | None = None
        self._document = waiting(self._notice.name)
        self._changes: tuple[int, str] | None = None
        self._comparing = threading.Lock()

    @property
    def notice(self) -> Notice:
        return self._notice

    @property
    def document(self) -> str:
        """The page with the last good picture."""
        return self._document

    def changes(self) -> str:
        """The page that marks what is not as it was in the first good picture. Raises UsageError."""
        with self._comparing:
            picture, first, last = self._notice.picture, self._first, self._last
            if first is None or last is None:
                return self._document
            if self._changes is None or self._changes[0] != picture:
                self._changes = picture, drawn(last, picture, since=first)
            return self._changes[1]

    def begin(self) -> None:
        """The file is being read; what is shown may soon be old."""
        self._put(replace(self._notice, status="reading"))

    def show(self, found: Reading) -> None:
        """What was read; a picture where there is one to draw."""
        notice = replace(self._notice, status="wrong", findings=found.findings, error=found.error)
        if found.graph is not None:
            picture = notice.picture + 1
            try:
                document = drawn(found.graph, picture, choices=found.choices)
            except UsageError as error:
                notice = replace(notice, error=str(error))
            else:
                notice = replace(notice, picture=picture, status="current", at=time.strftime("%H:%M:%S"))
                with self._changed:
                    self._first, self._last, self._document = self._first or found.graph, found.graph, document
        self._put(notice)

    def after(self, version: int, *, seconds: float) -> Notice:
        """The notice, once it is another than `version`, or after some seconds; at once where many wait already."""
        with self._changed:
            if self._held < MOST_HELD:
                self._held += 1
                self._changed.wait_for(lambda: self._notice.version != version or self._closed, seconds)
                self._held -= 1
            return self._notice

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _put(self, notice: Notice) -> None:
        with self._changed:
            self._notice = replace(notice, version=self._notice.version + 1)
            self._changed.notify_all()
