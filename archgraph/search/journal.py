"""The journal file of a study: mended after a kill, and held by one process at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from archgraph.errors import UsageError

NAME = "study.journal"
"""The file in a run's folder that holds the whole study."""
LOCK = "study.lock"


def mend(path: Path) -> int:
    """Cut off a last line that was not written to its end; gives the number of bytes cut.

    Optuna reads a torn line as an error, or appends to it and loses both.
    """
    with writing(path) as file:
        cut = _cut(file)
    # Optuna's own lock, left by a writer that was killed, would heal by itself only after 30 seconds.
    Path(f"{path}.lock").unlink(missing_ok=True)
    return cut


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """The file, while nobody else writes it; the lock is the system's and ends with the process that holds it."""
    with path.open("rb+", buffering=0) as file:
        with suppress(ImportError):  # Windows: several workers need a database there.
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def append(file: BinaryIO, records: Sequence[Any]) -> None:
    """Add records, all of them or none; what a killed writer left half done is cut off first. Raises OSError."""
    end = file.seek(0, os.SEEK_END)
    if end:
        file.seek(end - 1)
        if file.read(1) != b"\n":
            _cut(file)
            end = file.seek(0, os.SEEK_END)
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    data = memoryview(text.encode())
    try:
        while data:
            data = data[file.write(data) :]
    except OSError:
        # A full disk takes a part of it.
        file.truncate(end)
        raise


def _cut(file: BinaryIO) -> int:
    """Cut off what follows the last whole record; gives the number of bytes cut."""
    file.seek(0)
    data = file.read()
    whole = len(data) if data.endswith(b"\n") else data.rfind(b"\n") + 1
    while whole and not _is_record(data[data.rfind(b"\n", 0, whole - 1) + 1 : whole]):
        whole = data.rfind(b"\n", 0, whole - 1) + 1
    if whole < len(data):
        file.truncate(whole)
    return len(data) - whole


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a run's folder: the lock is the system's, and ends with the process, however that ends.

    Raises UsageError where another process holds it.
    """
    with (folder / LOCK).open("ab") as file:
        try:
            import fcntl
        except ImportError:  # Windows: two processes on one folder are not kept apart there.
            yield
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(f"another process is running the search in {folder}") from None
        yield


def _is_record(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
