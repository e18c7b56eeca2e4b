"""Mistakes where an expansion does not come: blocks nothing uses, options not taken, nodes whose `when` is false, and
whatever stands in a file that has other mistakes; and nodes that come to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archgraph.errors import Finding
from archgraph.graph.builder import Place
from archgraph.graph.model import Graph
from archgraph.ops import OPS, mistakes
from archgraph.ops.signatures import node_arguments
from archgraph.spec.model import Body, Choice, Expr, NodeSpec, Range, Spec


def unreached(spec: Spec) -> list[Finding]:
    """Wrong arguments of the nodes that `expand` may never look at, as far as their text says."""
    reached: set[int] = set()
    _reach(spec, spec.graph, reached)
    return [mistake for node in _all(spec) if id(node) not in reached for mistake in _wrong(node)]


def behind(findings: Sequence[Finding], spec: Spec) -> list[Finding]:
    """Wrong arguments in what could be read of a file that has other mistakes; not of nodes that have one of those."""
    marked = {finding.at for finding in findings}
    return [mistake for node in _all(spec) if marked.isdisjoint(node.marks.values()) for mistake in _wrong(node)]


def idle(graph: Graph) -> list[Finding]:
    """The nodes, or whole boxes of them, that no output and no feature needs."""
    needed = graph.useful()
    lively = {scope for name in needed for scope in _around(name)}
    found: dict[str, Finding] = {}
    for node in graph:
        if node.name not in needed:
            name = next((scope for scope in _around(node.name) if scope not in lively), node.name)
            at = graph.scopes[name].at if name in graph.scopes else node.at
            hint = "take it with `from`, name it in `outputs` or `features`, or leave it out"
            found.setdefault(name, Finding(f"nothing uses what {name} gives", at or node.at, hint))
    return list(found.values())


def _around(name: str) -> list[str]:
    """The scopes around a node, from the outermost."""
    steps = name.split(".")
    return [".".join(steps[:count]) for count in range(1, len(steps))]


def _all(spec: Spec) -> Iterator[NodeSpec]:
    for body in (spec.graph, *(block.graph for block in spec.blocks.values())):
        yield from _nodes(body)


def _wrong(node: NodeSpec) -> Iterator[Finding]:
    """What is wrong with the arguments that stand in the text; a block's are known when it is expanded."""
    if node.op in OPS:
        named = node_arguments(OPS[node.op])
        written = {key: value for key, value in node.args.items() if key not in named and not _undecided(value)}
        yield from (Place(node.op, node.marks).finding(mistake) for mistake in mistakes(node.op, written))


def _reach(spec: Spec, body: Body, reached: set[int]) -> None:
    """Collect the nodes that every expansion comes to."""
    for node in body.nodes:
        if node.when is not None or id(node) in reached:
            continue
        reached.add(id(node))
        if node.op in spec.blocks:
            _reach(spec, spec.blocks[node.op].graph, reached)
        elif node.op != "choice":
            for inner in _bodies(node):
                _reach(spec, inner, reached)


def _nodes(body: Body) -> Iterator[NodeSpec]:
    for node in body.nodes:
        yield node
        for inner in _bodies(node):
            yield from _nodes(inner)


def _bodies(node: NodeSpec) -> Iterator[Body]:
    """The graphs among a node's arguments: one, a list of them, or a mapping."""
    for value in node.args.values():
        inside = value if isinstance(value, tuple) else value.values() if isinstance(value, dict) else (value,)
        yield from (item for item in inside if isinstance(item, Body))


def _undecided(value: object) -> bool:
    """Whether only an expansion can say what the value is."""
    if isinstance(value, tuple):
        return any(map(_undecided, value))
    if isinstance(value, dict):
        return any(map(_undecided, value.values()))
    return isinstance(value, (Expr, Choice, Range))
