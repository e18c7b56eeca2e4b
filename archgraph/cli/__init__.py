"""The `archgraph` command. Exit codes: 0 fine, 1 findings in what the user wrote, 2 wrong use.

With `--json` the findings are on standard output, as JSON too: see `archgraph.cli.frame`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import typer

from archgraph.cli import networks, search, vocabulary
from archgraph.cli.frame import reported

# Plain help and errors: they start faster, and can be copied.
_PLAIN: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False, "add_completion": False}

app = typer.Typer(help="Neural networks as YAML: what they cost, how they look, searches for better ones.", **_PLAIN)
searches = typer.Typer(help="Search for networks under a budget.", **_PLAIN)
app.add_typer(searches, name="search")

_COMMANDS: Mapping[typer.Typer, Sequence[Callable[..., None]]] = {
    app: (networks.check, networks.show, networks.cost, networks.render, networks.zoo, vocabulary.ops),
    searches: (search.run, search.resume, search.show),
}
for _group, _commands in _COMMANDS.items():
    for _command in _commands:
        _group.command()(reported(_command))


def main() -> None:
    """Run the command line, and exit."""
    # To look for plug-ins of pydantic reads the metadata of every installed package: a tenth of the time there is.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    app(prog_name="archgraph")
