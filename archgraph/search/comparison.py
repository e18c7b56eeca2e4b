"""A search beside random search with as many trials: what both found, what both cost, and whether they differ."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from archgraph.search import journal
from archgraph.search.outcome import Outcome, read_outcome, shown, turn, uncertainty
from archgraph.search.ranking import dominates
from archgraph.search.trials import Trial

BASELINE = "baseline"
"""The folder of the random search, in that of the search that it is compared with."""


def read_baseline(found: Outcome) -> Outcome | None:
    """The random search beside a search; None where it was not run."""
    place = found.folder / BASELINE
    return read_outcome(place) if (place / journal.NAME).is_file() else None


def rows(found: Outcome) -> list[tuple[str, str]]:
    """The figures of one of the two, each with its name."""
    tally = found.tally
    machine = dict.fromkeys(str(session.get("device", "unknown")) for session in found.sessions)
    return [
        ("sampler", found.recipe.sampler),
        ("seed", str(found.recipe.seed)),
        ("trials finished", str(len(found.finished))),
        ("failed", str(len(found.failed))),
        *((f"best {name} (validation)", value) for name, value in _bests(found)),
        ("its score on the test images", tested(found, found.best)),
        *_best_costs(found),
        ("proposals", f"{tally.proposals:,}"),
        ("over the budget", f"{tally.over_budget:,}"),
        ("known already", f"{tally.duplicates:,}"),
        ("no network", f"{sum(tally.rejected.values()):,}"),
        ("device time", f"{device_seconds(found):,.0f} s"),
        ("wall time", f"{wall_seconds(found):,.0f} s"),
        ("device", ", ".join(machine)),
    ]


def verdict(found: Outcome, baseline: Outcome) -> list[str]:
    """What may be said of the difference, and what may not."""
    lines = []
    if len(found.recipe.objectives) > 1:
        lines.append(_fronts(found, baseline))
    difference = _difference(found, baseline)
    if difference is not None:
        lines.append(difference)
    mine, other = len(found.finished), len(baseline.finished)
    if mine != other:
        lines.append(f"The two are not of the same length: {mine} trials finished here, {other} by random search.")
    lines.append(
        f"Each was run once, with seed {found.recipe.seed} and {baseline.recipe.seed}: another seed may turn a small "
        "difference round."
    )
    return lines


def tested(found: Outcome, trial: Trial | None) -> str:
    """A trial's accuracy on the test images with half of its 95 % interval; `-` where it was never taken."""
    test = found.test(trial) if trial is not None else None
    if test is None or "accuracy" not in test:
        return "-"
    return f"{100 * test['accuracy']:.2f} ± {100 * uncertainty(test['accuracy'], test['images']):.1f} %"


def device_seconds(found: Outcome) -> float:
    """Seconds spent on scoring networks, all trials together."""
    return sum(float((trial.scores or {}).get("seconds", 0)) for trial in found.trials)


def wall_seconds(found: Outcome) -> float:
    """Seconds from the start to the end of every run and resume, together."""
    return sum(float(session.get("seconds", 0)) for session in found.sessions)


def _bests(found: Outcome) -> Iterator[tuple[str, str]]:
    """The best of each objective, which several networks may hold."""
    for position, name in enumerate(found.recipe.objectives):
        values = [trial for trial in found.compared if trial.values is not None]
        best = min(values, key=lambda trial: _turned(found, trial)[position], default=None)
        yield name, "-" if best is None else shown(name, best.measure(name))


def _best_costs(found: Outcome) -> Iterator[tuple[str, str]]:
    for name in ("macs", "params"):
        yield f"its {name}", "-" if found.best is None else shown(name, found.best.measure(name))


def _fronts(found: Outcome, baseline: Outcome) -> str:
    """How many of one front a network of the other is better than in every objective."""
    mine, other = found.front, baseline.front
    beaten = sum(any(dominates(_turned(baseline, o), _turned(found, t)) for o in other) for t in mine)
    beats = sum(any(dominates(_turned(found, t), _turned(baseline, o)) for t in mine) for o in other)
    return (
        f"Random search is better in all objectives than {beaten} of the {len(mine)} networks of this front; this one "
        f"is than {beats} of the {len(other)} of random search."
    )


def _difference(found: Outcome, baseline: Outcome) -> str | None:
    """The difference of the best networks' accuracies on the test images, with a 95 % interval of it."""
    tests = [part.test(part.best) if part.best is not None else None for part in (found, baseline)]
    known = [(test["accuracy"], test["images"]) for test in tests if test is not None and "accuracy" in test]
    if len(known) < 2:
        return None
    difference = known[0][0] - known[1][0]
    # Two independent samples; that both saw the same images only makes the interval wider than it needs to be.
    half = 1.96 * sqrt(sum(accuracy * (1 - accuracy) / images for accuracy, images in known))
    apart = "which the test images tell apart" if abs(difference) > half else "which the test images do not tell apart"
    return (
        f"On the test images the best network here is {100 * difference:+.2f} ± {100 * half:.1f} points from that of "
        f"random search, {apart}."
    )


def _turned(found: Outcome, trial: Trial) -> tuple[float, ...]:
    assert trial.values is not None
    return turn(trial.values, found.recipe)
