"""The training loop: it learns, the same every time, and what it measures is right."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from archgraph import build, load, override
from archgraph.train.data import Split
from archgraph.train.data import load as load_data
from archgraph.train.device import device, use_threads
from archgraph.train.loop import DivergenceError, _augmented, _rate, score, train
from archgraph.train.settings import Training

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
        {"epochs": 4, "augment": "crop", "label_smoothing": 0.1},
    ],
)
def test_it_learns_digits(settings: dict[str, object]) -> None:
    module, curve = trained(**settings)
    assert curve[-1] > 0.93
    assert score(module, load_data("digits")["test"], device=CPU).accuracy > 0.9


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second = (trained(epochs=1, augment="crop")[0].state_dict() for _ in range(2))
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


def test_a_crop_is_the_image_moved_by_at_most_an_eighth() -> None:
    x = torch.arange(2 * 3 * 8 * 8, dtype=torch.float32).reshape(2, 3, 8, 8)
    moved = _augmented(x, "crop", torch.Generator().manual_seed(0))
    padded = nn.functional.pad(x, (1,) * 4, value=0.0)
    for image, around in zip(moved, padded, strict=True):
        views = [around[:, r : r + 8, c : c + 8] for r in range(3) for c in range(3)]
        assert any(torch.equal(image, view) for view in views)


def test_rates_rise_and_fall() -> None:
    assert _rate("one_cycle", 0.125) == pytest.approx(0.5) and _rate("one_cycle", 0.25) == pytest.approx(1)
    assert _rate("one_cycle", 1.0) == pytest.approx(0) and _rate("cosine", 0.5) == pytest.approx(0.5)
    assert _rate("constant", 0.9) == 1


def test_small_networks_get_one_thread() -> None:
    before = torch.get_num_threads()
    assert use_threads(700_000) == torch.get_num_threads() == 1
    assert use_threads(10_000_000) == torch.get_num_threads() >= 1
    torch.set_num_threads(before)


def test_the_device_is_the_gpu_where_there_is_one() -> None:
    assert device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert isinstance(load_data("digits")["train"], Split)
