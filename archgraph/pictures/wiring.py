"""The arrows of a picture: which box each node is drawn in, and what leads from box to box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archgraph.compare.marks import Arrow, Marks, Status
from archgraph.graph.model import Graph
from archgraph.graph.outline import Part, shown
from archgraph.ops.base import Ref
from archgraph.pictures.keys import input_key, output_key
from archgraph.pictures.surroundings import is_several

MOST_LINKS = 12
"""Lines between boxes that share weights; each such box says in words whose it uses."""


UNMARKED = Marks()


MOST_REACH = 12_500
"""Where arrows reach past more boxes than this in all, the far ones are told in words: nobody could follow them."""
FAR = 12


class Wire(NamedTuple):
    """An arrow: from a box or an input to a box or an output, by their names in the picture."""

    tail: str
    head: str
    carries: Ref
    dashed: bool
    status: Status = "same"


class Wiring:
    """The boxes that are seen, by name, and the arrows between them."""

    def __init__(self, graph: Graph, parts: Sequence[Part], marks: Marks = UNMARKED) -> None:
        self.graph = graph
        self.marks = marks
        gone = {name for name in graph.nodes if marks.of(name) == "removed"}
        self.train_only = graph.nodes.keys() - graph.needed(training=False) - gone
        self.shown = {part.name: part for part in shown(parts)}
        self.drawn_in = {node.name: part.name for part in self.shown.values() for node in part.nodes}
        self.wires = [*self._between_boxes(), *self._removed(), *self._to_outputs()]
        self.told: dict[str, list[str]] = {}
        if self.reach > MOST_REACH:
            self._tell_far_ones()
        self.links = self._shared()
        self.heads: dict[str, list[str]] = {}
        for wire in self.wires:
            self.heads.setdefault(wire.tail, []).append(wire.head)

    def status(self, part: Part) -> Status:
        """What became of a part: what became of all of its nodes, or that some of them are not the same."""
        found = {self.marks.of(node.name) for node in part.nodes}
        return found.pop() if len(found) == 1 else "changed"

    def in_training_only(self, part: Part) -> bool:
        """Whether nothing of a part runs in inference."""
        return all(node.name in self.train_only for node in part.nodes)

    @property
    def reach(self) -> int:
        """How many boxes the arrows reach past, in all."""
        return sum(self._spans())

    def _spans(self) -> list[int]:
        place = {name: number for number, name in enumerate(self.shown)}
        return [place.get(wire.head, len(place)) - place.get(wire.tail, -1) for wire in self.wires]

    def _tell_far_ones(self) -> None:
        """Leave arrows out that reach past many boxes: `told` has them, by the box that they lead to."""
        kept = []
        for wire, span in zip(self.wires, self._spans(), strict=True):
            if span > FAR and wire.status == "same" and {wire.tail, wire.head} <= self.shown.keys():
                self.told.setdefault(wire.head, []).append(wire.tail)
            else:
                kept.append(wire)
        self.wires = kept

    def _between_boxes(self) -> Iterator[Wire]:
        """Arrows into the boxes. Of folded copies the first one's inputs are drawn, and the last one's output."""
        for part in self.shown.values():
            drawn: dict[tuple[Ref | str, int], Wire] = {}
            for node in part.copies[0]:
                for slot, ref in enumerate(node.inputs):
                    tail = self._tail(ref)
                    if tail == part.name:
                        continue
                    # Into a box there is one arrow for each thing it reads, into a node one for each input, and one
                    # for all between boxes that stand for several.
                    several = is_several(part) or (tail in self.shown and is_several(self.shown[tail]))
                    key: tuple[Ref | str, int] = (tail if several else ref, 0 if part.scope or several else slot)
                    status = self._status(ref, node.name)
                    if key in drawn and drawn[key].status != status:
                        status = "same"
                    drawn[key] = Wire(tail, part.name, ref, node.name in self.train_only, status)
            yield from drawn.values()

    def _status(self, ref: Ref, reader: str) -> Status:
        """What became of an arrow to a node."""
        if "removed" in (self.marks.of(ref.node), self.marks.of(reader)):
            return "removed"
        return "added" if Arrow(ref, reader) in self.marks.added else "same"

    def _removed(self) -> Iterator[Wire]:
        """Arrows that a network had before it was changed, into boxes that it still has."""
        drawn = set()
        for ref, name, output in sorted(self.marks.removed):
            tail, head = self._tail(ref), output_key(name) if output else self.drawn_in[name]
            if tail != head and (tail, head) not in drawn:
                drawn.add((tail, head))
                yield Wire(tail, head, ref, dashed=True, status="removed")

    def _to_outputs(self) -> Iterator[Wire]:
        for name, ref in self.graph.outputs.items():
            status: Status = "added" if Arrow(ref, name, output=True) in self.marks.added else "same"
            yield Wire(self._tail(ref), output_key(name), ref, name in self.graph.train_only, status)

    def _shared(self) -> list[tuple[str, str]]:
        """Pairs of boxes, the second with weights of the first; none where they are too many to be told apart."""
        pairs: dict[tuple[str, str], None] = {}
        for node in self.graph:
            owner, user = self.drawn_in.get(node.shares or ""), self.drawn_in[node.name]
            if owner and owner != user:
                pairs[owner, user] = None
        return list(pairs) if len(pairs) <= MOST_LINKS else []

    def _tail(self, ref: Ref) -> str:
        return self.drawn_in.get(ref.node, input_key(ref.node))

    def says_shape(self, wire: Wire) -> bool:
        """Whether the arrow says what shape it carries: where the box before it changed it, and has one arrow."""
        changed = wire.tail in self.shown and self.changes_shape(self.shown[wire.tail])
        return changed and wire.head in self.shown and len(self.heads[wire.tail]) == 1

    def tells_shape(self, part: Part) -> bool:
        """Whether a box says what shape it gives, because several arrows would have to."""
        return part.name in self.shown and len(self.heads.get(part.name, ())) > 1 and self.changes_shape(part)

    def changes_shape(self, part: Part) -> bool:
        """Whether what a part gives has another shape than its first input."""
        first = part.copies[0][0]
        return not first.inputs or self.graph.shape(first.inputs[0]) != part.shape

    def entry(self, part: Part) -> str:
        """The box at the top of an open one: where its longest chain begins."""
        height: dict[str, int] = {}
        for inner in reversed(list(shown(part.parts))):
            height[inner.name] = 1 + max(height.get(head, 0) for head in self.heads.get(inner.name, [""]))
        return max(reversed(height), key=height.__getitem__)
