"""Mutation `dense`: the growth and the layers of densely connected nodes, and which layers see which."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.mutations.width import widths
from archgraph.search.saying import holds, tell, write
from archgraph.search.trace import Trace

OTHER = {"all": "log", "log": "all"}


def dense(trace: Trace) -> Sequence[Site]:
    """Every growth and every number of layers as written, and how the layers of each dense node are connected.

    `width` and `depth` change these one by one with all others; here is a step for dense nodes alone.
    """
    sites = []
    for literal in trace.of("growth"):
        if type(literal.value) is int and literal.value > 0:
            options = [
                Option(f"growth {literal.value} -> {n}", partial(write, trace.spec, literal.path, n))
                for n in widths(literal.value)
            ]
            sites.append(Site(trace.describe(literal.path), options))
    for literal in trace.of("layers"):
        if type(literal.value) is int and literal.value > 0:
            options = [
                Option(f"layers {literal.value} -> {n}", partial(write, trace.spec, literal.path, n))
                for n in _layers(literal.value)
            ]
            sites.append(Site(trace.describe(literal.path), options))
    for path, body in trace.bodies.items():
        for index, node in enumerate(body.nodes):
            now = holds(trace.spec, node, "connect") if node.op == "dense" else None
            if isinstance(now, str) and now in OTHER:
                other = OTHER[now]
                make = partial(tell, trace.spec, (*path, index), {"connect": other})
                sites.append(Site(trace.describe((*path, index)), [Option(f"connect {now} -> {other}", make)]))
    return sites


def _layers(value: int) -> list[int]:
    return sorted({n for n in (value // 2, value - 2, value - 1, value + 1, value + 2, 2 * value) if n > 0} - {value})
