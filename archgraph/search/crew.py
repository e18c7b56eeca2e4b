"""Several workers: each has the loop of a search, all are on one storage, and one process looks after them.

That one trains nothing. It shows what they do, starts one anew that died, and passes Ctrl-C on. Where they run is the
affair of whoever starts them: `processes` on this machine, `ray_actors` on those of a Ray cluster.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from archgraph.errors import UsageError
from archgraph.ops.plugins import given, plugin
from archgraph.search.evaluators import MakeEvaluator
from archgraph.search.files import RunFolder
from archgraph.search.identity import GRACE, INTERVAL
from archgraph.search.loop import Search
from archgraph.search.recipe import Recipe
from archgraph.search.stopping import Stop
from archgraph.search.study import StudyFile

PAUSE = 0.1
"""Seconds between two looks at the workers."""
DEATHS = 5
"""Workers that may die without a trial having ended since the first of them; then something is wrong with them all."""


class Started(Protocol):
    """A worker that was started."""

    def alive(self) -> bool:
        """Whether it has not ended."""

    def death(self) -> str | None:
        """How one that is not alive died; None where it had come to its end.

        Raises UsageError for what another worker would run into as well.
        """

    def interrupt(self) -> None:
        """Let it end after its trial; the second time, at once."""

    def end(self) -> None:
        """Wait a little for its end, then end it."""


Start: TypeAlias = Callable[[int], Started]
"""Starts the worker of a slot, counted from 0."""


@dataclass(frozen=True)
class Task:
    """What every worker is told. `interval` and `grace` are those of heartbeats, in seconds; of the modules in
    `plugins` it needs ops or mutations."""

    folder: Path
    total: int
    evaluator: MakeEvaluator
    interval: float = INTERVAL
    grace: float = GRACE
    plugins: tuple[str, ...] = field(default_factory=given)


def supervise(start: Start, workers: int, search: Search, *, stop: Stop, grace: float = GRACE) -> None:
    """Keep so many workers at it until all trials have ended, or until they ended because `stop` asks for it.

    `search` follows what they do; a worker that hangs when nothing is left is waited for `grace` seconds. Raises
    UsageError where workers die again and again.
    """
    started: dict[int, Started] = {}
    deaths, trials, told = 0, 0, 0
    nothing_left, busy = False, time.monotonic()
    try:
        started.update({slot: start(slot) for slot in range(workers)})
        while started and not (nothing_left and time.monotonic() - busy > grace):
            time.sleep(PAUSE)
            if (asks := max(stop.count, stop.asked)) > told:
                told = asks
                for worker in started.values():
                    worker.interrupt()
            search.refresh()
            if (now := len(search.trials) - len(search.ledger.open)) > trials:
                trials, deaths = now, 0
            if search.ledger.open:
                busy = time.monotonic()
            for slot in [slot for slot, worker in started.items() if not worker.alive()]:
                death = started.pop(slot).death()
                if death is None or stop.asked:
                    nothing_left = True
                    continue
                deaths += 1
                search.view.say(f"worker {slot} {death}; another one is started")
                if deaths >= DEATHS:
                    raise UsageError(f"{deaths} workers died one after the other, and no trial ended meanwhile")
                search.reap()
                started[slot] = start(slot)
    finally:
        for worker in started.values():
            worker.interrupt()
            worker.interrupt()
        for worker in started.values():
            worker.end()
        search.refresh()
        search.reap()


def work(task: Task, study: StudyFile, folder: RunFolder, stop: Stop) -> None:
    """The life of a worker, in its own process. Raises KeyboardInterrupt where `stop` does."""
    from rich.console import Console

    from archgraph.search.progress import View

    for source in task.plugins:
        plugin(source)
    recipe = Recipe.model_validate(study.begun["recipe"])
    with closing(task.evaluator(recipe, folder)) as scoring:
        scoring.about()
        view = View(Console(file=io.StringIO()))
        search = Search(folder, study, recipe, scoring, view, alone=False, grace=task.grace)
        search.begin({}, started=time.perf_counter())
        with search.heartbeat(task.interval):
            search.run(task.total, stop=stop)
