"""Graph -> what the explorer's page knows of it, as plain data: its boxes, nodes, wires and costs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from archgraph.compare.marks import Marks
from archgraph.errors import Mark
from archgraph.graph.cost import cost, node_costs
from archgraph.graph.model import Graph, Node
from archgraph.graph.outline import Part, copy_by_copy, everything, glance, outline
from archgraph.graph.wording import arguments, assumed, label, op_name, printable, text
from archgraph.ops.base import Ref
from archgraph.pictures.shorthand import shorthand
from archgraph.pictures.surroundings import surroundings
from archgraph.pictures.theme import family

MOST_BOXES = 48
"""A picture with more boxes than this is not taken in at a glance; what is open at first stays below it."""


def contents(
    graph: Graph, *, marks: Marks | None = None, depth: int | None = None, flat: bool = False
) -> dict[str, Any]:
    """Everything that the page shows, ready for JSON.

    `parts` are the graph's boxes and nodes, each after the box it is in (`up`, an index, -1 at the top). A node has its
    `inputs` as pairs of an index and an output, those of the network's inputs counted down from -1. Costs are those of
    `node_costs`. `args`, `says`, `shapes` and `at` are places in `known`, for most of them stand there many times.
    `open` are the boxes that are open at first: `depth` levels, all of them (`flat`), or as many as stay readable; of
    two networks in one, those in which something changed.
    """
    compared = marks is not None
    marks = marks or Marks()
    if compared and depth is None:
        seen = surroundings(graph, marks, flat=flat)
    elif flat:
        seen = everything(graph, unlike=marks.status)
    elif depth is None:
        seen = glance(graph, most=MOST_BOXES, unlike=marks.status)
    else:
        seen = outline(graph, depth=depth, unlike=marks.status)
    return _Contents(graph, marks).as_dict(set(_opened(seen)), flat=flat)


def _opened(parts: Iterable[Part]) -> Iterator[str]:
    """Names of the open boxes; of copies, the first one's."""
    for part in parts:
        if part.parts:
            yield part.name
            yield from _opened(part.parts)


class _Contents:
    """The parts so far, and where each node stands among them."""

    def __init__(self, graph: Graph, marks: Marks) -> None:
        self.graph = graph
        self.marks = marks
        self.costs = node_costs(graph)
        self.train_only = graph.nodes.keys() - graph.needed(training=False)
        self.known: dict[str, int] = {}
        self.place: dict[str, int] = {name: -1 - number for number, name in enumerate(graph.inputs)}
        self.names: list[str] = []
        self.parts: list[dict[str, Any]] = []
        for part in copy_by_copy(graph, unlike=marks.status):
            self.add(part, -1, "")
        for node in graph:
            self.parts[self.place[node.name]]["inputs"] = [self.wire(ref) for ref in node.inputs]

    def _now(self) -> Graph:
        """The graph without what is gone."""
        kept = {name: node for name, node in self.graph.nodes.items() if self.marks.of(name) != "removed"}
        return replace(self.graph, nodes=kept)

    def as_dict(self, opened: Set[str], *, flat: bool) -> dict[str, Any]:
        graph, marks = self.graph, self.marks
        return {
            "name": printable(graph.name),
            "total": cost(self._now()).as_dict(),
            "inputs": [{"name": printable(name), "shape": shape} for name, shape in graph.inputs.items()],
            "outputs": [
                {
                    "name": printable(name), "from": self.wire(ref), "shape": graph.shape(ref),
                    "train_only": name in graph.train_only,
                }
                for name, ref in graph.outputs.items()
            ],
            "features": [{"name": printable(name), "from": self.wire(ref)} for name, ref in graph.features.items()],
            "parts": self.parts,
            "known": [json.loads(value) for value in self.known],
            "open": [
                here
                for here, part in enumerate(self.parts)
                if "box" in part and (flat or self.names[here] in opened)
            ],
            "marked": bool(marks.status or marks.added or marks.removed),
            "added": [[*self.wire(ref), self.place[name]] for ref, name in sorted(marks.added)],
            "removed": [[*self.wire(ref), self.place[name]] for ref, name in sorted(marks.removed)],
        }  # fmt: skip

    def add(self, part: Part, up: int, inside: str) -> None:
        """A part and all that is in it."""
        here = len(self.parts)
        name, last = op_name(part), part.last.rpartition(".")[2]
        at = part.scope.at if part.scope else part.copies[0][0].at
        found: dict[str, Any] = {
            "name": printable(part.name if part.count == 1 else f"{part.name}–{last}"),
            "label": printable(label(part, inside)),
            "op": printable(name),
            "family": family(name, box=part.scope is not None),
            "up": up,
            "says": self.know(list(map(printable, shorthand(part)))),
            "shapes": self.know([part.shape]),
            **({"at": self.know(_place(at))} if at else {}),
        }
        self.parts.append(found)
        self.names.append(part.name)
        if not part.parts:
            self.place[part.name] = here
            found |= self.node(part.copies[0][0])
            return
        found |= {"box": "copies" if part.count > 1 or part.scope is None else part.scope.kind, "count": part.count}
        found |= {"args": self.know(_written(arguments(part)))}
        for inner in part.parts:
            self.add(inner, here, inside if part.count > 1 else part.inner + ".")

    def node(self, node: Node) -> dict[str, Any]:
        """What only a node has: all its arguments and shapes, its costs, and what is special about it."""
        costs = self.costs[node.name]
        status, notes = self.marks.of(node.name), self.marks.notes.get(node.name, ())
        return {
            "args": self.know(_written(assumed(node))),
            "shapes": self.know([node.shape, *node.facts.further]),
            "params": costs.params,
            "macs": costs.macs,
            "bytes": costs.activation_bytes,
            **({"shares": self.place[node.shares]} if node.shares else {}),
            **({"train_only": True} if node.name in self.train_only else {}),
            **({"status": status} if status != "same" else {}),
            **({"notes": list(map(printable, notes))} if notes else {}),
        }

    def know(self, value: Any) -> int:
        """The place in `known` of a value."""
        return self.known.setdefault(json.dumps(value), len(self.known))

    def wire(self, ref: Ref) -> list[int]:
        return [self.place[ref.node], ref.output]


def _written(given: Mapping[str, Any]) -> list[list[str]]:
    return [[printable(name), text(value)] for name, value in given.items()]


def _place(at: Mark) -> str:
    """The file and line of a mark, without the folders: the page may be sent to somebody."""
    return f"{printable(PurePath(at.source.name).name)}:{at.line}"
