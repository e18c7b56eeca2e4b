"""Whether children that inherit, and rungs, find better networks in the same device time.

The same recipe runs for each seed plain, with `inherit`, and with `fidelity`. What a search had found after a part of
the time that the plain one took is the best validation accuracy so far; with rungs, that of the highest. Beside it is
the test accuracy of its best, trained anew three times as long: a child that inherits has seen more epochs than its
own. Time is the seconds of all trainings, one after the other.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from timing import options, report

from archgraph import build, cost, loads
from archgraph.search.outcome import Outcome, read_outcome
from archgraph.search.worker import run
from archgraph.train.data import load, source
from archgraph.train.device import device, use_threads
from archgraph.train.loop import train
from archgraph.train.scoring import score
from archgraph.train.settings import Training

PARTS = (0.1, 0.25, 0.5, 0.75, 1.0)
"""Parts of the time of the plain search."""


def main() -> None:
    """Print a row for each way, the mean of the seeds."""
    parser = options(__doc__ or "")
    parser.add_argument("--data", default="digits", help="a data set as recipes name it")
    parser.add_argument("--images", type=int, default=512, help="train on the first so many")
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--macs", type=int, default=800_000, help="the budget")
    given = parser.parse_args()
    trials, seeds = (8, 1) if given.quick else (given.trials, given.rounds or 3)
    found = source(given.data)
    recipe = {
        "spec": "cifar_resnet8", "set": {"classes": found.classes, "input": list(found.shape)},
        "budget": {"macs": given.macs}, "trials": trials,
    }  # fmt: skip
    training = {"data": found.given or given.data, "augment": ["crop"], "images": given.images}
    long = Training(**training, epochs=3 * given.epochs)
    rungs = {"fidelity": {"rungs": [1, given.epochs], "keep": 0.25}}
    ways: Mapping[str, Mapping[str, Any]] = {
        "plain": {}, "inherit": {"inherit": True}, "fidelity": rungs
    }  # fmt: skip
    rows = []
    done: dict[str, list[Outcome]] = {name: [] for name in ways}
    for seed in range(seeds):
        for name, also in ways.items():
            # With rungs a network costs less, so there is time for more of them: as many epochs in all.
            each = 1 + 0.25 * (given.epochs - 1) if "fidelity" in also else given.epochs
            more = {"trials": round(trials * given.epochs / each)}
            how = {**training, **({} if "fidelity" in also else {"epochs": given.epochs})}
            values = {**recipe, "evaluate": {"train": how}, "seed": seed, **also, **more}
            done[name].append(searched(name, values))
    for name, outcomes in done.items():
        rows.append(row(name, outcomes, done["plain"], long))
    about = f"{given.data}, {given.epochs} epochs, {trials} trials, {seeds} seeds"
    report(f"{about}: best validation accuracy by device time", rows, as_json=given.json)


def searched(name: str, values: Mapping[str, Any]) -> Outcome:
    """What a search comes to."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recipe.yaml"
        # JSON is a part of YAML.
        file.write_text(json.dumps({"archgraph_search": 1, "name": "compared", **values}))
        return read_outcome(run(file, out=Path(folder) / name, console=Console(file=StringIO())).folder)


def row(name: str, outcomes: Sequence[Outcome], plain: Sequence[Outcome], long: Training) -> dict[str, Any]:
    """The means of a way: best so far at parts of the plain time, what its best is worth, its own time, networks."""
    totals = [sum(seconds(found)) for found in plain]
    curves = [[best_by(found, part * total) for part in PARTS] for found, total in zip(outcomes, totals, strict=True)]
    shown = {f"{part:.0%} of time": _percent([curve[n] for curve in curves]) for n, part in enumerate(PARTS)}
    scores = [trial.scores or {} for found in outcomes for trial in found.finished]
    inherited = [known["inherited"] for known in scores if "inherited" in known]
    return {
        "way": name,
        **shown,
        "in the end": _percent([found.best.measure("accuracy") for found in outcomes if found.best]),
        "retrained, test": _percent([retrained(found, long) for found in outcomes]),
        "seconds": round(statistics.mean(sum(seconds(found)) for found in outcomes)),
        "networks": round(statistics.mean(sum(t.rung == 0 for t in found.finished) for found in outcomes)),
        "inherited": f"{100 * statistics.mean(inherited):.0f} %" if inherited else "-",
    }


def seconds(found: Outcome) -> list[float]:
    """The device time of every trial, in their order."""
    return [float((trial.scores or {}).get("seconds", 0.0)) for trial in found.trials]


def best_by(found: Outcome, limit: float) -> float | None:
    """The best accuracy of the winners' rung after so many seconds; None where there is none yet."""
    spent, best = 0.0, None
    compared = {trial.number for trial in found.compared}
    for trial in found.trials:
        spent += float((trial.scores or {}).get("seconds", 0.0))
        if spent > limit * 1.0001:
            break
        if trial.number in compared:
            best = max(best or 0.0, trial.measure("accuracy"))
    return best


def retrained(found: Outcome, settings: Training) -> float:
    """The test accuracy of a search's best network, trained from the start."""
    assert found.best is not None
    spec = loads(found.best.text)
    use_threads(cost(spec).macs)
    torch.manual_seed(found.recipe.seed)
    module, data = build(spec), load(settings.data)
    train(module, data, settings, seed=found.recipe.seed, device=device())
    return score(module, data["test"], device=device()).accuracy


def _percent(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{100 * statistics.mean(known):.2f}" if len(known) == len(values) else "-"


if __name__ == "__main__":
    main()
