"""Mutation `kernel`: a smaller or larger window."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, get, put
from archgraph.spec.model import NodeSpec, Spec

LARGEST = 11
POOLS = frozenset({"max_pool", "avg_pool"})


def kernel(trace: Trace) -> Sequence[Site]:
    """Every kernel size as written, two less or more; its padding goes along where it kept the size."""
    sites = []
    for literal in trace.of("kernel"):
        value = literal.value
        if type(value) is not int or _sets_stride(trace, literal.path):
            continue
        sizes = [n for n in (value - 2, value + 2) if 1 <= n <= LARGEST]
        options = [Option(f"{value} -> {n}", partial(_resized, trace.spec, literal.path, n)) for n in sizes]
        if options:
            sites.append(Site(trace.describe(literal.path), options))
    return sites


def _sets_stride(trace: Trace, path: Path) -> bool:
    """A pool without a stride steps by its kernel: another kernel would be another size of everything after it."""
    node = get(trace.spec, path[:-2]) if path[-2:] == ("args", "kernel") else None
    return isinstance(node, NodeSpec) and node.op in POOLS and node.args.get("stride") is None


def _resized(spec: Spec, path: Path, size: int) -> Spec:
    """The spec with another kernel; a `pad` beside it that was half the kernel stays half of it."""
    before = get(spec, path)
    spec = put(spec, path, size)
    node = get(spec, path[:-2]) if path[-2:] == ("args", "kernel") else None
    if isinstance(node, NodeSpec) and type(node.args.get("pad")) is int and node.args["pad"] == before // 2:
        spec = put(spec, (*path[:-1], "pad"), size // 2)
    return spec
