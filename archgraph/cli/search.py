"""Commands that search for networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from archgraph.cli.frame import AsJson, Plugins, print_json, settings_from

if TYPE_CHECKING:
    from archgraph.search.worker import Result

Folder = Annotated[str, typer.Argument(metavar="DIR", help="The folder of a search.", show_default=False)]
Trials = Annotated[int | None, typer.Option(min=1, metavar="N", help="Trials in all.", show_default=False)]


def run(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE", help="A YAML file, or a recipe that comes with archgraph.", show_default=False
        ),
    ],
    trials: Trials = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where results go; else runs/NAME.", show_default=False)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Another value for a key of the recipe.", show_default=False),
    ] = None,
    plugins: Plugins = None,
) -> None:
    """Run a search as its recipe says.

    Stop it at any moment: `archgraph search resume DIR` continues it, and no finished trial is lost.

    \b
    Examples:
      archgraph search run digits
      archgraph search run search/digits.yaml --trials 20 --set budget.macs=2M
    """
    from archgraph.search import run

    _end(run(recipe, trials=trials, out=out, settings=settings_from(settings)))


def resume(folder: Folder, trials: Trials = None, plugins: Plugins = None) -> None:
    """Continue a search that was stopped.

    It goes on until it has as many trials as its recipe says, or `--trials` in all.

    \b
    Example:
      archgraph search resume runs/digits --trials 200
    """
    from archgraph.search import resume

    _end(resume(folder, trials=trials))


def show(folder: Folder, plugins: Plugins = None, as_json: AsJson = False) -> None:
    """Show what a search has found.

    It may be running meanwhile.

    \b
    Example:
      archgraph search show runs/digits
    """
    from archgraph.search import show, summary

    if as_json:
        print_json(summary(folder))
    else:
        show(folder)


def _end(result: Result) -> None:
    """The exit code of a search: that of an interrupt where there was one, 1 where no trial finished."""
    if result.interrupted:
        raise typer.Exit(130)
    if result.best is None:
        raise typer.Exit(1)
