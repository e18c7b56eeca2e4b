"""Starting a search, continuing one, and what both leave behind."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from contextlib import closing as closed_at_end
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgraph import __version__, dump
from archgraph.errors import UsageError
from archgraph.search import journal
from archgraph.search.console import View, closing, opening
from archgraph.search.evaluators import MakeEvaluator, evaluator
from archgraph.search.files import RunFolder, begin, new_folder, settle
from archgraph.search.outcome import candidates
from archgraph.search.reading import Reading, read_recipe
from archgraph.search.recipe import Recipe
from archgraph.train.data import source

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Result:
    """What a run left: its folder, the best spec (None where no trial finished), and whether it was interrupted."""

    folder: Path
    best: Path | None
    finished: int
    failed: int
    interrupted: bool


def run(
    recipe: str | os.PathLike[str],
    *,
    trials: int | None = None,
    out: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    console: Console | None = None,
    evaluator: MakeEvaluator = evaluator,
) -> Result:
    """See `archgraph.search.run`; `evaluator` makes what scores the candidates."""
    started = time.perf_counter()
    given = dict(settings or {}) | ({"trials": trials} if trials is not None else {})
    reading = read_recipe(Path(recipe), settings=given)
    return start(reading, new_folder(out, reading.recipe.name), console=console, evaluator=evaluator, started=started)


def start(
    reading: Reading,
    folder: Path,
    *,
    console: Console | None = None,
    evaluator: MakeEvaluator = evaluator,
    started: float | None = None,
) -> Result:
    """Run what was read, in a folder that is new or empty."""
    _make(folder, reading)
    with journal.held(folder):
        return _go_on(folder, None, console, evaluator, time.perf_counter() if started is None else started)


def resume(
    folder: str | os.PathLike[str],
    *,
    trials: int | None = None,
    console: Console | None = None,
    evaluator: MakeEvaluator = evaluator,
) -> Result:
    """See `archgraph.search.resume`."""
    started = time.perf_counter()
    path = Path(folder)
    if not (path / journal.NAME).is_file():
        raise UsageError(f"no search in {path}: there is no {journal.NAME}")
    with journal.held(path):
        journal.mend(path / journal.NAME)
        return _go_on(path, trials, console, evaluator, started)


def _make(folder: Path, reading: Reading) -> None:
    """The folder of a new search, with its recipe and an empty study; there whole or not at all."""
    from archgraph.search import study

    distinct = {parent.hash: parent for parent in reading.parents}.values()
    begun = {
        "version": __version__,
        "recipe": dict(reading.values),
        "parents": [{"spec": dump(parent.spec), "origin": parent.origin} for parent in distinct],
    }
    growing = begin(folder, [("recipe.yaml", reading.text)])
    study.create(growing, reading.recipe, begun)
    settle(growing, folder)


def _go_on(path: Path, trials: int | None, console: Console | None, evaluator: MakeEvaluator, started: float) -> Result:
    """Search until there are enough trials, then test the winners and write the report."""
    from archgraph.search.loop import Search
    from archgraph.search.results import write_results
    from archgraph.search.study import open_study

    folder = RunFolder(path)
    study = open_study(path)
    recipe = Recipe.model_validate(study.begun["recipe"])
    _check_data(recipe)
    total = trials or recipe.trials
    interrupted = False
    with closed_at_end(evaluator(recipe, folder)) as scoring, View(console) as view:
        search = Search(folder, study, recipe, scoring, view)
        try:
            view.total(total)
            about = scoring.about()
            search.begin(_session(about), started=started)
            opening(search.outcome(), view, about, trials=total)
            if (there := candidates(search.trials)) >= total:
                view.say(f"{path} has {there} trials already; --trials is how many there are in all")
            search.run(total)
            search.test_winners()
        except KeyboardInterrupt:
            interrupted = True
    found = search.outcome()
    write_results(found)
    closing(found, view.console)
    best = path / "best.yaml" if found.best else None
    return Result(path, best, len(found.finished), len(found.failed), interrupted)


def _check_data(recipe: Recipe) -> None:
    if (training := recipe.evaluate.train) is None:
        return
    data = source(training.data)
    if (install := data.missing()) is not None:
        raise UsageError(f"{training.data} is read with {data.needs}, which is not installed: {install}")


def _session(about: Mapping[str, Any]) -> dict[str, Any]:
    """When, where and with what a session runs."""
    began = datetime.now(UTC).isoformat(timespec="seconds")
    versions = {"archgraph": __version__, "python": platform.python_version(), "optuna": version("optuna")}
    machine = {"system": platform.system(), "machine": platform.machine(), "cores": os.cpu_count()}
    return {"began": began, **versions, **machine, **about}
