"""Who runs a trial: a name for a worker that no other one has, and whether that worker still lives.

A process on this machine is looked at itself: its number, and when it was started, since numbers are used again. One
elsewhere, or one that was stopped and may never go on, is known by its heartbeat alone.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from archgraph.errors import UsageError

INTERVAL = 20.0
"""Seconds between two heartbeats."""
GRACE = 120.0
"""Seconds without a heartbeat after which a worker is dead."""
_HERE: set[str] = set()
"""The workers of this process that have not ended."""


def enter() -> str:
    """The name of a new worker in this process: `host/pid/start/tag`."""
    name = f"{_place()}/{os.getpid()}/{_started(os.getpid())}/{uuid4().hex[:8]}"
    _HERE.add(name)
    return name


def leave(name: str) -> None:
    """A worker of this process has ended."""
    _HERE.discard(name)


def gone(name: str) -> bool:
    """Whether a worker's process is known to have ended; False where that cannot be seen from here."""
    try:
        place, pid, started, _ = name.rsplit("/", 3)
    except ValueError:
        return True  # A trial from before workers had names.
    if place != _place():
        return False
    if int(pid) == os.getpid():
        return name not in _HERE
    return _started(int(pid)) != started


def _place() -> str:
    """This machine, and on it the space in which process numbers are unique."""
    try:
        space = os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116
    except OSError:
        space = 0
    return f"{socket.gethostname()}:{space}"


def _started(pid: int) -> str:
    """When a process was started, in the system's ticks; empty where there is no such process.

    A process that ended and was not waited for counts as none. Without /proc every process that exists is one.
    """
    if not Path("/proc/self/stat").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return ""
        except PermissionError:
            pass
        return "exists"
    try:
        # The name of the program stands in parentheses and may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


class Heartbeat:
    """A thread that calls `beat` now and then, as long as this process lives and is not stopped."""

    def __init__(self, beat: Callable[[], None], *, interval: float = INTERVAL) -> None:
        self._beat, self._interval = beat, interval
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._end.set()
        # A storage that is away may be asked for minutes; one heartbeat more does no harm.
        self._thread.join(1.0)

    def _run(self) -> None:
        while not self._end.wait(self._interval):
            # A full disk or a database that is away may be back at the next one; the loop hears of it by itself.
            with suppress(UsageError):
                self._beat()


class Watch:
    """Which workers are dead. A heartbeat is compared with the one seen before, never with this machine's clock."""

    def __init__(self, *, grace: float = GRACE) -> None:
        self._grace = grace
        self._seen: dict[str, tuple[Any, float]] = {}

    def dead(self, name: str, beats: Mapping[str, Any]) -> bool:
        """Whether a worker has ended, or gave no sign for too long; `beats` are the latest signs by name."""
        if gone(name):
            return True
        now, beat = time.monotonic(), beats.get(name)
        if name not in self._seen or self._seen[name][0] != beat:
            self._seen[name] = (beat, now)
        return now - self._seen[name][1] > self._grace
