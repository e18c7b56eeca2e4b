"""Mutation `width`: fewer or more channels in a layer, a block or a stage."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.trace import Trace
from archgraph.search.tree import put


def width(trace: Trace) -> Sequence[Site]:
    """Every width as written, to between half and twice as much."""
    sites = []
    for literal in trace.of("width"):
        value = literal.value
        if type(value) is int and value > 0:
            options = [Option(f"{value} -> {n}", partial(put, trace.spec, literal.path, n)) for n in widths(value)]
            sites.append(Site(trace.describe(literal.path), options))
    return sites


def widths(value: int) -> list[int]:
    """Widths near a width: half, one step less or more, half as much again, twice; a step is 8 at 48, 16 at 64.

    Steps are powers of two, so that widths stay multiples of what hardware and groups like.
    """
    step = min(16, 1 << max(0, (value // 4).bit_length() - 1))
    near = [value // 2, value - step, value + step, value + value // 2, 2 * value]
    rounded = {max(1, round(n / step) * step) for n in near}
    return sorted(rounded - {value})
