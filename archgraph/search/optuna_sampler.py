"""Any sampler of Optuna's as a search's sampler.

Optuna writes a trial before it is known whether its candidate fits the budget, so the sampler works on a copy of the
study in memory: what it drew for a candidate that was turned away is failed there, and never reaches the storage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import TypeAlias

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.samplers import BaseSampler, NSGAIISampler, TPESampler
from optuna.trial import Trial, TrialState

from archgraph.search.mutations import MATED
from archgraph.search.ranking import Draw, Finished, ranked
from archgraph.search.sampler import Direction

Make: TypeAlias = Callable[[int], BaseSampler]


def make(name: str, population: int) -> Make:
    """What makes the Optuna sampler of a recipe from a seed."""
    if name == "tpe":
        return lambda seed: TPESampler(seed=seed)
    assert name == "nsga2", name
    return lambda seed: NSGAIISampler(seed=seed, population_size=population)


def distributions(operators: Sequence[str]) -> dict[str, BaseDistribution]:
    """What `trial.params` hold: the same four for every trial, so that every sampler sees one fixed space."""
    unit = FloatDistribution(0.0, 1.0)
    return {"parent": unit, "operator": CategoricalDistribution(list(operators)), "site": unit, "argument": unit}


def params(draw: Draw) -> dict[str, str | float]:
    """A draw as `trial.params`."""
    return {"parent": draw.rank, "operator": draw.operator, "site": draw.site, "argument": draw.argument}


class OptunaDriven:
    """A sampler of Optuna's draws; parents are the best trials so far. The sampler is made anew for each candidate."""

    def __init__(
        self, make: Make, *, seed: int, operators: Sequence[str], directions: Sequence[Direction], population: int
    ) -> None:
        self.make, self.seed, self.population = make, seed, population
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.space = distributions(operators)
        self.study = optuna.create_study(directions=list(directions), sampler=make(seed))
        self.signs = [1.0 if direction == "minimize" else -1.0 for direction in directions]
        self.running: dict[int, Trial] = {}
        self.elite: list[Finished] = []

    def draws(self, index: int, finished: Sequence[Finished]) -> Iterator[Draw]:
        self.study.sampler = self.make(Random(f"{self.seed}/{index}").getrandbits(32))
        while True:
            trial = self.study.ask(self.space)
            self.running[index] = trial
            drawn = trial.params
            position = min(int(drawn["parent"] * len(self.elite)), len(self.elite) - 1)
            parent = self.elite[position]
            operator, argument = drawn["operator"], drawn["argument"]
            # What the argument is drawn for needs few of its digits; the others choose the second parent.
            mate = self.elite[int(argument * 1e6) % len(self.elite)].number if operator in MATED else None
            yield Draw(parent.number, drawn["parent"], operator, drawn["site"], argument, mate)
            self.failed(index)

    def told(self, trial: Finished) -> None:
        self.elite = ranked([*self.elite, trial])[: self.population]
        if trial.draw is None:
            return  # A trial without these parameters would empty the space that samplers see.
        running = self.running.pop(trial.index, None)
        if running is None:
            # A trial from before a resume goes the way of a fresh one, so that the sampler notes what it needs to.
            self.study.enqueue_trial(params(trial.draw))
            running = self.study.ask(self.space)
            _ = running.relative_params
        self.study.tell(running, [sign * value for sign, value in zip(self.signs, trial.values, strict=True)])

    def failed(self, index: int) -> None:
        running = self.running.pop(index, None)
        if running is not None:
            self.study.tell(running, state=TrialState.FAIL)
