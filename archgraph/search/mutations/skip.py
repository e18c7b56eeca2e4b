"""Mutation `skip`: a residual connection around a run of nodes, put in or taken out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.pinning import outside, references, rewrite
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, get
from archgraph.spec.model import Body, NodeSpec, Spec, Value
from archgraph.spec.naming import node_names

AROUND = frozenset({"conv", "separable", "branches", "dense", "se", "eca", "cbam", "batch_norm", "relu"})
"""Ops that a residual may be put around, beside the blocks of a file: from feature maps to feature maps."""
LONGEST = 3


def skip(trace: Trace) -> Sequence[Site]:
    """Every residual that can be taken out, and every run of up to three nodes that one can be put around."""
    sites: list[Site] = []
    for path, body in trace.bodies.items():
        named = references(body.nodes) | set(outside(trace.spec, path))
        names = node_names(body)
        for index, node in enumerate(body.nodes):
            if node.op == "residual" and _plain(node) and _is_simple(trace.spec, node):
                drop = Option("drop the skip", partial(_dropped, trace.spec, path, index))
                sites.append(Site(trace.describe((*path, index)), [drop]))
                continue
            runs = [n for n in range(1, LONGEST + 1) if _can_wrap(trace, path, body, index, n, named)]
            make = partial(_wrapped, trace.spec, path, index)
            options = [Option(_around(names[index : index + n]), partial(make, n)) for n in runs]
            if options:
                sites.append(Site(trace.describe((*path, index)), options))
    return sites


def _around(names: Sequence[str]) -> str:
    return "skip around " + (names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}")


def _plain(node: NodeSpec) -> bool:
    """Whether a node stands once, in the chain, so that it can be taken apart."""
    return node.repeat is None and node.each is None and node.when is None and node.inputs in (None, ("prev",))


def _is_simple(spec: Spec, node: NodeSpec) -> bool:
    """Whether a residual is its body, a shortcut and an activation, and nothing that would be lost without it."""
    body = node.args.get("body")
    if not isinstance(body, Body) or not body.nodes or not node.args.keys() <= {"body", "shortcut", "act"}:
        return False
    # A name, or `in`, would mean another node once the body stands in the graph around it.
    chained = all(inner.inputs in (None, ("prev",)) for inner in body.nodes)
    return chained and isinstance(_act(spec, node), str)


def _act(spec: Spec, node: NodeSpec) -> Value:
    return node.args.get("act", spec.defaults.get("residual", {}).get("act", "none"))


def _can_wrap(trace: Trace, path: Path, body: Body, index: int, count: int, named: set[str]) -> bool:
    run = body.nodes[index : index + count]
    if len(run) < count or not all(node.op in AROUND or node.op in trace.spec.blocks for node in run):
        return False
    if run[0].inputs not in (None, ("prev",)) or any(node.inputs not in (None, ("prev",)) for node in run[1:]):
        return False
    if named & set(node_names(body)[index : index + count]):
        return False
    # A residual around all of another's body, or around the network's last layer, is not what one would write.
    whole_body = path[-1:] == ("body",) and count == len(body.nodes)
    return not whole_body and not (path == ("graph",) and index + count == len(body.nodes))


def _wrapped(spec: Spec, path: Path, index: int, count: int) -> Spec:
    nodes = list(get(spec, path).nodes)
    kept: list[int | None] = [*range(index), None, *range(index + count, len(nodes))]
    around = NodeSpec("residual", {"body": Body(tuple(nodes[index : index + count]))})
    return rewrite(spec, path, [*nodes[:index], around, *nodes[index + count :]], kept=kept)


def _dropped(spec: Spec, path: Path, index: int) -> Spec:
    nodes = list(get(spec, path).nodes)
    residual = nodes[index]
    inner = list(residual.args["body"].nodes)
    act = _act(spec, residual)
    after = [NodeSpec(act)] if isinstance(act, str) and act != "none" else []
    new = [*inner, *after]
    kept: list[int | None] = [*range(index), *[None] * len(new), *range(index + 1, len(nodes))]
    return rewrite(spec, path, [*nodes[:index], *new, *nodes[index + 1 :]], kept=kept)
