"""Where networks are trained: the GPU if there is one, else the processor."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch


def device() -> torch.device:
    """CUDA when there is one, else the CPU; nothing else of a run depends on it."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def describe(device: torch.device) -> str:
    """The device in words, for reports: `NVIDIA H200`, or `AMD EPYC, 2 cores`."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{_processor()}, {torch.get_num_threads()} of {os.cpu_count()} cores"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
