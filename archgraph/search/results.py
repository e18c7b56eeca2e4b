"""What a search leaves in its folder for people and programs: networks, a table of trials, the recipe, the report.

All of it is made from the study alone, file by file and each one whole or not at all, so that it can be made again.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from archgraph.errors import UsageError
from archgraph.files import write_whole
from archgraph.search.files import RunFolder
from archgraph.search.outcome import Outcome, read_outcome
from archgraph.search.rungs import rung_of

TRIALS = "trials.csv"
FRONT = "pareto"
"""The folder with the front of a search with several objectives."""
RECIPE = "recipe.yaml"
RAN = "# ran "
"""How the lines begin that say with what a recipe was run; they are comments, so that it can be run again."""


def write_results(found: Outcome) -> None:
    """Bring every file of a run's folder up to date with its study. Raises UsageError where one cannot be written.

    The picture comes last: a machine that cannot draw has all the rest.
    """
    from archgraph.search.report import write_report

    folder = RunFolder(found.folder)
    if found.best is not None:
        folder.write_best(found.best)
    _write_front(found)
    write_whole(found.folder / TRIALS, table(found))
    write_whole(found.folder / RECIPE, recipe(found))
    write_report(found)
    if found.best is not None:
        folder.draw_best(found.best)


def report(folder: str | os.PathLike[str]) -> Path:
    """Write the results of a search again from its study; gives the report's path. It may be running meanwhile.

    Raises UsageError where there is no search.
    """
    found = read_outcome(folder)
    write_results(found)
    return found.folder / "report.html"


def table(found: Outcome) -> str:
    """All trials as CSV, a line each. Costs and scores have a column by their name, empty where a trial has none."""
    trials = found.trials
    costs = list(dict.fromkeys(name for trial in trials for name in _figures(trial.cost)))
    scores = list(dict.fromkeys(name for trial in trials for name in _figures(trial.scores or {})))
    scores = [name for name in scores if name not in ("seconds", *costs)]
    higher = ["rung", "below"] if found.recipe.fidelity else []
    first = ["trial", "state", *higher, "parent", "mutation", "site", "change", *costs, *scores]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([*first, "seconds", "seed", "error", "hash"])
    for trial in trials:
        cost, scored = _figures(trial.cost), _figures(trial.scores or {})
        origin = trial.mutation or {"operator": "", "site": "", "change": trial.origin}
        rows.writerow(
            [trial.number, trial.state]
            + [rung_of(trial, found.recipe), "" if trial.below is None else trial.below][: len(higher)]
            + ["" if trial.parent is None else trial.parent]
            + [origin[key] for key in ("operator", "site", "change")]
            + [cost.get(name, "") for name in costs]
            + [scored.get(name, "") for name in scores]
            + [scored.get("seconds", ""), trial.seed, trial.error or "", trial.hash]
        )
    return text.getvalue()


def recipe(found: Outcome) -> str:
    """The recipe as it ran, under a line for every run and resume with its versions and machine."""
    file = found.folder / RECIPE
    try:
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    while lines and lines[0].startswith(RAN):
        del lines[0]
    return "".join([*(f"{RAN}{' '.join(_about(session))}\n" for session in found.sessions), *lines])


def _about(session: Mapping[str, Any]) -> Iterator[str]:
    """When, with what and where a session ran, as far as it noted that."""
    yield str(session.get("began", "at an unknown time"))
    versions = [f"{name} {session[name]}" for name in ("archgraph", "python", "torch", "optuna") if name in session]
    if versions:
        yield f"with {', '.join(versions)}"
    places = [str(session[name]) for name in ("system", "machine", "device") if name in session]
    if places:
        yield f"on {', '.join(places)}"


def _write_front(found: Outcome) -> None:
    """The networks that none is better than in all objectives, by trial; what left the front leaves the folder."""
    if len(found.recipe.objectives) < 2:
        return
    folder = found.folder / FRONT
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {folder}: {error.strerror}") from error
    front = {f"{trial.number:04d}.yaml": trial for trial in found.front}
    for name, trial in front.items():
        if not (folder / name).is_file():
            write_whole(folder / name, trial.text)
    for file in folder.glob("*.yaml"):
        if file.name not in front:
            file.unlink()


def _figures(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a trial's costs or scores that are one number or text."""
    return {name: value for name, value in values.items() if isinstance(value, (int, float, str))}
