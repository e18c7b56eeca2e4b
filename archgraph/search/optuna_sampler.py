"""Any sampler of Optuna's as a search's sampler.

Optuna writes a trial before it is known whether its candidate fits the budget, so the sampler works on a copy of the
study in memory: what it drew for a candidate that was turned away is failed there, and never reaches the storage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, pairwise
from random import Random
from typing import TypeAlias

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, TPESampler
from optuna.trial import Trial, TrialState

from archgraph.search.choices import Choices, Decision, Label, answering, by_label, labels, ordered
from archgraph.search.genotype import Genotype, draw_of
from archgraph.search.mutations import MATED
from archgraph.search.ranking import Draw, Finished, inside, ranked
from archgraph.search.sampler import Direction
from archgraph.spec.model import Choice, Range

Make: TypeAlias = Callable[[int], BaseSampler]
ASKS = 10
"""Proposals for one candidate of which the sampler itself makes one; it makes the first."""
Drawn: TypeAlias = tuple[Mapping[str, Label], Mapping[str, BaseDistribution]]
"""The parameters of a trial, and what each of them may be."""


def make(name: str, population: int) -> Make:
    """What makes the Optuna sampler of a recipe from a seed."""
    if name == "tpe":
        return lambda seed: TPESampler(seed=seed)
    if name == "gp":
        return lambda seed: GPSampler(seed=seed)
    assert name == "nsga2", name
    return lambda seed: NSGAIISampler(seed=seed, population_size=population)


def distributions(operators: Sequence[str]) -> dict[str, BaseDistribution]:
    """What `trial.params` hold: the same four for every trial, so that every sampler sees one fixed space.

    Where a search changes nothing but choices they hold the choices instead; see `drawn`.
    """
    unit = FloatDistribution(0.0, 1.0)
    return {"parent": unit, "operator": CategoricalDistribution(list(operators)), "site": unit, "argument": unit}


def params(draw: Draw) -> dict[str, str | float]:
    """A draw as `trial.params`."""
    return {"parent": draw.rank, "operator": draw.operator, "site": draw.site, "argument": draw.argument}


def drawn(draw: Draw | None, operators: Sequence[str], space: Genotype | None) -> Drawn:
    """What is kept of a candidate in `trial.params`: its choices, or else its draw."""
    if space is not None and (draw is None or draw.choices is not None):
        choices = space.defaults if draw is None or draw.choices is None else draw.choices
        asked = space.decisions(by_label(answering(choices)))
        return {one.name: one.label for one in asked}, {one.name: distribution(one) for one in asked}
    return (params(draw), distributions(operators)) if draw else ({}, {})


def distribution(decision: Decision) -> BaseDistribution:
    """The options of a decision. Whole numbers in even steps are numbers to a sampler too."""
    options = decision.labels
    whole = [option for option in options if isinstance(option, int) and not isinstance(option, bool)]
    if decision.ordered and len(whole) == len(options) > 1:
        steps = {right - left for left, right in pairwise(whole)}
        if len(steps) == 1 and min(steps) > 0:
            return IntDistribution(whole[0], whole[-1], step=min(steps))
    return CategoricalDistribution(options)


class _Study:
    """The copy of the study that a sampler of Optuna's works on, and its trials that run, by index."""

    def __init__(self, make: Make, *, seed: int, directions: Sequence[Direction]) -> None:
        self.make, self.seed = make, seed
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.study = optuna.create_study(directions=list(directions), sampler=make(seed))
        self.signs = [1.0 if direction == "minimize" else -1.0 for direction in directions]
        self.running: dict[int, Trial] = {}

    def failed(self, index: int) -> None:
        running = self.running.pop(index, None)
        if running is not None:
            self.study.tell(running, state=TrialState.FAIL)

    def finish(self, running: Trial, trial: Finished) -> None:
        """End a trial of the copy with what is known of it."""
        if trial.excess is not None:
            running.set_constraint("measured", trial.excess)
        self.study.tell(running, [sign * value for sign, value in zip(self.signs, trial.values, strict=True)])


class ChoiceDriven(_Study):
    """A sampler of Optuna's answers every decision of a space, by name; those that are not asked for are no parameters.

    The sampler is made anew for each candidate.
    """

    def __init__(self, make: Make, *, seed: int, space: Genotype, directions: Sequence[Direction]) -> None:
        super().__init__(make, seed=seed, directions=directions)
        self.space = space
        self.known: dict[str, BaseDistribution] = {}

    def draws(self, index: int, finished: Sequence[Finished]) -> Iterator[Draw]:
        rng = Random(f"{self.seed}/{index}")
        self.study.sampler = self.make(rng.getrandbits(32))
        parent = min(finished, key=lambda trial: trial.index).number
        for attempt in count():
            if attempt % ASKS == 0:
                self.running[index] = trial = self.study.ask()
                choices = self._suggested(trial, rng)
            else:
                # It would say the same again: it is not told of what was turned away. So the next are neighbours.
                for _ in range(1 + attempt // 100):
                    choices = self.space.changed(choices, rng)
            yield draw_of(choices, parent=parent)
            self.failed(index)

    def told(self, trial: Finished) -> None:
        running = self.running.pop(trial.index, None)
        if running is None:
            # A parent, or a trial from before a resume: it goes the way of a fresh one.
            choices = self.space.of(trial)
            self.study.enqueue_trial(dict(choices))
            running = self.study.ask()
            _ = running.relative_params  # the sampler notes what it needs to
            self._suggested(running, Random(0), choices)
        self.finish(running, trial)

    def _suggested(self, trial: Trial, rng: Random, told: Choices | None = None) -> Choices:
        """Choices as the sampler answers; a name whose options changed is answered as `told`, or by chance."""

        def answer(name: str, choice: Choice | Range) -> int:
            options = labels(choice)
            asked = distribution(Decision(name, options, 0, ordered(choice)))
            if self.known.setdefault(name, asked) != asked:
                return answering(told or {}, rng)(name, options)
            return answering({name: _suggested(trial, name, asked)})(name, options)

        return self.space.chosen(answer)


def _suggested(trial: Trial, name: str, asked: BaseDistribution) -> Label:
    if isinstance(asked, IntDistribution):
        return trial.suggest_int(name, asked.low, asked.high, step=asked.step)
    assert isinstance(asked, CategoricalDistribution)
    return trial.suggest_categorical(name, asked.choices)


class OptunaDriven(_Study):
    """A sampler of Optuna's draws; parents are the best trials so far. The sampler is made anew for each candidate."""

    def __init__(
        self, make: Make, *, seed: int, operators: Sequence[str], directions: Sequence[Direction], population: int
    ) -> None:
        super().__init__(make, seed=seed, directions=directions)
        self.population = population
        self.space = distributions(operators)
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
        self.elite = ranked(inside([*self.elite, trial]))[: self.population]
        if trial.draw is None:
            return  # A trial without these parameters would empty the space that samplers see.
        running = self.running.pop(trial.index, None)
        if running is None:
            # A trial from before a resume goes the way of a fresh one, so that the sampler notes what it needs to.
            self.study.enqueue_trial(params(trial.draw))
            running = self.study.ask(self.space)
            _ = running.relative_params
        self.finish(running, trial)
