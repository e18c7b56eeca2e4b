"""What scores a candidate: the protocol that a search works with, whatever it trains, looks up or measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from archgraph.errors import ArchgraphError

EachEpoch: TypeAlias = Callable[[int, float], None]
"""Told of an epoch, counted from 0, and the validation accuracy after it."""


class EvaluationError(ArchgraphError):
    """A candidate could not be scored; the text says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """A network to be scored: its spec as `text`, the `seed` of its training, and where its `weights` are to be kept.

    `parent` are weights to inherit, with their network's spec beside them (the same name, `.yaml`); the score
    `inherited` is the share of the parameters that came from there. `epochs` is the rung after which to end, where
    the recipe has any; after 0, which is a proxy's, the one score is `proxy`. `resume` is the weights file of the
    same network after fewer epochs, whose checkpoint lies beside it: training goes on from there, and the score
    `resumed` says after how many.
    """

    text: str
    seed: int
    weights: Path
    parent: Path | None = None
    epochs: int | None = None
    resume: Path | None = None

    @property
    def untrained(self) -> bool:
        """Whether it is of a rung that trains nothing."""
        return self.epochs == 0


class Evaluator(Protocol):
    """Scores networks. A search works with anything that has these four.

    An evaluator that has no weights writes none; one that knows no epochs never calls `each_epoch`.
    """

    def about(self) -> Mapping[str, Any]:
        """What it runs on: `device`, `torch`."""

    def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
        """Train a network, keep its weights, and give its scores. Raises EvaluationError."""

    def test(self, text: str, weights: Path) -> Mapping[str, Any]:
        """Score kept weights on the test images. Raises EvaluationError."""

    def close(self) -> None:
        """Nothing more will be asked."""
