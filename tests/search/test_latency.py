"""A limit on latency: measured before a network is trained, and never won by what breaks it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import pytest
from rich.console import Console
from search.fakes import Fake

from archgraph import dump, expand, load, loads, override
from archgraph.errors import SpecError
from archgraph.graph.hashing import canonical_hash
from archgraph.search.evaluator import Evaluator, Request
from archgraph.search.evaluators import evaluator
from archgraph.search.evaluators.timed import Timed
from archgraph.search.files import RunFolder
from archgraph.search.latency import LatencyLimit
from archgraph.search.outcome import Outcome, read_outcome
from archgraph.search.reading import read_recipe
from archgraph.search.recipe import Recipe
from archgraph.search.study import SCORES, StudyFile, open_study
from archgraph.search.worker import resume, run

RECIPE = """\
archgraph_search: 1
name: timed
spec: cifar_resnet8
set: {classes: 10, input: [1, 8, 8]}
budget: BUDGET
objectives: OBJECTIVES
evaluate: EVALUATE
sampler: SAMPLER
trials: TRIALS
"""
TRAIN = "{train: {data: digits, epochs: 1}}"


def written(
    folder: Path,
    *,
    budget: str = "{latency_ms: 0.6}",
    objectives: str = "[accuracy]",
    evaluate: str = TRAIN,
    sampler: str = "evolution",
    trials: int = 12,
) -> Path:
    file = folder / "r.yaml"
    text = RECIPE.replace("BUDGET", budget).replace("OBJECTIVES", objectives).replace("EVALUATE", evaluate)
    file.write_text(text.replace("SAMPLER", sampler).replace("TRIALS", str(trials)))
    return file


def nobody(epoch: int, accuracy: float) -> None:
    """Is told of an epoch."""


def slowness(digest: str) -> float:
    """Milliseconds from 0 to 1 that follow from a network."""
    return int(digest[:4], 16) / 65536


class Clock:
    """Stands for the child process: the latency of a network is a hash of it, plus `more`."""

    timeout = 1.0

    def __init__(self, more: float = 0.0) -> None:
        self.more = more
        self.measured: list[str] = []

    def ask(self, job: Mapping[str, Any], timeout: float, each_epoch: Any) -> Mapping[str, Any]:
        digest = canonical_hash(expand(loads(job["spec"])))
        self.measured.append(digest)
        time = slowness(digest) + self.more
        return {"median_ms": time, "low_ms": time, "high_ms": time, **job["timing"], "seconds": 0.1}

    def close(self) -> None:
        pass


class Made:
    """A search's evaluator: a fake training behind a fake clock."""

    def __init__(self, more: float = 0.0, fake: Fake | None = None) -> None:
        self.fake, self.clock = fake or Fake(), Clock(more)

    def __call__(self, recipe: Recipe, folder: RunFolder) -> Evaluator:
        assert recipe.latency is not None
        return Timed(self.fake, recipe.latency, self.clock)  # type: ignore[arg-type]


def search(file: Path, made: Made) -> tuple[Outcome, str]:
    out = file.parent / "run"
    console = Console(file=io.StringIO(), width=160)
    run(file, out=out, console=console, evaluator=made)
    return read_outcome(out), console.file.getvalue()  # type: ignore[attr-defined]


def table(found: Outcome) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((found.folder / "trials.csv").read_text(encoding="utf-8"))))


@pytest.mark.torch
@pytest.mark.parametrize("sampler", ["evolution", "random", "guided", "tpe", "nsga2"])
def test_what_is_over_the_limit_is_measured_and_not_trained(tmp_path: Path, sampler: str) -> None:
    made = Made(more=-0.1)
    found, printed = search(written(tmp_path, sampler=sampler), made)
    slow = [trial.number for trial in found.trials if slowness(trial.hash) - 0.1 > 0.6]
    assert slow and [trial.number for trial in found.infeasible] == slow
    assert set(made.fake.trained) == {trial.hash for trial in found.finished}
    assert len(made.clock.measured) == len(found.trials) == 12
    for trial in found.trials:
        assert trial.scores is not None
        assert trial.scores["latency_ms"] == slowness(trial.hash) - 0.1
        assert trial.scores["timed"]["device"] == "cpu" and ("accuracy" in trial.scores) == (trial.number not in slow)
        assert trial.parent not in slow
    assert not {trial.number for trial in found.winners} & set(slow)
    assert f"{len(slow)} measured and not trained: over latency_ms" in printed
    assert "over the limit, not trained" in printed
    by_number = {int(row["trial"]): row for row in table(found)}
    assert {number for number, row in by_number.items() if row["state"] == "infeasible"} == set(slow)
    assert all(
        float(row["latency_ms"]) == found.trials[number].measure("latency_ms") for number, row in by_number.items()
    )
    report = (found.folder / "report.html").read_text(encoding="utf-8")
    assert report.count("over the latency limit, so not trained") == len(slow)


@pytest.mark.torch
def test_optuna_is_told_by_how_much_a_limit_is_broken(tmp_path: Path) -> None:
    found, _ = search(written(tmp_path), Made())
    storage, study_id = open_study(found.folder).place
    name = storage.get_study_name_from_id(study_id)
    study = optuna.load_study(study_name=name, storage=storage)
    for frozen, trial in zip(study.trials, found.trials, strict=True):
        assert frozen.constraints == {"latency_ms": pytest.approx(trial.measure("latency_ms") - 0.6)}
    assert study.best_trial.number == found.best.number  # type: ignore[union-attr]


@pytest.mark.torch
@pytest.mark.parametrize("sampler", ["evolution", "tpe"])
@pytest.mark.parametrize("objectives", ["[accuracy]", "[accuracy, latency_ms]"])
def test_while_nothing_is_inside_the_fastest_have_children(tmp_path: Path, sampler: str, objectives: str) -> None:
    made = Made(more=2.0)
    found, printed = search(written(tmp_path, sampler=sampler, objectives=objectives), made)
    assert len(found.infeasible) == 12 and not made.fake.trained and found.best is None
    assert {trial.parent for trial in found.trials} > {None, 0}
    fastest = min(slowness(trial.hash) + 2 for trial in found.trials)
    assert f"the fastest network took {fastest:.4g} ms; latency_ms at most 0.6 (cpu, batch 1" in printed


@pytest.mark.torch
def test_a_search_goes_on_after_its_end_as_it_would_have(tmp_path: Path) -> None:
    whole, _ = search(written(tmp_path), Made())
    other = tmp_path / "other"
    other.mkdir()
    short, _ = search(written(other, trials=7), Made())
    resume(short.folder, trials=12, console=Console(file=io.StringIO()), evaluator=Made())
    assert [trial.hash for trial in read_outcome(short.folder).trials] == [trial.hash for trial in whole.trials]


@pytest.mark.torch
def test_a_worker_killed_once_a_measurement_was_kept_leaves_it_infeasible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(study: StudyFile, number: int, scores: Mapping[str, Any]) -> bool:
        study._set_of(number, SCORES, dict(scores))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(StudyFile, "rule_out", killed)
        patched.setattr(StudyFile, "interrupt", lambda study, number: True)
        found, _ = search(written(tmp_path, trials=6), Made(more=2.0))
    (left,) = found.trials
    assert left.state == "running"
    resume(found.folder, console=Console(file=io.StringIO()), evaluator=Made(more=2.0))
    trials = read_outcome(found.folder).trials
    assert [trial.state for trial in trials] == ["infeasible"] * 6 and not any(trial.again for trial in trials)


@pytest.mark.torch
def test_latency_is_an_objective_beside_others(tmp_path: Path) -> None:
    found, printed = search(written(tmp_path, budget="{}", objectives="[accuracy, latency_ms]"), Made())
    assert found.recipe.directions == ["maximize", "minimize"] and not found.infeasible
    for trial in found.finished:
        accuracy, latency = trial.measure("accuracy"), trial.measure("latency_ms")
        beaten = any(t.measure("accuracy") >= accuracy and t.measure("latency_ms") < latency for t in found.finished)
        assert (trial in found.front) == (not beaten)
    assert "latency_ms (cpu, batch 1, float32, 1 thread)" in printed


@pytest.mark.torch
def test_the_child_process_measures_and_trains_only_what_is_inside(tmp_path: Path) -> None:
    wide = read_recipe(written(tmp_path, budget="{latency_ms: {max: 60000, batch: 2}}")).recipe
    narrow = read_recipe(written(tmp_path, budget="{latency_ms: {max: 0.000001}}")).recipe
    spec = override(load("cifar_resnet8"), {"input": (1, 8, 8), "classes": 10})
    folder = RunFolder(tmp_path)
    for recipe, trained in ((wide, True), (narrow, False)):
        scoring = evaluator(recipe, folder)
        try:
            weights = tmp_path / f"{trained}.safetensors"
            scores = scoring.train(Request(dump(spec), 0, weights), nobody)
        finally:
            scoring.close()
        assert weights.is_file() == ("accuracy" in scores) == trained
        record = scores["timed"]
        assert scores["latency_ms"] == record["median_ms"] and record["low_ms"] <= record["high_ms"]
        assert record["batch"] == (2 if trained else 1) and record["repeats"] >= 5


@pytest.mark.torch
def test_what_is_scored_without_a_process_is_timed_in_one(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"arch,score\n{canonical_hash(expand(load('lenet5')))},0.9\n")
    table = f"{{table: {{csv: {tmp_path}/t.csv, architecture: arch, score: score, form: hash}}}}"
    file = written(tmp_path, budget="{}", objectives="[accuracy, latency_ms]", evaluate=table)
    recipe = read_recipe(file).recipe
    scoring = evaluator(recipe, RunFolder(tmp_path))
    try:
        scores = scoring.train(Request(dump(load("lenet5")), 0, tmp_path / "w"), nobody)
    finally:
        scoring.close()
    assert scores["accuracy"] == 0.9 and scores["latency_ms"] > 0


@pytest.mark.parametrize(
    ("budget", "limit"),
    [
        ("{latency_ms: 1.5}", LatencyLimit(max=1.5)),
        ("{latency_ms: 2}", LatencyLimit(max=2.0)),
        ("{latency_ms: {max: 3, device: cuda, batch: 8, dtype: float16}}",
         LatencyLimit(max=3.0, device="cuda", batch=8, dtype="float16")),
        ("{macs: 1M, latency_ms: {threads: 2}}", LatencyLimit(threads=2)),
    ],
)  # fmt: skip
def test_a_limit_says_on_what_it_is_measured(tmp_path: Path, budget: str, limit: LatencyLimit) -> None:
    assert read_recipe(written(tmp_path, budget=budget)).recipe.latency == limit


def test_an_objective_alone_is_measured_on_one_thread_of_the_processor(tmp_path: Path) -> None:
    recipe = read_recipe(written(tmp_path, budget="{macs: 1M}", objectives="[accuracy, latency_ms]")).recipe
    assert str(recipe.latency) == "latency_ms (cpu, batch 1, float32, 1 thread)"
    assert read_recipe(written(tmp_path, budget="{macs: 1M}")).recipe.latency is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"budget": "{latency_ms: 0}"}, "5:22: the budget for latency_ms is 0, it takes a number of"),
        ({"budget": "{latency_ms: null}"}, "5:22: the budget for latency_ms has no limit"),
        ({"budget": "{latency_ms: [1, 2]}"}, "5:22: the budget for latency_ms is [1, 2], it takes a number of"),
        ({"budget": "{latency_ms: {max: -1}}"}, "5:28: budget.latency_ms.max is -1, it takes a number of"),
        ({"budget": "{latency_ms: {max: 1, device: gpu}}"}, "5:39: budget.latency_ms.device is 'gpu', it takes cpu"),
        ({"budget": "{latency_ms: {max: 1, batch: 0}}"}, "5:38: budget.latency_ms.batch is 0, it takes a whole number"),
        ({"budget": "{latency_ms: {most: 1}}"}, "5:23: unknown key 'most'"),
        ({"budget": "{latency: 1}"}, "5:10: no budget for 'latency'"),
        ({"evaluate": "{python: {function: 'a:b', gives: {latency_ms: minimize}}}"},
         "7:46: latency_ms is what a search measures itself"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(tmp_path: Path, change: dict[str, str], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_recipe(written(tmp_path, **change))  # type: ignore[arg-type]
    (finding,) = caught.value.findings
    assert finding.at is not None
    assert f"{finding.at.line}:{finding.at.col}: {finding.message}".startswith(said)
    assert finding.hint
