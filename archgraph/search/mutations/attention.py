"""Mutation `attention`: put channel attention in, take it out, or swap one kind for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.pinning import outside, references, rewrite
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, get
from archgraph.spec.model import Body, NodeSpec, Spec
from archgraph.spec.naming import node_names

KINDS = ("se", "eca", "cbam")
AFTER = frozenset({"conv", "separable", "residual", "branches", "dense"})
"""Ops after which attention makes sense, as it does after the blocks of a file: they give feature maps."""


def attention(trace: Trace) -> Sequence[Site]:
    """Every attention node, and every gap after an op that gives feature maps and has none yet."""
    sites: list[Site] = []
    for path, body in trace.bodies.items():
        for index, node in enumerate(body.nodes):
            if node.op in KINDS:
                sites.append(_present(trace, path, body, index))
            elif _takes_attention(trace, path, body, index):
                after = "after " + trace.describe((*path, index))
                make = partial(_inserted, trace.spec, path, index + 1)
                sites.append(Site(after, [Option(f"insert {kind}", partial(make, kind)) for kind in KINDS]))
    return sites


def _present(trace: Trace, path: Path, body: Body, index: int) -> Site:
    node = body.nodes[index]
    swaps = [
        Option(f"{node.op} -> {kind}", partial(_swapped, trace.spec, path, index, kind))
        for kind in KINDS
        if kind != node.op
    ]
    name = node_names(body)[index]
    named = name in references(body.nodes) or name in outside(trace.spec, path)
    chained = node.inputs in (None, ("prev",))
    drop = [] if named or not chained else [Option(f"drop {node.op}", partial(_dropped, trace.spec, path, index))]
    return Site(trace.describe((*path, index)), drop + swaps)


def _takes_attention(trace: Trace, path: Path, body: Body, index: int) -> bool:
    """Whether what stands after this node would be used, and is not attention already."""
    node = body.nodes[index]
    if node.op not in AFTER and node.op not in trace.spec.blocks:
        return False
    if index + 1 < len(body.nodes):
        following = body.nodes[index + 1]
        return following.op not in KINDS and (following.inputs is None or "prev" in following.inputs)
    # At the top, the last node is the output; in a block or a macro's graph, it is what flows on.
    return path != ("graph",)


def _inserted(spec: Spec, path: Path, index: int, kind: str) -> Spec:
    nodes = list(get(spec, path).nodes)
    kept: list[int | None] = list(range(len(nodes)))
    nodes.insert(index, NodeSpec(kind))
    kept.insert(index, None)
    return rewrite(spec, path, nodes, kept=kept)


def _swapped(spec: Spec, path: Path, index: int, kind: str) -> Spec:
    nodes = list(get(spec, path).nodes)
    nodes[index] = replace(nodes[index], op=kind, args={}, marks={})
    return rewrite(spec, path, nodes, kept=range(len(nodes)))


def _dropped(spec: Spec, path: Path, index: int) -> Spec:
    nodes = list(get(spec, path).nodes)
    kept = [n for n in range(len(nodes)) if n != index]
    return rewrite(spec, path, [nodes[n] for n in kept], kept=kept)
