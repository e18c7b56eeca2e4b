"""An evaluator that trains nothing: scores follow from the network alone, so that two searches can be compared."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from archgraph import expand, loads
from archgraph.graph.hashing import canonical_hash
from archgraph.search.evaluator import EachEpoch, EvaluationError, Request
from archgraph.search.files import RunFolder
from archgraph.search.recipe import Recipe

RECIPE = """\
archgraph_search: 1
name: small
spec: cifar_resnet8
set: {classes: 10, input: [1, 8, 8]}
budget: {macs: 764k}
objectives: OBJECTIVES
evaluate: {train: {data: digits, epochs: 2}}
sampler: SAMPLER
trials: TRIALS
"""


def recipe(folder: Path, *, trials: int = 12, sampler: str = "evolution", objectives: str = "[accuracy]") -> Path:
    """A recipe for the fake evaluator, in a file."""
    text = RECIPE.replace("TRIALS", str(trials)).replace("SAMPLER", sampler).replace("OBJECTIVES", objectives)
    file = folder / "small.yaml"
    file.write_text(text)
    return file


class Fake:
    """Accuracy is a hash of the network. `fails`, `dies` and `interrupts` are what happens at the n-th training."""

    def __init__(self, *, fails: Mapping[int, str] | None = None, dies: int = -1, interrupts: int = -1) -> None:
        self.fails, self.dies, self.interrupts = fails or {}, dies, interrupts
        self.trained: list[str] = []
        self.tested: list[str] = []
        self.closed = False

    def __call__(self, recipe: Recipe, folder: RunFolder) -> Fake:
        return self

    def about(self) -> Mapping[str, Any]:
        return {"device": "nothing", "torch": "none"}

    def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
        at = len(self.trained)
        digest = canonical_hash(expand(loads(request.text)))
        self.trained.append(digest)
        if at == self.interrupts:
            raise KeyboardInterrupt
        each_epoch(0, 0.5)
        if at == self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        if at in self.fails:
            raise EvaluationError(self.fails[at])
        request.weights.write_bytes(digest.encode())
        accuracy = int(blake2b(digest.encode(), digest_size=2).hexdigest(), 16) / 65536
        return {
            "accuracy": accuracy,
            "loss": 1 - accuracy,
            "epochs": [0.5, accuracy],
            "seconds": 0.01,
            "seed": request.seed,
        }

    def test(self, text: str, weights: Path) -> Mapping[str, Any]:
        assert weights.read_text() == canonical_hash(expand(loads(text)))
        self.tested.append(weights.stem)
        return {"accuracy": 0.9, "loss": 0.1, "images": 360}

    def close(self) -> None:
        self.closed = True


@dataclass(frozen=True)
class Quick:
    """A fake for several processes: training takes `pause` seconds, and both its ends are lines in the file `log`.

    No training ends while there is a file `hold` beside the log.
    """

    log: Path
    pause: float = 0.0

    def __call__(self, recipe: Recipe, folder: RunFolder) -> Quick:
        return self

    def about(self) -> Mapping[str, Any]:
        return {"device": "nothing", "torch": "none"}

    def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
        digest = canonical_hash(expand(loads(request.text)))
        self._note("begins", digest)
        time.sleep(self.pause)
        while self.log.with_name("hold").exists():
            time.sleep(0.01)
        request.weights.write_bytes(digest.encode())
        self._note("ends", digest)
        return {"accuracy": int(blake2b(digest.encode(), digest_size=2).hexdigest(), 16) / 65536, "loss": 0.0}

    def test(self, text: str, weights: Path) -> Mapping[str, Any]:
        return {"accuracy": 0.9, "loss": 0.1, "images": 360}

    def close(self) -> None:
        pass

    def _note(self, what: str, digest: str) -> None:
        # One write of a short line is whole, whoever else writes.
        with self.log.open("ab", buffering=0) as file:
            file.write(f"{what} {digest}\n".encode())


def told(log: Path, what: str) -> list[str]:
    """The networks of which a `Quick` told, in order."""
    lines = [line.split() for line in log.read_text().splitlines()]
    return [digest for said, digest in lines if said == what]
