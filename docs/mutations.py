"""The pictures of the page of mutations: `python docs/mutations.py` draws each example's network before and after.

A picture has the boxes around the first place that differs, and leaves the others out: red goes, green comes, amber
has another argument or shape.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import graphviz

import archgraph
from archgraph.graph.expand import expand
from archgraph.graph.model import Graph
from archgraph.graph.outline import Part, everything, outline, shown
from archgraph.graph.wording import arguments, op_name, text
from archgraph.pictures.picture import Drawing
from archgraph.search.applying import apply
from archgraph.shape import show

IMAGES = Path(__file__).parent / "images" / "mutations"
MOST = 6
"""Boxes shown of that place."""
COLOURS = {"delete": ("#fee2e2", "#dc2626"), "insert": ("#dcfce7", "#16a34a"), "replace": ("#fef3c7", "#d97706")}
SAME = ("#f8fafc", "#94a3b8")


@dataclass(frozen=True)
class Example:
    """A change that shows well: the network, the seed, and whether every node is drawn by itself."""

    parent: str
    seed: int
    flat: bool = False
    mate: str | None = None
    around: int = 2
    """Boxes shown before and after the place that differs."""


EXAMPLES = {
    "width": Example("cifar_resnet8", 0),
    "depth": Example("cifar_resnet8", 0),
    "kernel": Example("cifar_resnet8", 0),
    "stride": Example("cifar_resnet8", 0),
    "groups": Example("vgg11_bn", 4),
    "dilation": Example("vgg11_bn", 0),
    "activation": Example("cifar_resnet8", 0),
    "norm": Example("cifar_resnet8", 0),
    "attention": Example("cifar_resnet8", 1),
    "pool": Example("resnet50", 1),
    "block": Example("cifar_resnet8", 4),
    "branch": Example("googlenet_bn", 3),
    "skip": Example("cifar_resnet8", 1, around=4),
    "dense": Example("densenet121", 3),
    "order": Example("cifar_resnet8", 1, flat=True),
    "resolution": Example("cifar_resnet8", 0),
    "choice": Example("nasbench201", 0),
    "crossover": Example("cifar_resnet8", 0, mate="mobilenet_v1"),
}


@dataclass(frozen=True)
class Box:
    """A part of a network: its name, what it says, and the boxes that feed it."""

    name: str
    says: tuple[str, str]
    fed_by: tuple[str, ...]


def picture(operator: str) -> Drawing:
    """The example of one mutation, before and after."""
    example = EXAMPLES[operator]
    parent = archgraph.load(example.parent)
    mate = archgraph.load(example.mate) if example.mate else None
    made = apply(parent, [operator], seed=example.seed, mate=mate)
    sides = [list(_boxes(expand(spec), flat=example.flat)) for spec in (parent, archgraph.loads(made.text))]
    before, after = ([box.says for box in side] for side in sides)
    codes = [code for code in SequenceMatcher(None, before, after, autojunk=False).get_opcodes() if code[0] != "equal"]
    kind, *ends = codes[0]
    drawing = graphviz.Digraph(
        operator,
        graph_attr={"rankdir": "LR", "bgcolor": "white", "fontname": "Arial", "fontsize": "11", "ranksep": "0.25",
                    "nodesep": "0.15"},
        node_attr={"shape": "box", "style": "rounded,filled", "fontname": "Arial", "fontsize": "10",
                   "margin": "0.1,0.04", "height": "0.3"},
        edge_attr={"color": "#94a3b8", "arrowsize": "0.5"},
    )  # fmt: skip
    for name, side, first, last in (("after", sides[1], *ends[2:]), ("before", sides[0], *ends[:2])):
        with drawing.subgraph(name=f"cluster_{name}") as cluster:
            cluster.attr(label=name, labeljust="l", style="rounded", color="#cbd5e1", fontcolor="#475569")
            _side(cluster, name, side, (first, last), kind, example.around)
    return Drawing(str(drawing.source))


def _side(
    drawing: graphviz.Digraph, side: str, boxes: list[Box], changed: tuple[int, int], kind: str, around: int
) -> None:
    """The boxes around those that changed, `...` for what is left out, and the arrows between them."""
    most = changed[0] + MOST
    first, last = max(0, changed[0] - around), most if changed[1] > most else min(len(boxes), changed[1] + around)
    seen = {box.name for box in boxes[first:last]}
    for number, box in enumerate(boxes[first:last], first):
        fill, edge = COLOURS[kind] if changed[0] <= number < changed[1] else SAME
        what, more = map(html.escape, box.says)
        label = f"<<b>{what}</b><br/><font point-size='8' color='#64748b'>{more or ' '}</font>>"
        drawing.node(f"{side} {box.name}", label, fillcolor=fill, color=edge)
        for feed in box.fed_by:
            if feed in seen:
                drawing.edge(f"{side} {feed}", f"{side} {box.name}")
    ends = {"left": (first, first), "right": (len(boxes) - last, last - 1)}
    for end, (out, at) in ends.items():
        if out and seen:
            drawing.node(f"{side} {end}", f"{out} more", shape="plain", style="", fontcolor="#64748b", fontsize="9")
            pair = (f"{side} {end}", f"{side} {boxes[at].name}")
            drawing.edge(*(pair if end == "left" else reversed(pair)), style="dashed")


def _boxes(graph: Graph, *, flat: bool) -> Iterator[Box]:
    for name, size in graph.inputs.items():
        yield Box(name, (name, _size(show(size))), ())
    parts = list(shown(everything(graph) if flat else outline(graph, depth=len(graph))))
    within = {node.name: part.name for part in parts for node in part.nodes}
    for part in parts:
        feeds = {within.get(ref.node, ref.node) for node in part.copies[0] for ref in node.inputs} - {part.name}
        yield Box(part.name, _says(part), tuple(sorted(feeds)))


def _says(part: Part) -> tuple[str, str]:
    said = ", ".join(f"{key} {text(value)}" for key, value in arguments(part).items())
    return op_name(part) + (f" × {part.count}" if part.count > 1 else ""), said


def _size(size: str) -> str:
    return size.replace("x", "×")


def main() -> None:
    """Draw all of them."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for operator in EXAMPLES:
        picture(operator).save(IMAGES / f"{operator}.svg")


if __name__ == "__main__":
    main()
