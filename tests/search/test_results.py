"""The files in a run's folder: read back by other readers than the ones that wrote them."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from search.fakes import Fake, recipe

from archgraph import expand, loads
from archgraph.graph.hashing import canonical_hash
from archgraph.search.evaluator import EachEpoch, Request
from archgraph.search.identity import Heartbeat
from archgraph.search.loop import Search
from archgraph.search.outcome import read_outcome
from archgraph.search.reading import read_recipe
from archgraph.search.results import report
from archgraph.search.worker import resume, run


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures and charts are tested elsewhere."""
    monkeypatch.setattr("archgraph.search.files.RunFolder.draw_best", lambda self, best: None)
    monkeypatch.setattr("archgraph.search.report.write_report", lambda found: None)


def quiet() -> Console:
    return Console(file=io.StringIO(), width=120)


def searched(place: Path, fake: Fake, **options: object) -> Path:
    return run(recipe(place, **options), out=place / "run", evaluator=fake, console=quiet()).folder  # type: ignore[arg-type]


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "trials.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def test_the_table_has_every_trial_with_its_figures(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(fails={4: 'no "memory",\nat all'}), trials=8)
    found = rows(folder)
    trials = read_outcome(folder).trials
    assert [int(row["trial"]) for row in found] == list(range(8))
    for row, trial in zip(found, trials, strict=True):
        assert row["hash"] == canonical_hash(expand(loads(trial.text)))
        assert int(row["macs"]) == trial.cost["macs"] and int(row["params"]) == trial.cost["params"]
        assert row["parent"] == ("" if trial.parent is None else str(trial.parent))
        assert row["mutation"] == (trial.mutation["operator"] if trial.mutation else "")
        assert row["state"] == trial.state and int(row["seed"]) == trial.seed
        if trial.scores:
            assert float(row["accuracy"]) == trial.scores["accuracy"] and float(row["seconds"]) == 0.01
    assert found[4]["state"] == "failed" and found[4]["error"] == 'no "memory",\nat all'
    assert found[4]["accuracy"] == "" and found[0]["change"] == "parent cifar_resnet8"


def test_a_front_is_kept_network_by_network(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(), trials=14, objectives="[accuracy, macs]")
    finished = [(-float(row["accuracy"]), int(row["macs"])) for row in rows(folder)]
    front = {
        number
        for number, (loss, macs) in enumerate(finished)
        if not any(a <= loss and b <= macs and (a, b) != (loss, macs) for a, b in finished)
    }
    kept = {int(file.stem): loads(file.read_text()) for file in (folder / "pareto").iterdir()}
    assert kept.keys() == front and len(front) > 1
    assert all(spec.name == f"small-{number:04d}" for number, spec in kept.items())


def test_what_leaves_the_front_leaves_the_folder(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(), trials=3, objectives="[accuracy, macs]")
    before = {file.name for file in (folder / "pareto").iterdir()}
    resume(folder, trials=20, evaluator=Fake(), console=quiet())
    after = {file.name for file in (folder / "pareto").iterdir()}
    assert after == {f"{trial.number:04d}.yaml" for trial in read_outcome(folder).front}
    assert before - after


def test_one_objective_has_no_front(tmp_path: Path) -> None:
    assert not (searched(tmp_path, Fake(), trials=2) / "pareto").exists()


def test_the_recipe_says_with_what_it_ran_and_can_be_run_again(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(), trials=3)
    resume(folder, trials=4, evaluator=Fake(), console=quiet())
    text = (folder / "recipe.yaml").read_text()
    ran = [line for line in text.splitlines() if line.startswith("# ran ")]
    sessions = read_outcome(folder).sessions
    assert len(ran) == len(sessions) == 2
    for line, session in zip(ran, sessions, strict=True):
        assert session["began"] in line and f"python {session['python']}" in line and "torch none" in line
        assert line.endswith("nothing")
    assert text.endswith((tmp_path / "small.yaml").read_text())
    assert yaml.safe_load(text) == yaml.safe_load((tmp_path / "small.yaml").read_text())
    assert read_recipe(folder / "recipe.yaml").recipe == read_outcome(folder).recipe


def test_how_long_a_session_took_is_known_even_if_it_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Fake):
        def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
            until = time.monotonic() + 30
            while (taken := read_outcome(tmp_path / "run").sessions[-1]["seconds"]) < 0.2 * (1 + len(self.trained)):
                assert time.monotonic() < until, f"{taken} s are known while it runs"
                time.sleep(0.02)
            return super().train(request, each_epoch)

    monkeypatch.setattr(Search, "heartbeat", lambda search: Heartbeat(search._beat, interval=0.02))
    searched(tmp_path, Slow(), trials=2)


def test_an_interrupted_search_leaves_its_results(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(interrupts=5), objectives="[accuracy, macs]")
    assert len(rows(folder)) == 6 and rows(folder)[5]["error"] == "its process was ended"
    assert (folder / "best.yaml").is_file() and list((folder / "pareto").iterdir())


def test_results_are_made_again_from_the_study_alone(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(), trials=9, objectives="[accuracy, macs]")
    names = ["best.yaml", "trials.csv", *(f"pareto/{file.name}" for file in (folder / "pareto").iterdir())]
    before = {name: (folder / name).read_bytes() for name in names}
    for name in names:
        (folder / name).unlink()
    report(folder)
    assert {name: (folder / name).read_bytes() for name in names} == before
    assert not [file.name for file in folder.iterdir() if file.name.startswith(".")]
