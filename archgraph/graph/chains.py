"""The vertices of a normal form in chains: a vertex whose only reader reads nothing else is told together with it.

In a convolutional network most vertices stand in a chain (conv, norm, activation), so a hash that goes from chain to
chain has a fifth of the way to go. Which vertices make a chain depends on the wiring alone, never on names or order.
"""

from __future__ import annotations

from typing import NamedTuple

from archgraph.graph.model import Graph
from archgraph.graph.normal_form import NormalForm
from archgraph.graph.signature import SIGNED, signature
from archgraph.ops.base import Primitive, Ref


class Chain(NamedTuple):
    """Vertices one behind the other: what each of them does, and the op and the inputs of the first. A vertex that
    shares its weights is a chain of its own, and `group` is that of the vertex.
    """

    does: list[str]
    op: Primitive
    inputs: tuple[Ref, ...]
    group: str


def chains(graph: Graph, form: NormalForm) -> dict[str, Chain]:
    """All chains of a graph's normal form, by the name of their last vertex; what feeds a chain stands above it."""
    nodes, readers, known, new = graph.nodes, form.readers, SIGNED, tuple.__new__
    found: dict[str, Chain] = {}
    for name, (op, inputs, group) in form.vertices.items():
        held = known.get(id(nodes[name][3]))
        does = held[1] if held is not None else signature(graph, name)
        if len(inputs) == 1 and not group:
            above, output = inputs[0]
            if not output and readers[above] == 1:
                chain = found.pop(above, None)
                if chain is not None and not chain[3]:
                    chain[0].append(does)
                    found[name] = chain
                    continue
                if chain is not None:
                    found[above] = chain
        found[name] = new(Chain, ([does], op, inputs, group))
    return found
