"""Mutation `resolution`: a smaller or larger input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.trace import Trace
from archgraph.spec.model import Spec

STEPS = (-4, -2, -1, 1, 2, 4)


def resolution(trace: Trace) -> Sequence[Site]:
    """The input's height and width together, a few steps less or more. A network with several inputs keeps them.

    Whether the network takes it, and still gives what it gave, is found as for every child.
    """
    shape = trace.spec.input
    if not isinstance(shape, tuple) or len(shape) != 3:
        return []
    now, step = shape[1:], _step(*shape[1:])
    options = []
    for count in STEPS:
        sizes = tuple(size + count * step for size in now)
        back, rest = divmod(now[0] - sizes[0], _step(*sizes))
        if min(sizes) >= 2 * step and back in STEPS and not rest:  # so that the way back is one change too
            label = f"{'x'.join(map(str, now))} -> {'x'.join(map(str, sizes))}"
            options.append(Option(label, partial(_resized, trace.spec, sizes)))
    return [Site("input", options)] if options else []


def _step(height: int, width: int) -> int:
    """A power of two that divides both sizes where one does, up to 32 and a quarter of the smaller: 32 at 224, 2 at 8.

    Sizes stay multiples of what strides divide by.
    """
    powers = [step for step in (32, 16, 8, 4, 2, 1) if 4 * step <= max(min(height, width), 4)]
    return next((step for step in powers if height % step == width % step == 0), 1)


def _resized(spec: Spec, sizes: tuple[int, ...]) -> Spec:
    assert isinstance(spec.input, tuple)
    return replace(spec, input=(spec.input[0], *sizes))
