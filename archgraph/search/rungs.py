"""Successive halving without waiting (ASHA, arXiv:1810.05934): who goes on to the next rung, and when.

A rung is its own trial, which goes on from the checkpoint of the one below. Of `n` networks on a rung the best
`n * keep` go on, never more: one that was ahead of few and is behind many has had its place (the delay of Hyper-Tune,
arXiv:2201.06834). The parents that were given go through every rung and take nobody's place, so that what won can be
compared with what it came from.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from archgraph.search.fidelity import Fidelity
from archgraph.search.outcome import Outcome, turn
from archgraph.search.ranking import Finished, Values, ranked
from archgraph.search.recipe import Recipe
from archgraph.search.trials import INTERRUPTED, Trial


@dataclass
class _Rung:
    """The trials of a rung, by number: those that wait for a place above, and those that have gone on."""

    ended: int = 0
    given: dict[int, Finished] = field(default_factory=dict)
    """Parents that were given, and wait."""
    waiting: dict[int, Finished] = field(default_factory=dict)
    gone_on: dict[int, Finished] = field(default_factory=dict)


class _Known(NamedTuple):
    rung: _Rung
    done: Finished
    given: bool


class Rungs:
    """The rungs of a search; of one without `fidelity` there are none. `total` is how many networks it will have."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe, self.total = recipe, recipe.trials
        self.fidelity: Fidelity | None = recipe.fidelity
        self._rungs = [_Rung() for _ in self.fidelity.rungs[:-1]] if self.fidelity else []
        self._takers: dict[int, set[int]] = {}
        """Trials that go on from another, by its number."""
        self._closed: set[int] = set()
        """Trials whose next rung has come to its end."""
        self._parents: set[str] = set()
        """Hashes of the networks that were given."""
        self._known: dict[int, _Known] = {}

    def next(self) -> int | None:
        """The number of the trial that is to go on now, from the highest rung that has one."""
        for rung in reversed(self._rungs):
            if rung.given:
                return min(rung.given)
            if rung.waiting and len(rung.gone_on) < self._places(rung.ended):
                order = ranked([*rung.gone_on.values(), *rung.waiting.values()])
                return next(trial.number for trial in order if trial.number in rung.waiting)
        return None

    def made(self, new: Trial) -> None:
        """A trial was made."""
        if not self._rungs:
            return
        if new.parent is None:
            self._parents.add(new.hash)
        if new.below is not None and new.again is None and new.state != "yielded":
            self._takers.setdefault(new.below, set()).add(new.number)
            self._place(new.below)

    def ended(self, known: Trial) -> None:
        """A trial has ended, however it did."""
        if not self._rungs:
            return
        if known.below is not None and known.state == "yielded":
            # Another trial stands for it; or nobody does, and the place is free again.
            self._takers.get(known.below, set()).discard(known.number)
            self._place(known.below)
        elif known.below is not None and known.error != INTERRUPTED:
            self._closed.add(known.below)
        if known.state == "finished" and known.rung < len(self._rungs):
            self._rungs[known.rung].ended += known.parent is not None
            done = Finished(known.number, known.index, compared(known, self.recipe))
            self._known[known.number] = _Known(self._rungs[known.rung], done, given=known.parent is None)
            self._place(known.number)

    def too_many(self, new: Trial) -> bool:
        """Whether the place that a trial wants above was taken by trials before it."""
        if new.below is None or new.parent is None:
            return False
        rung = self._rungs[new.rung - 1]
        before = sum(min(self._takers[number]) < new.number for number in rung.gone_on)
        return before >= self._places(rung.ended)

    def needed(self) -> Iterator[int]:
        """The trials whose checkpoints may be asked for; those that can no longer go on wait no more."""
        limit = self.total - len(self._parents)
        for rung in self._rungs:
            limit = self._places(limit)
            if len(rung.waiting) > (left := max(0, limit - len(rung.gone_on))):
                kept = ranked(list(rung.waiting.values()))[:left]
                rung.waiting = {trial.number: trial for trial in kept}
            yield from rung.given
            yield from rung.waiting
        yield from (number for number, takers in self._takers.items() if takers and number not in self._closed)

    def _places(self, networks: int) -> int:
        assert self.fidelity is not None
        # 0.29 of 100 are 29, whatever a computer says.
        return math.floor(networks * self.fidelity.keep + 1e-9)

    def _place(self, number: int) -> None:
        """Put a trial where it belongs; trials are heard of in any order, so a later one may be known before it."""
        if number not in self._known:
            return
        rung, done, given = self._known[number]
        taken = bool(self._takers.get(number))
        for place in (rung.given, rung.waiting, rung.gone_on):
            place.pop(number, None)
        if taken and not given:
            rung.gone_on[number] = done
        elif not taken:
            (rung.given if given else rung.waiting)[number] = done


def compared(trial: Trial, recipe: Recipe) -> Values:
    """What trials of one rung are compared by, less being better: the objectives, or a proxy in place of those that
    only a training gives."""
    assert trial.values is not None
    turned = turn(trial.values, recipe)
    if recipe.fidelity is None or recipe.fidelity.epochs[trial.rung]:
        return turned
    proxy = -trial.measure("proxy")
    return tuple(value if math.isfinite(value) else proxy for value in turned)


def rung_of(trial: Trial, recipe: Recipe) -> str:
    """The rung of a trial in words; empty where there are none."""
    return recipe.fidelity.label(trial.rung) if recipe.fidelity else ""


def climbed(found: Outcome) -> list[str]:
    """How many networks finished each rung: `40 after 1 epoch`, `10 after 4 epochs`."""
    fidelity = found.recipe.fidelity
    labels = [fidelity.label(rung) for rung in range(len(fidelity.rungs))] if fidelity else []
    counts = Counter(trial.rung for trial in found.finished)
    return [f"{counts[rung]} after {label}" for rung, label in enumerate(labels)]


def learned(trial: Trial, recipe: Recipe) -> bool:
    """Whether the sampler learns from a trial: it does from the first rung that trains, which every score is of."""
    return trial.rung == (recipe.fidelity.learned if recipe.fidelity else 0)
