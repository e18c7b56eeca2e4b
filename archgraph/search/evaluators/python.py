"""Scoring candidates by a user's function, called in the child process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgraph.search.budget import COSTS
from archgraph.search.evaluator import EachEpoch, EvaluationError, Request
from archgraph.search.evaluators.child import ChildProcess, asked
from archgraph.search.files import RunFolder
from archgraph.search.function import Function
from archgraph.search.latency import LATENCY
from archgraph.search.recipe import Recipe


class FunctionProcess(ChildProcess):
    """An evaluator that gives what `function(module, spec, trial)` gives; see `archgraph.search.function`."""

    settings: Function

    def __init__(self, settings: Function, *, timeout: float, log: Path, wanted: tuple[str, ...]) -> None:
        self.wanted = wanted
        super().__init__(settings, timeout=timeout, log=log)

    def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
        job = {"do": "python", **asked(request), "wanted": self.wanted, "folder": str(Path.cwd())}
        return self.ask(job, self.timeout, each_epoch)

    def test(self, text: str, weights: Path) -> Mapping[str, Any]:
        raise EvaluationError("evaluate.python has no test images")


def make(recipe: Recipe, folder: RunFolder) -> FunctionProcess:
    """The evaluator of `python`."""
    settings = recipe.evaluate.python
    assert settings is not None
    wanted = tuple(name for name in recipe.objectives if name not in (LATENCY, *COSTS))
    return FunctionProcess(settings, timeout=recipe.evaluate.timeout, log=folder.log, wanted=wanted)
