"""Ctrl-C: once, and a search ends after the trials that are running; twice, and it ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class Stop:
    """Takes the interrupts of a search while it is entered. `told` hears of each; `also` is another reason to end."""

    def __init__(
        self, told: Callable[[int], None] = lambda count: None, *, also: Callable[[], bool] = lambda: False
    ) -> None:
        self.count = 0
        self._told = told
        self._also = also
        self._before: Any = None
        # Only a process's main thread hears of signals.
        self._hears = threading.current_thread() is threading.main_thread()

    @property
    def asked(self) -> bool:
        """Whether to end after the running trials."""
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
