"""Several workers on one machine: each a process with the loop of a search, all on one storage.

The process that starts them trains nothing. It shows what they do, starts one anew that died, and passes Ctrl-C on.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from archgraph.errors import UsageError
from archgraph.search.evaluators import MakeEvaluator
from archgraph.search.files import RunFolder
from archgraph.search.identity import GRACE, INTERVAL
from archgraph.search.loop import Search
from archgraph.search.recipe import Recipe
from archgraph.search.stopping import Stop

PAUSE = 0.1
"""Seconds between two looks at the workers."""
DEATHS = 5
"""Workers that may die without a trial having ended since the first of them; then something is wrong with them all."""


@dataclass(frozen=True)
class Crew:
    """What every worker is started with. `interval` and `grace` are those of heartbeats, in seconds."""

    folder: Path
    total: int
    evaluator: MakeEvaluator
    interval: float = INTERVAL
    grace: float = GRACE
    workers: int = 1

    def start(self, slot: int, gpus: str | None) -> BaseProcess:
        """A worker's process; `gpus` are those that it may see, None for all."""
        process: BaseProcess = _context().Process(  # type: ignore[attr-defined]
            target=_work, args=(self, gpus), name=f"worker {slot}"
        )
        process.start()
        return process


def supervise(crew: Crew, workers: int, search: Search, *, stop: Stop) -> None:
    """Keep so many workers at it until all trials have ended, or until they ended after Ctrl-C.

    `search` follows what they do. Raises UsageError where workers die again and again.
    """
    crew = replace(crew, workers=workers)
    gpus = shares(workers, search.recipe.gpus_per_trial, visible_gpus())
    processes = {slot: crew.start(slot, gpus[slot]) for slot in range(workers)}
    deaths, ended, told = 0, 0, 0
    try:
        while processes:
            time.sleep(PAUSE)
            if stop.count > told:
                told = stop.count
                _interrupt(list(processes.values()))
            search.refresh()
            if (now := len(search.trials) - len(search.ledger.open)) > ended:
                ended, deaths = now, 0
            for slot, process in list(processes.items()):
                if process.is_alive():
                    continue
                process.join()
                del processes[slot]
                if process.exitcode and not stop.asked:
                    deaths += 1
                    search.view.say(f"worker {slot} ended with code {process.exitcode}; another one is started")
                    if deaths >= DEATHS:
                        raise UsageError(f"{deaths} workers died one after the other, and no trial ended meanwhile")
                    search.reap()
                    processes[slot] = crew.start(slot, gpus[slot])
    finally:
        for process in processes.values():
            _interrupt([process, process])
        for process in processes.values():
            process.join(10)
            process.kill()
            process.join()
        search.refresh()
        search.reap()


def shares(workers: int, gpus_per_trial: float | None, gpus: Sequence[str]) -> list[str | None]:
    """The GPUs of each worker, as CUDA_VISIBLE_DEVICES wants them; None where there is nothing to share out.

    Without `gpus_per_trial` workers take turns. Raises UsageError where there are too few GPUs.
    """
    if not gpus:
        return [None] * workers
    if gpus_per_trial is None:
        return [gpus[slot % len(gpus)] for slot in range(workers)]
    if gpus_per_trial >= 1:
        each, places = int(gpus_per_trial), len(gpus) // int(gpus_per_trial)
        found = [",".join(gpus[place * each : (place + 1) * each]) for place in range(places)]
    else:
        found = [gpu for gpu in gpus for _ in range(int(1 / gpus_per_trial + 1e-9))]
    if workers > len(found):
        raise UsageError(
            f"{workers} workers of gpus_per_trial {gpus_per_trial:g} do not fit on {len(gpus)} GPUs; {len(found)} do"
        )
    return list(found[:workers])


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, by number or name, without torch."""
    if (given := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [gpu for gpu in given.split(",") if gpu.strip()]
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [str(number) for number, line in enumerate(listed.splitlines()) if line.startswith("GPU ")]


def _context() -> BaseContext:
    """How workers are started: by a process that has imported everything, so that a new one is there at once."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["archgraph.search.crew", "archgraph.search.study", "archgraph.search.progress"])
    return context


def _interrupt(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        if process.pid is not None and process.is_alive():
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGINT)


def _work(crew: Crew, gpus: str | None) -> None:
    """The life of a worker's process."""
    # Ctrl-C reaches the process that started this one, which passes it on.
    os.setpgid(0, 0)
    if gpus is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus
    # Trainings that take all cores each, at once, wait for one another at every operation.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // crew.workers)))
    from rich.console import Console

    from archgraph.search.progress import View
    from archgraph.search.study import open_study

    folder = RunFolder(crew.folder)
    parent = multiprocessing.parent_process()
    with Stop(also=lambda: parent is not None and not parent.is_alive()) as stop, suppress(KeyboardInterrupt):
        study = open_study(crew.folder)
        recipe = Recipe.model_validate(study.begun["recipe"])
        with closing(crew.evaluator(recipe, folder)) as scoring:
            scoring.about()
            view = View(Console(file=io.StringIO()))
            search = Search(folder, study, recipe, scoring, view, alone=False, grace=crew.grace)
            search.begin({}, started=time.perf_counter())
            with search.heartbeat(crew.interval):
                search.run(crew.total, stop=stop)
