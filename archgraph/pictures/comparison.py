"""Two networks in one picture: what came green, what went red, what changed amber, what is the same grey."""

from __future__ import annotations

from archgraph.compare.difference import difference
from archgraph.compare.union import union
from archgraph.graph.model import Graph
from archgraph.pictures.dot import Direction, dot
from archgraph.pictures.picture import Drawing
from archgraph.pictures.theme import ThemeName


def difference_drawing(
    old: Graph,
    new: Graph,
    *,
    beside: int = 1,
    direction: Direction = "right",
    theme: ThemeName = "colour",
    legend: bool = True,
) -> Drawing:
    """A small picture of what changed from one network to another, with `beside` boxes on either side of it."""
    graph, marks = union(old, new, difference(old, new))
    return Drawing(dot(graph, marks=marks, beside=beside, direction=direction, theme=theme, legend=legend))
