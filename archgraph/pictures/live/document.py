"""The pages that a view serves: the explorer with a script that keeps it up to date, and what stands there before."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from functools import cache
from pathlib import Path

from archgraph.compare.difference import difference
from archgraph.compare.union import union
from archgraph.graph.model import Graph
from archgraph.pictures.choices import Choices
from archgraph.pictures.explorer.page import page

HERE = Path(__file__).parent

WAITING = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{name}</title><link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-{digest}'; \
style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark"></head>
<body style="font: 14px system-ui, sans-serif; margin: 2em"><h1 style="font-size: 1.2em">{name}</h1>
<p>There is no picture of it yet.</p>
<script>{script}</script></body>
</html>
"""


def waiting(name: str) -> str:
    """The page before there is a picture."""
    script = _script(0)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return WAITING.format(name=html.escape(name), script=script, digest=digest)


def drawn(graph: Graph, picture: int, *, choices: Choices | None = None, since: Graph | None = None) -> str:
    """The explorer's page of a graph, the `picture`-th of a view, with the choices of its spec; or with what is not as
    in the graph `since` marked.
    """
    if since is None:
        return page(graph, choices=choices, script=_script(picture))
    both, marks = union(since, graph, difference(since, graph))
    return page(both, marks=marks, script=_script(picture))


def _script(picture: int) -> str:
    """The script of a page, which knows what the page shows."""
    given = json.dumps({"picture": picture, "style": _asset("live.css")}).replace("<", "\\u003c")
    return f"{_asset('live.js')}({given});"


@cache
def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8").rstrip().removesuffix(";")
