"""What scores candidates, by the key of `evaluate` that asks for it. A new kind is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from archgraph.search.evaluator import Evaluator
from archgraph.search.evaluators import child, proxy, python, table
from archgraph.search.evaluators.timed import timed
from archgraph.search.files import RunFolder
from archgraph.search.recipe import Recipe

MakeEvaluator: TypeAlias = Callable[[Recipe, RunFolder], Evaluator]

EVALUATORS: Mapping[str, MakeEvaluator] = {
    "train": child.make,
    "proxy": proxy.make,
    "table": table.make,
    "python": python.make,
}


def evaluator(recipe: Recipe, folder: RunFolder) -> Evaluator:
    """The evaluator that a recipe asks for; it times networks too, where the recipe says so."""
    scoring = EVALUATORS[recipe.evaluate.kind](recipe, folder)
    if recipe.latency is None:
        return scoring
    return timed(scoring, recipe.latency, timeout=recipe.evaluate.timeout, log=folder.log)
