"""The `archgraph` command. Exit codes: 0 fine, 1 findings in what the user wrote, 2 wrong use.

With `--json` the findings are on standard output, as JSON too: see `archgraph.cli.frame`.
"""

from __future__ import annotations

from archgraph.garbage import collect_rarely

collect_rarely()  # before the imports, which make most of a command's objects

import atexit
import contextlib
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer

from archgraph import __version__
from archgraph.cli import (
    comparing,
    formatting,
    measuring,
    mutating,
    networks,
    search,
    spaces,
    training,
    viewing,
    vocabulary,
    writing,
    zoo,
)  # fmt: skip
from archgraph.cli.frame import reported

# Plain help and errors: they start faster, and can be copied.
_PLAIN: dict[str, Any] = {
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "add_completion": False,
    "no_args_is_help": True,
}

app = typer.Typer(help="Neural networks as YAML: what they cost, how they look, searches for better ones.", **_PLAIN)
searches = typer.Typer(help="Search for networks under a budget.", **_PLAIN)
app.add_typer(searches, name="search")

_COMMANDS: Mapping[typer.Typer, Sequence[Callable[..., None]]] = {
    app: (
        writing.init, networks.check, networks.show, networks.cost, networks.render, viewing.view, comparing.diff,
        networks.hash, spaces.space, measuring.bench, mutating.mutate, training.train, zoo.zoo, vocabulary.ops,
        formatting.fmt, writing.schema,
    ),
    searches: (search.run, search.resume, search.worker, search.show, search.best, search.report, search.baseline),
}  # fmt: skip
for _group, _commands in _COMMANDS.items():
    for _command in _commands:
        _group.command()(reported(_command))


def _version(asked: bool) -> None:
    if asked:
        print(f"archgraph {__version__}")
        raise typer.Exit


@app.callback()
def _archgraph(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    pass


def program() -> None:
    """The command line as a process of its own: it ends the process, and so is never called from Python.

    A quick command does not wait for its modules to be taken down one by one.
    """
    try:
        main()
    except SystemExit as stop:
        if not isinstance(stop.code, int) or "torch" in sys.modules or "optuna" in sys.modules:
            raise
        atexit._run_exitfuncs()
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.flush()
        sys.stderr.flush()
        os._exit(stop.code)


def main() -> None:
    """Run the command line. Raises SystemExit, always."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # A terminal that lacks a character shows `?`, not a traceback.
    # Pydantic looks for plug-ins in the metadata of every installed package, which takes longer than most commands.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    app(prog_name="archgraph")
