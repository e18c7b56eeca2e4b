"""Where a network came from, change by change, and how often each mutation led to a better one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from archgraph.search.outcome import Outcome, interval, winners
from archgraph.search.ranking import Values
from archgraph.search.rungs import learned
from archgraph.search.trials import Trial


@dataclass(frozen=True)
class Record:
    """What became of a mutation's children: `better` than their parent, or on the front when they were made."""

    name: str
    weight: float
    trials: int
    failed: int
    better: int
    no_network: int

    @property
    def rate(self) -> float | None:
        """The part of its finished children that were better; None where it has none."""
        return self.better / self.finished if self.finished else None

    @property
    def finished(self) -> int:
        """Its children that have scores."""
        return self.trials - self.failed

    @property
    def interval(self) -> tuple[float, float]:
        """Where `rate` may really be, for so few children: a 95 % interval."""
        return interval(self.better, self.finished)


def lineage(found: Outcome, trial: Trial) -> list[Trial]:
    """A trial after its parent, after that one's, from the first."""
    steps = [trial]
    while (parent := steps[-1].parent) is not None:
        steps.append(found.trials[parent])
    return steps[::-1]


def parents(trial: Trial) -> tuple[int, ...]:
    """The trials that a trial was made of: none for one that was given, two for a crossover."""
    if trial.parent is None:
        return ()
    mate = trial.draw.mate if trial.draw else None
    return (trial.parent,) if mate in (None, trial.parent) else (trial.parent, mate)


def ancestors(found: Outcome, trial: Trial) -> list[int]:
    """The numbers of all trials that a trial came from, second parents included, nearest first."""
    seen: dict[int, None] = {}
    ahead = [*parents(trial)]
    while ahead:
        later = [number for number in dict.fromkeys(ahead) if number not in seen]
        seen.update(dict.fromkeys(later))
        ahead = [parent for number in later for parent in parents(found.trials[number])]
    return list(seen)


def records(found: Outcome) -> list[Record]:
    """How each mutation of a search did, in the order of the recipe."""
    made: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    better: Counter[str] = Counter()
    best: dict[int, Values] = {}
    front: list[Trial] = []
    for trial in found.trials:
        if not learned(trial, found.recipe):
            continue
        several = len(found.recipe.objectives) > 1
        front = winners(front, trial, found.recipe) if several else front
        if trial.values is not None:
            best[trial.number] = trial.values
        if not trial.mutation:
            continue
        operator = trial.mutation["operator"]
        made[operator] += 1
        failed[operator] += trial.state in ("failed", "infeasible")
        better[operator] += any(t is trial for t in front) if several else _improved(found, trial, best)
    return [
        Record(name, weight, made[name], failed[name], better[name], found.tally.rejected[name])
        for name, weight in found.recipe.mutate.items()
    ]


def _improved(found: Outcome, trial: Trial, values: dict[int, Values]) -> bool:
    """Whether a child has a better value of the one objective than its parent."""
    if trial.values is None or trial.parent not in values:
        return False
    (mine,), (theirs,) = trial.values, values[trial.parent]
    return mine > theirs if found.recipe.directions == ["maximize"] else mine < theirs
