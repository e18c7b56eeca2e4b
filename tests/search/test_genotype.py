"""A space as a genotype: what is asked once and what once a copy, and whole searches that change choices alone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.storages.journal import JournalFileBackend
from rich.console import Console
from search.fakes import Fake

from archgraph import expand, load, loads
from archgraph.errors import SpecError
from archgraph.graph.hashing import canonical_hash
from archgraph.search import journal
from archgraph.search.choices import answering, by_label, has_choices
from archgraph.search.evaluator import EachEpoch, Request
from archgraph.search.genotype import Genotype, change, genotype_of
from archgraph.search.outcome import read_outcome
from archgraph.search.reading import read_recipe
from archgraph.search.trials import Trial
from archgraph.search.worker import Result, resume, run
from archgraph.spec.model import Range, Spec

HEAD = "archgraph: 1\nname: small\ninput: [1, 8, 8]\n"
SPACE = (
    HEAD
    + """\
vars: {width: {range: [4, 16], step: 4}}
blocks:
  unit: {args: {out: int}, graph: [conv: {out: $out, kernel: {choice: [1, 3, 5]}, act: relu}]}
graph:
  - conv: [$width, 3]
  - {unit: $width, id: a}
  - {unit: $width, id: b}
  - choice: {plain: [], deep: [conv: {out: $width, kernel: {choice: [1, 3]}}]}
  - {conv: {out: $width, kernel: {choice: [3, 5]}}, repeat: 2}
  - global_avg_pool
  - linear: 10
"""
)
RECIPE = """\
archgraph_search: 1
name: small
spec: space.yaml
mutate: none
objectives: OBJECTIVES
evaluate: {train: {data: digits, epochs: 2}}
sampler: SAMPLER
trials: 16
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures, charts and a disk that syncs are tested elsewhere."""
    monkeypatch.setattr("archgraph.search.files.RunFolder.draw_best", lambda self, best: None)
    monkeypatch.setattr(import_module("archgraph.search.report"), "write_report", lambda found: None)
    monkeypatch.setattr("os.fsync", lambda file: None)
    monkeypatch.setattr("archgraph.search.guided.POOL", 60)


def recipe(folder: Path, *, sampler: str = "evolution", objectives: str = "[accuracy]", more: str = "") -> Path:
    (folder / "space.yaml").write_text(SPACE)
    file = folder / "small.yaml"
    file.write_text(RECIPE.replace("SAMPLER", sampler).replace("OBJECTIVES", objectives) + more)
    return file


def quiet() -> Console:
    return Console(file=io.StringIO(), width=120)


def searched(folder: Path, *, out: str = "run", fake: Fake | None = None, **options: str) -> Result:
    return run(recipe(folder, **options), out=folder / out, evaluator=fake or Fake(), console=quiet())


def finished(folder: Path) -> list[Trial]:
    kept = [trial for trial in read_outcome(folder).trials if trial.state == "finished"]
    return sorted(kept, key=lambda trial: trial.index)


def study(folder: Path) -> optuna.Study:
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / journal.NAME)))
    return optuna.load_study(study_name="small", storage=storage)


def kernels_of(spec: Spec) -> list[int]:
    return [node.op.kernel for node in expand(spec) if node.op.op == "conv"]  # type: ignore[attr-defined]


def test_copies_are_asked_each_and_uses_of_a_block_once() -> None:
    space = Genotype(loads(SPACE))
    assert list(space.defaults) == ["vars.width", "a.conv1.kernel", "choice1", "conv2.0.kernel", "conv2.1.kernel"]
    deep = space.chosen(by_label(answering({"choice1": "deep"})))
    assert list(deep)[3] == "choice1.deep.conv1.kernel"


def test_every_set_of_choices_is_a_plain_spec_of_what_was_chosen() -> None:
    space, rng = Genotype(loads(SPACE)), Random(0)
    for _ in range(30):
        choices = space.drawn(rng)
        settled = space.settled(choices)
        assert not has_choices(settled)
        kernels = kernels_of(settled)
        assert kernels[1] == kernels[2] == choices["a.conv1.kernel"]
        assert kernels[-2:] == [choices["conv2.0.kernel"], choices["conv2.1.kernel"]]
        assert len(kernels) == (6 if choices["choice1"] == "deep" else 5)


def test_a_change_is_told_in_words() -> None:
    assert change({"a": 3, "b": True}, {"a": 3, "b": False}) == ("b", "true -> false")
    assert change({"a": 1, "b": 1}, {"a": 2, "c": 3}) == ("2 decisions", "a 2, c 3")


def test_only_a_search_of_one_space_by_its_choices_is_one() -> None:
    space, plain = loads(SPACE), load("lenet5")
    assert genotype_of([space], {"choice": 1.0, "width": 0.0}) is not None
    assert genotype_of([space], {"choice": 1.0, "width": 1.0}) is None
    assert genotype_of([space, space], {"choice": 1.0}) is None
    assert genotype_of([plain], {"choice": 1.0}) is None


@pytest.mark.parametrize("sampler", ["evolution", "random", "guided", "tpe", "nsga2"])
@pytest.mark.parametrize("objectives", ["[accuracy]", "[accuracy, macs]"])
def test_a_search_stopped_and_resumed_is_the_unbroken_one(tmp_path: Path, sampler: str, objectives: str) -> None:
    whole = searched(tmp_path, sampler=sampler, objectives=objectives)
    assert whole.finished == 16
    part = searched(tmp_path, out="part", fake=Fake(interrupts=12), sampler=sampler, objectives=objectives)
    assert part.interrupted and part.finished == 12
    resume(part.folder, evaluator=Fake(), console=quiet())
    assert [one.hash for one in finished(part.folder)] == [one.hash for one in finished(whole.folder)]


@pytest.mark.parametrize("sampler", ["evolution", "tpe"])
def test_optuna_alone_reads_the_choices_of_every_trial(tmp_path: Path, sampler: str) -> None:
    folder = searched(tmp_path, sampler=sampler).folder
    space = loads(SPACE)
    found = study(folder).trials
    assert len(found) == 16
    for trial, kept in zip(found, finished(folder), strict=True):
        assert trial.distributions["choice1"] == CategoricalDistribution(("plain", "deep"))
        assert trial.distributions["vars.width"] == IntDistribution(4, 16, step=4)
        assert trial.distributions["a.conv1.kernel"] == IntDistribution(1, 5, step=2)
        assert ("choice1.deep.conv1.kernel" in trial.params) == (trial.params["choice1"] == "deep")
        # What expand makes of the parameters, asked by name, is the network that was trained; `b` goes with `a`.
        answers = {**trial.params, "b.conv1.kernel": trial.params["a.conv1.kernel"]}
        asked = expand(space, choose=lambda name, choice, answers=answers: answers[name])
        assert canonical_hash(asked) == kept.hash
    assert set(optuna.importance.get_param_importances(study(folder))) >= set(Genotype(space).defaults)


def test_a_child_says_what_was_chosen_otherwise(tmp_path: Path) -> None:
    """Twelve trials of 16 are a population of 8; after it children differ from their parents in one decision."""
    kept = finished(searched(tmp_path).folder)
    assert all(trial.parent == 0 for trial in kept[1:8])
    for trial in kept[9:]:
        assert trial.mutation is not None and trial.draw is not None and trial.draw.choices is not None
        assert trial.mutation["operator"] == "choice" and " -> " in trial.mutation["change"] + " -> "
        parent = next(one for one in kept if one.number == trial.parent)
        before = Genotype(loads(SPACE)).defaults if parent.draw is None else parent.draw.choices
        assert before is not None
        shared = set(before) & set(trial.draw.choices)
        assert sum(before[name] != trial.draw.choices[name] for name in shared) == 1


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "evolution", "guided"])
def test_samplers_come_to_the_better_choices(tmp_path: Path, sampler: str) -> None:
    """Accuracy here is the width, of which one in four is the best: 36 of the 144 networks have it."""

    class Widths(Fake):
        def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
            width = loads(request.text).vars["width"]
            accuracy = (width.chosen if isinstance(width, Range) else width) / 16  # type: ignore[operator]
            return {**super().train(request, each_epoch), "accuracy": accuracy}

    file = recipe(tmp_path, sampler=sampler)
    done = run(file, out=tmp_path / "run", evaluator=Widths(), console=quiet(), trials=36)
    best = [trial.measure("accuracy") == 1 for trial in finished(done.folder)]
    assert sum(best[-12:]) >= 7 > sum(best[1:13])


def test_what_would_leave_the_space_is_told_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        read_recipe(recipe(tmp_path, more="repair: true\n"))
    (finding,) = caught.value.findings
    assert finding.at is not None and finding.at.line == 9
    assert "changes choices alone" in finding.message


def test_a_sampler_that_needs_more_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archgraph.search.sampler.find_spec", lambda name: None)
    with pytest.raises(SpecError, match=r"pip install 'archgraph\[gp\]'"):
        read_recipe(recipe(tmp_path, sampler="gp"))


@pytest.mark.torch
def test_a_gaussian_process_of_optunas_answers_decisions(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    done = run(recipe(tmp_path, sampler="gp"), out=tmp_path / "run", evaluator=Fake(), console=quiet(), trials=13)
    assert len({trial.hash for trial in finished(done.folder)}) == 13
