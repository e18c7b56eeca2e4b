"""Mutation `dilation`: the elements of a kernel further apart, or closer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.saying import holds, tell, write
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, get
from archgraph.spec.model import NodeSpec, Spec, Value

LARGEST = 8
WINDOWED = frozenset({"conv", "separable", "inverted"})
"""Ops whose padding follows the dilation, so that another one keeps the size."""


def dilation(trace: Trace) -> Sequence[Site]:
    """Every dilation as written, and every window of more than a pixel that has none: half of it or twice as much."""
    sites = []
    for literal in trace.of("dilation"):
        if type(literal.value) is int and not _of_pool(trace.spec, literal.path):
            options = _options(trace.spec, literal.path, literal.value)
            sites.append(Site(trace.describe(literal.path), options))
    for path, body in trace.bodies.items():
        for index, node in enumerate(body.nodes):
            if node.op in WINDOWED and _is_dense(trace.spec, node):
                place = (*path, index, "args", "dilation")
                sites.append(Site(f"{trace.describe((*path, index))}.dilation", _options(trace.spec, place, 1)))
    return sites


def _options(spec: Spec, path: Path, value: int) -> list[Option]:
    sizes = [n for n in (value // 2, 2 * value) if 1 <= n <= LARGEST]
    return [Option(f"{value} -> {n}", partial(_spread, spec, path, n)) for n in sizes]


def _of_pool(spec: Spec, path: Path) -> bool:
    node = get(spec, path[:-2]) if path[-2:] == ("args", "dilation") else None
    return isinstance(node, NodeSpec) and node.op not in WINDOWED


def _is_dense(spec: Spec, node: NodeSpec) -> bool:
    """Whether a node says nothing of dilation, and has a window that it would change."""
    if "dilation" in node.args or "dilation" in spec.defaults.get(node.op, {}):
        return False
    return holds(spec, node, "kernel") not in (1, (1,), (1, 1))


def _spread(spec: Spec, path: Path, new: int) -> Spec:
    """The spec with another dilation; a `pad` beside it that kept the size still keeps it."""
    node = get(spec, path[:-2]) if path[-2:] == ("args", "dilation") else None
    if not isinstance(node, NodeSpec):
        return write(spec, path, new)
    before, window, pad = (holds(spec, node, name) for name in ("dilation", "kernel", "pad"))
    values: dict[str, Value] = {"dilation": new}
    if type(before) is int and type(window) is int and type(pad) is int and pad == before * (window - 1) // 2:
        values["pad"] = new * (window - 1) // 2
    return tell(spec, path[:-2], values)
