"""Several workers on one study: none trains what another has, and one that is killed loses only its trial."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from search.fakes import recipe, told

from archgraph.search.ledger import TRIES
from archgraph.search.outcome import read_outcome
from archgraph.search.study import open_study
from archgraph.search.trials import INTERRUPTED, Trial

KILLS = 20

if sys.platform == "win32":
    pytest.skip("signals", allow_module_level=True)

PROGRAM = """
import os, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from search.fakes import Quick
from archgraph.search import crew, identity, worker
from archgraph.search.files import RunFolder
RunFolder.draw_best = lambda self, best: None
worker.run({recipe!r}, out={out!r}, workers={workers}, evaluator=Quick(Path({log!r}), {pause}))
"""


@contextmanager
def searching(tmp_path: Path, *, trials: int, workers: int, pause: float) -> Iterator[subprocess.Popen[bytes]]:
    """A search in a process of its own, in the folder `run`."""
    program = PROGRAM.format(
        tests=str(Path(__file__).parent.parent),
        recipe=str(recipe(tmp_path, trials=trials)),
        out=str(tmp_path / "run"),
        workers=workers,
        log=str(tmp_path / "log"),
        pause=pause,
    )
    with (tmp_path / "said").open("wb") as said:
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


def found(tmp_path: Path) -> list[Trial]:
    return list(read_outcome(tmp_path / "run").trials)


def ended(tmp_path: Path) -> int:
    log = tmp_path / "log"
    return len(told(log, "ends")) if log.exists() else 0


def pids(trials: list[Trial]) -> list[int]:
    """The processes that run trials, but for a network's last try: whoever kills it five times is at fault itself."""
    running = [trial for trial in trials if trial.state == "running"]
    return [int(trial.worker.split("/")[1]) for trial in running if tries(trials, trial) < TRIES]


def tries(trials: list[Trial], trial: Trial) -> int:
    return 1 if trial.again is None else 1 + tries(trials, trials[trial.again])


def test_four_workers_started_at_once_train_every_network_once(tmp_path: Path) -> None:
    with searching(tmp_path, trials=40, workers=4, pause=0.0) as process:
        assert process.wait(100) == 0, (tmp_path / "said").read_text()
    trials = found(tmp_path)
    finished = [trial for trial in trials if trial.state == "finished"]
    assert len(finished) == len({trial.hash for trial in finished}) == 40
    assert {trial.state for trial in trials} <= {"finished", "yielded"}
    assert sorted(told(tmp_path / "log", "begins")) == sorted(trial.hash for trial in finished)
    assert len({trial.worker for trial in finished}) > 1
    assert len({trial.index for trial in finished}) == 40
    assert all(f"name: small-{trial.number:04d}" in trial.text for trial in finished)


def test_workers_that_are_killed_lose_no_finished_trial_and_theirs_run_again_once(tmp_path: Path) -> None:
    chance = random.Random(0)
    kills = 0
    kept: dict[int, str] = {}
    with searching(tmp_path, trials=60, workers=3, pause=0.1) as process:
        until(lambda: ended(tmp_path) > 1, process)
        study = open_study(tmp_path / "run")
        while kills < KILLS:
            before = ended(tmp_path)
            until(lambda before=before: ended(tmp_path) > before, process)  # type: ignore[misc]
            time.sleep(chance.uniform(0, 0.15))
            trials = study.trials()
            now = {trial.number: trial.hash for trial in trials if trial.state == "finished"}
            assert kept.items() <= now.items()
            kept = now
            if running := pids(trials):
                # One that was killed before still seems to run until its trial is taken from it.
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(running), signal.SIGKILL)
                    kills += 1
        assert process.wait(100) == 0, (tmp_path / "said").read_text()
    trials = found(tmp_path)
    finished = Counter(trial.hash for trial in trials if trial.state == "finished")
    assert kept.items() <= {trial.number: trial.hash for trial in trials if trial.state == "finished"}.items()
    assert len(finished) == 60 and set(finished.values()) == {1}
    interrupted = [trial for trial in trials if trial.error == INTERRUPTED]
    assert interrupted
    again = Counter(trial.again for trial in trials if trial.again is not None and trial.state != "yielded")
    assert again == Counter(trial.number for trial in interrupted)
    # A network was begun once more for each trial that was interrupted in training, and never otherwise.
    lost = Counter(trial.hash for trial in interrupted)
    for digest, times in Counter(told(tmp_path / "log", "begins")).items():
        assert times <= 1 + lost[digest]


def test_an_interrupt_waits_for_the_running_trials_and_a_second_one_does_not(tmp_path: Path) -> None:
    with searching(tmp_path, trials=500, workers=2, pause=0.5) as process:
        until(lambda: ended(tmp_path) > 2, process)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, (tmp_path / "said").read_text()
    assert "Ctrl-C again ends it at once" in (tmp_path / "said").read_text()
    trials = found(tmp_path)
    assert not [trial for trial in trials if trial.state in ("running", "failed")]
    assert len(told(tmp_path / "log", "begins")) == len(told(tmp_path / "log", "ends")) < 500
