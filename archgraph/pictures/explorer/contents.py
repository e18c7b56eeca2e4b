"""Graph -> what the explorer's page knows of it, as plain data: its boxes, nodes, wires and costs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from archgraph.compare.marks import Arrow, Marks, Status
from archgraph.errors import Mark
from archgraph.graph.cost import cost, node_costs
from archgraph.graph.model import Graph, Node
from archgraph.graph.outline import Part, copy_by_copy
from archgraph.graph.wording import arguments, assumed, label, op_name, printable, text
from archgraph.ops.base import Ref
from archgraph.pictures.choices import Choices
from archgraph.pictures.levels import parts_of
from archgraph.pictures.shorthand import shorthand
from archgraph.pictures.theme import family


def contents(
    graph: Graph,
    *,
    marks: Marks | None = None,
    depth: int | None = None,
    flat: bool = False,
    choices: Choices | None = None,
) -> dict[str, Any]:
    """Everything that the page shows, ready for JSON.

    `parts` are the graph's boxes and nodes, each after the box it is in (`up`, an index, -1 at the top). A node has its
    `inputs` as pairs of an index and an output, those of the network's inputs counted down from -1. Costs are those of
    `node_costs`. `args`, `says`, `shapes` and `at` are places in `known`, for most of them stand there many times.
    `open` are the boxes that are open at first: `depth` levels, all of them (`flat`), or as many as stay readable.
    """
    found = _Contents(graph, marks or Marks(), choices or Choices())
    return found.as_dict(parts_of(graph, depth=depth, flat=flat, marks=marks), flat=flat)


class _Contents:
    """The parts so far, and where each node stands among them."""

    def __init__(self, graph: Graph, marks: Marks, choices: Choices) -> None:
        self.graph = graph
        self.marks = marks
        self.choices = choices
        self.costs = node_costs(graph)
        gone = {name for name in graph.nodes if marks.of(name) == "removed"}
        self.train_only = graph.nodes.keys() - graph.needed(training=False) - gone
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

    def as_dict(self, seen: Iterable[Part], *, flat: bool) -> dict[str, Any]:
        graph, marks = self.graph, self.marks
        return {
            "name": printable(graph.name),
            "total": cost(self._now()).as_dict(),
            "inputs": [
                {"name": printable(name), "shape": shape, **_status(marks.of(name))}
                for name, shape in graph.inputs.items()
            ],
            "outputs": [
                {
                    "name": printable(name), "from": self.wire(ref), "shape": graph.shape(ref),
                    "train_only": name in graph.train_only, **_status(marks.outputs.get(name, "same")),
                }
                for name, ref in graph.outputs.items()
            ],
            "features": [{"name": printable(name), "from": self.wire(ref)} for name, ref in graph.features.items()],
            "parts": self.parts,
            "known": [json.loads(value) for value in self.known],
            "choices": list(map(printable, self.choices.of_variables())),
            "open": [here for here, part in enumerate(self.parts) if "box" in part] if flat else self.open(seen),
            "marked": bool(marks.status or marks.outputs or marks.added or marks.removed),
            "added": list(map(self.arrow, sorted(marks.added))),
            "removed": list(map(self.arrow, sorted(marks.removed))),
        }  # fmt: skip

    def arrow(self, arrow: Arrow) -> list[int]:
        """What it carries, and where it leads to; the page counts the network's outputs after its inputs."""
        end = self.place[arrow.head] if not arrow.output else list(self.graph.outputs).index(arrow.head)
        first = len(self.parts) + len(self.graph.inputs) if arrow.output else 0
        return [*self.wire(arrow.carries), first + end]

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
        chosen = self.choices.within(part) if up < 0 or self.names[up] != part.name else []
        found |= {"choices": list(map(printable, chosen))} if chosen else {}
        self.parts.append(found)
        self.names.append(part.name)
        if not part.parts:
            self.place[part.name] = here
            found |= self.node(part.copies[0][0])
            return
        kind = "copies" if part.count > 1 or part.scope is None else part.scope.kind
        found |= {"box": "stage" if kind == "copies" and part.count == 1 else kind}
        found |= {"count": part.count} if part.count > 1 else {}
        found |= {"args": self.know(_written(arguments(part)))}
        for inner in part.parts:
            self.add(inner, here, inside if part.count > 1 else part.inner + ".")

    def node(self, node: Node) -> dict[str, Any]:
        """What only a node has: all its arguments and shapes, its costs, and what is special about it."""
        costs = self.costs[node.name]
        notes = self.marks.notes.get(node.name, ())
        return {
            "args": self.know(_written(assumed(node))),
            "shapes": self.know([node.shape, *node.facts.further]),
            "params": costs.params,
            "macs": costs.macs,
            "bytes": costs.activation_bytes,
            **({"shares": self.place[node.shares]} if node.shares else {}),
            **({"train_only": True} if node.name in self.train_only else {}),
            **_status(self.marks.of(node.name)),
            **({"notes": list(map(printable, notes))} if notes else {}),
        }

    def open(self, seen: Iterable[Part]) -> list[int]:
        """The places of the boxes that are open in an outline; of equal copies there, the first one's alone.

        A stage that the outline does not have is open, too, for what is in it is seen there.
        """
        opened = {part.name: bool(part.parts) for part in _all(seen)}
        around = {name.rpartition(".")[0] for name in opened}
        return [
            here
            for here, part in enumerate(self.parts)
            if "box" in part and opened.get(self.names[here], self.names[here] in around)
        ]

    def know(self, value: Any) -> int:
        """The place in `known` of a value."""
        return self.known.setdefault(json.dumps(value), len(self.known))

    def wire(self, ref: Ref) -> list[int]:
        return [self.place[ref.node], ref.output]


def _status(status: Status) -> dict[str, str]:
    return {"status": status} if status != "same" else {}


def _all(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        yield from _all(part.parts)


def _written(given: Mapping[str, Any]) -> list[list[str]]:
    return [[printable(name), text(value)] for name, value in given.items()]


def _place(at: Mark) -> str:
    """The file and line of a mark, without the folders: the page may be sent to somebody."""
    return f"{printable(PurePath(at.source.name).name)}:{at.line}"
