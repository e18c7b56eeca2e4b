"""A search in a process of its own, watched from outside while it runs, and what is found afterwards."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from search.fakes import told

from archgraph.search.outcome import read_outcome
from archgraph.search.trials import INTERRUPTED, Trial

PROGRAM = """
import os, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from search.fakes import Quick
from archgraph.search import identity, worker
from archgraph.search.files import RunFolder
RunFolder.draw_best = lambda self, best: None
quick = Quick(Path({log!r}), {pause})
{before}
{call}
"""


@contextmanager
def searching(
    tmp_path: Path, recipe: Path, *, pause: float, before: str = "", call: str = "", **options: object
) -> Iterator[subprocess.Popen[bytes]]:
    """A search with `Quick` in a process of its own, in the folder `run`; `options` are those of `worker.run`.

    `before` is run first; `call` instead of `worker.run`. What it says is in the file `said`.
    """
    given = {"out": str(tmp_path / "run"), **options}
    program = PROGRAM.format(
        tests=str(Path(__file__).parent.parent),
        log=str(tmp_path / "log"),
        pause=pause,
        before=before,
        call=call or f"worker.run({str(recipe)!r}, evaluator=quick, **{given!r})",
    )
    with (tmp_path / "said").open("ab") as said:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=said, stderr=said, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(what: Callable[[], object], process: subprocess.Popen[bytes], *, seconds: float = 100) -> None:
    """Wait for something while a process runs."""
    limit = time.monotonic() + seconds
    while not what():
        assert process.poll() is None, "the search has ended"
        assert time.monotonic() < limit, "it never came to this"
        time.sleep(0.01)


def well(tmp_path: Path, process: subprocess.Popen[bytes], *, seconds: float = 100) -> None:
    """Wait for a search to end by itself, without an error."""
    assert process.wait(seconds) == 0, (tmp_path / "said").read_text()


def found(tmp_path: Path) -> list[Trial]:
    return list(read_outcome(tmp_path / "run").trials)


def ended(tmp_path: Path) -> int:
    """How many trainings came to their end, kept or not."""
    log = tmp_path / "log"
    return len(told(log, "ends")) if log.exists() else 0


def pid(trial: Trial) -> int:
    """The process that runs a trial."""
    return int(trial.worker.split("/")[1])


def check_whole(tmp_path: Path, *, trials: int) -> list[Trial]:
    """The trials of a search that came to its end: so many networks have finished, each once, and each trial that was
    interrupted was run again once; gives those that were interrupted."""
    every = found(tmp_path)
    finished = Counter(trial.hash for trial in every if trial.state == "finished")
    assert len(finished) == trials and set(finished.values()) == {1}
    assert {trial.state for trial in every} <= {"finished", "failed", "yielded"}
    interrupted = [trial for trial in every if trial.error == INTERRUPTED]
    again = Counter(trial.again for trial in every if trial.again is not None and trial.state != "yielded")
    assert again == Counter(trial.number for trial in interrupted)
    # A network was begun once more for each trial that was interrupted in training, and never otherwise.
    lost = Counter(trial.hash for trial in interrupted)
    for digest, times in Counter(told(tmp_path / "log", "begins")).items():
        assert times <= 1 + lost[digest]
    return interrupted
