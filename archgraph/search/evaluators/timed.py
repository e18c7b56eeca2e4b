"""Timing a candidate before anything else scores it: what is over the limit is not trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgraph.graph.expand import expand
from archgraph.graph.hashing import canonical_hash
from archgraph.loading import loads
from archgraph.search.evaluator import EachEpoch, Evaluator, Request
from archgraph.search.evaluators.child import ChildProcess
from archgraph.search.latency import LATENCY, RECORD, LatencyLimit, excess


class Timed:
    """An evaluator that adds the score `latency_ms` to those of another, and spares it what is over `limit`.

    It measures in the other's process, or, where that has none, in `child`. A network that was measured is not again.
    """

    def __init__(self, scoring: Evaluator, limit: LatencyLimit, child: ChildProcess) -> None:
        self.scoring, self.limit, self.child = scoring, limit, child
        self._known: dict[str, Mapping[str, Any]] = {}

    def about(self) -> Mapping[str, Any]:
        return {**self.scoring.about(), "timed": str(self.limit)}

    def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
        record = self._measured(request.text)
        scores = {LATENCY: record["median_ms"], RECORD: record}
        if (excess(self.limit, scores) or 0.0) > 0:
            return {**scores, "seconds": record["seconds"]}
        return {**self.scoring.train(request, each_epoch), **scores}

    def _measured(self, text: str) -> Mapping[str, Any]:
        """The record of a network's measurement. Raises EvaluationError."""
        network = canonical_hash(expand(loads(text)))
        if network not in self._known:
            settings = self.limit.model_dump(exclude={"max"})
            job = {"do": "latency", "spec": text, "timing": settings}
            self._known[network] = self.child.ask(job, self.child.timeout, lambda epoch, accuracy: None)
        return self._known[network]

    def test(self, text: str, weights: Path) -> Mapping[str, Any]:
        return self.scoring.test(text, weights)

    def close(self) -> None:
        self.scoring.close()
        self.child.close()


def timed(scoring: Evaluator, limit: LatencyLimit, *, timeout: float, log: Path) -> Timed:
    """An evaluator with its measurements, in a process of their own only where it has none."""
    child = scoring if isinstance(scoring, ChildProcess) else ChildProcess(limit, timeout=timeout, log=log)
    return Timed(scoring, limit, child)
