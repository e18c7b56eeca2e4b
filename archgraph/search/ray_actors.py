"""Workers on a Ray cluster: each is an actor. Ray starts them and gives them their GPUs; the storage does the rest."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgraph.errors import UsageError
from archgraph.search.crew import Start, Task, work
from archgraph.search.files import RunFolder
from archgraph.search.recipe import Recipe
from archgraph.search.stopping import Stop
from archgraph.search.storage import PATIENCE
from archgraph.search.study import is_search, join_study, open_study

if TYPE_CHECKING:
    from archgraph.search.study import StudyFile

LOCAL = "local"
"""The address that stands for a cluster of this machine alone, which begins and ends with the search."""
REACH = 10.0
"""Seconds in which a cluster has to answer; Ray itself tries for minutes."""
LAST = 10.0
"""Seconds that an actor has to end in, once it was interrupted."""


class Worker:
    """What an actor does: `work`, and meanwhile, in another thread, `interrupt`."""

    def __init__(self) -> None:
        self._stop = Stop()

    def work(self, task: Task, storage: str | None, name: str) -> None:
        """Take part in a search until it ends. A machine that does not have the run's folder gets one of its own."""
        study: StudyFile
        if is_search(task.folder):
            study, folder = open_study(task.folder, patience=PATIENCE), RunFolder(task.folder)
        else:
            assert storage is not None
            study = join_study(storage, name, patience=PATIENCE)
            folder = RunFolder(Path(tempfile.mkdtemp(prefix="archgraph-")))
            folder.weights(0).parent.mkdir()
        work(task, study, folder, self._stop)

    def interrupt(self) -> None:
        """End after the running trial."""
        self._stop.count += 1


@dataclass
class WorkerActor:
    """An actor that was started; `ended` is what Ray has once its work has ended."""

    actor: Any
    ended: Any
    interrupts: int = 0

    def alive(self) -> bool:
        import ray

        return not ray.wait([self.ended], timeout=0)[0]

    def death(self) -> str | None:
        import ray

        try:
            ray.get(self.ended)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, UsageError):
                raise UsageError(str(error.cause)) from None
            return f"ended with {str(error.cause).strip().splitlines()[-1]}"
        except ray.exceptions.RayError as error:
            return f"is gone: {str(error).splitlines()[0]}"
        return None

    def interrupt(self) -> None:
        import ray

        self.interrupts += 1
        if self.interrupts == 1:
            self.actor.interrupt.remote()
        elif self.interrupts == 2:
            ray.kill(self.actor)

    def end(self) -> None:
        import ray

        with suppress(ray.exceptions.RayError):
            ray.wait([self.ended], timeout=LAST)
            ray.kill(self.actor)


def check(address: str) -> None:
    """Raises UsageError where Ray is not installed, or an address of the form `host:port` does not answer."""
    if find_spec("ray") is None:
        raise UsageError("--ray needs Ray: pip install 'archgraph[ray]'")
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH).close()
    except (OSError, ValueError, OverflowError) as error:
        raise UsageError(
            f"no Ray cluster at {address}: {error}; `ray start --head` begins one and says its address, auto finds one "
            f"of this machine, and {LOCAL} is one for this search alone"
        ) from None


@contextmanager
def actors(task: Task, recipe: Recipe, address: str) -> Iterator[Start]:
    """What starts workers on the cluster at an address. Raises UsageError where there is none, and where it has several
    machines and the study is in a file of this one."""
    import ray

    ours = not ray.is_initialized()
    if ours:
        _begin(address)
    try:
        nodes = sum(bool(node["Alive"]) for node in ray.nodes())
        if nodes > 1 and recipe.storage is None:
            raise UsageError(
                f"the Ray cluster has {nodes} machines, and the study is a file on this one; they need a database that "
                "all of them reach: storage: postgresql://... in the recipe"
            )
        gpus = recipe.gpus_per_trial
        if gpus is None:
            gpus = 1 if ray.cluster_resources().get("GPU") else 0
        # One thread works, the other hears of interrupts.
        remote = ray.remote(num_cpus=1, num_gpus=gpus, max_concurrency=2)(Worker)

        def start(slot: int) -> WorkerActor:
            actor = remote.remote()
            return WorkerActor(actor, actor.work.remote(task, recipe.storage, recipe.name))

        yield start
    finally:
        if ours:
            ray.shutdown()


def _begin(address: str) -> None:
    """Connect this process to a cluster. Raises UsageError."""
    import ray

    # Nothing is told to anybody of a cluster that a search begins.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    options = {"include_dashboard": False} if address == LOCAL else {}
    try:
        ray.init(address=address, logging_level="ERROR", log_to_driver=False, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise UsageError(f"no Ray cluster at {address}: {error}") from error
