"""Search for networks: `run` a recipe, `resume` a search that was stopped, `show` what it found.

    result = archgraph.search.run("search/digits.yaml", trials=20, out="runs/mine")
    archgraph.load(result.best)             # an ordinary spec

Nothing heavy is imported until one of them is called.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from archgraph.search.worker import Result

__all__ = ["resume", "run", "show", "summary"]


def run(
    recipe: str | os.PathLike[str],
    *,
    trials: int | None = None,
    out: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    console: Console | None = None,
) -> Result:
    """Run a recipe, a path or the name of one that comes with archgraph, and show progress and results.

    `trials` and `settings` (`{"evaluate.train.epochs": 2}`) go before what the recipe says. The results are in the
    folder `out`, or `runs/<name>` with a number where that exists. Raises SpecError, with nothing written, for
    what is wrong with the recipe, and UsageError where `out` exists or cannot be written.
    """
    from archgraph.search.worker import run

    return run(recipe, trials=trials, out=out, settings=settings or {}, console=console)


def resume(folder: str | os.PathLike[str], *, trials: int | None = None, console: Console | None = None) -> Result:
    """Continue a search in its folder until it has as many trials as its recipe says, or `trials` in all.

    Raises UsageError where there is no search, or another process is running it.
    """
    from archgraph.search.worker import resume

    return resume(folder, trials=trials, console=console)


def show(folder: str | os.PathLike[str], *, console: Console | None = None) -> None:
    """Print what a search has found so far; it may be running. Raises UsageError where there is no search."""
    from archgraph.search.console import show

    show(folder, console=console)


def summary(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """What a search has found so far as plain data, for JSON. Raises UsageError where there is no search."""
    from archgraph.search.outcome import summary

    return summary(folder)
