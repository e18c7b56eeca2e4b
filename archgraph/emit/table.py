"""Graph -> the rows of a table: what stands in the network, in order, and what each part costs.

Rows are plain data, for `--json` and tests as much as for people; the functions at the end print them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from archgraph.graph.cost import NodeCost, node_costs
from archgraph.graph.model import Graph, Node
from archgraph.graph.outline import Part, outline
from archgraph.graph.wording import arguments, assumed, label, op_name, text
from archgraph.ops.base import Ref
from archgraph.shape import Shape

By: TypeAlias = Literal["op", "block", "node"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a node, or a box with its nodes' costs together.

    `shapes` are those of the tensors that others take of it, of the last copy where there are copies; `shape` is the
    last node's. Numbers are sums over `count` equal copies, for one input. `level` is how deep it stands: a row of
    level 1 is part of the row of level 0 above it. A row that exists in training mode alone (`train_only`) counts no
    MACs.
    """

    name: str
    label: str
    level: int
    op: str
    arguments: Mapping[str, Any]
    count: int
    shape: Shape
    shapes: tuple[Shape, ...]
    params: int
    macs: int
    share: float
    activation_bytes: int
    train_only: bool

    def as_dict(self) -> dict[str, Any]:
        """The row as plain data, for JSON."""
        plain = {key: value if _is_plain(value) else text(value) for key, value in self.arguments.items()}
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {**fields, "arguments": plain, "shape": list(self.shape), "shapes": list(map(list, self.shapes))}


@dataclass(frozen=True, slots=True)
class Sum:
    """What all nodes of one op, or all boxes of one block, cost together."""

    name: str
    count: int
    params: int
    macs: int
    share: float
    activation_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """The sum as plain data, for JSON."""
        return asdict(self)


def rows(graph: Graph, *, depth: int = 1, flat: bool = False, full: bool = False) -> list[Row]:
    """The lines of `archgraph show`: boxes open to a depth, or every node (`flat`).

    With `full`, the arguments of a node are all it takes, defaults included.
    """
    if flat:
        parts: Iterable[Part] = (Part(node.name, node.name, 1, ((node,),)) for node in graph)
    else:
        parts = outline(graph, depth=depth)
    costs = _Costs(graph)
    users = _users(graph)
    found: list[Row] = []

    def visit(part: Part, level: int, inside: str) -> None:
        given = assumed(part.node) if full and part.node else arguments(part)
        params, macs, activations = costs.of(node.name for node in part.nodes)
        train_only = all(node.name in costs.train_only for node in part.nodes)
        found.append(
            Row(
                part.name, label(part, inside), level, op_name(part), given, part.count, part.shape,
                _given(graph, part, users), params, macs, costs.share(macs), activations, train_only,
            )
        )  # fmt: skip
        for inner in part.parts:
            visit(inner, level + 1, part.inner + ".")

    for part in parts:
        visit(part, 0, "")
    return found


def _users(graph: Graph) -> dict[Ref, set[str]]:
    """The nodes that take each value; an empty name for the network's own outputs."""
    users: dict[Ref, set[str]] = {}
    for node in graph:
        for ref in node.inputs:
            users.setdefault(ref, set()).add(node.name)
    for ref in (*graph.outputs.values(), *graph.features.values()):
        users.setdefault(ref, set()).add("")
    return users


def _given(graph: Graph, part: Part, users: Mapping[Ref, set[str]]) -> tuple[Shape, ...]:
    """Shapes of the tensors that others take of a part, or of what it ends in where nobody takes any."""
    copy = part.copies[-1]
    inside = {node.name for node in copy}
    refs = [Ref(node.name, output) for node in copy for output in range(1 + len(node.facts.further))]
    taken = [ref for ref in refs if not users.get(ref, inside) <= inside]
    return tuple(map(graph.shape, taken)) or (part.shape,)


def sums(graph: Graph, by: By) -> list[Sum]:
    """The lines of `archgraph cost --by`, the most MACs first: by op, by outermost block or macro, or by node.

    Nodes stay in the order of the network.
    """
    costs = _Costs(graph)
    groups: dict[str, list[tuple[Node, ...]]] = {}
    for key, nodes in _units(graph, by):
        groups.setdefault(key, []).append(nodes)
    found = []
    for key, units in groups.items():
        params, macs, activations = costs.of(node.name for nodes in units for node in nodes)
        found.append(Sum(key, len(units), params, macs, costs.share(macs), activations))
    return found if by == "node" else sorted(found, key=lambda line: (-line.macs, -line.params, line.name))


def _units(graph: Graph, by: By) -> Iterable[tuple[str, tuple[Node, ...]]]:
    if by == "block":
        return ((op_name(part), copy) for part in outline(graph) for copy in part.copies)
    return ((node.op.op if by == "op" else node.name, (node,)) for node in graph)


class _Costs:
    """Costs of a graph's nodes, for sums of them."""

    def __init__(self, graph: Graph) -> None:
        self.train_only = graph.nodes.keys() - graph.needed(training=False)
        self.nodes = node_costs(graph)
        self.total = sum(found.macs for name, found in self.nodes.items() if name not in self.train_only)

    def of(self, names: Iterable[str]) -> NodeCost:
        params = macs = activations = 0
        for name in names:
            found = self.nodes[name]
            params += found.params
            macs += 0 if name in self.train_only else found.macs
            activations += found.activation_bytes
        return NodeCost(params, macs, activations)

    def share(self, macs: int) -> float:
        return macs / self.total if self.total else 0.0


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
