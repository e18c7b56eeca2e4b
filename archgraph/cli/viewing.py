"""The command that shows a network in a browser while its file is edited."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from archgraph.cli.frame import Inputs, Name, Plugins, Settings, Take
from archgraph.cli.given import Given

if TYPE_CHECKING:
    from archgraph.loading import Opening


def view(
    name: Name,
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port to listen on; 0 for a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser, where there is one.")] = True,
    take: Take = None,
    inputs: Inputs = None,
    settings: Settings = None,
    plugins: Plugins = None,
) -> None:
    """Show a network in a browser while its file is edited.

    The page is that of `render -o net.html`. It follows the file, and those that it uses, whenever one is saved.
    Mistakes stand in the page at their lines, beside the last good picture. Only browsers of this machine are
    answered. Ctrl-C ends it.

    \b
    Examples:
      archgraph view nets/mine.yaml
      archgraph view resnet50 --port 8000 --no-browser
    """
    from archgraph.errors import UsageError
    from archgraph.loading import locate
    from archgraph.pictures.live.board import Board
    from archgraph.pictures.live.following import Follower
    from archgraph.pictures.live.server import serving

    def opened(opening: Opening) -> Given:
        given = Given.read(name, inputs, settings, opening=opening)
        return replace(given, spec=replace(given.spec, expect={})) if given.fixed else given

    follower = Follower(opened, locate(name).path, take=take)
    found = follower.read()
    if found.error:
        raise UsageError(found.error)
    board = Board(name)
    board.show(found)
    try:
        with serving(board, port) as server:
            print(server.url, flush=True)
            if browser and _has_screen():
                threading.Thread(target=_open, args=(server.url,), daemon=True).start()
            follower.follow(board, threading.Event())
    except KeyboardInterrupt:
        print()  # The terminal has `^C` in its last line.


def _has_screen() -> bool:
    """Whether a browser would have a window: without one, a browser in text takes the terminal."""
    return sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))


def _open(url: str) -> None:
    import webbrowser

    webbrowser.open(url)
