"""What a search has to beat: random changes of random trials, as many, from the same parents under the same recipe."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archgraph import loads
from archgraph.errors import UsageError
from archgraph.search import journal
from archgraph.search.comparison import BASELINE
from archgraph.search.evaluators import MakeEvaluator, evaluator
from archgraph.search.outcome import candidates, read_outcome
from archgraph.search.proposal import given
from archgraph.search.reading import Reading
from archgraph.search.recipe import Recipe
from archgraph.search.results import write_results
from archgraph.search.study import open_study
from archgraph.search.worker import Result, resume, start

if TYPE_CHECKING:
    from rich.console import Console


def baseline(
    folder: str | os.PathLike[str], *, console: Console | None = None, evaluator: MakeEvaluator = evaluator
) -> Result:
    """Run random search with as many trials as a search has, or continue it; the search's report then compares both.

    Raises UsageError where there is no search, it has no trial yet, or it is a random one itself.
    """
    found = read_outcome(folder)
    trials = candidates(found.trials)
    if found.recipe.sampler == "random":
        raise UsageError(f"the search in {folder} is a random one: it is its own baseline")
    if not trials:
        raise UsageError(f"the search in {folder} has no trial yet: there is nothing to compare with")
    place = found.folder / BASELINE
    if (place / journal.NAME).is_file():
        result = resume(place, trials=trials, console=console, evaluator=evaluator)
    else:
        reading = same_by_chance(open_study(found.folder).begun, trials)
        result = start(reading, place, console=console, evaluator=evaluator)
    write_results(found)
    return result


def same_by_chance(begun: Mapping[str, Any], trials: int) -> Reading:
    """What a search was begun with, as a random search in a folder of its own."""
    values = {**begun["recipe"], "sampler": "random", "trials": trials}
    values.pop("storage", None)
    lines = [f"{key}: {json.dumps(value)}" for key, value in values.items()]
    text = "\n".join(["# The recipe of the search above, with random changes.", *lines, ""])
    parents = [replace(given(loads(parent["spec"])), origin=parent["origin"]) for parent in begun["parents"]]
    return Reading(Recipe.model_validate(values), values, text, tuple(parents))
