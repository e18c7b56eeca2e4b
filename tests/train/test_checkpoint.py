"""A training that was stopped between two epochs goes on as if it had not been."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from archgraph import build, load, override
from archgraph.train.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from archgraph.train.data import load as load_data
from archgraph.train.loop import Trained, train
from archgraph.train.settings import Training

pytestmark = pytest.mark.torch

WHOLE: dict[str, dict[str, object]] = {
    "sgd": {"epochs": 4},
    "adamw": {"epochs": 4, "optimizer": "adamw", "schedule": "cosine", "augment": ["flip", "crop", "cutout"]},
}


class Dropped(nn.Module):
    """A network that draws random numbers of its own in training."""

    def __init__(self) -> None:
        super().__init__()
        self.net = build(override(load("cifar_resnet8"), {"input": (1, 8, 8)}))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.net(nn.functional.dropout(x, 0.2, self.training))
        return logits


def trained(
    settings: dict[str, object], *, until: int | None = None, begin: tuple[nn.Module, Checkpoint] | None = None
) -> tuple[nn.Module, Trained]:
    torch.manual_seed(0)
    module = Dropped()
    if begin is not None:
        module.load_state_dict(begin[0].state_dict())
    chosen = Training(data="digits", images=512, **settings)  # type: ignore[arg-type]
    done = train(
        module, load_data("digits"), chosen, seed=3, device=torch.device("cpu"), until=until,
        begin=begin and begin[1],
    )  # fmt: skip
    return module, done


@pytest.mark.parametrize("name", WHOLE)
def test_one_epoch_and_three_more_are_four_to_the_last_bit(name: str, tmp_path: Path) -> None:
    whole, all_four = trained(WHOLE[name])
    first, one = trained(WHOLE[name], until=1)
    assert len(one.epochs) == 1 and not one.stopped
    write_checkpoint(one.checkpoint, tmp_path / "c")
    rest, three = trained(WHOLE[name], begin=(first, read_checkpoint(tmp_path / "c")))
    assert (*one.epochs, *three.epochs) == all_four.epochs
    assert all(torch.equal(tensor, rest.state_dict()[key]) for key, tensor in whole.state_dict().items())


@pytest.mark.parametrize("left_out", ["steps", "optimizer", "order", "torch"])
def test_all_of_a_checkpoint_is_needed(left_out: str) -> None:
    """Each of its parts taken from the start instead changes what comes out."""
    settings = WHOLE["adamw"]
    whole, _ = trained(settings)
    first, one = trained(settings, until=1)
    torch.manual_seed(0)
    fresh = {
        "steps": 0,
        "optimizer": {**one.checkpoint["optimizer"], "state": {}},
        "order": torch.Generator().manual_seed(3).get_state(),
        "torch": torch.get_rng_state(),
    }
    checkpoint = {**one.checkpoint, left_out: fresh[left_out]}
    if left_out == "order":  # On the CPU the images' changes are drawn by the same generator.
        checkpoint["chance"] = fresh["order"]
    rest, _ = trained(settings, begin=(first, checkpoint))
    assert not all(torch.equal(tensor, rest.state_dict()[key]) for key, tensor in whole.state_dict().items())
