"""Files of the zoo with mistakes in them: how many end in a network and how many in mistakes of which stage, how long
the slowest takes, and the most memory. Anything but a network or located mistakes is printed with its text.

    python benchmarks/fuzz.py 100000
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from fuzzed import STAGES, look
from mutated_text import mutated

from archgraph import zoo

LIMIT_S = 60
"""Seconds that one text may take."""
LIMIT_BYTES = 16 * 2**30
"""Address space of one process."""
CHUNK = 500


@dataclass
class Found:
    """What became of some texts."""

    stages: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_case: str = ""
    seconds: float = 0.0
    peak_mb: int = 0
    defects: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """Take in what another process found."""
        self.stages.update(other.stages)
        if other.slowest > self.slowest:
            self.slowest, self.slowest_case = other.slowest, other.slowest_case
        self.seconds += other.seconds
        self.peak_mb = max(self.peak_mb, other.peak_mb)
        self.defects += other.defects


def main() -> None:
    """Print the table; exit code 1 where there was a defect."""
    parser = argparse.ArgumentParser(description="What becomes of files of the zoo with mistakes in them.")
    parser.add_argument("count", nargs="?", type=int, default=1000, help="texts")
    parser.add_argument("--seed", type=int, default=0, help="the first text's number")
    parser.add_argument("--processes", type=int, default=1, help="processes at once")
    given = parser.parse_args()
    found = Found()
    start = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(given.processes, initializer=_limit) as pool:
        for part in pool.imap_unordered(_run, _chunks(given.seed, given.count)):
            found.add(part)
    _report(found, given.count, time.perf_counter() - start)
    raise SystemExit(1 if found.defects else 0)


def _chunks(first: int, count: int) -> Iterator[range]:
    for start in range(first, first + count, CHUNK):
        yield range(start, min(start + CHUNK, first + count))


def _limit() -> None:
    with contextlib.suppress(ImportError):
        import torch  # noqa: F401 - the first `nn.<Class>` would import it, which is no text's time
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    signal.signal(signal.SIGALRM, _too_long)


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"more than {LIMIT_S} s")


def _run(seeds: range) -> Found:
    found = Found()
    files = zoo.files()
    texts = [file.read_text("utf-8") for file in files]
    for seed in seeds:
        number = seed % len(files)
        rng = Random(seed)
        text = mutated(texts[number], rng)
        signal.alarm(LIMIT_S)
        start = time.perf_counter()
        try:
            found.stages[look(text, files[number], rng)] += 1
        except Exception:
            found.stages["defect"] += 1
            found.defects.append(f"text {seed}, of {files[number].name}\n{text}\n{traceback.format_exc()}")
        signal.alarm(0)
        seconds = time.perf_counter() - start
        found.seconds += seconds
        if seconds > found.slowest:
            found.slowest, found.slowest_case = seconds, f"text {seed}, of {files[number].name}"
    found.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found


def _report(found: Found, count: int, seconds: float) -> None:
    for defect in found.defects[:20]:
        print(defect)
    print(f"{count:,} mutated files of the zoo's {len(zoo.files())}, {count / seconds:,.0f} a second")
    for stage in (*STAGES, "defect"):
        share = found.stages[stage] / max(count, 1)
        print(f"{stage:8}  {found.stages[stage]:>9,}  {share:6.1%}")
    print(f"slowest   {found.slowest:.2f} s: {found.slowest_case}")
    print(f"mean      {found.seconds / max(count, 1) * 1e3:.1f} ms")
    print(f"memory    {found.peak_mb} MB at most")


if __name__ == "__main__":
    main()
