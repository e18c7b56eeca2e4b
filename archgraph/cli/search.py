"""Commands that search for networks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archgraph.cli.frame import AsJson, Plugins, print_json, settings_from

if TYPE_CHECKING:
    from archgraph.search.worker import Result

Folder = Annotated[str, typer.Argument(metavar="DIR", help="The folder of a search.", show_default=False)]
Dashboard = Annotated[bool, typer.Option("--dashboard", help="Open optuna-dashboard, with every trial's network.")]
Port = Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Where --dashboard listens; 0 for any.")]
Workers = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Processes with a trial each; else as the recipe says.")
]
Ray = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Workers on a Ray cluster: HOST:PORT, auto, or local for one of this machine alone."
    ),
]
Trials = Annotated[int | None, typer.Option(min=1, metavar="N", help="Trials in all.", show_default=False)]
Minutes = Annotated[
    float | None,
    typer.Option(metavar="N", help="Begin no trial after so many minutes.", show_default=False),
]


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
    chance: Annotated[
        bool, typer.Option("--baseline", help="Run random search after it, to compare with; in DIR/baseline.")
    ] = False,
    minutes: Minutes = None,
    workers: Workers = None,
    ray: Ray = None,
    dashboard: Dashboard = False,
    port: Port = 8080,
    plugins: Plugins = None,
) -> None:
    """Run a search as its recipe says.

    Stop it at any moment: `archgraph search resume DIR` continues it, and no finished trial is lost.

    \b
    Examples:
      archgraph search run digits
      archgraph search run search/digits.yaml --trials 20 --set budget.macs=2M
      archgraph search run search/digits.yaml --trials 100000 --minutes 20
    """
    from archgraph.search import baseline, run

    began = _beside(dashboard, port)
    given = settings_from(settings)
    result = run(recipe, trials=trials, out=out, settings=given, began=began, workers=workers, ray=ray, minutes=minutes)
    if chance and not result.interrupted:
        _end(baseline(result.folder))
    _end(result)


def resume(
    folder: Folder,
    trials: Trials = None,
    minutes: Minutes = None,
    workers: Workers = None,
    ray: Ray = None,
    dashboard: Dashboard = False,
    port: Port = 8080,
    plugins: Plugins = None,
) -> None:
    """Continue a search that was stopped.

    It goes on until it has as many trials as its recipe says, or `--trials` in all.

    \b
    Example:
      archgraph search resume runs/digits --trials 200
    """
    from archgraph.search import resume

    began = _beside(dashboard, port)
    _end(resume(folder, trials=trials, began=began, workers=workers, ray=ray, minutes=minutes))


def worker(
    storage: Annotated[
        str, typer.Option(metavar="URL", help="A database, or the path of a journal file.", show_default=False)
    ],
    study: Annotated[str, typer.Option(metavar="NAME", help="The study: the recipe's name.", show_default=False)],
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where weights go; else runs/NAME.", show_default=False)
    ] = None,
    minutes: Minutes = None,
    plugins: Plugins = None,
) -> None:
    """Work on a search that runs elsewhere, until it ends.

    Any number of workers on any number of machines share a study; none trains what another has.

    \b
    Example:
      archgraph search worker --storage postgresql://user@host/db --study digits
    """
    from archgraph.search import join

    _end(join(storage, study, out=out, minutes=minutes))


def show(
    folder: Folder, dashboard: Dashboard = False, port: Port = 8080, plugins: Plugins = None, as_json: AsJson = False
) -> None:
    """Show what a search has found.

    It may be running meanwhile. With `--dashboard` in a browser, until Ctrl-C.

    \b
    Examples:
      archgraph search show runs/digits
      archgraph search show runs/digits --dashboard
    """
    from archgraph.search import show, summary

    if dashboard:
        _serve(folder, port)
    elif as_json:
        print_json(summary(folder))
    else:
        show(folder)


def best(
    folder: Folder,
    top: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="How many; else the best one, or the front.", show_default=False),
    ] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option(
            "--retrain",
            metavar="KEY=VALUE",
            help="Train them in full first, e.g. epochs=30, and test them once.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Where the spec goes; a folder for several.", show_default=False
        ),
    ] = None,
    plugins: Plugins = None,
) -> None:
    """Print the best network as a spec, or train it in full.

    `--retrain` trains on training and validation images together, and uses the test images once for each network: what
    was retrained stays so. Weights are in DIR/retrained, and beside FILE.

    \b
    Examples:
      archgraph search best runs/digits -o mine.yaml
      archgraph search best runs/digits --retrain epochs=30 --retrain augment=crop
    """
    from archgraph.search import report, retrain
    from archgraph.search.winners import specs, write

    if keys:
        retrain(folder, settings=settings_from(keys), top=top)
        report(folder)
    if output is not None:
        for file in write(folder, output, top=top):
            print(file)
    elif not keys:
        print("---\n".join(specs(folder, top=top)), end="")


def report(folder: Folder, plugins: Plugins = None) -> None:
    """Write the results of a search again.

    All of them follow from the study: the report, the table of trials, the best networks. It may be running meanwhile.

    \b
    Example:
      archgraph search report runs/digits
    """
    from archgraph.search import report

    print(report(folder))


def baseline(folder: Folder, plugins: Plugins = None) -> None:
    """Run random search beside a search, to compare.

    As many trials, from the same parents under the same recipe and seed; its folder is DIR/baseline. The report of the
    search then has both.

    \b
    Example:
      archgraph search baseline runs/digits
    """
    from archgraph.search import baseline

    _end(baseline(folder))


def _serve(folder: str, port: int) -> None:
    """Show a search in the dashboard until Ctrl-C."""
    import webbrowser

    from archgraph.search.dashboard import serve

    def ready(address: str) -> None:
        print(f"dashboard: {address} (Ctrl-C ends it)", flush=True)
        webbrowser.open(address)

    with contextlib.suppress(KeyboardInterrupt):
        serve(folder, port=port, ready=ready)


def _beside(dashboard: bool, port: int) -> Callable[[Path], None]:
    """What opens the dashboard once a search has its folder. Raises UsageError at once where it cannot."""
    if not dashboard:
        return lambda folder: None
    from archgraph.search.dashboard import require, serve_beside

    require()

    def open_it(folder: Path) -> None:
        import webbrowser

        address = serve_beside(folder, port=port)
        print(f"dashboard: {address}", flush=True)
        webbrowser.open(address)

    return open_it


def _end(result: Result) -> None:
    """The exit code of a search: that of an interrupt where there was one, 1 where no trial finished."""
    if result.interrupted:
        raise typer.Exit(130)
    if result.best is None:
        raise typer.Exit(1)
