"""Scoring candidates without training: a zero-cost proxy, worked out in the child process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgraph.search.evaluator import EachEpoch, EvaluationError, Request
from archgraph.search.evaluators.child import ChildProcess
from archgraph.search.files import RunFolder
from archgraph.search.recipe import Recipe


class ProxyProcess(ChildProcess):
    """An evaluator that gives the score `proxy`. It keeps no weights."""

    def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
        return self.ask({"do": "proxy", "spec": request.text, "seed": request.seed}, self.timeout, each_epoch)

    def test(self, text: str, weights: Path) -> Mapping[str, Any]:
        raise EvaluationError("a proxy trains nothing, so there is nothing to test")


def make(recipe: Recipe, folder: RunFolder) -> ProxyProcess:
    """The evaluator of `proxy`."""
    assert recipe.evaluate.proxy is not None
    return ProxyProcess(recipe.evaluate.proxy, timeout=recipe.evaluate.timeout, log=folder.log)
