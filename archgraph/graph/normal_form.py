"""What of a graph its function depends on: the graph without what changes nothing.

Left out are identities, nodes that no output needs, zeros (`x + 0` is `x`; what gives 0 for 0 gives 0), and sums of
sums, which become one sum. Every step keeps the function of the network, whatever its weights are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from archgraph.graph.model import Graph, Node
from archgraph.ops.base import Primitive, Ref
from archgraph.shape import Shape, show

ASSOCIATIVE = frozenset({"add", "mul", "max", "concat"})
"""Ops that give the same where an input is what the same op gave: `a + (b + c)` is `a + b + c`."""

CHANGED = ASSOCIATIVE | {"identity", "zero"}
"""Ops that may change the form of a graph in which no zeros are known."""

KEEPS_ZERO = frozenset({
    "adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "celu", "concat", "crop", "dropout", "drop_path", "elu",
    "flatten", "gelu", "global_avg_pool", "global_max_pool", "hardshrink", "hardswish", "leaky_relu", "max", "max_pool",
    "mean", "mish", "permute", "prelu", "reduce", "relu", "relu6", "reshape", "scale", "selu", "silu", "slice",
    "softshrink", "softsign", "tanh", "tanhshrink",
})  # fmt: skip
"""Ops with one output that give zeros where all their inputs are zeros, whatever their arguments and weights."""

BIASED = frozenset({"conv", "linear"})
"""Ops that do so where they have no bias."""


class Vertex(NamedTuple):
    """A node of the normal form; `group` names those that share its weights, `` where none does."""

    op: Primitive
    inputs: tuple[Ref, ...]
    group: str


class NormalForm(NamedTuple):
    """Vertices in execution order; what each output is; the shapes of the graph's inputs and of zeros, by name; and how
    many inputs and outputs read what a vertex or a source gives.
    """

    vertices: dict[str, Vertex]
    outputs: Mapping[str, Ref]
    sources: Mapping[str, Shape]
    readers: Mapping[str, int]


def normal_form(graph: Graph) -> NormalForm:
    """The normal form of a graph; its vertices have the names of nodes."""
    form = _Reduction(graph)
    kept = form.needed()
    readers = Counter([ref[0] for inputs in kept.values() for ref in inputs])
    readers.update([ref[0] for ref in form.outputs.values()])
    return NormalForm(form.vertices(kept, readers), form.outputs, {**graph.inputs, **form.zeros}, readers)


class _Reduction:
    """What each node of a graph stands for once the nodes that change nothing are taken out."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.stands: dict[Ref, Ref] = {}
        self.zeros: dict[str, Shape] = {}
        self.inputs: dict[str, tuple[Ref, ...]] = {}
        stands, left = self.stands, self.inputs
        for name, node in graph.nodes.items():
            inputs = node[2]
            if stands:
                inputs = tuple([stands.get(ref, ref) for ref in inputs])
            found = self._reduced(node, inputs) if self.zeros or node[1].op in CHANGED else None
            if found is None:
                left[name] = inputs
            elif isinstance(found, Ref):
                stands[Ref(name)] = found
            else:
                left[name] = found
        self.outputs = {name: self.stands.get(ref, ref) for name, ref in graph.outputs.items()}

    def _reduced(self, node: Node, inputs: tuple[Ref, ...]) -> Ref | tuple[Ref, ...] | None:
        """What stands for the node, or the inputs it is left with; None where it stays as it is."""
        op = node.op.op
        if op == "identity":
            return inputs[0]
        if op == "zero":
            return self._zero(node.shape)
        if op in ASSOCIATIVE and len(inputs) == 1:
            return inputs[0]
        left = tuple([ref for ref in inputs if ref.node not in self.zeros])
        if len(left) == len(inputs):
            return None
        if op == "add" and left:
            return left if len(left) > 1 else left[0]
        if op in ("add", "mul") or (not left and not node.facts.further and _keeps_zero(node.op)):
            return self._zero(node.shape)
        return None

    def _zero(self, shape: Shape) -> Ref:
        name = f"zero {show(shape)}"
        self.zeros[name] = shape
        return Ref(name)

    def needed(self) -> dict[str, tuple[Ref, ...]]:
        """The inputs of the nodes that reach an output, by name, the last node first."""
        wanted = {ref.node for ref in self.outputs.values()}
        found: dict[str, tuple[Ref, ...]] = {}
        for name in reversed(self.inputs):
            if name in wanted:
                inputs = found[name] = self.inputs[name]
                for ref in inputs:
                    wanted.add(ref[0])
        return found

    def vertices(self, kept: dict[str, tuple[Ref, ...]], readers: Mapping[str, int]) -> dict[str, Vertex]:
        """The nodes that are kept, with sums of sums as one sum where nothing else reads the inner one."""
        nodes, new = self.graph.nodes, tuple.__new__
        roots = {name: self._root(name) for name in kept if nodes[name][4]}
        sharers = Counter((*roots.values(), *filter(kept.__contains__, set(roots.values()))))
        found: dict[str, Vertex] = {}
        for name in reversed(kept):
            op, inputs = nodes[name][1], kept[name]
            if op.op in ASSOCIATIVE:
                inputs = self._spliced(op, inputs, found, readers)
            group = roots.get(name, name) if sharers else ""
            if group and sharers[group] < 2:
                group = ""
            found[name] = new(Vertex, (op, inputs, group))
        return found

    @staticmethod
    def _spliced(
        op: Primitive, inputs: tuple[Ref, ...], found: dict[str, Vertex], readers: Mapping[str, int]
    ) -> tuple[Ref, ...]:
        """The inputs of a sum, with the inputs of an inner sum in its place."""
        flat: list[Ref] = []
        for ref in inputs:
            inner = found.get(ref.node)
            if inner is not None and inner.op == op and readers[ref.node] == 1:
                flat.extend(inner.inputs)
                del found[ref.node]
            else:
                flat.append(ref)
        return tuple(flat)

    def _root(self, name: str) -> str:
        """The node whose weights a node uses in the end."""
        while (owner := self.graph.nodes[name].shares) is not None:
            name = owner
        return name


def _keeps_zero(op: Primitive) -> bool:
    return op.op in KEEPS_ZERO or (op.op in BIASED and not op.has_bias)  # type: ignore[attr-defined]
