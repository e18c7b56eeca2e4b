"""The training loop: it learns, the same every time, and what it measures is right."""

from __future__ import annotations

import copy
import os
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from archgraph import build, load, override
from archgraph.train.data import Split
from archgraph.train.data import load as load_data
from archgraph.train.device import device, use_threads
from archgraph.train.loop import DivergenceError, _rate, score, train
from archgraph.train.settings import Training
from archgraph.train.splitting import arrange

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")


def trained(**settings: object) -> tuple[nn.Module, list[float]]:
    torch.manual_seed(0)
    module = build(override(load("cifar_resnet8"), {"input": (1, 8, 8)}))
    chosen = Training(data="digits", **settings)  # type: ignore[arg-type]
    curve: list[float] = []
    done = train(module, load_data("digits"), chosen, seed=3, device=CPU, report=lambda n, s: curve.append(s.accuracy))
    assert [epoch.accuracy for epoch in done.epochs] == curve and done.validation.accuracy == curve[-1]
    return module, curve


@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": 3},
        {"epochs": 3, "optimizer": "adamw", "schedule": "cosine"},
        {"epochs": 4, "augment": ["crop", "cutout"], "label_smoothing": 0.1, "warmup": 0.1, "schedule": "cosine"},
    ],
)
def test_it_learns_digits(settings: dict[str, object]) -> None:
    module, curve = trained(**settings)
    assert curve[-1] > 0.93
    assert score(module, load_data("digits")["test"], device=CPU).accuracy > 0.9


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second = (trained(epochs=1, augment=["flip", "crop", "cutout"])[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_score_is_of_all_images() -> None:
    class Constant(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.eye(10)[[3] * len(x)] * 100

    test = load_data("digits")["test"]
    found = score(Constant(), test, device=CPU)
    assert found.accuracy == pytest.approx((test.labels == 3).mean())
    assert found.loss == pytest.approx(100 * (test.labels != 3).mean(), rel=1e-4)


def test_a_loss_that_is_no_number_is_said() -> None:
    with pytest.raises(DivergenceError, match="the loss became"):
        trained(epochs=2, lr=1e12)


def test_several_outputs_are_trained_and_the_first_is_scored() -> None:
    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.main, self.aux = nn.Linear(64, 10), nn.Linear(64, 10)

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            flat = x.flatten(1)
            heads = {"logits": self.main(flat)}
            return {**heads, "aux": self.aux(flat)} if self.training else heads

    module = Heads()
    before = module.aux.weight.clone()
    done = train(module, load_data("digits"), Training(data="digits", epochs=3), seed=0, device=CPU)
    assert done.validation.accuracy > 0.85 and not torch.equal(before, module.aux.weight)


def test_only_the_first_images_are_taken_where_asked() -> None:
    data = load_data("digits")
    seen: list[int] = []

    class Count(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(64, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if self.training:
                seen.append(len(x))
            return self.fc(x.flatten(1))

    train(Count(), data, Training(data="digits", epochs=2, images=100, batch=40), seed=0, device=CPU)
    assert seen == [40, 40] * 2


def test_rates_rise_and_fall() -> None:
    assert _rate("one_cycle", 0.125, 0.25) == pytest.approx(0.5) and _rate("one_cycle", 0.25, 0.25) == pytest.approx(1)
    assert _rate("one_cycle", 1.0, 0.25) == pytest.approx(0) and _rate("cosine", 0.5, 0.0) == pytest.approx(0.5)
    assert _rate("constant", 0.9, 0.0) == 1 and _rate("constant", 0.05, 0.1) == pytest.approx(0.5)


@pytest.mark.parametrize("warmup", [None, 0.1])
def test_the_rate_after_its_rise_is_torchs_cosine(warmup: float | None) -> None:
    """`CosineAnnealingLR` over the steps that are left, half a step on: we take the middle of each step."""
    chosen = Training(data="digits", schedule="cosine", warmup=warmup)
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    left = 100 - round(100 * chosen.rising)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2 * left)
    for step in range(left):
        optimizer.step()
        theirs.step()
        done = chosen.rising + (step + 0.5) / 100
        assert _rate("cosine", done, chosen.rising) == pytest.approx(theirs.get_last_lr()[0], abs=1e-6)
        optimizer.step()
        theirs.step()


def test_one_step_is_torchs_own() -> None:
    """SGD and AdamW, smoothing and decay, against the same step written with torch's parts."""
    split = load_data("digits")["train"]
    few = {"train": replace(split, images=split.images[:64], labels=split.labels[:64])}
    data = {**few, "validation": load_data("digits")["validation"]}
    for name in ("sgd", "adamw"):
        settings = {"optimizer": name, "lr": 0.1, "weight_decay": 0.01, "label_smoothing": 0.1, "schedule": "constant"}
        torch.manual_seed(0)
        ours = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
        theirs = copy.deepcopy(ours)
        train(ours, data, Training(data="digits", epochs=1, **settings), seed=0, device=CPU)  # type: ignore[arg-type]
        weight, bias = theirs.parameters()
        groups = [{"params": [weight], "weight_decay": 0.01}, {"params": [bias], "weight_decay": 0.0}]
        make = {"sgd": partial(torch.optim.SGD, momentum=0.9, nesterov=True), "adamw": torch.optim.AdamW}[name]
        optimizer = make(groups, lr=0.1)
        logits = theirs(torch.from_numpy(few["train"].images))
        nn.CrossEntropyLoss(label_smoothing=0.1)(logits, torch.from_numpy(few["train"].labels)).backward()
        optimizer.step()
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(mine, other)


def test_a_network_that_went_astray_is_not_trained_to_the_end() -> None:
    seen: list[int] = []

    class Astray(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(64, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(len(x))
            return self.fc(x.flatten(1)) * (float("nan") if len(seen) > 3 else 1.0)

    with pytest.raises(DivergenceError, match="the loss became nan in epoch 1"):
        train(Astray(), load_data("digits"), Training(data="digits", epochs=5), seed=0, device=CPU)
    assert len(seen) == 4


def test_a_training_ends_when_its_time_is_over_and_is_scored() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    reported: list[int] = []
    settings = Training(data="digits", epochs=100_000, seconds=0.5)
    done = train(
        module, load_data("digits"), settings, seed=0, device=CPU, report=lambda epoch, found: reported.append(epoch)
    )
    assert done.stopped and 1 <= len(done.epochs) < 100_000 and reported == list(range(len(done.epochs)))
    assert done.validation.accuracy > 0.5
    assert not train(module, load_data("digits"), Training(data="digits"), seed=0, device=CPU).stopped


def test_bfloat16_is_computed_in_where_it_is_asked_for() -> None:
    kinds: set[torch.dtype] = set()

    class Look(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(64, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out = self.fc(x.flatten(1))
            kinds.add(out.dtype)
            return out

    for precision, expected in (("auto", torch.float32), ("bf16", torch.bfloat16)):
        kinds.clear()
        settings = Training(data="digits", epochs=2, precision=precision)  # type: ignore[arg-type]
        assert train(Look(), load_data("digits"), settings, seed=0, device=CPU).validation.accuracy > 0.8
        assert kinds == {expected}


@pytest.mark.parametrize("channels", [1, 2])
def test_masks_are_learned(channels: int) -> None:
    """Bright discs on a dark ground, in noise; with a 1x1 convolution alone, so that no pixel helps another."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:16, :16]
    centres = rng.integers(3, 13, (120, 2, 1, 1))
    masks = (rows - centres[:, 0]) ** 2 + (columns - centres[:, 1]) ** 2 < 16
    images = (masks * 120 + rng.integers(0, 60, masks.shape)).astype(np.uint8)
    data = arrange({"train": (images, masks)}).parts
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 8, 1), nn.ReLU(), nn.Conv2d(8, channels, 1))
    settings = Training(data="x", epochs=8, batch=8, augment=["flip", "crop", "cutout"])
    before = score(module, data["validation"], device=CPU).iou
    done = train(module, data, settings, seed=0, device=CPU)
    assert before is not None and done.validation.iou is not None and before < 0.95 < done.validation.iou


def test_small_networks_get_one_thread_and_others_their_part_of_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert use_threads(700_000) == torch.get_num_threads() == 1
    assert use_threads(10_000_000) == torch.get_num_threads() == 3
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert use_threads(10_000_000) == torch.get_num_threads() == (os.cpu_count() or 1)
    torch.set_num_threads(before)


def test_the_device_is_the_gpu_where_there_is_one() -> None:
    assert device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert isinstance(load_data("digits")["train"], Split)
