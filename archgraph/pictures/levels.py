"""How much of a graph a picture shows: stages, blocks, everything, or as much as is taken in at a glance."""

from __future__ import annotations

from archgraph.compare.marks import Marks
from archgraph.graph.model import Graph
from archgraph.graph.outline import Part, everything, glance, stages
from archgraph.pictures.surroundings import surroundings

MOST_BOXES = 48
"""A picture with more boxes than this is not taken in at a glance; the default depth stays below it."""


def parts_of(
    graph: Graph, *, depth: int | None, flat: bool, marks: Marks | None = None, beside: int | None = None
) -> tuple[Part, ...]:
    """The parts to be drawn; see `dot` for what is asked for."""
    unlike = marks.status if marks else {}
    if marks and depth is None and (beside is not None or not flat):
        return surroundings(graph, marks, beside=beside, flat=flat)
    if flat:
        return everything(graph, unlike=unlike)
    if depth is None:
        return glance(graph, most=MOST_BOXES, unlike=unlike)
    return stages(graph, depth=depth, unlike=unlike)
