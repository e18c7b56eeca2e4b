"""Mutation `stride`: a downsampling moved to the layer before or after, so that the whole still makes as much of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from archgraph.search.mutations.base import Option, Site
from archgraph.search.saying import assumed, holds, write
from archgraph.search.trace import Trace, roles
from archgraph.search.tree import Path
from archgraph.spec.model import NodeSpec, Spec

POOLS = frozenset({"max_pool", "avg_pool", "lp_pool"})


class _Place(NamedTuple):
    """A stride, written or not; those of one `group` may be exchanged."""

    path: Path
    value: int
    name: str
    group: Path


def stride(trace: Trace) -> Sequence[Site]:
    """Every stride above 1, to the nearest places before and after it that have a smaller one.

    Places are the columns of a list and the nodes of a graph; what stands in a block stays in it.
    """
    places = list(_places(trace))
    sites = []
    for index, here in enumerate(places):
        if here.value > 1:
            options = []
            for line in (reversed(places[:index]), places[index + 1 :]):
                fits = (one for one in line if one.group == here.group and one.value < here.value)
                if (there := next(fits, None)) is not None:
                    options.append(Option(f"to {there.name}", partial(_moved, trace.spec, here, there)))
            if options:
                sites.append(Site(here.name, options))
    return sites


def _places(trace: Trace) -> Iterator[_Place]:
    """Strides in the order of the graphs, then those of lists in variables."""
    written = [literal for literal in trace.of("stride") if type(literal.value) is int]
    for path, body in trace.bodies.items():
        for index, node in enumerate(body.nodes):
            at = (*path, index)
            inside = [literal for literal in written if literal.path[: len(at)] == at]
            for literal in inside:
                if literal.path[len(at) : len(at) + 1] == ("each",) or _is_one(trace, node, literal.path, at):
                    yield _Place(literal.path, literal.value, trace.describe(literal.path), path)
            name = _unsaid(trace, node)
            if name is not None:
                yield _Place((*at, "args", name), 1, f"{trace.describe(at)}.{name}", path)
    for literal in written:
        if literal.path[0] == "vars" and len(literal.path) == 3:
            yield _Place(literal.path, literal.value, trace.describe(literal.path), literal.path[:2])


def _is_one(trace: Trace, node: NodeSpec, path: Path, at: Path) -> bool:
    """Whether a stride is an argument of this node, which stands once, and keeps the size where it becomes 1."""
    if len(path) != len(at) + 2 or node.repeat is not None or node.each is not None:
        return False
    if node.op not in POOLS:
        return True
    window, pad = holds(trace.spec, node, "kernel"), holds(trace.spec, node, "pad")
    return type(window) is int and pad in (window // 2, "tf_same") and window % 2 == 1


def _unsaid(trace: Trace, node: NodeSpec) -> str | None:
    """The argument of a node that stands once and could have a stride, but does not say one."""
    if node.repeat is not None or node.each is not None or node.op in POOLS:
        return None
    if node.op in trace.spec.blocks:
        known = [name for name, found in trace.parameters[node.op].items() if "stride" in found]
    else:
        known = [name for name, role in roles(node.op).items() if role == "stride"]
    unsaid = [name for name in known if name not in node.args and assumed(trace.spec, node.op, name) == 1]
    return unsaid[0] if len(known) == len(unsaid) == 1 else None


def _moved(spec: Spec, here: _Place, there: _Place) -> Spec:
    spec = write(spec, here.path, there.value)
    return write(spec, there.path, here.value)
