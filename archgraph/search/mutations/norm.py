"""Mutation `norm`: another normalisation, as an argument or as a node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from archgraph.ops.arguments import NORMS
from archgraph.search.mutations.base import Option, Site
from archgraph.search.pinning import rewrite
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, get, put
from archgraph.spec.model import Spec

NONE = "none"


def norm(trace: Trace) -> Sequence[Site]:
    """Every norm as written, `none` too, and every node that is one; the last node's stays as it is."""
    sites = []
    last = ("graph", len(trace.spec.graph.nodes) - 1)
    for literal in trace.of("norm"):
        if literal.value in (*NORMS, NONE) and literal.path[:2] != last:
            others = [name for name in (*NORMS, NONE) if name != literal.value]
            options = [Option(f"{literal.value} -> {n}", partial(put, trace.spec, literal.path, n)) for n in others]
            sites.append(Site(trace.describe(literal.path), options))
    kinds = list(NORMS.values())
    for path, body in trace.bodies.items():
        for index, node in enumerate(body.nodes):
            if node.op in kinds and node.args.keys() <= {"eps"}:
                others = [op for op in kinds if op != node.op]
                options = [
                    Option(f"{node.op} -> {op}", partial(_swapped, trace.spec, path, index, op)) for op in others
                ]
                sites.append(Site(trace.describe((*path, index)), options))
    return sites


def _swapped(spec: Spec, path: Path, index: int, op: str) -> Spec:
    nodes = list(get(spec, path).nodes)
    nodes[index] = replace(nodes[index], op=op, marks={})
    return rewrite(spec, path, nodes, kept=range(len(nodes)))
