"""Random search beside a search: as long, from the same parents, and compared without a favourite."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from search.fakes import Fake, recipe

from archgraph.errors import UsageError
from archgraph.search.baseline import baseline
from archgraph.search.comparison import read_baseline, rows, verdict
from archgraph.search.outcome import Outcome, read_outcome
from archgraph.search.worker import resume, run


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures and charts are tested elsewhere."""
    monkeypatch.setattr("archgraph.search.files.RunFolder.draw_best", lambda self, best: None)
    monkeypatch.setattr("archgraph.search.report.write_report", lambda found: None)


def quiet() -> Console:
    return Console(file=io.StringIO(), width=120)


def both(place: Path, fake: Fake | None = None, **options: object) -> tuple[Outcome, Outcome]:
    file = recipe(place, **options)  # type: ignore[arg-type]
    folder = run(file, out=place / "run", evaluator=fake or Fake(), console=quiet()).folder
    baseline(folder, evaluator=Fake(), console=quiet())
    beside = read_baseline(read_outcome(folder))
    assert beside is not None
    return read_outcome(folder), beside


def test_a_baseline_is_the_same_search_by_chance(tmp_path: Path) -> None:
    found, beside = both(tmp_path, trials=9)
    assert beside.folder == found.folder / "baseline" and len(beside.finished) == len(found.finished) == 9
    assert beside.recipe == found.recipe.model_copy(update={"sampler": "random", "trials": 9})
    assert beside.trials[0].hash == found.trials[0].hash
    alone = run(
        recipe(tmp_path, trials=9, sampler="random"), out=tmp_path / "alone", evaluator=Fake(), console=quiet()
    ).folder
    assert [trial.hash for trial in beside.trials] == [trial.hash for trial in read_outcome(alone).trials]


def test_a_baseline_of_a_search_that_stopped_early_is_as_short(tmp_path: Path) -> None:
    found, beside = both(tmp_path, Fake(interrupts=5), trials=12)
    assert found.recipe.trials == 12 and len(beside.finished) == 6


def test_a_baseline_grows_with_its_search(tmp_path: Path) -> None:
    found, beside = both(tmp_path, trials=4)
    resume(found.folder, trials=7, evaluator=Fake(), console=quiet())
    again = Fake()
    baseline(found.folder, evaluator=again, console=quiet())
    assert len(again.trained) == 3 and len(read_outcome(beside.folder).finished) == 7


def test_a_random_search_needs_no_baseline(tmp_path: Path) -> None:
    folder = run(recipe(tmp_path, trials=3, sampler="random"), out=tmp_path / "run", evaluator=Fake(), console=quiet())
    with pytest.raises(UsageError, match="it is its own baseline"):
        baseline(folder.folder, evaluator=Fake(), console=quiet())


def test_a_search_without_a_baseline_has_none(tmp_path: Path) -> None:
    folder = run(recipe(tmp_path, trials=2), out=tmp_path / "run", evaluator=Fake(), console=quiet()).folder
    assert read_baseline(read_outcome(folder)) is None


def test_the_figures_are_those_of_the_trials(tmp_path: Path) -> None:
    found, beside = both(tmp_path, trials=9)
    for one in (found, beside):
        figures = dict(rows(one))
        best = max(one.finished, key=lambda trial: trial.measure("accuracy"))
        assert figures["best accuracy (validation)"] == f"{100 * best.measure('accuracy'):.2f} %"
        assert figures["its macs"] == f"{best.cost['macs']:,}"
        # 0.9 of 360 images: scipy.stats.binomtest(324, 360).proportion_ci(method="wilson") is 0.8648 to 0.9268.
        assert figures["its score on the test images"] == "90.00 ± 3.1 %"
        assert figures["device time"] == "0 s" and figures["seed"] == "0" and figures["device"] == "nothing"
        assert int(figures["proposals"]) == one.tally.proposals >= 8
    assert dict(rows(beside))["sampler"] == "random"


def test_equal_test_scores_are_not_told_apart(tmp_path: Path) -> None:
    found, beside = both(tmp_path, trials=5)
    said = " ".join(verdict(found, beside))
    # 1.96 * sqrt(2 * 0.9 * 0.1 / 360)
    assert "+0.00 ± 4.4 points from that of random search, which the test images do not tell apart" in said
    assert "Each was run once" in said


def test_fronts_are_compared_network_by_network(tmp_path: Path) -> None:
    found, beside = both(tmp_path, trials=12, objectives="[accuracy, macs]")

    def pairs(one: Outcome) -> list[tuple[float, float]]:
        return [(-trial.measure("accuracy"), trial.measure("macs")) for trial in one.front]

    def beaten(by: Outcome, of: Outcome) -> int:
        return sum(any(a <= x and b <= y and (a, b) != (x, y) for a, b in pairs(by)) for x, y in pairs(of))

    said = verdict(found, beside)[0]
    assert f"than {beaten(beside, found)} of the {len(found.front)} networks of this front" in said
    assert f"is than {beaten(found, beside)} of the {len(beside.front)} of random search" in said
