"""Workers as actors of Ray, on a cluster of this machine alone."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from search.fakes import recipe
from search.watching import check_whole, ended, found, pid, searching, until, well
from typer.testing import CliRunner

from archgraph.cli import app
from archgraph.search.study import open_study

RAY = """
import logging, ray
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
ray.init(num_cpus=2, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
"""
"""A cluster for two actors, however many cores there are."""


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")


def test_an_actor_that_is_killed_loses_its_trial_alone_and_an_interrupt_waits_for_the_others(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'archgraph[ray]'")
    file = recipe(tmp_path, trials=60)
    with searching(tmp_path, file, pause=0.3, before=RAY, workers=2, ray="local") as process:
        until(lambda: ended(tmp_path) > 2, process)
        study = open_study(tmp_path / "run")
        until(lambda: any(trial.state == "running" for trial in study.trials()), process)
        victim = next(trial for trial in reversed(study.trials()) if trial.state == "running")
        os.kill(pid(victim), signal.SIGKILL)
        # The two that were begun with, and the one that takes the place of the first that died.
        until(lambda: len({trial.worker for trial in study.trials()}) == 3, process)
        process.send_signal(signal.SIGINT)
        well(tmp_path, process, seconds=60)
    trials = found(tmp_path)
    assert (tmp_path / "said").read_text().count("another one is started") == 1
    assert {trial.state for trial in trials} <= {"finished", "yielded", "failed"}
    assert {trial.number for trial in trials if trial.state == "failed"} <= {victim.number}
    total = len({trial.hash for trial in trials}) + 2
    call = f"worker.resume({str(tmp_path / 'run')!r}, trials={total}, workers=1, evaluator=quick)"
    with searching(tmp_path, file, pause=0.0, call=call) as process:
        well(tmp_path, process)
    check_whole(tmp_path, trials=total)


def test_without_ray_the_message_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archgraph.search.ray_actors.find_spec", lambda name: None)
    out = tmp_path / "run"
    done = CliRunner().invoke(app, ["search", "run", str(recipe(tmp_path)), "--out", str(out), "--ray", "auto"])
    assert done.exit_code != 0 and "pip install 'archgraph[ray]'" in done.output
    assert not out.exists()


def test_an_address_where_nobody_answers_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archgraph.search.ray_actors.find_spec", lambda name: sys)
    out = tmp_path / "run"
    command = ["search", "run", str(recipe(tmp_path)), "--out", str(out), "--ray", "127.0.0.1:1"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code != 0 and "no Ray cluster at 127.0.0.1:1: " in done.output
    assert not out.exists()
