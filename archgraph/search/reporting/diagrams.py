"""Small pictures of a search's networks, drawn from their specs alone, for the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from archgraph.errors import ArchgraphError, UsageError
from archgraph.graph.expand import expand
from archgraph.graph.model import Graph
from archgraph.loading import loads
from archgraph.pictures.accessible import accessible
from archgraph.pictures.dot import dot
from archgraph.pictures.picture import Drawing
from archgraph.search.lineage import ancestors
from archgraph.search.outcome import Outcome
from archgraph.search.trials import Trial

MOST = 200
"""Networks that are drawn; packed, each is about 0.6 kB of the page."""
MOST_NODES = 30_000
"""Nodes of all networks that are drawn: laying out large ones takes longer than anybody waits for a report."""
COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)


@dataclass(frozen=True)
class Diagrams:
    """Pictures as SVG by the number of their trial, and why there are no more of them; empty where there are all."""

    pictures: Mapping[int, str]
    missing: str


def diagrams(found: Outcome) -> Diagrams:
    """The networks of a search at depth 1: winners, front and what they came from first, then the best of the others.

    All are drawn by one call of the drawing program, since starting it takes longer than a drawing.
    """
    texts: dict[int, str] = {}
    nodes = 0
    for trial in _order(found):
        if len(texts) == MOST or nodes > MOST_NODES:
            break
        try:
            graph = graph_of(trial)
            texts[trial.number] = dot(graph, depth=1, legend=False)
        except ArchgraphError:
            continue  # An op of a plug-in that is not there now, say: there is no picture of it.
        nodes += len(graph.nodes)
    try:
        pictures = dict(zip(texts, rendered(texts.values()), strict=True))
    except UsageError as error:
        return Diagrams({}, f"There are no pictures of networks here: {error}.")
    left = len({trial.number for trial in found.trials}) - len(pictures)
    kept = "the winners, what they came from, and the best of the others"
    return Diagrams(
        pictures, f"{len(pictures)} of {len(found.trials)} networks are drawn in this page: {kept}." if left else ""
    )


def rendered(texts: Iterable[str]) -> list[str]:
    """Drawings in Graphviz's language as SVG, for a page. Raises UsageError where nothing here draws."""
    asked = list(texts)
    if not asked:
        return []
    # What a picture shows stands in its first line; a drawing of several would take it for that of all.
    drawn = SVG.findall(COMMENT.sub("", Drawing("\n".join(["", *asked])).render("svg").decode()))
    if len(drawn) != len(asked):
        raise UsageError(f"the drawing program gave {len(drawn)} pictures of {len(asked)}")
    abouts = [text.partition("\n")[0].removeprefix("// ") if text.startswith("// ") else "" for text in asked]
    return [accessible(svg, about) if about else svg for svg, about in zip(drawn, abouts, strict=True)]


@lru_cache(maxsize=MOST)
def _graph(text: str) -> Graph:
    return expand(loads(text))


def graph_of(trial: Trial) -> Graph:
    """The network of a trial. Raises SpecError where it is none here, since an op of a plug-in is missing, say."""
    return _graph(trial.text)


def _order(found: Outcome) -> Iterator[Trial]:
    """The trials of a search, those first that a reader asks for first; each once."""
    seen: set[int] = set()
    front = found.front
    for trial in (
        *found.winners,
        *front,
        *(found.trials[number] for winner in (*found.winners, *front) for number in ancestors(found, winner)),
        *found.references,
        *sorted(found.compared, key=lambda trial: _first(found, trial)),
        *found.finished,
        *found.trials,
    ):
        if trial.number not in seen:
            seen.add(trial.number)
            yield trial


def _first(found: Outcome, trial: Trial) -> float:
    value = (trial.values or (float("inf"),))[0]
    return -value if found.recipe.directions[0] == "maximize" else value
