"""Rungs of a search: who goes on, from what, and what survives; with an evaluator that trains nothing."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from search.fakes import recipe

from archgraph import expand, loads
from archgraph.errors import SpecError
from archgraph.graph.hashing import canonical_hash
from archgraph.search import show, summary
from archgraph.search.evaluator import EachEpoch, EvaluationError, Request
from archgraph.search.files import RunFolder, checkpoint_of, spec_of
from archgraph.search.outcome import read_outcome
from archgraph.search.ranking import dominates
from archgraph.search.reading import read_recipe
from archgraph.search.recipe import Recipe
from archgraph.search.rungs import compared
from archgraph.search.trials import INTERRUPTED, Trial
from archgraph.search.worker import Result, resume, run

RUNGS = "fidelity: {rungs: [1, 4, 16], keep: 0.25}\n"
INHERIT = "inherit: true\n"
PROXY = "fidelity: {rungs: [naswot, 4, 16], keep: 0.25}\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures, charts and a disk that syncs are tested elsewhere, and take longer than all of these searches."""
    monkeypatch.setattr("archgraph.search.files.RunFolder.draw_best", lambda self, best: None)
    monkeypatch.setattr(import_module("archgraph.search.report"), "write_report", lambda found: None)
    monkeypatch.setattr("os.fsync", lambda file: None)


class Climbing:
    """Accuracy is a hash of the network and the epochs. Every call is a line in `log`: network, epochs, and from where.

    A file of weights holds the network and its epochs, and the file beside it, from which a training goes on, as well.
    """

    def __init__(self, log: Path, *, fails: int = -1, interrupts: int = -1) -> None:
        self.log, self.fails, self.interrupts = log, fails, interrupts
        self.calls = 0

    def __call__(self, recipe: Recipe, folder: RunFolder) -> Climbing:
        return self

    def about(self) -> Mapping[str, Any]:
        return {"device": "nothing"}

    def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
        digest, at = canonical_hash(expand(loads(request.text))), self.calls
        epochs, resume, parent = request.epochs, request.resume, request.parent
        self.calls += 1
        if at == self.interrupts:
            raise KeyboardInterrupt
        if at == self.fails:
            raise EvaluationError("no memory")
        line = {"network": digest, "epochs": epochs, "resume": None, "parent": None, "seed": request.seed}
        scores: dict[str, Any] = {"seconds": 0.01}
        if epochs == 0:
            scores["proxy"] = number(digest, 0)
        else:
            if resume is not None:
                assert json.loads(checkpoint_of(resume).read_text())["network"] == digest
                line["resume"] = scores["resumed"] = json.loads(resume.read_text())["epochs"]
            elif parent is not None:
                # Another worker may know by now that nobody inherits from it any more.
                with suppress(FileNotFoundError):
                    line["parent"] = json.loads(parent.read_text())["network"]
                    assert canonical_hash(expand(loads(spec_of(parent).read_text()))) == line["parent"]
                scores["inherited"] = 0.5 if line["parent"] else 0.0
            for file in (request.weights, checkpoint_of(request.weights)):
                file.write_text(json.dumps({"network": digest, "epochs": epochs}))
            scores |= {"accuracy": number(digest, epochs), "loss": 0.0}
        with self.log.open("a") as log:
            log.write(json.dumps(line) + "\n")
        return scores

    def test(self, text: str, weights: Path) -> Mapping[str, Any]:
        assert json.loads(weights.read_text())["network"] == canonical_hash(expand(loads(text)))
        return {"accuracy": 0.9, "loss": 0.1, "images": 360}

    def close(self) -> None:
        pass


def number(digest: str, epochs: int | None) -> float:
    """A number from 0 to 1 that follows from a network and the epochs it was trained for."""
    return int(blake2b(f"{digest}{epochs}".encode(), digest_size=2).hexdigest(), 16) / 65536


def written(tmp_path: Path, text: str, *, trials: int = 24, **options: Any) -> Path:
    file = recipe(tmp_path, trials=trials, **options)
    file.write_text(file.read_text().replace(", epochs: 2", "") + text)
    return file


def searched(tmp_path: Path, text: str, fake: Climbing, *, out: str = "run", **options: Any) -> Result:
    return run(written(tmp_path, text, **options), out=tmp_path / out, evaluator=fake, console=quiet())


def quiet() -> Console:
    return Console(file=io.StringIO(), width=160)


def trials(folder: Path, rung: int | None = None, state: str = "finished") -> list[Trial]:
    found = read_outcome(folder).trials
    return [trial for trial in found if trial.state == state and rung in (None, trial.rung)]


def calls(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]


def children(folder: Path, rung: int) -> list[Trial]:
    return [trial for trial in trials(folder, rung) if trial.parent is not None]


@pytest.mark.parametrize("text", [RUNGS, PROXY])
@pytest.mark.parametrize("objectives", ["[accuracy]", "[accuracy, macs]"])
def test_a_quarter_of_each_rung_goes_on_and_the_parent_beside_them(tmp_path: Path, text: str, objectives: str) -> None:
    folder = searched(tmp_path, text, Climbing(tmp_path / "log"), objectives=objectives, trials=33).folder
    assert [len(children(folder, rung)) for rung in range(3)] == [32, 8, 2]
    assert [len(trials(folder, rung)) for rung in range(3)] == [33, 9, 3]
    for trial in trials(folder):
        if trial.below is not None:
            below = trials(folder)[trial.below]
            assert below.number == trial.below and below.rung == trial.rung - 1
            assert (below.hash, below.seed, below.index) == (trial.hash, trial.seed, trial.index)
            assert loads(trial.text).name == f"small-{trial.number:04d}"


@pytest.mark.parametrize("objectives", ["[accuracy]", "[accuracy, macs]"])
def test_who_goes_on_is_the_best_of_those_that_are_known(tmp_path: Path, objectives: str) -> None:
    """Replayed from the study: at each step up, no trial that waited was of a better front than the one that went."""
    done = searched(tmp_path, RUNGS, Climbing(tmp_path / "log"), objectives=objectives, trials=33)
    found = read_outcome(done.folder)
    ups = [trial for trial in found.trials if trial.below is not None and trial.parent is not None]
    assert len(ups) == 10
    for up in ups:
        before = [t for t in found.trials[: up.number] if t.rung == up.rung - 1 and t.parent is not None]
        gone = [t.below for t in found.trials[: up.number] if t.rung == up.rung and t.parent is not None]
        assert len(gone) < len(before) // 4
        rest, fronts = {trial.number: compared(trial, found.recipe) for trial in before}, dict[int, int]()
        while rest:
            first = [n for n, mine in rest.items() if not any(dominates(other, mine) for other in rest.values())]
            fronts |= dict.fromkeys(first, len(fronts))
            rest = {number: mine for number, mine in rest.items() if number not in first}
        waited = [trial.number for trial in before if trial.number not in gone]
        assert up.below in waited and fronts[up.below or 0] == min(fronts[number] for number in waited)


def test_a_network_is_trained_once_on_each_rung_and_goes_on_from_the_one_below(tmp_path: Path) -> None:
    searched(tmp_path, RUNGS, Climbing(tmp_path / "log"))
    said = calls(tmp_path)
    assert set(Counter((line["network"], line["epochs"]) for line in said).values()) == {1}
    assert {(line["epochs"], line["resume"]) for line in said} == {(1, None), (4, 1), (16, 4)}


def test_the_best_is_one_of_the_highest_rung(tmp_path: Path) -> None:
    done = searched(tmp_path, RUNGS, Climbing(tmp_path / "log"))
    found = read_outcome(done.folder)
    top = trials(done.folder, 2)
    assert {trial.number for trial in found.winners} == {trial.number for trial in top}
    assert found.best is not None and found.best.measure("accuracy") == max(t.measure("accuracy") for t in top)
    assert max(t.measure("accuracy") for t in trials(done.folder)) > found.best.measure("accuracy")
    assert done.best is not None and done.best.read_text() == found.best.text
    assert all(found.test(trial) is not None for trial in found.winners)


def test_a_proxy_is_the_first_rung_and_parents_are_drawn_of_those_that_were_trained(tmp_path: Path) -> None:
    folder = searched(tmp_path, PROXY, Climbing(tmp_path / "log")).folder
    found = read_outcome(folder)
    assert all(set(t.scores or {}) == {"proxy", "seconds"} for t in trials(folder, 0))
    assert all((t.scores or {})["resumed"] == 4 for t in trials(folder, 2))
    assert not any("resumed" in (t.scores or {}) for t in trials(folder, 1))
    assert {found.trials[t.parent].rung for t in found.trials if t.parent is not None} == {1}


@pytest.mark.parametrize(
    ("text", "sampler"),
    [(RUNGS, "evolution"), (PROXY, "tpe"), (RUNGS + INHERIT, "random"), (PROXY + INHERIT, "evolution")],
)
def test_a_search_that_was_stopped_goes_on_as_it_would_have(tmp_path: Path, text: str, sampler: str) -> None:
    searched(tmp_path, text, Climbing(tmp_path / "log"), sampler=sampler)
    folder = searched(tmp_path, text, Climbing(tmp_path / "log2", interrupts=9), out="part", sampler=sampler).folder
    for at in (0, 4):
        resume(folder, evaluator=Climbing(tmp_path / "log2", interrupts=at), console=quiet())
    resume(folder, evaluator=Climbing(tmp_path / "log2"), console=quiet())
    assert len([trial for trial in read_outcome(folder).trials if trial.error == INTERRUPTED]) == 3
    assert (tmp_path / "log2").read_text() == (tmp_path / "log").read_text()


def test_a_rung_that_was_killed_runs_again_once(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from pathlib import Path
from search.test_rungs import Climbing
from archgraph.search.worker import run
class Dying(Climbing):
    def train(self, request, each_epoch):
        if request.epochs == 4 and self.calls > 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().train(request, each_epoch)
run({str(written(tmp_path, RUNGS))!r}, out={str(folder)!r}, evaluator=Dying(Path({str(tmp_path / "log")!r})))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == -9
    (killed,) = trials(folder, state="running")
    assert killed.rung == 1
    resume(folder, evaluator=Climbing(tmp_path / "log"), console=quiet())
    again = [trial for trial in read_outcome(folder).trials if trial.again is not None]
    assert [(t.again, t.rung, t.below, t.state) for t in again] == [(killed.number, 1, killed.below, "finished")]
    said = calls(tmp_path)
    assert set(Counter((line["network"], line["epochs"]) for line in said).values()) == {1}
    assert all(line["resume"] for line in said if line["epochs"] > 1)


def test_several_workers_give_each_place_once(tmp_path: Path) -> None:
    """Three processes, which want the same places at the same moment; none is given twice, and none left."""
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from pathlib import Path
from search.test_rungs import Climbing
from archgraph.search.files import RunFolder
from archgraph.search.worker import run
RunFolder.draw_best = lambda self, best: None
run({str(written(tmp_path, RUNGS + INHERIT))!r}, out={str(tmp_path / "run")!r}, workers=3,
    evaluator=Climbing(Path({str(tmp_path / "log")!r})))
"""
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert [len(children(tmp_path / "run", rung)) for rung in range(3)] == [23, 5, 1]
    assert [len(trials(tmp_path / "run", rung)) for rung in range(3)] == [24, 6, 2]
    assert set(Counter((line["network"], line["epochs"]) for line in calls(tmp_path)).values()) == {1}
    assert not trials(tmp_path / "run", state="failed") and len({t.worker for t in trials(tmp_path / "run")}) > 1


def test_a_failure_on_a_rung_leaves_the_network_where_it_was(tmp_path: Path) -> None:
    plain = searched(tmp_path, RUNGS, Climbing(tmp_path / "log"), out="plain").folder
    first = next(t.number for t in trials(plain, 1) if t.parent is not None)
    folder = searched(tmp_path, RUNGS, Climbing(tmp_path / "log2", fails=first)).folder
    (failed,) = trials(folder, state="failed")
    assert (failed.rung, failed.error) == (1, "no memory")
    assert not any(t.below == failed.below for t in trials(folder))
    assert len(children(folder, 1)) == 23 // 4 - 1


def test_a_rung_whose_file_is_gone_trains_from_the_start_and_says_so(tmp_path: Path) -> None:
    class Losing(Climbing):
        def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
            assert request.resume is None
            scores = super().train(request, each_epoch)
            request.weights.unlink()
            return scores

    folder = searched(tmp_path, RUNGS, Losing(tmp_path / "log")).folder
    assert [(t.scores or {}).get("resumed") for t in trials(folder, 0)] == [None] * 24
    assert {(t.scores or {})["resumed"] for rung in (1, 2) for t in trials(folder, rung)} == {0}


@pytest.mark.parametrize("text", [RUNGS, INHERIT, RUNGS + INHERIT])
def test_the_folder_holds_no_more_files_than_somebody_may_ask_for(tmp_path: Path, text: str) -> None:
    most: list[int] = []

    class Counting(Climbing):
        def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
            most.append(len(list(request.weights.parent.glob("*.safetensors"))))
            return super().train(request, each_epoch)

    folder = searched(tmp_path, text, Counting(tmp_path / "log"), trials=41).folder
    # Five winners, a quarter that waits for the next rung, the latest and the best ten for their children, the parent.
    assert max(most) <= 5 + (10 + 2 if "fidelity" in text else 0) + (20 if "inherit" in text else 0) + 3
    left = {int(file.stem) for file in (folder / "weights").iterdir()}
    if text == RUNGS:
        assert left == {trial.number for trial in read_outcome(folder).winners} | {
            trial.number for trial in trials(folder) if trial.parent is None
        }


def test_children_begin_with_the_weights_of_their_parent_and_the_study_says_so(tmp_path: Path) -> None:
    folder = searched(tmp_path, INHERIT, Climbing(tmp_path / "log")).folder
    found = read_outcome(folder)
    for trial, line in zip(found.trials, calls(tmp_path), strict=True):
        if trial.parent is None:
            assert line["parent"] is None and "inherited" not in (trial.scores or {})
        else:
            assert line["parent"] == found.trials[trial.parent].hash and (trial.scores or {})["inherited"] == 0.5
    rows = list(csv.DictReader((folder / "trials.csv").read_text().splitlines()))
    assert [row["inherited"] for row in rows] == ["", *["0.5"] * 23]
    console = quiet()
    show(folder, console=console)
    assert "inherited" in console.file.getvalue() and "50.00 %" in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_child_whose_parents_file_is_gone_is_trained_from_the_start_and_says_so(tmp_path: Path) -> None:
    class Losing(Climbing):
        def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
            scores = super().train(request, each_epoch)
            if self.calls > 3:
                request.weights.unlink()
            return scores

    folder = searched(tmp_path, INHERIT, Losing(tmp_path / "log")).folder
    kept = {trial.number for trial in trials(folder)[:3]}
    shares = {(t.parent in kept, (t.scores or {})["inherited"]) for t in trials(folder) if t.parent is not None}
    assert shares == {(True, 0.5), (False, 0.0)}


def test_the_second_rung_has_the_share_that_the_first_one_inherited(tmp_path: Path) -> None:
    folder = searched(tmp_path, RUNGS + INHERIT, Climbing(tmp_path / "log")).folder
    assert {(t.scores or {}).get("inherited") for t in children(folder, 1)} == {0.5}
    parents = [line["parent"] for line in calls(tmp_path) if line["epochs"] == 4]
    assert parents == [None] * len(parents)


def test_what_a_search_shows_says_the_rung(tmp_path: Path) -> None:
    folder = searched(tmp_path, PROXY, Climbing(tmp_path / "log")).folder
    console = quiet()
    show(folder, console=console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "networks by rung: 24 after naswot, 6 after 4 epochs, 2 after 16 epochs; the best are" in text
    rows = list(csv.DictReader((folder / "trials.csv").read_text().splitlines()))
    assert Counter(row["rung"] for row in rows) == {"naswot": 24, "4 epochs": 6, "16 epochs": 2}
    assert all((row["below"] == "") == (row["rung"] == "naswot") == (row["proxy"] != "") for row in rows)
    assert {trial["rung"] for trial in json.loads(json.dumps(summary(folder)))["all"]} == {0, 1, 2}


def test_the_report_draws_and_tells_the_rungs(tmp_path: Path) -> None:
    from archgraph.search.report import html, stages

    found = read_outcome(searched(tmp_path, PROXY, Climbing(tmp_path / "log")).folder)
    page = html(found)
    assert "Of each rung the best 25 % went on to the next, and the parents: 24 after naswot, 6 after 4 epochs" in page
    assert stages(found)[-3:] == [("finished naswot", 24), ("finished 4 epochs", 6), ("finished 16 epochs", 2)]


def test_a_longer_search_lets_more_go_on(tmp_path: Path) -> None:
    folder = searched(tmp_path, RUNGS, Climbing(tmp_path / "log"), trials=9).folder
    resume(folder, trials=33, evaluator=Climbing(tmp_path / "log"), console=quiet())
    assert [len(children(folder, rung)) for rung in range(3)] == [32, 8, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fidelity: {rungs: [4]}\n", "fidelity.rungs is a list, it takes epochs that rise, such as [1, 4, 16]"),
        ("fidelity: {rungs: [4, 1]}\n", "fidelity.rungs is a list, it takes epochs that rise, such as [1, 4, 16]"),
        ("fidelity: {rungs: [1, naswot]}\n", "fidelity.rungs is a list, it takes epochs that rise"),
        ("fidelity: {rungs: [nasvot, 2]}\n", "fidelity.rungs is a list, it takes epochs that rise"),
        ("fidelity: {rungs: [1, 4], keep: 1.5}\n", "fidelity.keep is the number 1.5, it takes a number above 0 and"),
        ("fidelity: {rungs: [1, 4], kep: 0.5}\n", "unknown key 'kep'"),
        ("fidelity: {keep: 0.5}\n", "the key 'rungs' is missing"),
        ("inherit: much\n", "inherit is the text 'much', it takes true or false"),
    ],
)
def test_a_mistake_in_a_recipe_is_told_at_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_recipe(written(tmp_path, text))
    (finding,) = caught.value.findings
    assert finding.message.startswith(said) and finding.at is not None and finding.at.line == 10


def test_rungs_and_other_ways_to_say_how_long_do_not_go_together(tmp_path: Path) -> None:
    file = written(tmp_path, RUNGS)
    assert read_recipe(file).recipe.evaluate.train.epochs == 16
    for settings, said in (
        ({"evaluate.train.epochs": 3}, "the last rung is 16 epochs, and evaluate.train.epochs is 3"),
        ({"evaluate.train.seconds": 3}, "rungs end after epochs, and evaluate.train.seconds ends a training by time"),
        ({"evaluate": {"proxy": "naswot"}, "objectives": "proxy"}, "fidelity is about weights, and evaluate.proxy"),
        ({"evaluate": {"python": "m:f"}, "fidelity": {"rungs": ["zen", 2]}}, "--set fidelity={'rungs': ['zen', 2]}: "),
    ):
        with pytest.raises(SpecError) as caught:
            read_recipe(file, settings=settings)
        assert any(finding.message.startswith(said) for finding in caught.value.findings), caught.value
