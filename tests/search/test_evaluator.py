"""The process that trains: what it answers, and that its end is the failure of one trial alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console
from search.fakes import recipe

from archgraph import dump, load, override
from archgraph.search.evaluator import EachEpoch, EvaluationError, Request
from archgraph.search.evaluators.child import ChildProcess
from archgraph.search.outcome import read_outcome
from archgraph.search.worker import resume, run
from archgraph.train.settings import Training

pytestmark = pytest.mark.torch

TEXT = dump(override(load("cifar_resnet8"), {"input": (1, 8, 8), "classes": 10}))
QUICK = Training(data="digits", epochs=2, images=256)


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChildProcess]:
    """One process for all tests, as for all trials of a search: each leaves it fit for the next."""
    process = ChildProcess(QUICK, timeout=120, log=tmp_path_factory.mktemp("child") / "log")
    yield process
    process.close()


def train(
    child: ChildProcess, weights: Path, *, text: str = TEXT, seed: int = 0
) -> tuple[dict[str, object], list[int]]:
    epochs: list[int] = []
    scores = child.train(Request(text, seed, weights), lambda epoch, accuracy: epochs.append(epoch))
    return dict(scores), epochs


def test_training_tells_of_every_epoch_and_keeps_the_weights(child: ChildProcess, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from archgraph import build, loads

    scores, epochs = train(child, tmp_path / "w.safetensors")
    assert epochs == [0, 1] and "stopped" not in scores and 0.2 < float(str(scores["accuracy"])) <= 1
    module = build(loads(TEXT))
    module.load_state_dict(load_file(tmp_path / "w.safetensors"))
    assert module.eval()(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
    tested = child.test(TEXT, tmp_path / "w.safetensors")
    assert tested["images"] == 360 and 0.2 < tested["accuracy"] <= 1


def test_the_same_seed_gives_the_same_weights(child: ChildProcess, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b", "c")]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        train(child, file, seed=seed)
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()


def test_weights_used_in_two_places_are_kept(child: ChildProcess, tmp_path: Path) -> None:
    text = TEXT.replace("  - global_avg_pool", "  - cbam: 4\n  - global_avg_pool")
    assert text != TEXT
    train(child, tmp_path / "w", text=text)
    assert child.test(text, tmp_path / "w")["images"] == 360


def test_it_has_the_ops_of_the_plug_ins_that_this_process_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loud_ops.py").write_text(
        "from archgraph.ops.activation import ReLU\n"
        "class Loud(ReLU):\n"
        "    'max(0, x), by another name.'\n"
        "    op = 'loud'\n"
    )
    monkeypatch.setattr("archgraph.ops.plugins._GIVEN", {str(tmp_path / "loud_ops.py"): None})
    with closing(ChildProcess(QUICK, timeout=120, log=tmp_path / "log")) as child:
        train(child, tmp_path / "w", text=TEXT.replace("  - global_avg_pool", "  - loud\n  - global_avg_pool"))


def test_a_crash_fails_the_trial_and_the_next_one_is_trained(child: ChildProcess, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"^SpecError: (.|\n)*convv"):
        train(child, tmp_path / "w", text=TEXT.replace("- conv:", "- convv:"))
    scores, _ = train(child, tmp_path / "w")
    assert float(str(scores["accuracy"])) > 0.2


def test_a_killed_process_fails_the_trial_and_says_so(child: ChildProcess, tmp_path: Path) -> None:
    def kill(epoch: int, accuracy: float) -> None:
        assert child._process is not None
        child._process.kill()

    with pytest.raises(EvaluationError, match="ended by SIGKILL, which is how a system without free memory"):
        child.train(Request(TEXT, 0, tmp_path / "w"), kill)
    assert not (tmp_path / "w").exists()
    train(child, tmp_path / "w")


def test_a_trial_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    child = ChildProcess(Training(data="digits", epochs=100_000), timeout=120, log=tmp_path / "log")
    child.about()
    child.timeout = 1.0
    with pytest.raises(EvaluationError, match=r"no result after 1 seconds; it was stopped"):
        train(child, tmp_path / "w")
    child.close()


def test_a_training_that_its_time_limit_ended_says_so(tmp_path: Path) -> None:
    child = ChildProcess(Training(data="digits", epochs=100_000, seconds=1.0), timeout=120, log=tmp_path / "log")
    scores, epochs = train(child, tmp_path / "w")
    child.close()
    assert scores["stopped"] is True and epochs == list(range(len(epochs))) and (tmp_path / "w").is_file()


def test_a_loss_that_is_no_number_fails_the_trial(tmp_path: Path) -> None:
    child = ChildProcess(QUICK.model_copy(update={"lr": 1e12}), timeout=120, log=tmp_path / "log")
    with pytest.raises(EvaluationError, match=r"the loss became (nan|inf) in epoch 1"):
        train(child, tmp_path / "w")
    child.close()


def test_a_search_trains_on_digits_and_goes_on_after_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way, with the second network's training killed."""
    started: list[Request] = []

    def watched(self: ChildProcess, request: Request, each_epoch: EachEpoch) -> object:
        started.append(request)
        if len(started) == 2:
            assert self._process is not None
            self._process.kill()
        return plain(self, request, each_epoch)

    plain = ChildProcess.train
    monkeypatch.setattr(ChildProcess, "train", watched)
    console = Console(file=io.StringIO(), width=120)
    settings = {"evaluate.train.images": 256, "evaluate.train.epochs": 1}
    done = run(recipe(tmp_path, trials=4), out=tmp_path / "run", settings=settings, console=console)
    assert done.finished + done.failed == 4
    for name in ("best.yaml", "best.safetensors", "best.svg", "report.html", "recipe.yaml"):
        assert (done.folder / name).stat().st_size > 0, name
    found = read_outcome(done.folder)
    assert all(found.test(trial) is not None for trial in found.winners)
    assert resume(done.folder, trials=5, console=console).finished == done.finished + 1
