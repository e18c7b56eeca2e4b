"""The journal file of a study: mended after a kill, and held by one process at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archgraph.errors import UsageError

NAME = "study.journal"
"""The file in a run's folder that holds the whole study."""
LOCK = "study.lock"


def mend(path: Path) -> int:
    """Cut off a last line that was not written to its end; gives the number of bytes cut.

    Optuna reads a torn line as an error, or appends to it and loses both. Only whoever holds the lock may mend.
    """
    with path.open("rb+") as file:
        data = file.read()
        whole = len(data) if data.endswith(b"\n") else data.rfind(b"\n") + 1
        while whole and not _is_record(data[data.rfind(b"\n", 0, whole - 1) + 1 : whole]):
            whole = data.rfind(b"\n", 0, whole - 1) + 1
        file.truncate(whole)
    # Optuna's own lock, left by a writer that was killed, would heal by itself only after 30 seconds.
    Path(f"{path}.lock").unlink(missing_ok=True)
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
