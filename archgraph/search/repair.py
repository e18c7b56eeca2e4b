"""A child just over the budget, scaled back into it: narrower first, then shallower."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from archgraph.errors import SpecError
from archgraph.graph.cost import Cost, cost
from archgraph.graph.expand import expand
from archgraph.graph.model import Graph
from archgraph.search.budget import Budget
from archgraph.search.mutations.base import Sites
from archgraph.search.mutations.depth import depth
from archgraph.search.mutations.width import width
from archgraph.search.trace import trace
from archgraph.shape import Shape
from archgraph.spec.model import Spec

JUST = 0.5
"""How far over all limits together a child may be, as a part of them; what is further out is another network."""
STEPS = 4
"""Changes that a repair may make: with more, little would be left of the child."""


class Repaired(NamedTuple):
    """A child inside the budget, with its network and its cost, and what was done to it."""

    spec: Spec
    graph: Graph
    cost: Cost
    changes: tuple[str, ...]


def repaired(spec: Spec, found: Cost, budget: Budget, outputs: Mapping[str, Shape]) -> Repaired | None:
    """The child with fewer channels, or fewer layers where that is not enough; None where it stays outside.

    Of the changes that bring it inside, the one that gives up least is made; else the one that comes nearest.
    """
    if not 0 < budget.miss(found) <= JUST:
        return None
    best = _Step(spec, None, found, "")
    made: list[str] = []
    for kind in (width, depth):
        while len(made) < STEPS:
            nearest = min(_smaller(best, kind, budget, outputs), key=lambda step: _rank(step, budget), default=None)
            if nearest is None or budget.miss(nearest.cost) >= budget.miss(best.cost):
                break
            best = nearest
            made.append(best.change)
            if best.graph is not None and budget.allows(best.cost):
                return Repaired(best.spec, best.graph, best.cost, tuple(made))
    return None


class _Step(NamedTuple):
    spec: Spec
    graph: Graph | None
    cost: Cost
    change: str


def _rank(step: _Step, budget: Budget) -> tuple[float, int]:
    """Less is better: how far outside, then how much was given up."""
    return budget.miss(step.cost), -step.cost.macs


def _smaller(before: _Step, kind: Sites, budget: Budget, outputs: Mapping[str, Shape]) -> Iterator[_Step]:
    """Every network that is one change of a kind away and gives the same outputs."""
    for site in kind(trace(before.spec)):
        for option in site.options:
            try:
                graph = expand(spec := option.make())
            except SpecError:
                continue
            found = cost(graph)
            if found.outputs == outputs and budget.miss(found) < budget.miss(before.cost):
                yield _Step(spec, graph, found, f"{site.name} {option.label}")
