"""What a search shows in the terminal: a progress bar while it runs, a table of the best at its end."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from archgraph.search.outcome import Outcome, read_outcome, shown, uncertainty
from archgraph.search.trials import Trial


class View:
    """A running search: one bar with trials done, the best so far, and how many the budget turned away."""

    def __init__(self, console: Console | None) -> None:
        self.console = console or Console(highlight=False)
        self._bar = Progress(
            TextColumn("trials"),
            BarColumn(bar_width=12),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[best]}"),
            TextColumn("[dim]{task.fields[away]}"),
            # What is being trained takes the room that the rest leaves.
            TextColumn("[dim]{task.fields[now]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
            expand=True,
            console=self.console,
            # A file or a pipe gets one line a trial instead of a bar.
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, best="", away="", now="starting PyTorch")

    def __enter__(self) -> View:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """A line above the bar."""
        self.console.print(text, markup=False, soft_wrap=True)

    def total(self, trials: int) -> None:
        """How many trials there will be."""
        self._bar.update(self._task, total=trials)

    def training(self, number: int, change: str) -> None:
        """A trial has begun."""
        self._bar.update(self._task, now=f"{number}: {change}")

    def epoch(self, number: int, epoch: int, accuracy: float, epochs: int) -> None:
        """A trial has come so far."""
        self._bar.update(self._task, now=f"{number}: epoch {epoch + 1}/{epochs}, {100 * accuracy:.1f} %")

    def ended(self, trial: Trial, done: int, found: Outcome) -> None:
        """A trial has finished or failed."""
        first = found.recipe.objectives[0]
        best = found.best
        if best is not None:
            self._bar.update(self._task, best=f"best {shown(first, best.measure(first))}")
        self._bar.update(self._task, completed=done, away=f"{found.tally.over_budget} over budget")
        if trial.error is not None:
            self.say(f"trial {trial.number} failed: {trial.error}")
        elif not self.console.is_terminal:
            scored = [name for name in found.recipe.objectives if name != "macs"]
            values = ", ".join(f"{name} {shown(name, trial.measure(name))}" for name in scored)
            mark = "  best so far" if best is trial else ""
            self.say(f"trial {trial.number:>4}  {values}  {trial.cost['macs']:,} MACs  {trial.change}{mark}")


def opening(found: Outcome, view: View, about: Mapping[str, Any], *, trials: int) -> None:
    """What is searched, on what, before the first trial."""
    recipe = found.recipe
    view.say(f"{recipe.name}: {trials} trials by {recipe.sampler}, for {' and '.join(recipe.objectives)}")
    view.say(f"budget: {recipe.limits}")
    view.say(f"on {about.get('device', 'an unknown device')}; results in {found.folder}")


def closing(found: Outcome, console: Console) -> None:
    """The table of the best networks, what was counted, and how to go on."""
    console.print()
    console.print(table(found))
    for line in facts(found):
        console.print(line, markup=False, soft_wrap=True)


def table(found: Outcome) -> Table:
    """The winners, best first."""
    recipe = found.recipe
    several = len(recipe.objectives) > 1
    title = f"{recipe.name}: {'networks none is better than in all objectives' if several else 'the best networks'}"
    shown_as = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    shown_as.add_column("trial", justify="right")
    scores: list[str] = [name for name in ("accuracy", "loss") if name in recipe.objectives or name == "accuracy"]
    for name in (*scores, "test accuracy", "macs", "params"):
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
    costs = [f"{trial.cost['macs']:,}", f"{trial.cost['params']:,}"]
    change = trial.change if trial.parent is None else f"of {trial.parent}: {trial.change}"
    return [str(trial.number), *values, _test(found, trial), *costs, change]


def _test(found: Outcome, trial: Trial) -> str:
    test = found.test(trial)
    if test is None or "accuracy" not in test:
        return "-"
    return f"{100 * test['accuracy']:.2f} ± {100 * uncertainty(test['accuracy'], test['images']):.1f} %"


def facts(found: Outcome) -> list[str]:
    """What was counted, where the results are, and the line that continues the search."""
    tally = found.tally
    failed = f", {len(found.failed)} failed" if found.failed else ""
    failed += f", {len(found.interrupted)} interrupted" if found.interrupted else ""
    # A search that is running, or was killed, has no report yet.
    whole = all((found.folder / name).is_file() for name in ("best.safetensors", "best.svg", "report.html"))
    beside = ", with .safetensors and .svg; report.html beside them" if whole else ""
    lines = [
        "",
        f"{len(found.finished)} trials finished{failed}; {tally.proposals:,} proposals, of which turned away before "
        f"training: {tally.over_budget:,} over the budget, {tally.duplicates:,} known already, "
        f"{sum(tally.rejected.values()):,} no network",
    ]
    if found.best is None:
        lines.append("no trial has finished: there is no best network yet")
    else:
        lines.append(f"best network: {found.folder / 'best.yaml'}{beside}")
    lines.append(f"to continue: archgraph search resume {shlex.quote(str(found.folder))} --trials {found.next_total}")
    return lines


def show(folder: str | os.PathLike[str], *, console: Console | None = None) -> None:
    """Print what a search has found so far. Raises UsageError where there is no search."""
    closing(read_outcome(folder), console or Console(highlight=False))
