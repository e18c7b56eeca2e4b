"""What a training begins with: weights of a parent, or of the same network after fewer epochs; in its own process."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from search.fakes import recipe

from archgraph import dump, load, override
from archgraph.search.evaluator import Request
from archgraph.search.evaluators.child import ChildProcess
from archgraph.search.files import checkpoint_of, spec_of
from archgraph.search.outcome import read_outcome
from archgraph.search.worker import run
from archgraph.train.settings import Training

pytestmark = pytest.mark.torch

TEXT = dump(override(load("cifar_resnet8"), {"input": (1, 8, 8), "classes": 10}))
WIDER = TEXT.replace("w: [16, 32, 64]", "w: [24, 32, 64]")


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChildProcess]:
    settings = Training(data="digits", epochs=4, images=256, augment=["crop"])
    process = ChildProcess(settings, timeout=120, log=tmp_path_factory.mktemp("child") / "log", proxy="naswot")
    yield process
    process.close()


def train(child: ChildProcess, weights: Path, *, text: str = TEXT, **options: Any) -> dict[str, object]:
    scores = child.train(Request(text, 1, weights, **options), lambda epoch, accuracy: None)
    return {name: value for name, value in scores.items() if name != "seconds"}


def test_a_rung_on_a_rung_gives_the_weights_of_an_unbroken_training(child: ChildProcess, tmp_path: Path) -> None:
    whole = train(child, tmp_path / "whole.safetensors")
    one = train(child, tmp_path / "one.safetensors", epochs=1)
    assert checkpoint_of(tmp_path / "one.safetensors").is_file()
    four = train(child, tmp_path / "four.safetensors", epochs=4, resume=tmp_path / "one.safetensors")
    assert not checkpoint_of(tmp_path / "four.safetensors").exists()
    assert (tmp_path / "four.safetensors").read_bytes() == (tmp_path / "whole.safetensors").read_bytes()
    assert [*one["epochs"], *four["epochs"]] == whole["epochs"] and four["resumed"] == 1  # type: ignore[misc]
    assert four["accuracy"] == whole["accuracy"] and "resumed" not in whole


def test_a_checkpoint_that_is_gone_costs_time_and_nothing_else(child: ChildProcess, tmp_path: Path) -> None:
    train(child, tmp_path / "one.safetensors", epochs=1)
    train(child, tmp_path / "two.safetensors", epochs=2)
    checkpoint_of(tmp_path / "one.safetensors").unlink()
    done = train(child, tmp_path / "late.safetensors", epochs=2, resume=tmp_path / "one.safetensors")
    assert done["resumed"] == 0
    assert (tmp_path / "late.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()


def test_a_child_begins_with_its_parents_weights(child: ChildProcess, tmp_path: Path) -> None:
    parent = tmp_path / "parent.safetensors"
    train(child, parent)
    spec_of(parent).write_text(TEXT)
    assert WIDER != TEXT
    new = train(child, tmp_path / "new", text=WIDER, epochs=1)
    heir = train(child, tmp_path / "heir", text=WIDER, epochs=1, parent=parent)
    assert 0.5 < float(str(heir["inherited"])) < 1 and "inherited" not in new
    assert float(str(heir["accuracy"])) > float(str(new["accuracy"])) + 0.2
    assert train(child, tmp_path / "same", epochs=1, parent=parent)["inherited"] == 1


@pytest.mark.parametrize("gone", ["weights", "spec"])
def test_a_child_whose_parents_files_are_gone_begins_anew(child: ChildProcess, tmp_path: Path, gone: str) -> None:
    parent = tmp_path / "parent.safetensors"
    train(child, parent, epochs=1)
    if gone == "weights":
        parent.unlink()
        spec_of(parent).write_text(TEXT)
    new, heir = tmp_path / "new", tmp_path / "heir"
    train(child, new, text=WIDER, epochs=1)
    assert train(child, heir, text=WIDER, epochs=1, parent=parent)["inherited"] == 0
    assert new.read_bytes() == heir.read_bytes()


def test_after_no_epochs_there_is_a_proxys_value_of_the_data(child: ChildProcess, tmp_path: Path) -> None:
    first, other = (train(child, tmp_path / "w", text=text, epochs=0) for text in (TEXT, WIDER))
    assert set(first) == {"proxy"} and first["proxy"] != other["proxy"]
    assert train(child, tmp_path / "w", epochs=0) == first and not (tmp_path / "w").exists()


def test_a_search_with_both_trains_on_digits(tmp_path: Path) -> None:
    """The whole way: a proxy, two epochs, four; children begin with what their parents learned."""
    file = recipe(tmp_path, trials=9)
    file.write_text(
        file.read_text().replace(", epochs: 2", ", images: 256")
        + "inherit: true\nfidelity: {rungs: [naswot, 2, 4], keep: 0.5}\n"
    )
    done = run(file, out=tmp_path / "run", console=Console(file=io.StringIO(), width=120))
    found = read_outcome(done.folder)
    rungs = [[trial for trial in found.finished if trial.rung == rung] for rung in range(3)]
    assert [len(trials) for trials in rungs] == [9, 5, 3]
    for trial in rungs[1]:
        if trial.parent is not None:
            assert found.trials[trial.parent].rung == 1 and 0 < (trial.scores or {})["inherited"] <= 1
    assert all((trial.scores or {})["resumed"] == 2 for trial in rungs[2])
    assert found.best is not None and found.best.rung == 2 and found.test(found.best) is not None
    page = (done.folder / "report.html").read_text()
    assert "9 after naswot, 5 after 2 epochs, 3 after 4 epochs" in page and "inherited" in page
