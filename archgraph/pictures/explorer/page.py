"""Graph -> one HTML page to explore it in, which needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from archgraph.compare.marks import Marks
from archgraph.graph.model import Graph
from archgraph.graph.wording import printable
from archgraph.pictures.choices import Choices
from archgraph.pictures.explorer.contents import contents
from archgraph.pictures.theme import THEMES, Theme

Direction: TypeAlias = Literal["down", "right"]
Measure: TypeAlias = Literal["macs", "params", "activations"]

WEB = files("archgraph.pictures.explorer") / "web"

MODULES = (
    "words", "model", "wiring", "bus", "library", "segments", "layout", "scene", "camera", "state", "heat", "details",
    "table", "search", "keys", "saving", "main",
)  # fmt: skip
"""The files of the page's program, each after those that it imports."""


def page(
    graph: Graph,
    *,
    marks: Marks | None = None,
    script: str = "",
    depth: int | None = None,
    flat: bool = False,
    direction: Direction = "down",
    heat: Measure | None = None,
    choices: Choices | None = None,
) -> str:
    """The page as text, whole in itself: opened from a file or a mail it asks no network for anything.

    `marks` say what became of each node of a graph that shows two networks. `script` is a program that runs beside the
    page's own; where there is one, the page may ask the server that it came from. `depth` and `flat` say what is open
    at first, `heat` what the boxes are coloured by at first; `choices` are those of the graph's spec.
    """
    known: dict[str, Any] = contents(graph, marks=marks, depth=depth, flat=flat, choices=choices)
    known |= {"direction": direction, "heat": heat}
    scripts = [_program(), *([script] if script else [])]
    parts = {
        "policy": _policy(scripts, served=bool(script)),
        "title": html.escape(printable(graph.name)),
        "style": "\n".join([*_colours(), _asset("page.css")]),
        "ink": _asset("picture.css"),
        "contents": _embedded(known),
        "library": base64.b64encode((WEB / "viz.js.gz").read_bytes()).decode(),
        "scripts": "\n".join(f'<script type="module">{text}</script>' for text in scripts),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _asset("page.html"))


def _asset(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")


def _program() -> str:
    """The modules as one script: each keeps its own names, and gives those that it exports to the ones after it."""
    return "const modules = {};\n" + "\n".join(map(_module, MODULES))


def _module(name: str) -> str:
    text = re.sub(
        r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', r"const \1 = modules.\2;", _asset(f"{name}.js"), flags=re.M
    )
    exported = ", ".join(re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", text, flags=re.M))
    plain = re.sub(r"^export ", "", text, flags=re.M)
    return f"modules.{name} = (() => {{\n{plain}\nreturn {{ {exported} }};\n}})();\n"


def _policy(scripts: list[str], *, served: bool) -> str:
    """What the browser lets the page do: run these scripts and its own library, and ask nobody for anything."""
    digests = " ".join(f"'sha256-{_digest(text)}'" for text in scripts)
    return "; ".join([
        "default-src 'none'",
        f"script-src {digests} 'wasm-unsafe-eval' blob:",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        *(["connect-src 'self'"] if served else []),
        "base-uri 'none'",
        "form-action 'none'",
    ])  # fmt: skip


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _embedded(known: object) -> str:
    """JSON that stays one text within HTML, whatever the names hold."""
    text = json.dumps(known, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _colours() -> Iterator[str]:
    """The theme's colours as CSS variables: light, and dark where the system or the reader wants it."""
    light, dark = ("".join(_variables(THEMES[name])) for name in ("colour", "dark"))
    yield f":root{{{light}}}"
    yield f"@media (prefers-color-scheme: dark){{:root:not([data-theme=light]){{{dark}}}}}"
    yield f":root[data-theme=dark]{{{dark}}}"


def _variables(theme: Theme) -> Iterator[str]:
    yield f"--ink:{theme.ink};--faint:{theme.faint};--line:{theme.line};--paper:{theme.background};"
    yield f"--open-fill:{theme.open.fill};--open-edge:{theme.open.edge};--cold:{theme.heat[0]};--hot:{theme.heat[1]};"
    for name, (fill, edge) in (*theme.families.items(), *theme.status.items()):
        yield f"--{name}-fill:{fill};--{name}-edge:{edge};"
