"""A running search in the terminal: a table that is kept up to date; in a file or a pipe, a line a trial."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from archgraph.search.latency import LATENCY
from archgraph.search.outcome import Outcome, shown
from archgraph.search.rungs import rung_of
from archgraph.search.trials import Trial

RUNNING_SHOWN = 8
"""Trials in training that have a line of their own; more are counted."""


class View:
    """Trials done, the best, their rate and the time left, what was turned away and what failed, what is running.

    `clock` gives seconds. Everything shown comes from what it is told, so that whoever runs the trials - this process,
    or workers that it looks after - can tell it.
    """

    def __init__(self, console: Console | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.console = console or Console(highlight=False)
        self._clock = clock
        self._began = clock()
        self._total: int | None = None
        self._done = 0
        self._ended = 0
        self._found: Outcome | None = None
        self._running: dict[int, str] = {}
        self._epochs: dict[int, str] = {}
        self._live = Live(get_renderable=self.table, console=self.console, refresh_per_second=4, transient=True)

    def __enter__(self) -> View:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        """A line above the table."""
        self.console.print(text, markup=False, soft_wrap=True)

    def total(self, trials: int) -> None:
        """How many trials there will be."""
        self._total = trials

    def training(self, number: int, change: str, *, worker: str = "") -> None:
        """A trial has begun; `worker` says where, if there are several."""
        self._running[number] = f"{worker}: {change}" if worker else change

    def epoch(self, number: int, epoch: int, accuracy: float, epochs: int) -> None:
        """A trial has come so far."""
        self._epochs[number] = f"epoch {epoch + 1}/{epochs}, {100 * accuracy:.1f} %"

    def ended(self, trial: Trial, done: int, found: Outcome) -> None:
        """A trial has finished or failed; `done` is how many candidates were taken up in all."""
        self._running.pop(trial.number, None)
        self._epochs.pop(trial.number, None)
        self._done, self._found = done, found
        self._ended += 1
        if trial.error is not None:
            self.say(f"trial {trial.number} failed: {trial.error}")
        elif not self.console.is_terminal and trial.state == "infeasible":
            took = shown(LATENCY, trial.measure(LATENCY))
            self.say(f"trial {trial.number:>4}  {LATENCY} {took}: over the limit, not trained  {trial.change}")
        elif not self.console.is_terminal and trial.scores is not None:
            scored = [name for name in found.recipe.objectives if name != "macs"]
            known = [name for name in [*scored, "proxy"] if name in {**trial.cost, **trial.scores}]
            values = ", ".join(f"{name} {shown(name, trial.measure(name))}" for name in dict.fromkeys(known))
            values += f" after {rung}" if (rung := rung_of(trial, found.recipe)) else ""
            mark = "  best so far" if found.best is trial else ""
            self.say(f"trial {trial.number:>4}  {values}  {trial.cost['macs']:,} MACs  {trial.change}{mark}")

    def table(self) -> Group:
        """The state of the search, for a terminal."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        bar = Table.grid(padding=(0, 2))
        of = f"{self._done} of {self._total}" if self._total else "starting"
        bar.add_row(of, ProgressBar(total=self._total or 1, completed=min(self._done, self._total or 0), width=30))
        grid.add_row("trials", bar)
        for name, text in self._lines():
            grid.add_row(name, Text(text))
        return Group(grid)

    def _lines(self) -> list[tuple[str, str]]:
        lines = [("time", self._time())]
        found = self._found
        if found is not None:
            if found.best is not None:
                first = found.recipe.objectives[0]
                best = f"{first} {shown(first, found.best.measure(first))}, {found.best.cost['macs']:,} MACs"
                lines.append(("best", f"{best}  trial {found.best.number}"))
            tally = found.tally
            away = f"{tally.over_budget:,} over the budget, {tally.duplicates:,} known already"
            rejected = sum(tally.rejected.values())
            lines.append(("turned away", f"{away}, {rejected:,} no network, of {tally.proposals:,} proposals"))
            if found.failed:
                lines.append(("failed", f"{len(found.failed):,}"))
            if found.infeasible:
                lines.append(("too slow", f"{len(found.infeasible):,} measured and not trained"))
        running = sorted(self._running.items())
        for position, (number, change) in enumerate(running[:RUNNING_SHOWN]):
            now = f"{number}: {self._epochs.get(number, '')}  {change}"
            lines.append(("training" if position == 0 else "", now))
        if len(running) > RUNNING_SHOWN:
            lines.append(("", f"and {len(running) - RUNNING_SHOWN} more"))
        return lines

    def _time(self) -> str:
        """The time since the start, the rate, and the time left at that rate."""
        elapsed = self._clock() - self._began
        text = _duration(elapsed)
        if not self._ended or not elapsed:
            return text
        rate = self._ended / elapsed
        text += f", {3600 * rate:,.0f} trials an hour"
        left = max((self._total or 0) - self._done, 0)
        return f"{text}, {_duration(left / rate)} left" if left else text


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
