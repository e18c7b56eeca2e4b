"""Mutation `activation`: another nonlinearity, as an argument or as a node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.pinning import rewrite
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, get, put
from archgraph.spec.model import Spec

ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "silu", "mish", "hardswish")
"""What a search tries: the ones in use between layers, all without weights and bounded below or linear."""

REPLACED = frozenset({*ACTIVATIONS, "relu6", "prelu", "selu", "celu", "tanh", "sigmoid", "softplus"})
"""What it takes out: also what older networks have between layers."""
GATE = "gate"
"""An argument whose activation has to end between 0 and 1."""


def activation(trace: Trace) -> Sequence[Site]:
    """Every activation as written; `none` stays, since a linear layer is a decision of its own."""
    sites = [
        Site(
            trace.describe(literal.path),
            [
                Option(f"{literal.value} -> {other}", partial(put, trace.spec, literal.path, other))
                for other in _others(literal.value)
            ],
        )
        for literal in trace.of("activation")
        if literal.value in REPLACED and literal.path[-1] != GATE
    ]
    for path, body in trace.bodies.items():
        for index, node in enumerate(body.nodes):
            if node.op in REPLACED and not node.args:
                make = partial(_swapped, trace.spec, path, index)
                options = [Option(f"{node.op} -> {other}", partial(make, other)) for other in _others(node.op)]
                sites.append(Site(trace.describe((*path, index)), options))
    return sites


def _others(name: str) -> list[str]:
    return [other for other in ACTIVATIONS if other != name]


def _swapped(spec: Spec, path: Path, index: int, op: str) -> Spec:
    nodes = list(get(spec, path).nodes)
    nodes[index] = replace(nodes[index], op=op)
    return rewrite(spec, path, nodes, kept=range(len(nodes)))
