"""What a process knows of a study: every trial of any worker is noted once, when it is made and when it has ended.

Of two trials with one network, as of two second tries of one trial, the one with the lower number stands and the other
yields. Storages number trials one after the other, so all workers come to the same end without asking each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from archgraph.search.identity import Watch
from archgraph.search.latency import excess
from archgraph.search.outcome import turn, winners
from archgraph.search.proposal import Tally
from archgraph.search.ranking import Finished, Values, dominates, improved
from archgraph.search.recipe import Recipe
from archgraph.search.rungs import Rungs, learned
from archgraph.search.sampler import Sampler
from archgraph.search.study import StudyFile
from archgraph.search.trials import INTERRUPTED, Trial

TRIES = 5
"""How often a network is taken up at most, when its worker dies every time."""


class Ledger:
    """The trials of a study as far as they were read. `ended` is called for each that ends from now on."""

    def __init__(self, study: StudyFile, recipe: Recipe, sampler: Sampler, ended: Callable[[Trial], None]) -> None:
        self.study, self.recipe, self.sampler = study, recipe, sampler
        self.trials: list[Trial] = []
        self.seen: set[str] = set()
        self.open: set[int] = set()
        self.finished: list[Finished] = []
        self.over: list[Finished] = []
        """Those that were measured and are over a limit."""
        self.won: list[Trial] = []
        self.tally = Tally()
        self.count = 0
        """Candidates taken up: second tries and trials that yielded are none."""
        self.next_index = 0
        self.rungs = Rungs(recipe)
        self._ended: Callable[[Trial], None] = lambda trial: None
        self._values: dict[int, Values] = {}
        self._front: list[Finished] = []
        self._holder: dict[tuple[str, int], int] = {}
        self._again: dict[int, int] = {}
        self._before: dict[int, int] = {}
        self._interrupted: list[int] = []
        for known in study.trials():
            self._register(known)
        # With rungs what ended first is what was made first: their trials have the index of the first rung's.
        for known in sorted(self.trials, key=lambda trial: trial.number if recipe.fidelity else trial.index):
            if known.state != "running":
                self._close(known)
        self._ended = ended

    @property
    def parents(self) -> list[Finished]:
        """What candidates are made from: the finished trials, or what there is while none is inside the limits."""
        return self.finished or self.over

    def refresh(self) -> None:
        """Read what is new: what became of trials that were running, and trials that were made since."""
        for number in sorted(self.open):
            self.look(number)
        while (new := self.study.next_trial()) is not None:
            self._register(new)
            if new.state != "running":
                self._close(new)

    def look(self, number: int) -> None:
        """Read one running trial again."""
        known = self.study.look(number)
        self.trials[number] = known
        if known.state != "running" and number in self.open:
            self._close(known)

    def correct(self, number: int, **changes: Any) -> Trial:
        """Note that a running trial is kept otherwise than it was made."""
        self.trials[number] = known = replace(self.trials[number], **changes)
        self.next_index = max(self.next_index, known.index + 1)
        return known

    def yields(self, known: Trial) -> bool:
        """Whether another trial stands instead of this one."""
        if known.again is not None:
            return self._again[known.again] != known.number
        return self._holder.get((known.hash, known.rung)) != known.number or self.rungs.too_many(known)

    def candidates_before(self, number: int) -> int:
        """Candidates with a lower number than a trial's."""
        return self._before[number]

    def interrupted(self) -> Trial | None:
        """The first trial that was stopped with its worker and was not run again."""
        while self._interrupted and self._interrupted[0] in self._again:
            self._interrupted.pop(0)
        return self.trials[self._interrupted[0]] if self._interrupted else None

    def reap(self, watch: Watch, *, me: str, current: int | None) -> None:
        """End the trials of dead workers, and those of this one that it knows nothing of; `current` is what it runs."""
        others = [number for number in sorted(self.open) if number != current]
        if not others:
            return
        beats = self.study.beats()
        for number in others:
            worker = self.trials[number].worker
            if worker == me or watch.dead(worker, beats):
                self._bury(number)

    def _bury(self, number: int) -> None:
        """End a trial that nobody runs: exactly one of those who try does it."""
        known = self.study.look(number)
        if known.state == "running":
            if known.scores is not None and over(known.scores, self.recipe):
                self.study.rule_out(number, known.scores)
            elif known.scores is not None:
                self.study.end(number, values_of(known.cost, known.scores, self.recipe))
            elif self.yields(known):
                self.study.give_up(number)
            elif known.error is not None:
                self.study.fail(number, known.error)
            else:
                self.study.interrupt(number)
        self.look(number)

    def _register(self, new: Trial) -> None:
        number = new.number
        assert number == len(self.trials)
        self.trials.append(new)
        self.seen.add(new.hash)
        self.tally.add(new.turned_away)
        self._before[number] = self.count
        self.rungs.made(new)
        if new.again is not None:
            self._again.setdefault(new.again, number)
        else:
            self.count += new.rung == 0
            self.next_index = max(self.next_index, new.index + 1)
            if new.state != "yielded":
                self._holder.setdefault((new.hash, new.rung), number)
        self.open.add(number)

    def _close(self, known: Trial) -> None:
        """Note how a trial ended."""
        self.open.discard(known.number)
        self.rungs.ended(known)
        if known.state == "yielded":
            self.count -= known.again is None and known.rung == 0
            if self._holder.get(key := (known.hash, known.rung)) == known.number:
                del self._holder[key]
                if known.rung == 0:
                    self.seen.discard(known.hash)
            return
        if known.state == "finished":
            if learned(known, self.recipe):
                self._learn(known)
        elif known.state == "infeasible":
            self._rule_out(known)
        else:
            self.sampler.failed(known.index)
            if known.error == INTERRUPTED and self._tries(known) < TRIES:
                self._interrupted.append(known.number)
        self.won = winners(self.won, known, self.recipe)
        self._ended(known)

    def _learn(self, known: Trial) -> None:
        """Let the sampler know of a finished trial."""
        assert known.values is not None
        if known.parent in self.open:
            # It has ended, or there were no child; it was only not read yet.
            self.look(known.parent)
        values = turn(known.values, self.recipe)
        self._values[known.number] = values
        parent = self._values.get(known.parent) if known.parent is not None else None
        # Whoever is not better than any of all trials is not better than any of the front.
        better = parent is not None and improved(values, parent, self._front)
        limited = None if excess(self.recipe.latency, known.scores or {}) is None else 0.0
        done = Finished(known.number, known.index, values, known.draw, better, limited)
        self.finished.append(done)
        if len(values) > 1:
            self._front = [other for other in self._front if not dominates(values, other.values)]
            if not any(dominates(other.values, values) for other in self._front):
                self._front.append(done)
        self.sampler.told(done)

    def _rule_out(self, known: Trial) -> None:
        """Let the sampler know of a trial over a limit."""
        assert known.scores is not None
        by = over(known.scores, self.recipe)
        done = Finished(known.number, known.index, (by,) * len(self.recipe.objectives), known.draw, excess=by)
        self.over.append(done)
        self.sampler.told(done)

    def _tries(self, known: Trial) -> int:
        tries = 1
        while known.again is not None:
            known = self.trials[known.again]
            tries += 1
        return tries


def over(scores: Mapping[str, Any], recipe: Recipe) -> float:
    """By how much scores are over a limit that is measured; 0 inside."""
    return max(0.0, excess(recipe.latency, scores) or 0.0)


def values_of(cost: Mapping[str, Any], scores: Mapping[str, Any], recipe: Recipe) -> tuple[float, ...]:
    """The objectives of a trial, in the recipe's order. One that a proxy leaves open is as bad as can be."""
    never = {"maximize": -math.inf, "minimize": math.inf}
    known = {**scores, **cost}
    ways = zip(recipe.objectives, recipe.directions, strict=True)
    return tuple(float(known.get(name, never[direction])) for name, direction in ways)
