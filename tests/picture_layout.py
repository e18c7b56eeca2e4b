"""What a drawn SVG shows, read back: boxes, the boxes around them, texts; and what is wrong with where they are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from font_widths import width

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

SLACK = 1.0
"""Points by which things may touch: Graphviz rounds."""


class Area(NamedTuple):
    """A rectangle along the axes."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: Area) -> bool:
        return (
            self.left - SLACK <= other.left
            and self.top - SLACK <= other.top
            and other.right <= self.right + SLACK
            and other.bottom <= self.bottom + SLACK
        )

    def meets(self, other: Area) -> bool:
        return (
            min(self.right, other.right) - max(self.left, other.left) > SLACK
            and min(self.bottom, other.bottom) - max(self.top, other.top) > SLACK
        )


@dataclass
class Shown:
    """An element of the picture: its name, its outline and its texts."""

    name: str
    area: Area
    texts: dict[str, Area] = field(default_factory=dict)


@dataclass
class Layout:
    """All of a picture."""

    page: Area
    boxes: list[Shown]
    words: list[Shown]
    clusters: list[Shown]
    labels: list[Shown]
    heading: Shown

    def faults(self) -> Iterator[str]:
        """What overlaps, is clipped or stands outside the box that it belongs to."""
        for box in self.boxes:
            for text, area in box.texts.items():
                if not box.area.holds(area):
                    yield f"{box.name}: {text!r} {_shown(area)} leaves its box {_shown(box.area)}"
        for one in (*self.boxes, *self.words, *self.clusters, *self.labels, self.heading):
            if not self.page.holds(one.area):
                yield f"{one.name} {_shown(one.area)} leaves the page {_shown(self.page)}"
        yield from (f"{a.name} lies on {b.name}" for a, b in _meeting([*self.boxes, *self.words, self.heading]))
        for cluster in self.clusters:
            for box in self.boxes:
                if cluster.area.meets(box.area) and not cluster.area.holds(box.area):
                    yield f"{box.name} lies across the edge of {cluster.name}"
        for a, b in _meeting(self.clusters):
            if not (a.area.holds(b.area) or b.area.holds(a.area)):
                yield f"{a.name} lies across the edge of {b.name}"


def read(svg: str) -> Layout:
    """The layout of an SVG that Graphviz drew."""
    root = ElementTree.fromstring(svg)
    graph = next(group for group in root.iter(f"{SVG}g") if group.get("class") == "graph")
    groups: dict[str, list[Shown]] = {"node": [], "cluster": [], "edge": []}
    for group in graph.iter(f"{SVG}g"):
        kind = group.get("class", "")
        if kind in groups:
            title = group.findtext(f"{SVG}title") or ""
            texts = {f"{n}: {text.text}": _extent(text) for n, text in enumerate(group.iter(f"{SVG}text"))}
            outline = _outline(group, SVG) if kind != "edge" else None
            area = outline or _around(list(texts.values()))
            if area:
                groups[kind].append(Shown(title, area, texts))
    page = _outline(graph, SVG, deep=False)
    heading = [_extent(text) for text in graph.findall(f"{SVG}text")]
    said = _around(heading)
    assert page and said
    words = [one for one in groups["node"] if one.name.startswith("words ")]
    boxes = [one for one in groups["node"] if not one.name.startswith("words ")]
    return Layout(page, boxes, words, groups["cluster"], groups["edge"], Shown("the heading", said))


def _outline(group: ElementTree.Element, space: str, *, deep: bool = True) -> Area | None:
    """Around the lines of an element."""
    found = group.iter() if deep else iter(group)
    points: list[float] = []
    for element in found:
        if element.tag in (f"{space}polygon", f"{space}path", f"{space}polyline"):
            points += map(float, NUMBER.findall(element.get("points") or element.get("d") or ""))
            if not deep:
                break
    xs, ys = points[::2], points[1::2]
    return Area(min(xs), min(ys), max(xs), max(ys)) if points else None


def _extent(text: ElementTree.Element) -> Area:
    """Where a text stands: from its baseline to the height of its capitals, as wide as its letters are."""
    size = float(text.get("font-size", "14"))
    bold, serif = text.get("font-weight") == "bold", "Times" in text.get("font-family", "")
    wide = width((text.text or "").strip(" "), size, bold=bold, serif=serif)
    x, y = float(text.get("x", "0")), float(text.get("y", "0"))
    left = {"start": x, "middle": x - wide / 2, "end": x - wide}[text.get("text-anchor", "start")]
    return Area(left, y - 0.72 * size, left + wide, y)


def _around(areas: list[Area]) -> Area | None:
    lefts, tops, rights, bottoms = zip(*areas, strict=True) if areas else ((), (), (), ())
    return Area(min(lefts), min(tops), max(rights), max(bottoms)) if areas else None


def _meeting(things: list[Shown]) -> Iterator[tuple[Shown, Shown]]:
    """Pairs that overlap, found in the order of their tops."""
    alive: list[Shown] = []
    for one in sorted(things, key=lambda one: one.area.top):
        alive = [other for other in alive if other.area.bottom > one.area.top]
        yield from ((other, one) for other in alive if other.area.meets(one.area))
        alive.append(one)


def _shown(area: Area) -> str:
    return " ".join(f"{value:.1f}" for value in area)
