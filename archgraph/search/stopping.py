"""What ends a search early: its time, or Ctrl-C, once after the trials that are running, and twice at once."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class Stop:
    """Takes the interrupts of a search while it is entered. `told` hears of each; `also` is another reason to end.

    After `seconds` its time is up.
    """

    def __init__(
        self,
        told: Callable[[int], None] = lambda count: None,
        *,
        also: Callable[[], bool] = lambda: False,
        seconds: float = math.inf,
    ) -> None:
        self.count = 0
        self._end = time.monotonic() + seconds
        self._told = told
        self._also = also
        self._before: Any = None
        # Only a process's main thread hears of signals.
        self._hears = threading.current_thread() is threading.main_thread()

    @property
    def asked(self) -> bool:
        """Whether to end after the running trials."""
        return self.interrupted or time.monotonic() >= self._end

    @property
    def interrupted(self) -> bool:
        """Whether somebody wants it to end, and not its time alone."""
        return self.count > 0 or self._also()

    def __enter__(self) -> Stop:
        if self._hears:
            self._before = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._hears:
            signal.signal(signal.SIGINT, self._before)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        self._told(self.count)
        if self.count > 1:
            raise KeyboardInterrupt
