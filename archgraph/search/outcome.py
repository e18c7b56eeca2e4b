"""What a search has found: its winners, and the figures that every report gives. Nothing here trains or prints."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, sqrt
from pathlib import Path
from typing import Any

from archgraph.search.budget import COSTS
from archgraph.search.latency import LATENCY
from archgraph.search.proposal import Tally
from archgraph.search.ranking import Values, dominates
from archgraph.search.recipe import Recipe
from archgraph.search.trials import INTERRUPTED, Trial

SHOWN = 5
"""Winners of a search with one objective."""
PARTS = ("accuracy", "iou", "inherited")
"""Scores from 0 to 1, shown as percentages."""
FRONT_SHOWN = 10
"""Winners that are shown, and tested, of a search with several."""


@dataclass(frozen=True)
class Outcome:
    """A search as it stands: all trials, those that won (best first), and what was counted."""

    folder: Path
    recipe: Recipe
    trials: Sequence[Trial]
    winners: Sequence[Trial]
    tested: Mapping[str, Any]
    sessions: Sequence[Mapping[str, Any]]
    tally: Tally
    retrained: Mapping[str, Any] = field(default_factory=dict)

    @property
    def best(self) -> Trial | None:
        """The first of the winners; None before a trial has finished."""
        return self.winners[0] if self.winners else None

    @property
    def finished(self) -> list[Trial]:
        """The trials that have scores."""
        return [trial for trial in self.trials if trial.state == "finished"]

    @property
    def failed(self) -> list[Trial]:
        """The trials that could not be scored."""
        return [trial for trial in self.trials if trial.state == "failed" and trial.error != INTERRUPTED]

    @property
    def interrupted(self) -> list[Trial]:
        """The trials that ended with their search; most were run again."""
        return [trial for trial in self.trials if trial.error == INTERRUPTED]

    @property
    def infeasible(self) -> list[Trial]:
        """The trials whose networks were measured, found over the budget, and not trained."""
        return [trial for trial in self.trials if trial.state == "infeasible"]

    @property
    def front(self) -> list[Trial]:
        """All winners, where `winners` may leave some out that are not shown."""
        won: list[Trial] = []
        for trial in self.finished:
            won = winners(won, trial, self.recipe)
        return won

    @property
    def references(self) -> list[Trial]:
        """The parents that did not win, for comparison."""
        return [trial for trial in self.compared if trial.parent is None and trial not in self.winners]

    @property
    def compared(self) -> list[Trial]:
        """The finished trials whose scores can be compared: with rungs, those of the winners' rung."""
        return [trial for trial in self.finished if self.best is not None and trial.rung == self.best.rung]

    @property
    def next_total(self) -> int:
        """A number of trials to go on to: those that are missing, or as many again."""
        total, done = wanted(self.recipe, self.sessions), candidates(self.trials)
        return total if done < total else 2 * done

    def test(self, trial: Trial) -> Mapping[str, Any] | None:
        """The trial's score on the test images, if it was ever taken."""
        found = self.tested.get(str(trial.number))
        return found if isinstance(found, Mapping) else None


def outcome(
    folder: Path,
    recipe: Recipe,
    trials: Sequence[Trial],
    *,
    tested: Mapping[str, Any],
    sessions: Sequence[Mapping[str, Any]],
    retrained: Mapping[str, Any],
) -> Outcome:
    """What the trials of a search come to."""
    tally = Tally()
    won: list[Trial] = []
    for trial in trials:
        tally.add(trial.turned_away)
        won = winners(won, trial, recipe)
    return Outcome(folder, recipe, trials, shown_of(won, recipe), tested, sessions, tally, retrained)


def winners(won: Sequence[Trial], trial: Trial, recipe: Recipe) -> list[Trial]:
    """The winners once another trial has ended: the best, or those that none is better than in all objectives.

    They are sorted by objective, then by cost; with rungs they are of the highest one. No trial that is left out can
    come back.
    """
    if trial.values is None or not all(map(isfinite, trial.values)):
        return list(won)
    if won and trial.rung != won[0].rung:
        # Scores after other epochs are others: the highest rung alone is compared.
        return list(won) if trial.rung < won[0].rung else [trial]
    turned = {t.number: turn(t.values, recipe) for t in (*won, trial) if t.values is not None}
    chosen = [*won, trial]
    if len(recipe.objectives) > 1:
        # Those that won are known not to beat each other: only the new one is compared.
        new = turned[trial.number]
        if any(dominates(turned[other.number], new) for other in won):
            return list(won)
        chosen = [other for other in chosen if not dominates(new, turned[other.number])]
    best = sorted(chosen, key=lambda t: (turned[t.number], t.cost["macs"], t.cost["params"], t.number))
    return best[:SHOWN] if len(recipe.objectives) == 1 else best


def shown_of(won: Sequence[Trial], recipe: Recipe) -> Sequence[Trial]:
    """The winners that are shown and tested; of a front, the best by the first objective."""
    return won[: FRONT_SHOWN if len(recipe.objectives) > 1 else SHOWN]


def turn(values: Sequence[float], recipe: Recipe) -> Values:
    """Objectives so that less is better."""
    return tuple(-v if d == "maximize" else v for v, d in zip(values, recipe.directions, strict=True))


def candidates(trials: Sequence[Trial]) -> int:
    """How many different networks were taken up; second tries, rungs and trials that yielded do not count."""
    return sum(trial.again is None and trial.rung == 0 and trial.state != "yielded" for trial in trials)


def score_names(found: Outcome) -> list[str]:
    """What to show of how good a trial is: the objectives that are no costs, and its accuracy where it has one."""
    names = [name for name in found.recipe.objectives if name not in COSTS]
    known = [name for trial in found.compared[:1] for name in trial.scores or {}]
    also = [name for name in ("accuracy", LATENCY) if name in known]
    also += ["inherited"] if found.recipe.inherit else []
    return [*names, *(name for name in also if name not in names)]


def uncertainty(accuracy: float, images: int) -> float:
    """Half of the 95 % interval of an accuracy measured on so many images (Wilson score interval)."""
    return _wilson(accuracy, images)[1]


def interval(successes: int, tries: int) -> tuple[float, float]:
    """The 95 % interval of a rate of successes (Wilson score interval); all from 0 to 1 where nothing was tried."""
    if not tries:
        return 0.0, 1.0
    middle, half = _wilson(successes / tries, tries)
    # At no success, and at nothing else, an end is 0 or 1 exactly; arithmetic only comes near it.
    return (middle - half if successes else 0.0), (middle + half if successes < tries else 1.0)


def _wilson(rate: float, tries: int) -> tuple[float, float]:
    """The middle of the interval and half of its width."""
    z = 1.96
    whole = 1 + z * z / tries
    half = z / whole * sqrt(rate * (1 - rate) / tries + z * z / (4 * tries * tries))
    return (rate + z * z / (2 * tries)) / whole, half


def shown(name: str, value: float) -> str:
    """An objective's value for people: `98.61 %`, `763,520`."""
    if name in PARTS:
        return f"{100 * value:.2f} %"
    return f"{int(value):,}" if name in COSTS else f"{value:.4g}"


def wanted(recipe: Recipe, sessions: Sequence[Mapping[str, Any]]) -> int:
    """How many trials a search is to have in all: by its recipe, or by a session that asked for more."""
    return max([recipe.trials, *(int(session.get("trials", 0)) for session in sessions)])


def read_outcome(folder: str | os.PathLike[str]) -> Outcome:
    """The outcome of a search from its folder alone. Raises UsageError where there is no search."""
    from archgraph.search.study import open_study

    study = open_study(Path(folder))
    recipe = Recipe.model_validate(study.begun["recipe"])
    return outcome(
        Path(folder),
        recipe,
        study.trials(),
        tested=study.tested,
        sessions=study.sessions,
        retrained=study.retrained,
    )


def summary(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """A search as plain data, for JSON: its recipe, counts, winners and every trial."""
    found = read_outcome(folder)
    return {
        "folder": str(found.folder),
        "name": found.recipe.name,
        "objectives": dict(zip(found.recipe.objectives, found.recipe.directions, strict=True)),
        "budget": _budget(found.recipe),
        "trials": {
            "wanted": found.recipe.trials, "finished": len(found.finished), "failed": len(found.failed),
            "interrupted": len(found.interrupted), "infeasible": len(found.infeasible),
        },
        "turned_away": found.tally.as_dict(),
        "sessions": list(found.sessions),
        "winners": [{**_row(trial), "test": found.test(trial)} for trial in found.winners],
        "parents": [{**_row(trial), "test": found.test(trial)} for trial in found.references],
        "all": [_row(trial) for trial in found.trials],
    }  # fmt: skip


def _budget(recipe: Recipe) -> dict[str, Any]:
    counted = {name: {"min": least, "max": most} for name, (least, most) in recipe.limits.limits.items()}
    return counted if recipe.latency is None else {**counted, LATENCY: recipe.latency.model_dump()}


def _row(trial: Trial) -> dict[str, Any]:
    return {
        "trial": trial.number,
        "state": trial.state,
        "parent": trial.parent,
        "change": trial.change,
        "cost": dict(trial.cost),
        "scores": dict(trial.scores) if trial.scores else None,
        "error": trial.error,
        "hash": trial.hash,
        "rung": trial.rung,
        "below": trial.below,
    }
