"""The files that a network was read from, and whether one of them has changed since."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

State: TypeAlias = "tuple[int, int, int] | None"
"""When a file was written last, in ns, its size and which file it is; None where there is none."""

SETTLED = 0.06
"""Seconds in which nothing may change before files are read: an editor that has emptied a file is about to fill it."""

PATIENCE = 1.0
"""Seconds after which they are read all the same: somebody writes all the time."""


def state(path: Path) -> State:
    """What tells one content of a file from another without reading it."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class Watch:
    """Files, each with the state it had just before it was read: what is written while it is read is a change, too."""

    def __init__(self, always: Iterable[Path] = ()) -> None:
        self.always = tuple(always)
        self._seen: dict[Path, State] = {}
        self.start()

    def start(self) -> None:
        """Forget what was seen but for the files that are watched in any case: the network is read again."""
        self._seen = {path: state(path) for path in self.always}

    def note(self, path: Path) -> None:
        """A file that is about to be read, or looked for."""
        self._seen.setdefault(path, state(path))

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(self._seen)

    def changed(self) -> bool:
        """Whether a file is not what it was."""
        return any(state(path) != seen for path, seen in self._seen.items())

    def settle(
        self, *, sleep: Callable[[float], object] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Wait until nothing is being written, but not for ever."""
        end = clock() + PATIENCE
        before = self._now()
        while clock() < end:
            sleep(SETTLED)
            after = self._now()
            if after == before:
                return
            before = after

    def _now(self) -> list[State]:
        return [state(path) for path in self._seen]
