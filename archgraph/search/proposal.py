"""From a sampler's draw to a candidate: mutate, expand, cost, budget, duplicate. No torch, about a millisecond each.

What is turned away here never becomes a trial; it is only counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

from archgraph import dump
from archgraph.errors import SpecError
from archgraph.graph.cost import Cost, cost
from archgraph.graph.expand import expand
from archgraph.graph.hashing import canonical_hash
from archgraph.search.budget import Budget
from archgraph.search.choices import Choices
from archgraph.search.genotype import Genotype, change
from archgraph.search.mutations import MUTATIONS, Mutated, Rejected, Site, mutate_at
from archgraph.search.ranking import Draw
from archgraph.search.repair import repaired
from archgraph.search.settling import UnsettledError
from archgraph.search.trace import Trace, trace
from archgraph.shape import Shape
from archgraph.spec.model import Spec

ATTEMPTS = 2000
"""Proposals in a row that may be turned away before a search says that nothing new is left to try."""
CACHED = 256
"""Parents whose places for changes are remembered."""
MOST_LINES = 10
"""How many lines longer than its parent's a child's text may be: one change that rewrites a page is none to read."""

Reason: TypeAlias = Literal["impossible", "invalid", "outputs", "over_budget", "duplicates"]
"""Why a proposal was turned away: there is no such change to make, or it rewrites a page; the spec is no network, or
one that gives other outputs than its parent; it is over the budget; it is known already."""
NO_NETWORK: tuple[Reason, ...] = ("impossible", "invalid", "outputs")


@dataclass(frozen=True)
class Candidate:
    """A network that may be trained: within the budget, and like no other so far."""

    spec: Spec
    cost: Cost
    hash: str
    parent: int | None = None
    mutation: Mutated | None = None
    draw: Draw | None = None
    origin: str = ""
    """Where it came from, where it is no child of a trial."""


@dataclass
class Tally:
    """How many proposals were made, and what became of those that were turned away."""

    proposals: int = 0
    over_budget: int = 0
    duplicates: int = 0
    repaired: int = 0
    """Children over the budget that were scaled back into it; what is left of them is counted as any other."""
    rejected: Counter[str] = field(default_factory=Counter)
    """Changes that give no network, by operator."""
    reasons: dict[str, Counter[Reason]] = field(default_factory=dict)
    """All that were turned away, by operator and why; searches from before this was kept have none."""

    def turn_away(self, operator: str, reason: Reason) -> None:
        """Count one proposal that becomes no trial."""
        self.reasons.setdefault(operator, Counter())[reason] += 1
        if reason in NO_NETWORK:
            self.rejected[operator] += 1
        self.over_budget += reason == "over_budget"
        self.duplicates += reason == "duplicates"

    def add(self, other: Mapping[str, Any]) -> None:
        """Count what `as_dict` of another tally gave."""
        self.proposals += other["proposals"]
        self.over_budget += other["over_budget"]
        self.duplicates += other["duplicates"]
        self.repaired += other.get("repaired", 0)
        self.rejected.update(other["rejected"])
        for operator, reasons in other.get("reasons", {}).items():
            self.reasons.setdefault(operator, Counter()).update(reasons)

    def as_dict(self) -> dict[str, Any]:
        """The tally as plain data."""
        return {
            "proposals": self.proposals,
            "over_budget": self.over_budget,
            "duplicates": self.duplicates,
            "repaired": self.repaired,
            "rejected": dict(self.rejected),
            "reasons": {operator: dict(reasons) for operator, reasons in self.reasons.items()},
        }


class Parent(NamedTuple):
    """A trial as a parent: its spec, and the shapes that every child has to give too."""

    spec: Spec
    outputs: Mapping[str, Shape]
    choices: Choices | None = None
    """Those that it was made of, in a search of a space."""


class Proposals:
    """Makes candidates from draws. `parent` gives what is known of a trial by its number.

    With `repair` a child just over the budget is scaled back instead of turned away. `space` is what draws with
    choices are of.
    """

    def __init__(
        self,
        budget: Budget,
        *,
        parent: Callable[[int], Parent],
        repair: bool = False,
        space: Genotype | None = None,
    ) -> None:
        self.budget = budget
        self.repair = repair
        self.space = space
        self.parent = parent
        self._known: dict[int, _Places] = {}

    def next(self, draws: Iterable[Draw], *, seen: Collection[str], tally: Tally) -> Candidate | None:
        """The first candidate that may be trained; None after `ATTEMPTS` proposals that may not."""
        for attempt, draw in enumerate(draws):
            if attempt == ATTEMPTS:
                break
            candidate = self.consider(draw, seen=seen, tally=tally)
            if candidate is not None:
                return candidate
        return None

    def consider(self, draw: Draw, *, seen: Collection[str], tally: Tally) -> Candidate | None:
        """The candidate of one draw, or None where it is turned away; `tally` counts why."""
        tally.proposals += 1
        parent = self._parent(draw.parent)
        mutated = self._mutated(draw, parent)
        if isinstance(mutated, Rejected):
            tally.turn_away(draw.operator, "impossible")
            return None
        try:
            graph = expand(mutated.spec)
        except SpecError:
            tally.turn_away(draw.operator, "invalid")
            return None
        found = cost(graph)
        if found.outputs != parent.outputs:
            tally.turn_away(draw.operator, "outputs")
            return None
        if not self.budget.allows(found):
            saved = repaired(mutated.spec, found, self.budget, parent.outputs) if self.repair else None
            if saved is None:
                tally.turn_away(draw.operator, "over_budget")
                return None
            tally.repaired += 1
            change = ", then ".join((mutated.change, *saved.changes))
            mutated, graph, found = mutated._replace(spec=saved.spec, change=change), saved.graph, saved.cost
        digest = canonical_hash(graph)
        if digest in seen:
            tally.turn_away(draw.operator, "duplicates")
            return None
        # Put one level deeper, a line that is just short enough becomes one for each argument.
        if draw.choices is None and _lines(mutated.spec) > parent.lines + MOST_LINES:
            tally.turn_away(draw.operator, "impossible")
            return None
        return Candidate(mutated.spec, found, digest, draw.parent, mutated, draw)

    def _mutated(self, draw: Draw, parent: _Places) -> Mutated | Rejected:
        if self.space is not None and draw.choices is not None:
            try:
                spec = self.space.settled(draw.choices)
            except (UnsettledError, SpecError) as error:
                return Rejected(str(error))
            return Mutated(spec, draw.operator, *change(parent.choices or {}, draw.choices))
        mate = None if draw.mate is None else self._parent(draw.mate)
        return mutate_at(draw.operator, parent.sites(draw.operator, mate), draw.site, draw.argument)

    def _parent(self, number: int) -> _Places:
        if number not in self._known:
            if len(self._known) >= CACHED:
                self._known.pop(next(iter(self._known)))
            self._known[number] = _Places(self.parent(number))
        return self._known[number]


class _Places:
    """What a parent gives, and its places for changes, each found once."""

    def __init__(self, parent: Parent) -> None:
        self.outputs = parent.outputs
        self.choices = parent.choices
        self._spec = parent.spec
        self._sites: dict[str, Sequence[Site]] = {}

    @cached_property
    def _trace(self) -> Trace:
        return trace(self._spec)

    @cached_property
    def lines(self) -> int:
        return _lines(self._spec)

    def sites(self, operator: str, mate: _Places | None = None) -> Sequence[Site]:
        if mate is not None:
            return MUTATIONS[operator](replace(self._trace, mate=mate._trace))
        if operator not in self._sites:
            self._sites[operator] = MUTATIONS[operator](self._trace)
        return self._sites[operator]


def _lines(spec: Spec) -> int:
    return dump(spec).count("\n")


def given(spec: Spec) -> Candidate:
    """A parent spec as a candidate. Raises SpecError where it is no network."""
    graph = expand(spec)
    return Candidate(spec, cost(graph), canonical_hash(graph), origin=f"parent {spec.name}")


def named(candidate: Candidate, search: str, number: int) -> Spec:
    """The spec as it is kept: `digits-0137`, and in `about` where it came from.

    What a child is expected to cost and which paper it follows are its parent's, not its own.
    """
    about = candidate.origin or f"child of trial {candidate.parent} by {candidate.mutation}"
    return replace(candidate.spec, name=f"{search}-{number:04d}", about=about, source="", expect={})
