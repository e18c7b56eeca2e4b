"""What a search sees of networks before they are trained: hash and features of what a draw would make."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archgraph.graph.cost import cost
from archgraph.graph.expand import expand
from archgraph.graph.hashing import canonical_hash
from archgraph.graph.likeness import likeness
from archgraph.search.choices import defaults
from archgraph.search.proposal import Parent, Proposals, Tally
from archgraph.search.ranking import Draw
from archgraph.search.sampler import Look
from archgraph.spec.model import Spec


class Sighted:
    """Makes the network of a draw without keeping it, or of a trial by its number."""

    def __init__(self, proposals: Proposals, *, parent: Callable[[int], Parent]) -> None:
        self.proposals, self.parent = proposals, parent

    def drawn(self, draw: Draw) -> Look | None:
        """What a draw would make; None where that is outside the budget or no network."""
        found = self.proposals.consider(draw, seen=(), tally=Tally())
        return None if found is None else look(found.spec)

    def trained(self, number: int) -> Look:
        """The network of a trial."""
        return look(self.parent(number).spec)


def look(spec: Spec) -> Look:
    """Hash and features of a network. What is left to choose in it is its default."""
    graph = expand(spec)
    taken: Mapping[str, float] = {f"{name}={label}": 1.0 for name, label in defaults(spec).items()}
    return Look(canonical_hash(graph), {**likeness(graph, cost(graph)), "decisions": taken})
