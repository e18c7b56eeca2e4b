"""Fair timing on a noisy machine, and the table every benchmark prints.

Two things are compared by running them in turn in one process (a b, b a, a b, ...), so that whatever else the
machine does meets both; the answer is the median of the rounds' ratios, with its quartiles beside it.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds that one call took: the median of the rounds, and their quartiles."""

    median: float
    low: float
    high: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`ours` against `theirs`; `ratio` is the median of the rounds' ratios, below 1 where ours is faster."""

    ours: Times
    theirs: Times
    ratio: float
    ratio_low: float
    ratio_high: float


Clock = Callable[[], float]


def measure(
    call: Callable[[], object], *, rounds: int = 15, warmup: int = 2, clock: Clock = time.perf_counter
) -> Times:
    """How long one thing takes."""
    for _ in range(warmup):
        call()
    return _times([_seconds(call, clock) for _ in range(rounds)])


def compare(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    rounds: int = 15,
    warmup: int = 2,
    clock: Clock = time.perf_counter,
) -> Comparison:
    """How long two things take, run in turn; who goes first changes every round."""
    for _ in range(warmup):
        ours()
        theirs()
    mine: list[float] = []
    other: list[float] = []
    for index in range(rounds):
        order = ((ours, mine), (theirs, other))
        for call, seconds in order if index % 2 == 0 else reversed(order):
            seconds.append(_seconds(call, clock))
    low, ratio, high = _quartiles([a / b for a, b in zip(mine, other, strict=True)])
    return Comparison(_times(mine), _times(other), ratio, low, high)


def _seconds(call: Callable[[], object], clock: Clock) -> float:
    gc.collect()
    gc.disable()  # a collection in one of the two would be counted as that one's time
    try:
        start = clock()
        result = call()
        seconds = clock() - start
    finally:
        gc.enable()
    del result
    return seconds


def _times(seconds: Sequence[float]) -> Times:
    low, median, high = _quartiles(seconds)
    return Times(median, low, high, len(seconds))


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, statistics.median(values), high


def machine() -> str:
    """The processor, its cores, and the versions that numbers depend on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = named[0].partition(":")[2].strip() if named else model
    try:
        torch = f", torch {importlib.metadata.version('torch')}"
    except importlib.metadata.PackageNotFoundError:
        torch = ""
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}{torch}"


def milliseconds(seconds: float) -> str:
    """`0.0123` as `12.3 ms`."""
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds * 1e3:.0f} ms"


def options(about: str) -> argparse.ArgumentParser:
    """The options every benchmark has; add more to it."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rounds", type=int, default=None, help="how often each thing is run")
    parser.add_argument("--quick", action="store_true", help="few rounds: to see that it works")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    return parser


def report(title: str, rows: Sequence[dict[str, Any]], *, as_json: bool = False) -> None:
    """Print rows (all with the same keys) as a table, or as JSON with the machine's name."""
    if as_json:
        print(json.dumps({"title": title, "machine": machine(), "rows": rows}, default=asdict, indent=1))
        return
    texts = [{key: _text(value) for key, value in row.items()} for row in rows]
    widths = {key: max(len(key), *(len(row[key]) for row in texts)) for key in texts[0]}
    print(f"{title}\n{machine()}\n")
    print("  ".join(key.ljust(width) for key, width in widths.items()).rstrip())
    for row in texts:
        print("  ".join(row[key].ljust(width) for key, width in widths.items()).rstrip())
    print()


def _text(value: Any) -> str:
    if isinstance(value, Times):
        return milliseconds(value.median)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
