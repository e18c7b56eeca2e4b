"""How long one forward of a module takes: in eval mode, warmed up, the median of many repeats and their spread.

One thread on the CPU is timed by its own clock, which stands still while another process has the core; several threads
are timed by the clock on the wall. A GPU is timed by events in its own queue.
"""

from __future__ import annotations

import copy
import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from archgraph.errors import UsageError
from archgraph.shape import Shape
from archgraph.train.device import describe
from archgraph.train.latency.settings import Timing

WARMUP = 0.2
"""Seconds of a part of the warm-up; it has at least two."""
STEADY = 0.05
"""The warm-up ends when the medians of two parts in a row differ by less than this part of one."""
PARTS = 6
"""Parts of the warm-up at most: a busy machine is never steady."""
REPEATS = 100
LEAST = 5
"""Repeats of a network that takes so long that the seconds would allow fewer."""
SECONDS = 5.0
"""Seconds after which there are no further repeats."""


Clock: TypeAlias = Callable[[Callable[[], object], int], float]
"""Milliseconds of one call, from so many calls in a row."""


class Spread(NamedTuple):
    """Milliseconds: the median of the repeats, and their quartiles."""

    median: float
    low: float
    high: float
    repeats: int


@dataclass(frozen=True)
class Latency:
    """The time of one forward of a whole batch, and on what it was measured; `name` is the device's."""

    time: Spread
    on: Timing
    name: str

    def as_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        median, low, high, repeats = self.time
        times = {"median_ms": median, "low_ms": low, "high_ms": high, "repeats": repeats}
        return {**times, **Timing.model_dump(self.on, include=set(Timing.model_fields)), "device_name": self.name}


def measure(
    module: nn.Module,
    inputs: Sequence[Shape],
    *,
    on: Timing | None = None,
    warmup: float = WARMUP,
    repeats: int = REPEATS,
) -> Latency:
    """The latency of a module for inputs of these shapes, each without the batch; the module stays as it was.

    Raises UsageError where the device is not there, or the module does not run on it in the type of numbers asked for.
    """
    on = on or Timing()
    where = place(on)
    with running(on):
        there = copy.deepcopy(module).to(device=where, dtype=getattr(torch, on.dtype)).eval()
        given = random_inputs(inputs, on)
        return Latency(timed(lambda: there(*given), clock_of(on), warmup=warmup, repeats=repeats), on, describe(where))


def place(on: Timing) -> torch.device:
    """The device. Raises UsageError where it is not there."""
    if on.device == "cuda" and not torch.cuda.is_available():
        raise UsageError("the device is cuda, and torch finds no GPU here; cpu is there")
    return torch.device(on.device)


def random_inputs(shapes: Sequence[Shape], on: Timing) -> list[Tensor]:
    """The same normal random numbers for the same shapes, `(batch, *shape)` each."""
    generator = torch.Generator().manual_seed(0)
    given = [torch.randn(on.batch, *shape, generator=generator) for shape in shapes]
    return [tensor.to(device=place(on), dtype=getattr(torch, on.dtype)) for tensor in given]


@contextmanager
def running(on: Timing) -> Iterator[None]:
    """Inference with as many threads as asked for, and no garbage collection in between.

    What torch cannot do in this type of numbers, or for want of memory, is a UsageError.
    """
    threads, collecting = torch.get_num_threads(), gc.isenabled()
    torch.set_num_threads(on.threads)
    gc.disable()
    try:
        with torch.inference_mode():
            yield
    except RuntimeError as error:
        raise UsageError(f"it does not run on {on}: {str(error).splitlines()[0]}") from error
    finally:
        torch.set_num_threads(threads)
        if collecting:
            gc.enable()


def timed(
    call: Callable[[], object],
    clock: Clock,
    *,
    warmup: float = WARMUP,
    repeats: int = REPEATS,
    seconds: float = SECONDS,
    before: Callable[[], object] | None = None,
    inside: int = 1,
) -> Spread:
    """How long a call takes. `before` is done before each and not counted; `inside` calls are timed at once."""

    def once() -> float:
        if before is not None:
            before()
        return clock(call, inside)

    _warm_up(once, warmup)
    end = time.perf_counter() + seconds
    found: list[float] = []
    while len(found) < LEAST or (len(found) < repeats and time.perf_counter() < end):
        found.append(once())
    return spread(found)


def spread(milliseconds: Sequence[float]) -> Spread:
    """Median and quartiles of several times."""
    low, median, high = statistics.quantiles(milliseconds, n=4, method="inclusive")
    return Spread(round(median, 6), round(low, 6), round(high, 6), len(milliseconds))


def _warm_up(once: Callable[[], float], seconds: float) -> None:
    """Call until it takes as long as before: caches are filled, clocks have risen, libraries chose their kernels."""
    before = 0.0
    for _ in range(PARTS):
        end = time.perf_counter() + seconds
        part = [once()]
        while time.perf_counter() < end:
            part.append(once())
        median = statistics.median(part)
        if abs(median - before) < STEADY * median:
            return
        before = median


def clock_of(on: Timing) -> Clock:
    """What times calls there."""
    if on.device == "cuda":
        return _on_cuda
    now = time.thread_time if on.threads == 1 else time.perf_counter

    def clock(call: Callable[[], object], times: int) -> float:
        start = now()
        for _ in range(times):
            call()
        return 1e3 * (now() - start) / times

    return clock


def _on_cuda(call: Callable[[], object], times: int) -> float:
    """Events are in the GPU's own queue, so that waiting for the answer is not counted."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    torch.cuda.synchronize()
    start.record()
    for _ in range(times):
        call()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) / times
