"""Mutation `pool`: the mean for the greatest value, or the other way around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.pinning import rewrite
from archgraph.search.saying import assumed
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, get
from archgraph.spec.model import NodeSpec, Spec, Value

OTHER_KIND = {
    "max_pool": "avg_pool",
    "avg_pool": "max_pool",
    "global_avg_pool": "global_max_pool",
    "global_max_pool": "global_avg_pool",
    "adaptive_avg_pool": "adaptive_max_pool",
    "adaptive_max_pool": "adaptive_avg_pool",
}
SHARED = ("kernel", "stride", "pad", "ceil", "keep", "size")
"""Arguments that mean the same to both kinds."""


def pool(trace: Trace) -> Sequence[Site]:
    """Every pool whose values alone go on; one that dilates its window or gives indices has no other kind."""
    return [
        Site(
            trace.describe((*path, index)),
            [Option(f"{node.op} -> {OTHER_KIND[node.op]}", partial(_swapped, trace.spec, path, index))],
        )
        for path, body in trace.bodies.items()
        for index, node in enumerate(body.nodes)
        if node.op in OTHER_KIND and not _held(trace.spec, node).keys() & {"dilation", "indices"}
    ]


def _held(spec: Spec, node: NodeSpec) -> Mapping[str, Value]:
    return {**spec.defaults.get(node.op, {}), **node.args}


def _swapped(spec: Spec, path: Path, index: int) -> Spec:
    """The spec with the other kind. Padding is no part of a mean, as it never is the greatest value."""
    nodes = list(get(spec, path).nodes)
    node, held = nodes[index], _held(spec, nodes[index])
    op = OTHER_KIND[node.op]
    args = {name: held.get(name, assumed(spec, node.op, name)) for name in SHARED if name in held}
    if op == "avg_pool" and held.get("pad", 0) != 0:
        args["count_include_pad"] = False
    # A default of the file for the new kind that the old one did not have is taken back.
    for name in spec.defaults.get(op, {}).keys() & set(SHARED) - args.keys():
        args[name] = assumed(spec, node.op, name)
    said = {name: value for name, value in args.items() if assumed(spec, op, name) != value}
    nodes[index] = replace(node, op=op, args=said, marks={})
    return rewrite(spec, path, nodes, kept=range(len(nodes)))
