"""The best networks of a search as files of their own, and trained in full."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from search.fakes import Fake, recipe

from archgraph import build, load, loads
from archgraph.errors import UsageError
from archgraph.search.outcome import read_outcome
from archgraph.search.report import html
from archgraph.search.retraining import in_full, retrain
from archgraph.search.winners import specs, write
from archgraph.search.worker import run
from archgraph.train.settings import Training

Make = Callable[..., Path]


@pytest.fixture
def searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Runs a search without pictures and charts."""
    monkeypatch.setattr("archgraph.search.files.RunFolder.draw_best", lambda self, best: None)
    monkeypatch.setattr("archgraph.search.report.write_report", lambda found: None)

    def make(fake: Fake | None = None, **options: Any) -> Path:
        console = Console(file=io.StringIO(), width=120)
        return run(recipe(tmp_path, **options), out=tmp_path / "run", evaluator=fake or Fake(), console=console).folder

    return make


def test_the_best_is_a_spec(searched: Make) -> None:
    folder = searched(trials=8)
    best = max(read_outcome(folder).trials, key=lambda trial: trial.measure("accuracy"))
    assert specs(folder) == [best.text]
    ranked = sorted(read_outcome(folder).trials, key=lambda trial: -trial.measure("accuracy"))
    assert specs(folder, top=3) == [trial.text for trial in ranked[:3]]


def test_several_objectives_give_their_front(searched: Make) -> None:
    folder = searched(trials=10, objectives="[accuracy, macs]")
    assert specs(folder) == [trial.text for trial in read_outcome(folder).winners]
    assert len(specs(folder)) > 1


def test_one_network_goes_into_a_file_with_its_weights(searched: Make, tmp_path: Path) -> None:
    folder = searched(trials=5)
    (file,) = write(folder, tmp_path / "mine.yaml")
    assert load(file) == loads(specs(folder)[0])
    # The fake's weights of a network are its hash.
    best = read_outcome(folder).best
    assert best is not None and (tmp_path / "mine.safetensors").read_text() == best.hash


def test_several_networks_go_into_a_folder(searched: Make, tmp_path: Path) -> None:
    folder = searched(trials=5)
    files = write(folder, tmp_path / "best", top=2)
    assert [load(file) for file in files] == [loads(text) for text in specs(folder, top=2)]
    assert [file.stem for file in files] == [loads(text).name for text in specs(folder, top=2)]


def test_a_search_without_a_finished_trial_has_no_best(searched: Make) -> None:
    folder = searched(Fake(interrupts=0))
    with pytest.raises(UsageError, match="there is no best network yet"):
        specs(folder)


def test_in_full_is_all_images_to_the_end() -> None:
    quick = Training.model_validate({"data": "digits", "epochs": 1, "images": 100, "seconds": 3.0, "batch": 32})
    full = in_full(quick, {"epochs": 30})
    assert (full.epochs, full.images, full.seconds, full.batch) == (30, None, None, 32)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epoch": 3}, "--retrain has no key 'epoch'; did you mean 'epochs'"),
        ({"epochs": 0}, "--retrain epochs is 0; it takes a whole number from 1"),
    ],
)
def test_wrong_settings_are_said(settings: dict[str, Any], said: str, searched: Make) -> None:
    with pytest.raises(UsageError, match=said):
        retrain(searched(trials=2), settings=settings)


def test_what_was_not_trained_is_not_retrained() -> None:
    with pytest.raises(UsageError, match="this search trained nothing"):
        in_full(None, {})


@pytest.mark.torch
def test_winners_are_trained_on_all_but_the_test_images_and_tested_once(
    searched: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from safetensors.torch import load_file

    import archgraph.train.loop
    from archgraph.train.data import load as data

    folder = searched(trials=3)
    parts, scored = data("digits"), []
    score = archgraph.train.loop.score

    def counted(module: Any, split: Any, **options: Any) -> Any:
        scored.append(split is parts["test"])
        return score(module, split, **options)

    monkeypatch.setattr("archgraph.train.loop.score", counted)
    said: list[str] = []
    (weights,) = retrain(folder, settings={"epochs": 2}, say=said.append)
    retrain(folder, settings={"epochs": 9}, say=said.append)
    assert scored.count(True) == 1

    found = read_outcome(folder)
    assert found.best is not None
    known = found.retrained[str(found.best.number)]
    assert known["trained_on"] == 2 * 1797 - 360 - 1797 and known["images"] == 360
    assert known["settings"]["epochs"] == 2 and "was retrained on" in said[-1]

    # What plain torch says of the weights that were kept.
    module = build(loads(weights.with_suffix(".yaml").read_text())).eval()
    module.load_state_dict(load_file(weights))
    with torch.no_grad():
        logits = module(torch.from_numpy(parts["test"].scaled))
    right = (logits.argmax(1) == torch.from_numpy(parts["test"].labels)).float().mean().item()
    assert known["accuracy"] == pytest.approx(right, abs=1e-9)
    assert right > 0.5  # 0.1 is chance
    assert f"{100 * right:.2f} %" in html(found).split('id="retrained"')[1]
