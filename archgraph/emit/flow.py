"""Which values enter and leave every scope, and in what order its parts run.

A part is a direct child of a scope: a node, or an inner scope that runs as one call. Two kinds of inner
scope cannot be one call and are opened, that is, their own parts take their place: one that needs a value
that was made from what it gives, and one that gives a value in training mode alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from archgraph.graph.model import Graph
from archgraph.ops.base import Ref


class Part(NamedTuple):
    """A node or an inner scope of a scope, with the values it takes and gives."""

    name: str
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    train_only: bool


class Flow:
    """The values of a graph that cross the borders of its scopes. The top is the scope named ''."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        alone = len(graph.outputs) == 1  # a single output is there in every mode
        self.in_training = graph.needed(training=True)
        self.always = self.in_training if alone else graph.needed(training=False)
        self.opened: set[str] = set()  # as `parts` of the scopes around them finds
        self.children: dict[str, dict[str, None]] = {"": {}}
        self.entering: dict[str, dict[Ref, None]] = {}
        self.leaving: dict[str, dict[Ref, None]] = {}
        self._around: dict[str, tuple[str, ...]] = dict.fromkeys(graph.inputs, ("",))
        self._place = {name: place for place, name in enumerate(graph.nodes)}
        chains: dict[str, tuple[str, ...]] = {"": ("",)}
        for name, node in graph.nodes.items():
            self._around[name] = around = self._register(name, chains)
            if name in self.in_training:
                for ref in node.inputs:
                    self._cross(self._around[ref.node], around, ref)
        for ref in graph.outputs.values():
            self._cross(self._around[ref.node], ("",), ref)

    def _register(self, name: str, chains: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Enter a node or scope among the children of the scope around it, and give all scopes around it."""
        scope = name.rpartition(".")[0]
        chain = chains.get(scope)
        if chain is None:
            self.children[scope] = {}
            chain = chains[scope] = (*self._register(scope, chains), scope)
        self.children[scope][name] = None
        return chain

    def _cross(self, made: tuple[str, ...], used: tuple[str, ...], ref: Ref) -> None:
        """Note which borders a value crosses on its way from where it is made to where it is used."""
        if made == used:
            return
        both = 0
        for one, other in zip(made, used, strict=False):
            if one != other:
                break
            both += 1
        for scope in made[both:]:
            self.leaving.setdefault(scope, {})[ref] = None
        for scope in used[both:]:
            self.entering.setdefault(scope, {})[ref] = None

    @cached_property
    def running(self) -> dict[str, bool]:
        """The scopes that run in training mode; True for those that run in eval mode too."""
        found = {"": True}
        for name in self.graph.nodes:
            if name in self.in_training:
                always = name in self.always
                for scope in self._around[name]:
                    found[scope] = found.get(scope, False) or always
        return found

    def part(self, name: str) -> Part:
        """A node or an inner scope by its name."""
        node = self.graph.nodes.get(name)
        if node is not None:
            further = node.facts.further
            gives = (Ref(name), *(Ref(name, n) for n in range(1, len(further) + 1))) if further else (Ref(name),)
            return Part(name, node.inputs, gives, name not in self.always)
        leaving = tuple(self.leaving.get(name, ()))
        if len(leaving) > 1:
            leaving = tuple(sorted(leaving, key=lambda ref: (self._place[ref.node], ref.output)))
        return Part(name, tuple(self.entering.get(name, ())), leaving, not self.running[name])

    def parts(self, scope: str) -> list[Part]:
        """What the forward of a scope calls, in order. Parts for training alone run as early as they can."""
        while True:
            parts = [self.part(name) for name in self._expanded(self.children[scope])]
            order, stuck = self._sorted(parts, scope)
            if not stuck:
                return order
            self.opened.add(next(part.name for part in stuck if part.name not in self.graph.nodes))

    def _expanded(self, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            if self.running.get(name) and any(ref.node not in self.always for ref in self.leaving.get(name, ())):
                self.opened.add(name)
            if name in self.opened:
                yield from self._expanded(self.children[name])
            elif name in self.in_training or name in self.running:
                yield name

    def _sorted(self, parts: list[Part], scope: str) -> tuple[list[Part], list[Part]]:
        """The parts, each after those it takes values from; or else the parts for which there is no such
        order.
        """
        needs = {part.name: self._makers(part, scope) for part in parts}
        if not any(part.train_only for part in parts) and _in_order(needs):
            return parts, []
        position: dict[str, tuple[int, ...]] = {}
        waiting = parts
        while waiting:
            later: list[Part] = []
            for part in waiting:
                made_by = needs[part.name]
                if made_by <= position.keys():
                    after = max((position[name] for name in made_by), default=(-1,))
                    number = len(position)
                    position[part.name] = (after[0], 1, number) if part.train_only else (number, 0, number)
                else:
                    later.append(part)
            if len(later) == len(waiting):
                return [], later
            waiting = later
        return sorted(parts, key=lambda part: position[part.name]), []

    def _makers(self, part: Part, scope: str) -> set[str]:
        """The parts of `scope` that make what `part` takes."""
        depth = scope.count(".") + 2 if scope else 1
        makers: set[str] = set()
        for ref in part.inputs:
            around = self._around[ref.node]
            if len(around) >= depth and around[depth - 1] == scope and ref.node in self._place:
                inside = (*around[depth:], ref.node)
                makers.add(inside[0] if not self.opened else next(name for name in inside if name not in self.opened))
        return makers


def _in_order(needs: Mapping[str, set[str]]) -> bool:
    """Whether everything stands below what it needs."""
    above: set[str] = set()
    for name, makers in needs.items():
        if not makers <= above:
            return False
        above.add(name)
    return True
