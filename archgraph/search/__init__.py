"""Search for networks: `run` a recipe, `resume` a search that was stopped, `show` what it found, compare, retrain.

    result = archgraph.search.run("search/digits.yaml", trials=20, out="runs/mine")
    archgraph.load(result.best)             # an ordinary spec

Nothing heavy is imported until one of them is called.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from archgraph.search.worker import Result

__all__ = ["baseline", "join", "report", "resume", "retrain", "run", "show", "summary"]


def run(
    recipe: str | os.PathLike[str],
    *,
    trials: int | None = None,
    out: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    console: Console | None = None,
    began: Callable[[Path], None] = lambda folder: None,
    workers: int | None = None,
    ray: str | None = None,
    minutes: float | None = None,
) -> Result:
    """Run a recipe, a path or the name of one that comes with archgraph, and show progress and results.

    `trials` and `settings` (`{"evaluate.train.epochs": 2}`) go before what the recipe says. The results are in the
    folder `out`, or `runs/<name>` with a number where that exists. Raises SpecError, with nothing written, for
    what is wrong with the recipe, and UsageError where `out` exists or cannot be written. `began` is told the folder
    before the first trial. `workers` are processes with a trial each; with more than one, a program has to call this
    under `if __name__ == "__main__":`. `ray` is the address of a Ray cluster whose machines they are to be on. After so
    many `minutes` no further trial is begun: those that run end, and the results are of what there is.
    """
    from archgraph.search.worker import run

    return run(
        recipe,
        trials=trials,
        out=out,
        settings=settings,
        console=console,
        began=began,
        workers=workers,
        ray=ray,
        minutes=minutes,
    )


def resume(
    folder: str | os.PathLike[str],
    *,
    trials: int | None = None,
    console: Console | None = None,
    began: Callable[[Path], None] = lambda folder: None,
    workers: int | None = None,
    ray: str | None = None,
    minutes: float | None = None,
) -> Result:
    """Continue a search in its folder until it has as many trials as its recipe says, or `trials` in all.

    The other arguments are those of `run`; `minutes` count from now. Raises UsageError where there is no search, or
    another process is running it.
    """
    from archgraph.search.worker import resume

    return resume(folder, trials=trials, console=console, began=began, workers=workers, ray=ray, minutes=minutes)


def join(
    storage: str,
    study: str,
    *,
    out: str | os.PathLike[str] | None = None,
    minutes: float | None = None,
    console: Console | None = None,
) -> Result:
    """Work on a study that another process, on any machine, began and that is not at its end.

    `storage` is a URL such as `postgresql://...`, or the path of a journal file. Weights go into `out`, else beside the
    journal file or into `runs/<study>`. `minutes` are as for `run`. Raises UsageError where there is no such study.
    """
    from archgraph.search.worker import join

    return join(storage, study, out=out, minutes=minutes, console=console)


def show(folder: str | os.PathLike[str], *, console: Console | None = None) -> None:
    """Print what a search has found so far; it may be running. Raises UsageError where there is no search."""
    from archgraph.search.console import show

    show(folder, console=console)


def summary(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """What a search has found so far as plain data, for JSON. Raises UsageError where there is no search."""
    from archgraph.search.outcome import summary

    return summary(folder)


def report(folder: str | os.PathLike[str]) -> Path:
    """Write all results of a search again from its study, and give the report's path; it may be running meanwhile.

    Raises UsageError where there is no search.
    """
    from archgraph.search.results import report

    return report(folder)


def baseline(folder: str | os.PathLike[str], *, console: Console | None = None) -> Result:
    """Run random search with as many trials beside a search, or continue it; the search's report compares both.

    Raises UsageError where there is no search, or it is a random one itself.
    """
    from archgraph.search.baseline import baseline

    return baseline(folder, console=console)


def retrain(folder: str | os.PathLike[str], *, settings: Mapping[str, Any], top: int | None = None) -> list[Path]:
    """Train the best `top` networks of a search in full, test each once, and give the files of their weights.

    `settings` (`{"epochs": 30}`) go before the recipe's. Without `top` it is the best network, or the front of a search
    with several objectives. Raises UsageError where there is no search, or it trained nothing.
    """
    from archgraph.search.retraining import retrain

    return retrain(folder, settings=settings, top=top)
