"""Whole searches with an evaluator that trains nothing: what they keep, and what survives a kill."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage
from rich.console import Console
from search.fakes import Fake, recipe

from archgraph import cost, expand, load, loads
from archgraph.errors import UsageError
from archgraph.graph.hashing import canonical_hash
from archgraph.search import journal, show, summary
from archgraph.search.evaluator import EachEpoch, Request
from archgraph.search.outcome import read_outcome
from archgraph.search.storage import Patient
from archgraph.search.trials import INTERRUPTED, Trial
from archgraph.search.worker import Result, resume, run


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures, charts and a disk that syncs are tested elsewhere, and take longer than all of these searches."""
    monkeypatch.setattr("archgraph.search.files.RunFolder.draw_best", lambda self, best: None)
    monkeypatch.setattr(import_module("archgraph.search.report"), "write_report", lambda found: None)
    monkeypatch.setattr("os.fsync", lambda file: None)


def quiet() -> Console:
    return Console(file=io.StringIO(), width=120)


def searched(tmp_path: Path, fake: Fake, *, out: str = "run", **options: object) -> Result:
    return run(recipe(tmp_path, **options), out=tmp_path / out, evaluator=fake, console=quiet())  # type: ignore[arg-type]


def trials(folder: Path) -> list[Trial]:
    return list(read_outcome(folder).trials)


def candidates(folder: Path) -> list[str]:
    """Hashes of the finished trials, in the order in which they were proposed."""
    return [trial.hash for trial in sorted(trials(folder), key=lambda trial: trial.index) if trial.state == "finished"]


def test_a_search_keeps_every_trial_whole(tmp_path: Path) -> None:
    done = searched(tmp_path, Fake())
    assert (done.finished, done.failed, done.interrupted) == (12, 0, False)
    kept = trials(done.folder)
    assert kept[0].text and loads(kept[0].text).about == "parent cifar_resnet8"
    for trial in kept:
        spec = loads(trial.text)
        assert spec.name == f"small-{trial.number:04d}"
        assert canonical_hash(expand(spec)) == trial.hash
        assert cost(spec).as_dict() == trial.cost and trial.cost["macs"] <= 764_000
        assert trial.values == (trial.measure("accuracy"),)
        assert (trial.parent is None) == (trial.number == 0)
    assert len({trial.hash for trial in kept}) == 12


def test_optuna_alone_reads_what_was_kept(tmp_path: Path) -> None:
    import optuna
    from optuna.storages.journal import JournalFileBackend

    folder = searched(tmp_path, Fake()).folder
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / journal.NAME)))
    study = optuna.load_study(study_name="small", storage=storage)
    assert study.metric_names == ["accuracy"] and len(study.trials) == 12
    assert all(set(trial.params) == {"parent", "operator", "site", "argument"} for trial in study.trials[1:])
    assert study.best_trial.number == trials(folder)[study.best_trial.number].number
    spec = loads(study.best_trial.user_attrs["archgraph"]["spec"])
    assert spec.name == load(folder / "best.yaml").name


def test_the_folder_holds_the_best_and_weights_of_the_winners_alone(tmp_path: Path) -> None:
    done = searched(tmp_path, Fake(), trials=20)
    found = read_outcome(done.folder)
    best = max(trials(done.folder), key=lambda trial: trial.measure("accuracy"))
    assert done.best is not None and done.best.read_text() == best.text
    assert (done.folder / "best.safetensors").read_text() == best.hash
    kept = {int(file.stem) for file in (done.folder / "weights").iterdir()}
    assert kept == {trial.number for trial in found.winners} | {0} and len(found.winners) == 5
    assert (done.folder / "recipe.yaml").read_text().endswith((tmp_path / "small.yaml").read_text())


def test_test_images_are_for_the_winners_once(tmp_path: Path) -> None:
    fake = Fake()
    done = searched(tmp_path, fake, trials=20)
    shown = {f"{trial.number:04d}" for trial in read_outcome(done.folder).winners}
    assert sorted(fake.tested) == sorted(shown | {"0000"})
    again = Fake()
    resume(done.folder, evaluator=again, console=quiet())
    assert again.trained == [] and again.tested == []


@pytest.mark.parametrize("sampler", ["evolution", "random", "tpe", "nsga2"])
@pytest.mark.parametrize("objectives", ["[accuracy]", "[accuracy, macs]"])
def test_every_sampler_searches_alike_whether_stopped_or_not(tmp_path: Path, sampler: str, objectives: str) -> None:
    whole = searched(tmp_path, Fake(), sampler=sampler, objectives=objectives)
    part = searched(tmp_path, Fake(interrupts=7), out="part", sampler=sampler, objectives=objectives)
    assert part.interrupted and part.finished == 7
    resume(part.folder, evaluator=Fake(), console=quiet())
    assert candidates(part.folder) == candidates(whole.folder)


def test_when_its_time_is_over_a_search_ends_like_one_that_has_all_its_trials(tmp_path: Path) -> None:
    class Slow(Fake):
        def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
            time.sleep(0.05)
            return super().train(request, each_epoch)

    console = quiet()
    done = run(recipe(tmp_path, trials=1000), out=tmp_path / "run", evaluator=Slow(), console=console, minutes=1 / 60)
    assert 0 < done.finished <= 21 and not done.interrupted and done.best is not None
    assert {trial.state for trial in trials(done.folder)} == {"finished"}
    found = read_outcome(done.folder)
    assert found.best is not None and found.test(found.best)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "the 0.0166667 minutes are over" in said and f"resume {done.folder} --trials 1000" in said.replace("\n", "")
    more = resume(done.folder, trials=done.finished + 2, evaluator=Fake(), console=quiet(), minutes=5)
    assert more.finished == done.finished + 2


@pytest.mark.parametrize("minutes", [0, -1, math.inf, math.nan])
def test_a_search_without_time_is_refused_before_anything_is_written(tmp_path: Path, minutes: float) -> None:
    with pytest.raises(UsageError, match=r"minutes is a number above 0, such as 20 or 0\.5"):
        run(recipe(tmp_path), out=tmp_path / "run", evaluator=Fake(), console=quiet(), minutes=minutes)
    assert not (tmp_path / "run").exists()


def test_every_interrupted_trial_is_run_again_once(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(interrupts=3)).folder
    assert trials(folder)[3].error == INTERRUPTED
    resume(folder, evaluator=Fake(interrupts=0), console=quiet())
    resume(folder, evaluator=Fake(), console=quiet())
    found = trials(folder)
    assert [trial.again for trial in found if trial.again is not None] == [3, 4]
    assert found[4].index == found[3].index == 3 and found[4].error == INTERRUPTED
    assert found[4].hash == found[3].hash and found[4].seed == found[3].seed
    assert len(candidates(folder)) == 12


def test_a_kill_at_any_moment_loses_no_finished_trial(tmp_path: Path) -> None:
    """The process is killed in its 2nd, 4th and 1st training, and the journal's end is torn after the second kill."""
    whole = searched(tmp_path, Fake(), trials=10)
    folder = tmp_path / "killed"
    before: list[str] = []
    for number, dies in enumerate((1, 3, 0)):
        assert _killed(tmp_path, folder, dies=dies, fresh=number == 0) == -9
        if number == 1:
            with (folder / journal.NAME).open("ab") as file:
                file.write(b'{"op_code": 8, "trial_')
        now = candidates(folder)
        assert now[: len(before)] == before
        before = now
    resume(folder, evaluator=Fake(), console=quiet())
    assert candidates(folder)[: len(before)] == before
    assert set(candidates(folder)) <= set(candidates(whole.folder)) | {trial.hash for trial in trials(folder)}
    assert len({trial.index for trial in trials(folder)}) == 10


def _killed(tmp_path: Path, folder: Path, *, dies: int, fresh: bool) -> int:
    start = f"run({str(recipe(tmp_path, trials=10))!r}, out={str(folder)!r}, " if fresh else f"resume({str(folder)!r}, "
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from search.fakes import Fake
from archgraph.search.worker import resume, run
{start}evaluator=Fake(dies={dies}))
"""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode


def test_a_trial_killed_after_its_scores_is_finished_on_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(self: object, number: int, values: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("archgraph.search.study.StudyFile.end", stop)
        folder = searched(tmp_path, Fake()).folder
    assert trials(folder)[0].state == "running"
    fake = Fake()
    resume(folder, evaluator=fake, console=quiet())
    assert trials(folder)[0].state == "finished" and len(fake.trained) == 11


def test_a_failure_is_that_trials_and_not_the_searchs(tmp_path: Path) -> None:
    done = searched(tmp_path, Fake(fails={2: "CUDA out of memory"}))
    failed = trials(done.folder)[2]
    assert (done.finished, done.failed) == (11, 1)
    assert failed.error == "CUDA out of memory" and loads(failed.text)
    resumed = resume(done.folder, evaluator=Fake(), console=quiet())
    assert (resumed.finished, resumed.failed) == (11, 1)


def test_a_parent_that_cannot_be_trained_ends_the_search_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no parent could be trained, so there is nothing to change: no memory"):
        searched(tmp_path, Fake(fails={0: "no memory"}))


def test_resume_goes_on_to_a_number_in_all(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(), trials=4).folder
    resume(folder, trials=9, evaluator=Fake(), console=quiet())
    assert len(trials(folder)) == 9
    longer = searched(tmp_path, Fake(), out="longer", trials=4).folder
    assert candidates(folder)[:4] == candidates(longer)


def test_a_folder_that_holds_something_is_not_written_to(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(), trials=2).folder
    with pytest.raises(UsageError, match=r"exists already; `archgraph search resume .*run` continues"):
        searched(tmp_path, Fake(), trials=2)
    assert len(trials(folder)) == 2


def test_a_storage_that_is_not_there_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no storage foo://"):
        run(recipe(tmp_path), out=tmp_path / "runs" / "a", settings={"storage": "foo://x"})
    assert list((tmp_path / "runs").iterdir()) == []


class Absent:
    """A storage that is away whenever it is asked a `count`-th time, and notes what was asked in vain."""

    def __init__(self, storage: BaseStorage, count: int, vain: set[str]) -> None:
        self._storage, self._count, self._vain, self._asked = storage, count, vain, 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*arguments: Any, **named: Any) -> Any:
            self._asked += 1
            if self._asked % self._count == 0:
                self._vain.add(name)
                raise StorageInternalError("server closed the connection unexpectedly")
            return getattr(self._storage, name)(*arguments, **named)

        return ask


def test_a_search_goes_on_whatever_its_storage_was_away_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = candidates(searched(tmp_path, Fake(fails={3: "no score"})).folder)
    vain: set[str] = set()
    keep = Patient.__init__

    def absent(self: Patient, storage: BaseStorage) -> None:
        keep(self, cast("BaseStorage", Absent(storage, count, vain)))

    monkeypatch.setattr(Patient, "__init__", absent)
    monkeypatch.setattr("archgraph.search.storage.PAUSE", 0.001)
    for count in (2, 3, 5):
        assert candidates(searched(tmp_path, Fake(fails={3: "no score"}), out=f"run-{count}").folder) == plain
    assert vain == {
        "create_new_trial",
        "get_all_trials",
        "get_study_user_attrs",
        "get_trial",
        "get_trial_id_from_study_id_trial_number",
        "set_study_user_attr",
        "set_trial_state_values",
        "set_trial_user_attr",
    }


def test_the_second_search_of_a_recipe_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = recipe(tmp_path, trials=2)
    folders = [run(file, evaluator=Fake(), console=quiet()).folder for _ in range(2)]
    assert folders == [Path("runs/small"), Path("runs/small-2")]


def test_a_recipe_with_a_mistake_leaves_no_folder(tmp_path: Path) -> None:
    file = recipe(tmp_path, sampler="evolve")
    with pytest.raises(Exception, match="evolve"):
        run(file, out=tmp_path / "run", evaluator=Fake(), console=quiet())
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


def test_what_was_turned_away_is_counted_across_stops(tmp_path: Path) -> None:
    whole = searched(tmp_path, Fake(), trials=14)
    part = searched(tmp_path, Fake(interrupts=8), out="part", trials=14)
    resume(part.folder, evaluator=Fake(), console=quiet())
    tally = read_outcome(whole.folder).tally
    assert tally.over_budget > 0
    assert read_outcome(part.folder).tally == tally


def test_show_prints_the_best_and_how_to_continue(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(), trials=6).folder
    console = quiet()
    show(folder, console=console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    best = read_outcome(folder).best
    assert best is not None and f"{best.cost['macs']:,}" in text
    assert f"to continue: archgraph search resume {folder} --trials 12" in text


def test_a_summary_is_json(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(fails={3: "x"}), trials=6, objectives="[accuracy, macs]").folder
    found = json.loads(json.dumps(summary(folder)))
    assert found["trials"] == {"wanted": 6, "finished": 5, "failed": 1, "interrupted": 0, "infeasible": 0}
    assert found["objectives"] == {"accuracy": "maximize", "macs": "minimize"}
    assert [trial["trial"] for trial in found["all"]] == list(range(6))


def test_no_search_is_said(tmp_path: Path) -> None:
    for ask in (resume, show, summary):
        with pytest.raises(UsageError, match="no search in"):
            ask(tmp_path)  # type: ignore[operator]


def test_a_search_imports_no_torch(tmp_path: Path) -> None:
    """All tensors are in the process that trains."""
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from search.fakes import Fake
from archgraph.search.worker import run
from archgraph.search.files import RunFolder
RunFolder.draw_best = lambda self, best: None
run({str(recipe(tmp_path, trials=3))!r}, out={str(tmp_path / "run")!r}, evaluator=Fake())
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
