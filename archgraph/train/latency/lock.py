"""One measurement at a time on a machine: two at once would measure each other."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone() -> Iterator[None]:
    """Wait until nobody else of this user measures, whatever search they belong to.

    The lock is the system's and ends with the process, however that ends. It keeps nobody from training meanwhile.
    """
    try:
        import fcntl
    except ImportError:  # Windows: measurements there are not kept apart.
        yield
        return
    with (Path(tempfile.gettempdir()) / f"archgraph-latency-{os.getuid()}.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
