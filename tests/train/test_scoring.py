"""Losses and scores, against torch's own and scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import accuracy_score, jaccard_score, log_loss
from torch import nn

from archgraph.train.dataset import Split
from archgraph.train.scoring import loss, score

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")


class Says(nn.Module):
    """Gives prepared answers, in turn: the image's only pixel is the number of the answer."""

    def __init__(self, answers: torch.Tensor) -> None:
        super().__init__()
        self.answers = answers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.answers[x[:, 0, 0, 0].long()]


def split(labels: np.ndarray, size: int = 1) -> Split:
    numbers = np.arange(len(labels), dtype=np.float32)[:, None, None, None]
    images = np.broadcast_to(numbers, (len(labels), 1, size, size)).copy()
    return Split(images, labels, np.zeros(1, np.float32), np.ones(1, np.float32))


def test_a_score_of_classes_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 2500)
    logits = torch.from_numpy(rng.normal(size=(2500, 5)).astype(np.float32))
    found = score(Says(logits), split(labels), device=CPU)
    assert found.accuracy == pytest.approx(accuracy_score(labels, logits.argmax(1).numpy()))
    assert found.loss == pytest.approx(log_loss(labels, logits.softmax(1).numpy()), rel=1e-5)
    assert found.iou is None and "iou" not in found.as_dict()


def test_a_score_of_masks_is_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, (40, 8, 8)).astype(np.uint8)
    labels[rng.random(labels.shape) < 0.2] = 255
    logits = torch.from_numpy(rng.normal(size=(40, 4, 8, 8)).astype(np.float32))
    found = score(Says(logits), split(labels, 8), device=CPU)
    counted = labels != 255
    said = logits.argmax(1).numpy()[counted]
    assert found.iou == pytest.approx(jaccard_score(labels[counted], said, average="macro"))
    assert found.accuracy == pytest.approx(accuracy_score(labels[counted], said))
    target = torch.from_numpy(labels).long()
    assert found.loss == pytest.approx(F.cross_entropy(logits, target, ignore_index=255).item(), rel=1e-5)


def test_one_channel_tells_two_classes_apart() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, (40, 8, 8)).astype(np.uint8)
    logits = torch.from_numpy(rng.normal(size=(40, 1, 8, 8)).astype(np.float32))
    found = score(Says(logits), split(labels, 8), device=CPU)
    said = (logits[:, 0] > 0).numpy().ravel()
    assert found.iou == pytest.approx(jaccard_score(labels.ravel(), said, average="macro"))
    wanted = torch.from_numpy(labels).float()
    assert found.loss == pytest.approx(F.binary_cross_entropy_with_logits(logits[:, 0], wanted).item(), rel=1e-5)


def test_a_class_that_nobody_has_or_says_is_left_out_of_the_mean() -> None:
    labels = np.zeros((20, 4, 4), np.uint8)
    labels[:, :2] = 1
    logits = torch.zeros(20, 6, 4, 4)
    logits[:, 1] = 1
    found = score(Says(logits), split(labels, 4), device=CPU)
    assert found.iou == pytest.approx(0.25) and found.accuracy == pytest.approx(0.5)


def test_a_network_is_scored_in_eval_mode() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Dropout(0.9), nn.Linear(1, 3))
    labels = np.zeros(50, np.int64)
    assert score(module, split(labels), device=CPU) == score(module, split(labels), device=CPU)
    assert not module.training


def test_losses_are_torchs() -> None:
    torch.manual_seed(0)
    logits, target = torch.randn(32, 7), torch.randint(0, 7, (32,))
    assert loss(logits, target, smoothing=0.1) == F.cross_entropy(logits, target, label_smoothing=0.1)
    both = loss({"out": logits, "aux": 2 * logits, "other": 3 * logits}, target)
    parts = [F.cross_entropy(factor * logits, target) for factor in (1, 2, 3)]
    torch.testing.assert_close(both, parts[0] + 0.3 * (parts[1] + parts[2]))


def test_losses_of_masks_are_torchs() -> None:
    torch.manual_seed(0)
    logits, target = torch.randn(4, 3, 8, 8), torch.randint(0, 3, (4, 8, 8))
    target[:, 0] = 255
    torch.testing.assert_close(
        loss(logits, target, smoothing=0.1), F.cross_entropy(logits, target, ignore_index=255, label_smoothing=0.1)
    )
    one, binary = logits[:, :1], target.clamp(max=1).where(target != 255, target)
    rest = binary != 255
    expected = F.binary_cross_entropy_with_logits(one[:, 0][rest], binary[rest].float())
    torch.testing.assert_close(loss(one, binary), expected)


def test_an_image_without_a_counted_pixel_costs_nothing() -> None:
    assert loss(torch.randn(2, 3, 4, 4), torch.full((2, 4, 4), 255)) == 0
