"""What a trial begins with: its parent's weights, where children inherit, and the checkpoint of the rung below.

Files may be gone, or be on another worker's machine. A trial whose file is not there is trained from the start, and its
scores say so: `inherited` or `resumed` is 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from archgraph.files import write_whole
from archgraph.search.files import RunFolder, spec_of
from archgraph.search.recipe import Recipe
from archgraph.search.trials import Trial


class Beginning(NamedTuple):
    """The options of an evaluator's `train` that a search decides."""

    parent: Path | None
    epochs: int | None
    resume: Path | None

    @property
    def untrained(self) -> bool:
        """Whether the trial is of a rung that trains nothing."""
        return self.epochs == 0


def beginning(new: Trial, trials: Sequence[Trial], recipe: Recipe, folder: RunFolder) -> Beginning:
    """What there is for a trial to begin with."""
    epochs = recipe.fidelity.epochs[new.rung] if recipe.fidelity else None
    if epochs == 0:
        return Beginning(None, epochs, None)
    parent = folder.weights(new.parent) if recipe.inherit and new.parent is not None else None
    if parent is not None and new.parent is not None and parent.is_file():
        write_whole(spec_of(parent), trials[new.parent].text)
    resume = folder.weights(new.below) if new.below is not None and _trained(trials[new.below], recipe) else None
    return Beginning(_there(parent), epochs, _there(resume))


def noted(
    scores: Mapping[str, Any], new: Trial, trials: Sequence[Trial], recipe: Recipe, began: Beginning
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
