"""Where a study is kept: a journal file (the default), or a database that Optuna's RDBStorage speaks to."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from archgraph.errors import UsageError
from archgraph.search import journal

T = TypeVar("T")
PATIENCE = 300.0
"""Seconds that a database may be away, as when it is restarted."""
PAUSE = 0.05
"""Seconds until a database that was away is asked again, the first time."""
SYNC = 1.0
"""Seconds of a search that a loss of power may cost, and the time that the disk takes; the end of a process costs
nothing. To wait for the disk after every trial took as long as all else that a trial needs beside training."""


class JournalFile(JournalFileBackend):
    """Optuna's journal file, in which a writer that was killed or ran out of disk leaves nothing half written.

    The lock is the system's, on the file itself: it ends with the process that holds it, where Optuna's own is taken
    from a dead process only after 30 seconds.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._waiting = threading.Lock()
        self._failed: OSError | None = None

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        try:
            if self._failed is not None:
                raise self._failed
            with journal.writing(Path(self._file_path)) as file:
                journal.append(file, logs)
        except OSError as error:
            raise cannot_write(self._file_path, error) from error
        # What is written between two looks at the disk goes with the second: held by the thread that waits for it.
        if self._waiting.acquire(blocking=False):
            thread = threading.Timer(SYNC, self._sync)
            thread.daemon = True
            thread.start()

    def _sync(self) -> None:
        """Wait until the disk has all that was written so far."""
        self._waiting.release()
        try:
            with Path(self._file_path).open("rb") as file:
                os.fsync(file.fileno())
        except FileNotFoundError:
            pass  # Somebody deleted the search.
        except OSError as error:
            self._failed = error


def cannot_write(path: str | os.PathLike[str], error: OSError) -> UsageError:
    """What ends a search whose disk is full or gone."""
    return UsageError(
        f"cannot write {os.fspath(path)}: {error.strerror}; no finished trial is lost, and the search can be resumed"
    )


class Patient:
    """A storage that is asked again while it is away, for `PATIENCE` seconds; then UsageError.

    A study reaches its storage through this alone, so that none of its questions can go without.
    """

    def __init__(self, storage: BaseStorage) -> None:
        self.storage = storage

    def __call__(self, question: Callable[[BaseStorage], T]) -> T:
        return patiently(lambda: question(self.storage))


def open_storage(url: str, *, patience: float = 0.0) -> BaseStorage:
    """The storage of a URL: `postgresql://...`, `sqlite:///...`, or the path of a journal file.

    Raises UsageError where it cannot be reached for `patience` seconds, or what it needs is not installed.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if "://" not in url:
        return JournalStorage(JournalFile(url))
    kind, rest = url.split("://", 1)
    options: dict[str, Any] = {"pool_pre_ping": True}
    if kind in ("postgresql", "postgres"):
        if find_spec("psycopg") is None:
            raise UsageError("a storage in PostgreSQL needs psycopg: pip install 'archgraph[postgres]'")
        # Each worker is one process with a heartbeat thread.
        kind, options = "postgresql+psycopg", {**options, "pool_size": 2, "max_overflow": 0}
    elif kind != "sqlite" and not kind.startswith("postgresql+"):
        raise UsageError(f"no storage {kind}://; it is postgresql://, sqlite:/// or the path of a journal file")
    url = f"{kind}://{rest}"

    def connect() -> BaseStorage:
        return optuna.storages.get_storage(optuna.storages.RDBStorage(url, engine_kwargs=options))

    return patiently(connect, patience=patience)


def patiently(operation: Callable[[], T], *, patience: float = PATIENCE) -> T:
    """What an operation gives; while the database is away it is tried again. Raises UsageError after `patience`.

    An operation may have been done although its answer was lost, and is then done twice.
    """
    until, pause = time.monotonic() + patience, PAUSE
    while True:
        try:
            return operation()
        except Exception as error:
            if not _away(error):
                raise
            if time.monotonic() >= until:
                tried = f" for {patience:g} seconds" if patience else ""
                raise UsageError(f"cannot reach the storage{tried}: {error}") from error
        time.sleep(pause)
        pause = min(2 * pause, 2.0)


def _away(error: Exception) -> bool:
    """Whether an error says that the database could not be asked."""
    if isinstance(error, optuna.exceptions.StorageInternalError):
        return True
    if find_spec("sqlalchemy") is None:
        return False
    from sqlalchemy.exc import DBAPIError, PendingRollbackError
    from sqlalchemy.exc import TimeoutError as PoolTimeoutError

    return isinstance(error, (DBAPIError, PendingRollbackError, PoolTimeoutError))
