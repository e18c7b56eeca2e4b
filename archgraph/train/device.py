"""Where networks are trained: the GPU if there is one, else the processor."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch


def device() -> torch.device:
    """CUDA when there is one, else the CPU; nothing else of a run depends on it."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


SMALL = 2_000_000
"""MACs of one input below which one thread is best.

On 2 cores, forward and backward of 64 images of a net of 0.8M MACs took 12 ms with one thread, 10 ms with two on an
idle machine, and up to 1.2 s with two where another process ran: the threads wait for each other at every operation.
At 12M MACs two were always faster.
"""


def use_threads(macs: int) -> int:
    """Take as many threads as a network of this cost is worth, at most $OMP_NUM_THREADS; gives their number.

    Where several processes train at once, each is given its part of the cores by that variable.
    """
    most = os.environ.get("OMP_NUM_THREADS", "")
    cores = int(most) if most.isdecimal() and int(most) else os.cpu_count() or 1
    threads = 1 if macs < SMALL else cores
    torch.set_num_threads(threads)
    return threads


def describe(device: torch.device) -> str:
    """The device in words, for reports: `NVIDIA H200`, or `AMD EPYC with 2 cores`."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{_processor()} with {os.cpu_count()} cores"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
