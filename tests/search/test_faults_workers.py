"""Several workers on one study: none trains what another has, and one that is killed or stopped loses one trial."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from search.fakes import recipe, told
from search.watching import check_whole, ended, found, pid, searching, until, well

from archgraph.search.ledger import TRIES
from archgraph.search.study import open_study
from archgraph.search.trials import INTERRUPTED, Trial

KILLS = 20
ELSEWHERE = """
identity._place = lambda: "elsewhere:1"
"""
"""Makes a process one of another machine, of which nothing can be seen here."""
HASTY = """
from dataclasses import replace
from archgraph.search import processes
patient = processes.processes
processes.processes = lambda task, *options: patient(replace(task, interval=0.1, grace=1.0), *options)
"""
"""Workers that are declared dead after a second."""

if sys.platform == "win32":
    pytest.skip("signals", allow_module_level=True)


def pids(trials: list[Trial]) -> list[int]:
    """The processes that run trials, but for a network's last try: whoever kills it five times is at fault itself."""
    return [pid(trial) for trial in trials if trial.state == "running" and tries(trials, trial) < TRIES]


def tries(trials: list[Trial], trial: Trial) -> int:
    return 1 if trial.again is None else 1 + tries(trials, trials[trial.again])


def test_four_workers_started_at_once_train_every_network_once(tmp_path: Path) -> None:
    with searching(tmp_path, recipe(tmp_path, trials=40), workers=4, pause=0.0) as process:
        well(tmp_path, process)
    assert check_whole(tmp_path, trials=40) == []
    trials = found(tmp_path)
    finished = [trial for trial in trials if trial.state == "finished"]
    assert {trial.state for trial in trials} <= {"finished", "yielded"}
    assert sorted(told(tmp_path / "log", "begins")) == sorted(trial.hash for trial in finished)
    assert len({trial.worker for trial in finished}) > 1
    assert len({trial.index for trial in finished}) == 40
    assert all(f"name: small-{trial.number:04d}" in trial.text for trial in finished)


def test_when_the_time_is_over_workers_end_the_trials_that_they_have(tmp_path: Path) -> None:
    with searching(tmp_path, recipe(tmp_path, trials=1000), workers=2, pause=0.3, minutes=0.1) as process:
        well(tmp_path, process)
    trials = found(tmp_path)
    assert {trial.state for trial in trials} <= {"finished", "yielded"}
    assert told(tmp_path / "log", "begins") and ended(tmp_path) == len(told(tmp_path / "log", "begins")) < 41
    assert "0.1 minutes are over" in (tmp_path / "said").read_text()


def test_workers_that_are_killed_lose_no_finished_trial_and_theirs_run_again_once(tmp_path: Path) -> None:
    chance = random.Random(0)
    kills = 0
    kept: dict[int, str] = {}
    with searching(tmp_path, recipe(tmp_path, trials=60), workers=3, pause=0.1) as process:
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
        well(tmp_path, process)
    assert kept.items() <= {trial.number: trial.hash for trial in found(tmp_path) if trial.state == "finished"}.items()
    assert check_whole(tmp_path, trials=60)


def stopped(tmp_path: Path, trial: Trial) -> bool:
    """Stop the worker of a trial in its training; False where it was doing something else at that moment.

    Stopped while it writes, it would keep all others from writing until it goes on.
    """
    log, begun = tmp_path / "log", trial.hash
    if trial.state != "running" or trial.again is not None or begun not in told(log, "begins"):
        return False
    os.kill(pid(trial), signal.SIGSTOP)
    import fcntl  # not on Windows

    with (tmp_path / "run" / "study.journal").open("rb") as journal:
        try:
            fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            free = False
        else:
            free = begun not in told(log, "ends")
    if not free:
        os.kill(pid(trial), signal.SIGCONT)
    return free


def test_a_worker_that_was_declared_dead_and_goes_on_keeps_nothing_and_ends_well(tmp_path: Path) -> None:
    """Three times a worker is stopped in a training, until another one has taken its trial up; then it goes on."""
    zombies: list[Trial] = []
    with searching(tmp_path, recipe(tmp_path, trials=30), workers=2, pause=0.3, before=HASTY) as process:
        until(lambda: ended(tmp_path) > 1, process)
        study = open_study(tmp_path / "run")
        while len(zombies) < 3:
            assert process.poll() is None, "the search has ended"
            time.sleep(0.02)
            for trial in study.trials()[-2:]:
                if not stopped(tmp_path, trial):
                    continue
                until(lambda number=trial.number: study.look(number).error == INTERRUPTED, process)  # type: ignore[misc]
                os.kill(pid(trial), signal.SIGCONT)
                until(lambda digest=trial.hash: digest in told(tmp_path / "log", "ends"), process)  # type: ignore[misc]
                zombies.append(trial)
                break
        well(tmp_path, process)
    interrupted = check_whole(tmp_path, trials=30)
    assert [trial.number for trial in interrupted] == sorted(trial.number for trial in zombies)
    # None died of it: nobody was started anew, and whose trial was taken had trained it to the end.
    assert "another one is started" not in (tmp_path / "said").read_text()
    assert len({trial.worker for trial in found(tmp_path)}) == 2
    assert all(told(tmp_path / "log", "ends").count(trial.hash) == 2 for trial in zombies)
    assert not [trial for trial in zombies if (tmp_path / f"run/weights/{trial.number:04d}.safetensors").exists()]


def test_a_worker_of_another_machine_that_died_is_noticed_by_its_heartbeat_alone(tmp_path: Path) -> None:
    """The first process is killed in a training, and to the second it is one of another machine, with its own clock."""
    file = recipe(tmp_path, trials=4)
    with searching(tmp_path, file, pause=30, before=ELSEWHERE) as process:
        until(lambda: (tmp_path / "log").exists(), process)
    other_clock = "import time; time.time = lambda: 0.0"
    storage = str(tmp_path / "run" / "study.journal")
    call = (
        "from archgraph.search import loop; loop.REAP = 0.1\n"
        "loop.Search.__init__.__kwdefaults__['grace'] = 1.0\n"
        f"worker.join({storage!r}, 'small', evaluator=quick)"
    )
    with searching(tmp_path, file, pause=0.0, before=other_clock, call=call) as process:
        well(tmp_path, process)
    (interrupted,) = check_whole(tmp_path, trials=4)
    assert interrupted.worker.startswith("elsewhere:1/")


def test_an_interrupt_waits_for_the_running_trials_and_a_second_one_does_not(tmp_path: Path) -> None:
    with searching(tmp_path, recipe(tmp_path, trials=500), workers=2, pause=0.5) as process:
        until(lambda: ended(tmp_path) > 2, process)
        process.send_signal(signal.SIGINT)
        well(tmp_path, process, seconds=60)
    assert "Ctrl-C again ends it at once" in (tmp_path / "said").read_text()
    trials = found(tmp_path)
    assert not [trial for trial in trials if trial.state in ("running", "failed")]
    assert len(told(tmp_path / "log", "begins")) == len(told(tmp_path / "log", "ends")) < 500
