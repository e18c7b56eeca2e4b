"""Scoring candidates by a table of networks that were trained before: nothing is trained, and no torch is needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgraph.errors import SpecError
from archgraph.graph.expand import expand
from archgraph.graph.hashing import canonical_hash
from archgraph.interop.nasbench201 import architecture
from archgraph.loading import loads
from archgraph.search.evaluator import EachEpoch, EvaluationError, Request
from archgraph.search.files import RunFolder
from archgraph.search.lookup import Lookup
from archgraph.search.recipe import Recipe


class TableEvaluator:
    """Gives the `accuracy` that stands in a table. It keeps no weights, and has no test images."""

    def __init__(self, settings: Lookup) -> None:
        self.settings = settings
        self.rows = settings.rows()

    def about(self) -> Mapping[str, Any]:
        return {"device": f"a table of {len(self.rows):,} networks: {self.settings.title}"}

    def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
        try:
            key = self._key(request.text)
        except SpecError as error:
            raise EvaluationError(str(error)) from error
        if key not in self.rows:
            raise EvaluationError(f"{key} is not in the table {self.settings.title}")
        return {"seconds": 0.0, **self.rows[key]}

    def _key(self, text: str) -> str:
        spec = loads(text)
        return architecture(spec) if self.settings.form == "nasbench201" else canonical_hash(expand(spec))

    def test(self, text: str, weights: Path) -> Mapping[str, Any]:
        raise EvaluationError("a table has no test images")

    def close(self) -> None:
        pass


def make(recipe: Recipe, folder: RunFolder) -> TableEvaluator:
    """The evaluator of `table`."""
    assert recipe.evaluate.table is not None
    return TableEvaluator(recipe.evaluate.table)
