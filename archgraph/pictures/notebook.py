"""What a notebook shows of a Spec or a Graph: its picture, or why there is none, soon in any case."""

from __future__ import annotations

import html

from archgraph.errors import SpecError, UsageError
from archgraph.graph.expand import expand
from archgraph.graph.model import Graph
from archgraph.graph.outline import glance, shown
from archgraph.graph.wording import printable
from archgraph.pictures.choices import Choices
from archgraph.pictures.dot import dot
from archgraph.pictures.levels import MOST_BOXES
from archgraph.pictures.picture import Drawing
from archgraph.showing import Bundle
from archgraph.spec.model import Spec

MOST_AT_ONCE = 200
"""Boxes of a picture that comes without a word, from a cell's last line. A network without blocks may have more."""

SECONDS = 20
"""Seconds for which a cell waits for such a picture."""


def picture(value: Spec | Graph) -> Bundle:
    """The value as SVG, its boxes open as deep as stays readable; or what is wrong with it, or too large, as HTML."""
    try:
        graph = value if isinstance(value, Graph) else expand(value)
        choices = None if isinstance(value, Graph) else Choices.of(value, {})
        boxes = sum(1 for _ in shown(glance(graph, most=MOST_BOXES)))
        if boxes > MOST_AT_ONCE:
            return _said(f"{graph.name}: {boxes:,} boxes are many for one picture; archgraph.draw(...) draws them")
        return {"image/svg+xml": Drawing(dot(graph, choices=choices)).render("svg", seconds=SECONDS).decode()}
    except (SpecError, UsageError) as error:
        return _said(str(error))


def _said(text: str) -> Bundle:
    lines = "\n".join(map(printable, text.split("\n")))
    return {"text/html": f"<pre>{html.escape(lines)}</pre>"}
