"""The winners of a search trained in full, on all images but the test images, and then tested, once in their life."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgraph.errors import UsageError, nearest
from archgraph.files import write_whole
from archgraph.ops.arguments import Takes
from archgraph.search.outcome import Outcome, read_outcome, uncertainty
from archgraph.search.study import open_study
from archgraph.search.trials import Trial
from archgraph.train.settings import Training

if TYPE_CHECKING:
    from archgraph.train.dataset import Part, Split

FOLDER = "retrained"
"""The folder with specs and weights of winners that were trained in full, in that of their search."""


def retrain(
    folder: str | os.PathLike[str],
    *,
    settings: Mapping[str, Any],
    top: int | None = None,
    say: Callable[[str], None] = print,
) -> list[Path]:
    """Train the winners of a search anew, on training and validation images together; gives their weights.

    `settings` (`{"epochs": 30}`) go before those of the recipe. Each is scored on the test images once: one that was
    retrained before is not again, whatever the settings. Raises UsageError where there is no search, the recipe does
    not train, or a setting is wrong.
    """
    found = read_outcome(folder)
    full = in_full(found.recipe.evaluate.train, settings)
    if not found.winners:
        raise UsageError(f"no trial of the search in {folder} has finished: there is nothing to retrain")
    written = []
    for trial in chosen(found, top):
        weights = weights_of(found.folder, trial)
        written.append(weights)
        known = open_study(found.folder).retrained.get(str(trial.number))
        if known is not None:
            say(f"trial {trial.number} was retrained on {known['at']}: {_told(known)}; the test images are used once")
            continue
        say(f"trial {trial.number}: {full.epochs} epochs")
        done = _train(trial, full, weights)
        if done is None:
            say(f"trial {trial.number}: its loss became no number; it was not tested")
            continue
        open_study(found.folder).note_retrained({str(trial.number): done})
        say(f"trial {trial.number}: {_told(done)}")
    return [file for file in written if file.is_file()]


def chosen(found: Outcome, top: int | None) -> Sequence[Trial]:
    """The first so many winners; by default the best of one objective, and the front of several."""
    return found.winners[: top or (1 if len(found.recipe.objectives) == 1 else len(found.winners))]


def weights_of(folder: Path, trial: Trial) -> Path:
    """Where the weights of a retrained trial are."""
    return folder / FOLDER / f"{trial.number:04d}.safetensors"


def in_full(training: Training | None, settings: Mapping[str, Any]) -> Training:
    """How winners are trained: as in the search, but on all images, to the end, with `settings` first."""
    from pydantic import ValidationError

    if training is None:
        raise UsageError("this search trained nothing, so there is nothing to train more of; `archgraph train` trains")
    try:
        return Training.model_validate({**training.model_dump(), "images": None, "seconds": None, **settings})
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        fields = Training.model_fields
        if key not in fields:
            raise UsageError(f"--retrain has no key {key!r}; {nearest(key, fields, most=20)}") from None
        takes = next((item.text for item in fields[key].metadata if isinstance(item, Takes)), first["msg"])
        raise UsageError(f"--retrain {key} is {settings.get(key)!r}; it takes {takes}") from None


def _train(trial: Trial, settings: Training, weights: Path) -> dict[str, Any] | None:
    """Train, keep the weights and the spec, test; None where the training went astray."""
    import torch

    from archgraph import build, cost, expand, loads
    from archgraph.train.data import load
    from archgraph.train.device import describe, device, use_threads
    from archgraph.train.loop import DivergenceError, score, train
    from archgraph.train.weights import write_weights

    parts = load(settings.data)
    both = joined(parts["train"], parts["validation"])
    graph = expand(loads(trial.text))
    use_threads(cost(graph).macs)
    torch.manual_seed(trial.seed)
    module = build(graph)
    where = device()
    try:
        # What it is scored on after every epoch it has learned from: nothing is chosen by that.
        seen: dict[Part, Split] = {"train": both, "validation": parts["validation"]}
        done = train(module, seen, settings, seed=trial.seed, device=where)
    except DivergenceError:
        return None
    weights.parent.mkdir(exist_ok=True)
    write_weights(module, weights)
    write_whole(weights.with_suffix(".yaml"), trial.text)
    return {
        **score(module, parts["test"], device=where).as_dict(),
        "images": len(parts["test"].labels),
        "trained_on": len(both.labels),
        "seconds": round(done.seconds, 2),
        "seed": trial.seed,
        "device": describe(where),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": settings.model_dump(mode="json"),
    }


def joined(one: Split, other: Split) -> Split:
    """Two parts of a data set as one, scaled as the first is."""
    import numpy as np

    images, labels = (np.concatenate([getattr(part, name) for part in (one, other)]) for name in ("images", "labels"))
    return replace(one, images=images, labels=labels)


def _told(done: Mapping[str, Any]) -> str:
    half = 100 * uncertainty(done["accuracy"], done["images"])
    return f"test accuracy {100 * done['accuracy']:.2f} ± {half:.1f} %, {done['trained_on']:,} images to learn from"
