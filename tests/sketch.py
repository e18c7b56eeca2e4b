"""Ops with several outputs and graphs put together by hand, for tests of what is made from graphs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archgraph.graph.model import Graph, Node, Scope
from archgraph.ops import make
from archgraph.ops.base import Call, Lowering, Primitive, Ref
from archgraph.ops.facts import facts
from archgraph.shape import Shape


class Halves(Primitive):
    """The channels in two halves, by a function: views of the input."""

    op = "halves"

    def shape(self, *inputs: Shape) -> Shape:
        return (inputs[0][0] // 2, *inputs[0][1:])

    def further(self, *inputs: Shape) -> tuple[Shape, ...]:
        return (self.shape(*inputs),)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(f"torch.split({{0}}, {inputs[0][0] // 2}, 1)", aliases=True)


class Indexed(Primitive):
    """The greatest value in each 2x2 window and where it stood, by a module."""

    op = "indexed"

    def shape(self, *inputs: Shape) -> Shape:
        channels, height, width = inputs[0]
        return channels, height // 2, width // 2

    def further(self, *inputs: Shape) -> tuple[Shape, ...]:
        return (self.shape(*inputs),)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering(module=Call("nn.MaxPool2d", (2,), {"return_indices": True}), overwritable=True)


class Unpooled(Primitive):
    """Values put back where they stood on a map of odd size, all else 0."""

    op = "unpooled"
    arity = 2

    def shape(self, *inputs: Shape) -> Shape:
        channels, height, width = inputs[0]
        return channels, 2 * height + 1, 2 * width + 1

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        size = self.shape(*inputs)[1:]
        return Lowering(f"torch.nn.functional.max_unpool2d({{0}}, {{1}}, 2, output_size={list(size)})")


class Resized(Primitive):
    """The first input at the size of the second, of which nothing else is read."""

    op = "resized"
    arity = 2

    def shape(self, *inputs: Shape) -> Shape:
        return (inputs[0][0], *inputs[1][1:])

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering("torch.nn.functional.interpolate({0}, {1}.shape[2:])")


OWN: Mapping[str, type[Primitive]] = {op.op: op for op in (Halves, Indexed, Unpooled, Resized)}


class Sketch:
    """A graph that grows node by node, each at its place in the scopes."""

    def __init__(self, inputs: Mapping[str, Shape]) -> None:
        self.inputs = dict(inputs)
        self.nodes: dict[str, Node] = {}

    def shape(self, ref: Ref) -> Shape:
        return Graph("sketch", self.inputs, self.nodes, {}).shape(ref)

    def add(
        self, name: str, op: str, args: Mapping[str, Any] | None = None, *inputs: str | Ref, shares: str | None = None
    ) -> Ref:
        """Add a node and give its first output; `a/1` is output 1 of `a`."""
        made = OWN[op]() if op in OWN else make(op, args or {})
        assert isinstance(made, Primitive)
        refs = tuple(ref if isinstance(ref, Ref) else _ref(ref) for ref in inputs)
        self.nodes[name] = Node(name, made, refs, facts(made, tuple(map(self.shape, refs))), shares)
        return Ref(name)

    def graph(
        self,
        *outputs: str,
        kinds: Mapping[str, Any] | None = None,
        train_only: frozenset[str] = frozenset(),
        features: Mapping[str, Ref] | None = None,
        **named: str | Ref,
    ) -> Graph:
        """The graph with these outputs; `kinds` says what its scopes are, blocks where it does not."""
        scopes: dict[str, Scope] = {}
        for name in self.nodes:
            while name := name.rpartition(".")[0]:
                scopes.setdefault(name, Scope("box", (kinds or {}).get(name, "block")))
        given = {**{output: output for output in outputs}, **named}
        refs = {name: output if isinstance(output, Ref) else _ref(output) for name, output in given.items()}
        graph = Graph("sketch", self.inputs, self.nodes, refs, train_only, features or {}, scopes)
        graph.check()
        return graph


def _ref(text: str) -> Ref:
    name, _, output = text.partition("/")
    return Ref(name, int(output or 0))
