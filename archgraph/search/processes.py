"""Workers on this machine: each is a process, and has its share of the cores and GPUs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from archgraph.errors import UsageError
from archgraph.garbage import collect_rarely
from archgraph.search.crew import Start, Task, work
from archgraph.search.files import RunFolder
from archgraph.search.stopping import Stop
from archgraph.search.storage import PATIENCE
from archgraph.search.study import open_study

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

LAST = 10.0
"""Seconds that a worker has to end in, once it was interrupted at once."""


class WorkerProcess:
    """A worker's process; what `wrong` says is a mistake that another one would make as well."""

    def __init__(self, process: BaseProcess, wrong: Connection) -> None:
        self._process, self._wrong = process, wrong

    def alive(self) -> bool:
        return self._process.is_alive()

    def death(self) -> str | None:
        self._process.join()
        with suppress(EOFError), self._wrong:
            if self._wrong.poll():
                raise UsageError(self._wrong.recv())
        return f"ended with code {self._process.exitcode}" if self._process.exitcode else None

    def interrupt(self) -> None:
        if self._process.pid is not None and self.alive():
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGINT)

    def end(self) -> None:
        self._process.join(LAST)
        self._process.kill()
        self._process.join()


def processes(task: Task, workers: int, gpus_per_trial: float | None) -> Start:
    """What starts so many workers. Raises UsageError where there are too few GPUs."""
    gpus = shares(workers, gpus_per_trial, visible_gpus())
    # Trainings that take all cores each, at once, wait for one another at every operation.
    threads = max(1, (os.cpu_count() or 1) // workers)
    context = _context()

    def start(slot: int) -> WorkerProcess:
        wrong, tell = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(task, gpus[slot], threads, tell), name=f"worker {slot}")
        process.start()
        tell.close()
        return WorkerProcess(process, wrong)

    return start


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


def _context() -> ForkServerContext | SpawnContext:
    """How workers are started: by a process that has imported everything, so that a new one is there at once."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # None of these imports torch, whose threads do not live through a fork.
    context.set_forkserver_preload(["archgraph.search.processes", "archgraph.search.progress"])
    return context


def _work(task: Task, gpus: str | None, threads: int, tell: Connection) -> None:
    """The life of a worker's process."""
    collect_rarely()
    # Ctrl-C reaches the process that started this one, which passes it on.
    if sys.platform != "win32":
        os.setpgid(0, 0)
    if gpus is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    parent = multiprocessing.parent_process()
    with Stop(also=lambda: parent is not None and not parent.is_alive()) as stop, suppress(KeyboardInterrupt):
        try:
            work(task, open_study(task.folder, patience=PATIENCE), RunFolder(task.folder), stop)
        except UsageError as error:
            tell.send(str(error))
