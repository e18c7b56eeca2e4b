"""Each proxy against its formula, worked out with numpy for networks whose gradients are known in closed form."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from archgraph import build, expand, load  # noqa: E402
from archgraph.errors import UsageError  # noqa: E402
from archgraph.train.proxies import PROXIES  # noqa: E402
from archgraph.train.proxies.score import score  # noqa: E402

BATCH, CLASSES = 6, 3


def batch(*shape: int) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(1)
    labels = torch.randint(0, CLASSES, (BATCH,), generator=generator)
    return torch.randn(BATCH, *shape, generator=generator), labels


def error(logits: np.ndarray[Any, Any], labels: Any) -> np.ndarray[Any, Any]:
    """The gradient of the mean cross-entropy by the logits: softmax less the target, over the batch."""
    exponents = np.exp(logits - logits.max(1, keepdims=True))
    softmax = exponents / exponents.sum(1, keepdims=True)
    return np.asarray((softmax - np.eye(CLASSES)[labels.numpy()]) / len(labels))


def test_synflow_is_what_flows_through_each_layer_once_for_every_layer() -> None:
    """The flow is conserved (arXiv:2006.05467, theorem 1): each layer's sum of |w * dR/dw| is R itself."""
    first, second = nn.Linear(5, 4, bias=False), nn.Linear(4, CLASSES, bias=False)
    one, two = (np.abs(layer.weight.detach().double().numpy()) for layer in (first, second))
    flow = (two @ one @ np.ones(5)).sum()
    module = nn.Sequential(first, nn.BatchNorm1d(4), nn.ReLU(), second)
    assert score("synflow", module, *batch(5)) == pytest.approx(np.log(2 * flow), rel=1e-12)


def test_naswot_is_the_determinant_of_how_many_units_two_images_agree_on() -> None:
    layers = nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 9), nn.ReLU()
    x, labels = batch(5)
    with torch.no_grad():
        bits = np.concatenate([(layers[0](x) > 0).numpy(), (nn.Sequential(*layers)(x) > 0).numpy()], axis=1)
    agreeing = [[(one == other).sum() for other in bits] for one in bits]
    expected = np.linalg.slogdet(np.array(agreeing, dtype=float)).logabsdet
    assert score("naswot", nn.Sequential(*layers), x, labels) == pytest.approx(expected)


def test_naswot_of_images_that_are_not_told_apart_is_minus_infinity() -> None:
    x, labels = batch(5)
    x[1] = x[0]
    assert score("naswot", nn.Sequential(nn.Linear(5, 7), nn.ReLU()), x, labels) == -np.inf


def test_snip_and_grad_norm_of_a_linear_layer() -> None:
    layer = nn.Linear(5, CLASSES)
    x, labels = batch(5)
    with torch.no_grad():
        gradient = error(layer(x).numpy(), labels).T @ x.numpy()
    assert score("snip", layer, x, labels) == pytest.approx(np.abs(layer.weight.detach().numpy() * gradient).sum())
    assert score("grad_norm", layer, x, labels) == pytest.approx(np.linalg.norm(gradient))


def test_grad_norm_is_the_sum_over_layers() -> None:
    """Two linear layers on the same images, whose logits are added: each has the gradient that one would have."""

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.other = nn.Linear(5, CLASSES), nn.Linear(5, CLASSES)

        def forward(self, x: Any) -> Any:
            return self.one(x) + self.other(x)

    module = Both()
    x, labels = batch(5)
    with torch.no_grad():
        gradient = error(module(x).numpy(), labels).T @ x.numpy()
    assert score("grad_norm", module, x, labels) == pytest.approx(2 * np.linalg.norm(gradient))


@pytest.mark.parametrize("between", [[], [nn.ReLU(inplace=True)]])
def test_fisher_of_channels_that_are_averaged_over_their_pixels(between: list[nn.Module]) -> None:
    conv = nn.Conv2d(2, CLASSES, 1)
    x, labels = batch(2, 4, 4)
    with torch.no_grad():
        values = conv(x).numpy()
    passed = np.maximum(values, 0) if between else values
    gradient = error(passed.mean((2, 3)), labels)[:, :, None, None] / 16 * ((values > 0) if between else 1)
    expected = ((values * gradient).sum((2, 3)) ** 2).sum() / (2 * BATCH)
    module = nn.Sequential(conv, *between, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert score("fisher", module, x, labels) == pytest.approx(expected, rel=1e-5)


def test_zen_of_one_convolution_is_what_normal_weights_make_of_a_normal_step() -> None:
    """A sum of 64 products of normal numbers is nearly normal with variance 64, and E|N(0, s)| is s * sqrt(2 / pi)."""
    x, labels = torch.zeros(16, 64, 8, 8), torch.zeros(16)
    expected = np.log(0.01 * np.sqrt(64) * np.sqrt(2 / np.pi) * 32 * 8 * 8)
    assert score("zen", nn.Conv2d(64, 32, 1), x, labels) == pytest.approx(expected, abs=0.03)


def test_zen_leaves_out_a_path_that_carries_nothing() -> None:
    class Dead(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(64, 32, 1)
            self.path = nn.Sequential(nn.Conv2d(64, 32, 1), nn.BatchNorm2d(32))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.conv(x) + self.path(0 * x)
            return out

    x, labels = torch.empty(8, 64, 8, 8), torch.zeros(8, dtype=torch.int64)
    assert score("zen", Dead(), x, labels) == pytest.approx(score("zen", nn.Conv2d(64, 32, 1), x, labels), abs=0.03)


def test_zen_does_not_see_the_scale_that_a_batch_norm_takes_away() -> None:
    """Equation 6 of the paper: what the norm divides by is given back, so the score is that without the norm."""
    x, labels = torch.zeros(16, 64, 8, 8), torch.zeros(16)
    plain = score("zen", nn.Conv2d(64, 32, 1), x, labels, seed=3)
    assert score("zen", nn.Sequential(nn.Conv2d(64, 32, 1), nn.BatchNorm2d(32)), x, labels, seed=3) == pytest.approx(
        plain, abs=0.05
    )


@pytest.mark.parametrize("name", PROXIES)
def test_a_network_of_the_zoo_is_scored_the_same_twice_and_left_as_it_was(name: str) -> None:
    torch.manual_seed(0)
    module = build(expand(load("cifar_resnet8"), input=(1, 8, 8)))
    before = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    generator = torch.Generator().manual_seed(0)
    x, labels = torch.randn(8, 1, 8, 8, generator=generator), torch.arange(8)
    state = torch.random.get_rng_state()
    found = score(name, module, x, labels)
    assert np.isfinite(found) and score(name, module, x, labels) == found
    assert torch.equal(torch.random.get_rng_state(), state) and module.training
    assert all(torch.equal(before[key], tensor) for key, tensor in module.state_dict().items())
    assert all(parameter.grad is None for parameter in module.parameters())


@pytest.mark.parametrize("name", PROXIES)
def test_nothing_of_a_network_is_kept(name: str) -> None:
    seen: list[weakref.ref[Any]] = []

    class Noted(nn.Conv2d):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            output = super().forward(input)
            seen.append(weakref.ref(output))
            return output

    module = nn.Sequential(Noted(3, 4, 3), nn.ReLU(), Noted(4, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 10))
    score(name, module, torch.randn(4, 3, 8, 8), torch.arange(4))
    gc.collect()
    assert seen and all(ref() is None for ref in seen)


def test_only_zen_draws_random_numbers() -> None:
    x, labels = batch(5)
    module = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, CLASSES))
    other = {name for name in PROXIES if score(name, module, x, labels) != score(name, module, x, labels, seed=1)}
    assert other == {"zen"}


def test_an_unknown_proxy_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no proxy 'synflo'.*synflow"):
        score("synflo", nn.Linear(2, 2), *batch(2))
