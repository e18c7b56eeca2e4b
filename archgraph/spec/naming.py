"""Names of nodes within their graph: the `id` where one is given, else the op and its running number."""

from __future__ import annotations

from archgraph.spec.model import Body


def node_names(body: Body) -> tuple[str, ...]:
    """The name of each node of a graph as written, before `repeat` and `each` add `.0`, `.1`, ...

    The number counts all nodes of that op in the graph, those with an `id` or a false `when` included, so that a
    name depends on the text alone. An `nn.GELU` is named after its class: names have no dots.
    """
    counts: dict[str, int] = {}
    names = []
    for node in body.nodes:
        op = node.op.removeprefix("nn.")
        counts[op] = number = counts.get(op, 0) + 1
        names.append(node.id or f"{op}{number}")
    return tuple(names)
