"""What a search shows in the terminal before it runs and at its end: what is searched, and a table of the best."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from archgraph.search.comparison import read_baseline, tested
from archgraph.search.latency import LATENCY
from archgraph.search.outcome import Outcome, read_outcome, score_names, shown
from archgraph.search.progress import View
from archgraph.search.rungs import climbed
from archgraph.search.trials import Trial

__all__ = ["View", "closing", "facts", "opening", "show", "table"]


def table(found: Outcome) -> Table:
    """The winners, best first."""
    recipe = found.recipe
    several = len(recipe.objectives) > 1
    title = f"{recipe.name}: {'networks none is better than in all objectives' if several else 'the best networks'}"
    shown_as = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    shown_as.add_column("trial", justify="right")
    scores = score_names(found)
    test = ["test accuracy"] if "accuracy" in scores else []
    for name in (*scores, *test, "macs", "params"):
        shown_as.add_column("validation" if name == "accuracy" else name, justify="right", no_wrap=True)
    shown_as.add_column("change", overflow="fold")
    for trial in found.winners:
        shown_as.add_row(*_row(found, trial, scores))
    shown_as.add_section()
    for trial in found.references:
        shown_as.add_row(*_row(found, trial, scores), style="dim")
    return shown_as


def _row(found: Outcome, trial: Trial, scores: Sequence[str]) -> list[str]:
    values = [shown(name, trial.measure(name)) if name in (trial.scores or {}) else "" for name in scores]
    test = [tested(found, trial)] if "accuracy" in scores else []
    costs = [f"{trial.cost['macs']:,}", f"{trial.cost['params']:,}"]
    change = trial.change if trial.parent is None else f"of {trial.parent}: {trial.change}"
    return [str(trial.number), *values, *test, *costs, change]


def opening(found: Outcome, view: View, about: Mapping[str, Any], *, trials: int) -> None:
    """What is searched, on what, before the first trial."""
    recipe = found.recipe
    view.say(f"{recipe.name}: {trials} trials by {recipe.sampler}, for {' and '.join(recipe.objectives)}")
    view.say(f"budget: {recipe.limited}")
    view.say(f"on {about.get('device', 'an unknown device')}; results in {found.folder}")


def closing(found: Outcome, console: Console) -> None:
    """The table of the best networks, what was counted, and how to go on."""
    console.print()
    console.print(table(found))
    for line in facts(found):
        console.print(line, markup=False, soft_wrap=True)


def facts(found: Outcome) -> list[str]:
    """What was counted, where the results are, and the line that continues the search."""
    tally = found.tally
    failed = f", {len(found.failed)} failed" if found.failed else ""
    failed += f", {len(found.interrupted)} interrupted" if found.interrupted else ""
    slow = len(found.infeasible)
    failed += f", {slow} measured and not trained: over {LATENCY}" if slow else ""
    # A search that is running, or was killed, has no report yet.
    whole = all((found.folder / name).is_file() for name in ("best.safetensors", "best.svg", "report.html"))
    beside = ", with .safetensors and .svg; report.html beside them" if whole else ""
    lines = [
        "",
        f"{len(found.finished)} trials finished{failed}; {tally.proposals:,} proposals, of which turned away before "
        f"training: {tally.over_budget:,} over the budget, {tally.duplicates:,} known already, "
        f"{sum(tally.rejected.values()):,} no network",
    ]
    if found.recipe.fidelity:
        lines.append(f"networks by rung: {', '.join(climbed(found))}; the best are chosen on the highest")
    if found.best is None:
        lines.append("no trial has finished: there is no best network yet")
        if slow:
            fastest = min(float((trial.scores or {})[LATENCY]) for trial in found.infeasible)
            lines.append(f"the fastest network took {fastest:.4g} ms; {found.recipe.limited}")
    else:
        lines.append(f"best network: {found.folder / 'best.yaml'}{beside}")
    lines += _chance(found)
    lines.append(f"to continue: archgraph search resume {shlex.quote(str(found.folder))} --trials {found.next_total}")
    return lines


def _chance(found: Outcome) -> list[str]:
    """What random search found, where it was run."""
    beside = read_baseline(found)
    if beside is None or beside.best is None:
        return []
    name = found.recipe.objectives[0]
    best = f"best {name} {shown(name, beside.best.measure(name))}, test {tested(beside, beside.best)}"
    return [f"random search, {len(beside.finished)} trials: {best}; report.html compares both"]


def show(folder: str | os.PathLike[str], *, console: Console | None = None) -> None:
    """Print what a search has found so far. Raises UsageError where there is no search."""
    closing(read_outcome(folder), console or Console(highlight=False))
