"""What a trial begins with: its parent's weights, where children inherit, and the checkpoint of the rung below.

Files may be gone, or be on another worker's machine. A trial whose file is not there is trained from the start, and its
scores say so: `inherited` or `resumed` is 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from archgraph.files import write_whole
from archgraph.search.evaluator import Request
from archgraph.search.files import RunFolder, spec_of
from archgraph.search.recipe import Recipe
from archgraph.search.trials import Trial


def request(new: Trial, trials: Sequence[Trial], recipe: Recipe, folder: RunFolder) -> Request:
    """A trial's request, with what there is for it to begin with."""
    plain = Request(new.text, new.seed, folder.weights(new.number))
    epochs = recipe.fidelity.epochs[new.rung] if recipe.fidelity else None
    if epochs == 0:
        return replace(plain, epochs=0)
    parent = folder.weights(new.parent) if recipe.inherit and new.parent is not None else None
    if parent is not None and new.parent is not None and parent.is_file():
        write_whole(spec_of(parent), trials[new.parent].text)
    resume = folder.weights(new.below) if new.below is not None and _trained(trials[new.below], recipe) else None
    return replace(plain, parent=_there(parent), epochs=epochs, resume=_there(resume))


def noted(
    scores: Mapping[str, Any], new: Trial, trials: Sequence[Trial], recipe: Recipe, began: Request
) -> dict[str, Any]:
    """Scores, with what a trial did not begin with although it was to."""
    below = trials[new.below] if new.below is not None else None
    known = dict(scores)
    if below is not None and _trained(below, recipe) and began.resume is None:
        known["resumed"] = 0
    if recipe.inherit and new.parent is not None and not began.untrained:
        if known.get("resumed") and below is not None and "inherited" in (below.scores or {}):
            known["inherited"] = (below.scores or {})["inherited"]
        elif began.parent is None:
            known["inherited"] = 0.0
    return known


def _trained(trial: Trial, recipe: Recipe) -> bool:
    return recipe.fidelity is not None and recipe.fidelity.epochs[trial.rung] > 0


def _there(file: Path | None) -> Path | None:
    return file if file is not None and file.is_file() else None
