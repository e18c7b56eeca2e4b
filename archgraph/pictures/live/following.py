"""Keeps a view up to date for as long as it is open."""

from __future__ import annotations

import threading
from pathlib import Path

from archgraph.pictures.live.board import Board
from archgraph.pictures.live.reading import Opener, Reading, reading
from archgraph.pictures.live.watch import Watch

PACE = 0.1
"""Seconds between two looks at the files' states: what a person takes for at once, and no work for the machine."""


class Follower:
    """A network in the file `path`, and those that it uses, read whenever one of them has been saved."""

    def __init__(self, opener: Opener, path: Path, *, take: str | None = None) -> None:
        self.opener = opener
        self.take = take
        self.watch = Watch([path])

    def read(self) -> Reading:
        """The network as it stands now."""
        self.watch.start()
        return reading(self.opener, self.watch.note, take=self.take)

    def follow(self, board: Board, stop: threading.Event) -> None:
        """After a first `read`: read again and show it whenever a file has changed, until `stop` is set.

        One reading comes after another, so that what is shown last is of what was saved last.
        """
        while not stop.wait(PACE):
            if self.watch.changed():
                self.watch.settle(sleep=stop.wait)
                board.begin()
                board.show(self.read())
