"""A network as plain data: primitive ops wired by name, with their shapes. Flat; scopes live in the names.

Ownership and invariants, checked by `Graph.check`:

1. `nodes` is in execution order: a node's inputs stand above it (or are inputs of the graph).
2. `Node.inputs` is the truth about wiring, in argument order; nothing else stores an edge.
3. Names are unique; a dotted prefix of a name is a scope, and `scopes` has every one of them.
4. `Node.facts` is what the node's op gives for the shapes of its inputs.
5. `Node.shares` names a node above that has weights of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from archgraph.errors import Mark
from archgraph.ops.base import Primitive, Ref
from archgraph.ops.facts import Facts, facts
from archgraph.shape import Shape, show
from archgraph.showing import Drawn


class Node(NamedTuple):
    """One primitive op in a graph, with what its rules give here.

    `shares` names the node whose weights this one uses.
    """

    name: str
    op: Primitive
    inputs: tuple[Ref, ...]
    facts: Facts
    shares: str | None = None
    at: Mark | None = None

    @property
    def shape(self) -> Shape:
        """Shape of what it gives (the first output, where there are several), without the batch."""
        return self.facts.shape

    @property
    def scope(self) -> str:
        """Name of the scope around it, empty at the top: `stage.0.conv1` is in `stage.0`."""
        return self.name.rpartition(".")[0]


ScopeKind: TypeAlias = Literal["block", "macro", "body", "copies"]


class Scope(NamedTuple):
    """A box around nodes: a block's copy, a macro, a graph-valued argument, or the copies of a repeated node.

    `op` is the word in the spec (`bottleneck`, `residual`, `conv`, `body`); `args` what it was given, graphs
    left out.
    """

    op: str
    kind: ScopeKind
    args: Mapping[str, Any] = {}
    at: Mark | None = None

    @property
    def label(self) -> str:
        """Its arguments, for people: `planes=64, stride=2`."""
        return ", ".join(f"{name}={value}" for name, value in self.args.items())


@dataclass(frozen=True, repr=False)
class Graph(Drawn):
    """A resolved network.

    `inputs` are the shapes of its inputs by name (`in` for a single one), `outputs` and `features` map names to
    what a node gives, `train_only` are the outputs that exist in training mode alone.
    """

    name: str
    inputs: Mapping[str, Shape]
    nodes: Mapping[str, Node]
    outputs: Mapping[str, Ref]
    train_only: frozenset[str] = frozenset()
    features: Mapping[str, Ref] = field(default_factory=dict)
    scopes: Mapping[str, Scope] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        given = ", ".join(map(show, self.inputs.values()))
        made = ", ".join(show(self.shape(ref)) for ref in self.outputs.values())
        return f"<Graph {self.name!r}, {given} -> {made}, {len(self)} nodes>"

    def shape(self, ref: Ref) -> Shape:
        """Shape of what `ref` stands for, a node's output or an input of the graph."""
        node = self.nodes.get(ref.node)
        if node is None:
            return self.inputs[ref.node]
        return node.facts.further[ref.output - 1] if ref.output else node.shape

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """Shapes of the node's inputs, in argument order."""
        return tuple(self.shape(ref) for ref in node.inputs)

    def needed(self, *, training: bool) -> set[str]:
        """Names of the nodes that a forward pass runs: those that reach an output of that mode."""
        return self._needed({r.node for name, r in self.outputs.items() if training or name not in self.train_only})

    def useful(self, also: Iterable[str] = ()) -> set[str]:
        """Names of the nodes that reach an output, a feature or one of the nodes `also`."""
        return self._needed({*also, *(ref.node for ref in (*self.outputs.values(), *self.features.values()))})

    def _needed(self, wanted: set[str]) -> set[str]:
        for node in reversed(tuple(self.nodes.values())):
            if node[0] in wanted:
                for ref in node[2]:
                    wanted.add(ref[0])
        return wanted.difference(self.inputs)

    def check(self) -> None:
        """Assert the invariants; for tests and for passes."""
        above = set(self.inputs)
        for name, node in self.nodes.items():
            assert name == node.name and name not in above, name
            assert all(ref.node in above for ref in node.inputs), name
            assert all(ref.output <= self._last_output(ref) for ref in node.inputs), name
            assert node.shares is None or (node.shares in above and self.nodes[node.shares].shares is None), name
            assert node.facts == facts(node.op, self.input_shapes(node)), name
            parts = name.split(".")
            assert all(".".join(parts[:n]) in self.scopes for n in range(1, len(parts))), name
            above.add(name)
        assert self.outputs and all(ref.node in above for ref in self.outputs.values())
        assert all(ref.output <= self._last_output(ref) for ref in self.outputs.values())
        assert self.train_only <= set(self.outputs)

    def _last_output(self, ref: Ref) -> int:
        node = self.nodes.get(ref.node)
        return len(node.facts.further) if node else 0
