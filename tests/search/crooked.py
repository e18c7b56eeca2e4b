"""A function as a user might write it for `evaluate: {python: ...}`, which goes wrong in each way that there is.

A trial's number is in the name of its network.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

HANGS = 4
ROOM = 256 * 1024 * 1024
"""Bytes more than it has that the process may take where memory is to run out."""


def _raise() -> Mapping[str, float]:
    raise ValueError("no such image")


def _hang() -> Mapping[str, float]:
    time.sleep(1000)
    return {}


def _eat() -> Mapping[str, float]:
    import resource

    import torch

    pages = int(open("/proc/self/statm").read().split()[0])  # noqa: PTH123, SIM115
    room = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    return {"accuracy": float(torch.ones(ROOM).sum())}  # four bytes each


def _exit() -> Mapping[str, float]:
    os._exit(7)


def _kill() -> Mapping[str, float]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def _fault() -> Mapping[str, float]:
    ctypes.string_at(0)
    return {}


def _no_number() -> Mapping[str, float]:
    return {"accuracy": float("nan")}


WAYS: Mapping[int, Callable[[], Mapping[str, float]]] = dict(
    enumerate((_raise, _no_number, _hang, _eat, _exit, _kill, _fault), start=2)
)
"""What goes wrong, by the trial's number."""


def score(module: Any, spec: Any, trial: Any) -> Mapping[str, float]:
    """An accuracy that is by chance, or none."""
    wrong = WAYS.get(int(spec.name[-4:]))
    return wrong() if wrong else {"accuracy": trial.seed / 2**31}
