"""What a search sees of networks before they are trained: hash and features of what a draw would make."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from archgraph.graph.cost import cost
from archgraph.graph.expand import expand
from archgraph.graph.hashing import canonical_hash
from archgraph.graph.likeness import likeness
from archgraph.search.choices import Choices, defaults
from archgraph.search.proposal import Parent, Proposals, Tally
from archgraph.search.ranking import Draw
from archgraph.search.sampler import Look
from archgraph.spec.model import Spec

KEPT = 20_000
"""Networks of a space that are remembered: what one trial's draws came to, those of the next come to again."""


class Sighted:
    """Makes the network of a draw without keeping it, or of a trial by its number."""

    def __init__(self, proposals: Proposals, *, parent: Callable[[int], Parent]) -> None:
        self.proposals, self.parent = proposals, parent
        self._known: OrderedDict[tuple[tuple[str, object], ...], Look | None] = OrderedDict()

    def drawn(self, draw: Draw) -> Look | None:
        """What a draw would make; None where that is outside the budget or no network."""
        if draw.choices is None:
            return self._made(draw)
        key = tuple((name, str(label)) for name, label in draw.choices.items())
        if key not in self._known:
            if len(self._known) >= KEPT:
                self._known.popitem(last=False)
            self._known[key] = self._made(draw)
        return self._known[key]

    def trained(self, number: int) -> Look:
        """The network of a trial."""
        known = self.parent(number)
        return look(known.spec, known.choices)

    def _made(self, draw: Draw) -> Look | None:
        found = self.proposals.consider(draw, seen=(), tally=Tally())
        return None if found is None else look(found.spec, draw.choices)


def look(spec: Spec, choices: Choices | None = None) -> Look:
    """Hash and features of a network, with the choices that it was made of; what is left to choose is its default."""
    graph = expand(spec)
    taken = choices if choices is not None else defaults(spec)
    decisions = {f"{name}={label}": 1.0 for name, label in taken.items()}
    return Look(canonical_hash(graph), {**likeness(graph, cost(graph)), "decisions": decisions})
