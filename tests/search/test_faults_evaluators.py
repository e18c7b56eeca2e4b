"""An evaluation that goes wrong in any way is the recorded failure of its trial, and the search goes on."""

from __future__ import annotations

import io
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from search.crooked import HANGS, WAYS
from search.fakes import recipe

from archgraph.search.evaluator import EachEpoch, Request
from archgraph.search.evaluators.python import FunctionProcess
from archgraph.search.files import RunFolder
from archgraph.search.outcome import read_outcome
from archgraph.search.recipe import Recipe
from archgraph.search.worker import run

pytestmark = pytest.mark.torch

SAID = {
    2: "ValueError: no such image",
    3: "search.crooked:score gave accuracy: nan",
    4: "no result after 2 seconds; it was stopped",
    5: "RuntimeError: ",
    6: "the training process ended with code 7",
    7: "the training process was ended by SIGKILL, which is how a system without free memory ends a process",
    8: "the training process was ended by SIGSEGV",
}


class Hasty(FunctionProcess):
    """It has two seconds for the trial that hangs, once the process that does it is there."""

    def train(self, request: Request, each_epoch: EachEpoch) -> Any:
        self.about()
        self.timeout = 2.0 if f"name: small-{HANGS:04d}" in request.text else 120.0
        return super().train(request, each_epoch)


def hasty(recipe: Recipe, folder: RunFolder) -> Hasty:
    assert recipe.evaluate.python is not None
    return Hasty(recipe.evaluate.python, timeout=120.0, log=folder.log, wanted=("accuracy",))


@pytest.mark.skipif(sys.platform != "linux", reason="signals and limits of memory are as Linux has them")
def test_each_way_to_go_wrong_fails_its_trial_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that raises, gives no number, hangs, wants memory that is not there, exits, is killed, or faults."""
    monkeypatch.setattr("archgraph.search.files.RunFolder.draw_best", lambda self, best: None)
    monkeypatch.setattr(import_module("archgraph.search.report"), "write_report", lambda found: None)
    file = recipe(tmp_path, trials=12)
    file.write_text(file.read_text().replace("{train: {data: digits, epochs: 2}}", "{python: search.crooked:score}"))
    console = Console(file=(said := io.StringIO()), width=200)
    done = run(file, out=tmp_path / "run", console=console, evaluator=hasty)
    assert (done.finished, done.failed, done.interrupted) == (5, 7, False)
    trials = read_outcome(done.folder).trials
    errors = {trial.number: trial.error or "" for trial in trials if trial.state == "failed"}
    assert errors.keys() == WAYS.keys() == SAID.keys()
    for number, why in SAID.items():
        assert errors[number].startswith(why), errors[number]
        assert f"trial {number} failed: {why}" in said.getvalue()
        # What failed is kept as a spec like any other.
        assert f"name: small-{number:04d}" in trials[number].text
    assert "memory" in errors[5]
