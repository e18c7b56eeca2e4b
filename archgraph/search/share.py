"""What part of a space fits a budget and, where nothing does, what comes nearest and which nodes stand in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from archgraph.errors import SpecError
from archgraph.graph.cost import Cost, cost, node_costs
from archgraph.graph.expand import expand
from archgraph.graph.model import Graph
from archgraph.graph.space import Space
from archgraph.search.budget import Budget
from archgraph.search.choices import Choices, labels
from archgraph.search.places import Answer, Places
from archgraph.spec.model import Choice, Range, Spec

LOOKS = 1000
"""Networks that are looked at, at most, on the way to the one nearest to a budget."""


@dataclass(frozen=True)
class Share:
    """How many of the networks of a space that were looked at fit a budget.

    Where none does, `nearest` is the cost of the network nearest to it that changing one decision after the other came
    to, and `nodes` are those of its nodes that are over a limit by themselves, by name: the cost and how much of it.
    """

    budget: Budget
    fit: int
    looked_at: int
    nearest: Cost | None = None
    nodes: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def part(self) -> float:
        """The part that fits, from 0 to 1."""
        return self.fit / self.looked_at

    @property
    def possible(self) -> bool:
        """Whether any network that was looked at fits, the nearest too."""
        return self.fit > 0 or (self.nearest is not None and self.budget.allows(self.nearest))

    def as_dict(self) -> dict[str, Any]:
        """The share as plain data."""
        limits = {name: {"min": limit.least, "max": limit.most} for name, limit in self.budget.limits.items()}
        found = {"limits": limits, "fit": self.fit, "looked_at": self.looked_at, "share": self.part}
        if self.nearest is None:
            return found
        nodes = {name: {"cost": of, "value": value} for name, (of, value) in self.nodes.items()}
        return {**found, "possible": self.possible, "nearest": self.nearest.as_dict(), "nodes": nodes}


def share(spec: Spec, held: Space, budget: Budget, *, fixed: Mapping[str, Any] = MappingProxyType({})) -> Share:
    """What part of a space, of which `held` was looked at, fits a budget; choices in `fixed` are made already."""
    fit = sum(budget.allows(one) for one in held.costs)
    looked_at = len(held.costs) + held.refused
    if fit:
        return Share(budget, fit, looked_at)
    graph = _Descent(spec, budget, fixed).nearest()
    if graph is None:
        return Share(budget, fit, looked_at, min(held.costs, key=budget.miss))
    found = cost(graph)
    nodes = {} if budget.allows(found) else _too_large(graph, budget)
    return Share(budget, fit, looked_at, found, nodes)


def _too_large(graph: Graph, budget: Budget) -> dict[str, tuple[str, int]]:
    """The nodes that are over a limit by themselves, with the cost and how much of it they have."""
    found: dict[str, tuple[str, int]] = {}
    for name, known in node_costs(graph).items():
        own = {"macs": known.macs, "flops": 2 * known.macs, "params": known.params}
        for of, limit in budget.limits.items():
            if limit.most is not None and own[of] > limit.most:
                found[name] = of, own[of]
    return found


class _Descent:
    """Takes for one decision after the other the option that brings the network nearest to a budget."""

    def __init__(self, spec: Spec, budget: Budget, fixed: Mapping[str, Any]) -> None:
        self.places, self.budget, self.fixed = Places(spec), budget, fixed
        self.looks = 0

    def nearest(self) -> Graph | None:
        """The network that no other option of one decision brings nearer; None where the defaults are none."""
        choices: Choices = {}
        best = self._network(choices)
        while best is not None:
            before = self.budget.miss(cost(best))
            for asked in [one.decision for one in self.places.ask(self._answer(choices))]:
                for label in asked.labels if asked.name not in self.fixed else ():
                    tried = {**choices, asked.name: label}
                    graph = self._network(tried)
                    if graph is not None and self.budget.miss(cost(graph)) < self.budget.miss(cost(best)):
                        best, choices = graph, tried
            if self.looks >= LOOKS or self.budget.miss(cost(best)) in (0.0, before):
                break
        return best

    def _network(self, choices: Choices) -> Graph | None:
        if self.looks >= LOOKS:
            return None
        self.looks += 1
        choose, _ = self.places.questions(self._answer(choices))
        try:
            return expand(self.places.tagged, choose=choose)
        except SpecError:
            return None

    def _answer(self, choices: Choices) -> Answer:
        def answer(name: str, choice: Choice | Range) -> int:
            if name in self.fixed:
                return choice.options.index(self.fixed[name])
            known = labels(choice)
            return known.index(choices[name]) if choices.get(name) in known else choice.options.index(choice.chosen)

        return answer
