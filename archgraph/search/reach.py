"""A parent outside of the budget: the few changes that bring it inside, before anything is trained."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from random import Random

from archgraph.errors import SpecError
from archgraph.graph.cost import cost
from archgraph.graph.expand import expand
from archgraph.graph.hashing import canonical_hash
from archgraph.search.budget import Budget
from archgraph.search.mutations import MUTATIONS
from archgraph.search.proposal import Candidate
from archgraph.search.trace import trace
from archgraph.spec.model import Spec

STEPS = 100
CHILDREN = 40
"""Children looked at in each step, of which the nearest to the budget is taken."""


def brought_inside(parent: Candidate, budget: Budget, operators: Collection[str], *, seed: int) -> Candidate:
    """The parent, or what a greedy walk of changes made of it: inside the budget, or as near as the walk came."""
    rng = Random(f"{seed}/{parent.hash}")
    nearest, steps = parent, 0
    while not budget.allows(nearest.cost) and steps < STEPS:
        children = [_candidate(spec, parent) for spec in _children(nearest.spec, operators, rng)]
        best = min((c for c in children if c is not None), key=lambda c: budget.miss(c.cost), default=nearest)
        if budget.miss(best.cost) >= budget.miss(nearest.cost):
            break
        nearest, steps = best, steps + 1
    if steps:
        origin = f"parent {parent.spec.name}, brought inside the budget by {steps} changes"
        nearest = replace(nearest, origin=origin)
    return nearest


def _children(spec: Spec, operators: Collection[str], rng: Random) -> list[Spec]:
    traced = trace(spec)
    options = [o for name in operators for site in MUTATIONS[name](traced) for o in site.options]
    return [option.make() for option in rng.sample(options, min(CHILDREN, len(options)))]


def _candidate(spec: Spec, parent: Candidate) -> Candidate | None:
    try:
        graph = expand(spec)
    except SpecError:
        return None
    found = cost(graph)
    return Candidate(spec, found, canonical_hash(graph)) if found.outputs == parent.cost.outputs else None
