"""Starting a search, continuing one, and what both leave behind."""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import closing as closed_at_end
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from archgraph import __version__, dump
from archgraph.errors import UsageError
from archgraph.files import write_whole
from archgraph.search import journal
from archgraph.search.console import closing, opening
from archgraph.search.evaluators import MakeEvaluator, evaluator
from archgraph.search.files import RunFolder, growing, new_folder
from archgraph.search.outcome import wanted
from archgraph.search.progress import View
from archgraph.search.reading import Reading, read_recipe
from archgraph.search.recipe import Recipe
from archgraph.search.stopping import Stop
from archgraph.train.data import source

if TYPE_CHECKING:
    from rich.console import Console

    from archgraph.search.loop import Search
    from archgraph.search.study import StudyFile

Began: TypeAlias = Callable[[Path], None]


class _Running(NamedTuple):
    """What a session has to do, and with what."""

    folder: RunFolder
    study: StudyFile
    recipe: Recipe
    evaluator: MakeEvaluator
    view: View
    stop: Stop
    total: int
    started: float


@dataclass(frozen=True)
class Result:
    """What a run left: its folder, the best spec (None where no trial finished), and whether it was interrupted."""

    folder: Path
    best: Path | None
    finished: int
    failed: int
    interrupted: bool


def _nothing(folder: Path) -> None:
    """What is done, unless something else is, once a search has its folder and before its first trial."""


def run(
    recipe: str | os.PathLike[str],
    *,
    trials: int | None = None,
    out: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    console: Console | None = None,
    evaluator: MakeEvaluator = evaluator,
    workers: int | None = None,
    ray: str | None = None,
    minutes: float | None = None,
    began: Began = _nothing,
) -> Result:
    """See `archgraph.search.run`; `evaluator` makes what scores the candidates."""
    started, seconds = time.perf_counter(), _seconds(minutes)
    given = dict(settings or {}) | ({"trials": trials} if trials is not None else {})
    given |= {"workers": workers} if workers is not None else {}
    reading = read_recipe(Path(recipe), settings=given)
    folder = new_folder(out, reading.recipe.name)
    return start(
        reading, folder, console=console, evaluator=evaluator, started=started, ray=ray, seconds=seconds, began=began
    )


def start(
    reading: Reading,
    folder: Path,
    *,
    console: Console | None = None,
    evaluator: MakeEvaluator = evaluator,
    started: float | None = None,
    ray: str | None = None,
    seconds: float = math.inf,
    began: Began = _nothing,
) -> Result:
    """Run what was read, in a folder that is new or empty."""
    _check_ray(ray)
    _make(folder, reading)
    began(folder)
    with journal.held(folder):
        started = time.perf_counter() if started is None else started
        workers = reading.recipe.workers
        return _go_on(folder, None, console, evaluator, started, workers=workers, ray=ray, seconds=seconds)


def resume(
    folder: str | os.PathLike[str],
    *,
    trials: int | None = None,
    console: Console | None = None,
    evaluator: MakeEvaluator = evaluator,
    workers: int | None = None,
    ray: str | None = None,
    minutes: float | None = None,
    began: Began = _nothing,
) -> Result:
    """See `archgraph.search.resume`."""
    from archgraph.search.study import is_search

    started, seconds = time.perf_counter(), _seconds(minutes)
    path = Path(folder)
    if not is_search(path):
        raise UsageError(f"no search in {path}: there is no {journal.NAME}")
    _check_ray(ray)
    with journal.held(path):
        if (path / journal.NAME).is_file():
            journal.mend(path / journal.NAME)
        began(path)
        return _go_on(path, trials, console, evaluator, started, workers=workers, ray=ray, seconds=seconds)


def join(
    storage: str,
    name: str,
    *,
    out: str | os.PathLike[str] | None = None,
    minutes: float | None = None,
    console: Console | None = None,
    evaluator: MakeEvaluator = evaluator,
) -> Result:
    """See `archgraph.search.join`."""
    from archgraph.search.loop import Search
    from archgraph.search.study import join_study

    started, seconds = time.perf_counter(), _seconds(minutes)
    study = join_study(storage, name)
    recipe = Recipe.model_validate(study.begun["recipe"])
    _check_data(recipe)
    beside = None if "://" in storage else Path(storage).parent
    folder = RunFolder(Path(out) if out is not None else beside or Path("runs") / name)
    folder.weights(0).parent.mkdir(parents=True, exist_ok=True)
    total = wanted(recipe, study.sessions)
    with closed_at_end(evaluator(recipe, folder)) as scoring, View(console) as view, _stop(view, seconds) as stop:
        search = Search(folder, study, recipe, scoring, view, alone=False)
        view.total(total)
        about = scoring.about()
        interrupted = _work(search, {**_session(about), "trials": total}, started, lambda: search.run(total, stop=stop))
    found = search.outcome()
    closing(found, view.console)
    best = folder.path / "best.yaml"
    interrupted = interrupted or stop.interrupted
    return Result(folder.path, best if found.best else None, len(found.finished), len(found.failed), interrupted)


def _make(folder: Path, reading: Reading) -> None:
    """The folder of a new search, with its recipe and an empty study; there whole or not at all."""
    from archgraph.search import study

    distinct = {parent.hash: parent for parent in reading.parents}.values()
    begun = {
        "version": __version__,
        "recipe": dict(reading.values),
        "parents": [{"spec": dump(parent.spec), "origin": parent.origin} for parent in distinct],
    }
    with growing(folder) as place:
        write_whole(place / "recipe.yaml", reading.text)
        study.create(place, reading.recipe, begun)


def _go_on(
    path: Path,
    trials: int | None,
    console: Console | None,
    evaluator: MakeEvaluator,
    started: float,
    *,
    workers: int | None,
    ray: str | None,
    seconds: float,
) -> Result:
    """Search until there are enough trials or the time is up, then test the winners and write the report."""
    from archgraph.search.results import write_results
    from archgraph.search.study import open_study

    study = open_study(path)
    recipe = Recipe.model_validate(study.begun["recipe"])
    _check_data(recipe)
    total = trials or recipe.trials
    with View(console) as view, _stop(view, seconds) as stop:
        view.total(total)
        running = _Running(RunFolder(path), study, recipe, evaluator, view, stop, total, started)
        count = workers or recipe.workers
        search, interrupted = _several(running, count, ray) if count > 1 or ray is not None else _alone(running)
        if stop.asked and not (interrupted or stop.interrupted) and search.ledger.count < total:
            view.say(f"the {seconds / 60:g} minutes are over")
    found = search.outcome()
    write_results(found)
    closing(found, view.console)
    best = path / "best.yaml" if found.best else None
    return Result(path, best, len(found.finished), len(found.failed), interrupted or stop.interrupted)


def _alone(running: _Running) -> tuple[Search, bool]:
    """Search in this process; gives what it knows, and whether it was interrupted."""
    from archgraph.search.loop import Search

    folder, study, recipe, view, stop = running.folder, running.study, running.recipe, running.view, running.stop
    with closed_at_end(running.evaluator(recipe, folder)) as scoring:
        search = Search(folder, study, recipe, scoring, view)

        def work() -> None:
            opening(search.outcome(), view, about, trials=running.total)
            _say_enough(search, running.total)
            search.run(running.total, stop=stop)
            if not stop.interrupted:
                search.test_winners()

        about: Mapping[str, Any] = {}
        try:
            about = scoring.about()
        except KeyboardInterrupt:
            search.end()
            return search, True
        return search, _work(search, {**_session(about), "trials": running.total}, running.started, work)


def _several(running: _Running, count: int, ray: str | None) -> tuple[Search, bool]:
    """Search in several processes; gives what this one knows, and whether it was interrupted."""
    from archgraph.search.crew import Task, supervise
    from archgraph.search.loop import Search
    from archgraph.search.processes import processes

    folder, recipe, view, stop = running.folder, running.recipe, running.view, running.stop
    search = Search(folder, running.study, recipe, None, view, alone=False)
    task = Task(folder.path.resolve(), running.total, running.evaluator)

    def work() -> None:
        opening(search.outcome(), view, {"device": f"{count} workers"}, trials=running.total)
        _say_enough(search, running.total)
        if ray is None:
            supervise(processes(task, count, recipe.gpus_per_trial), count, search, stop=stop, grace=task.grace)
        else:
            from archgraph.search.ray_actors import actors

            with actors(task, recipe, ray) as start:
                supervise(start, count, search, stop=stop, grace=task.grace)
        if stop.interrupted:
            return
        with closed_at_end(running.evaluator(recipe, folder)) as scoring:
            search.evaluator = scoring
            search.session |= scoring.about()
            search.test_winners()

    about = {**_session({}), "trials": running.total, "workers": count}
    return search, _work(search, about, running.started, work)


def _work(search: Search, session: Mapping[str, Any], started: float, work: Callable[[], None]) -> bool:
    """Do the work of a session, and keep how long it took; gives whether it was interrupted."""
    try:
        search.begin(session, started=started)
        with search.heartbeat():
            work()
    except KeyboardInterrupt:
        return True
    finally:
        search.end()
    return False


def _say_enough(search: Search, total: int) -> None:
    if (there := search.ledger.count) >= total:
        search.view.say(f"{search.folder.path} has {there} trials already; --trials is how many there are in all")


def _seconds(minutes: float | None) -> float:
    """How long a session begins trials. Raises UsageError for no time."""
    if minutes is None:
        return math.inf
    if not 0 < minutes < math.inf:
        raise UsageError(f"minutes is a number above 0, such as 20 or 0.5, and not {minutes:g}")
    return 60 * minutes


def _stop(view: View, seconds: float) -> Stop:
    """What takes Ctrl-C, and says what it does; and what ends a search that has had its time."""

    def told(count: int) -> None:
        if count == 1:
            view.say("the search ends after the running trials; Ctrl-C again ends it at once")

    return Stop(told, seconds=seconds)


def _check_data(recipe: Recipe) -> None:
    if (training := recipe.evaluate.train) is None:
        return
    data = source(training.data)
    if (install := data.missing()) is not None:
        raise UsageError(f"{training.data} is read with {data.needs}, which is not installed: {install}")


def _check_ray(ray: str | None) -> None:
    """Raises UsageError where a Ray cluster is asked for and cannot be had."""
    if ray is not None:
        from archgraph.search.ray_actors import check

        check(ray)


def _session(about: Mapping[str, Any]) -> dict[str, Any]:
    """When, where and with what a session runs."""
    began = datetime.now(UTC).isoformat(timespec="seconds")
    versions = {"archgraph": __version__, "python": platform.python_version(), "optuna": version("optuna")}
    machine = {"system": platform.system(), "machine": platform.machine(), "cores": os.cpu_count()}
    return {"began": began, **versions, **machine, **about}
