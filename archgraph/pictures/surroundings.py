"""What of two networks drawn as one is worth a look: what changed, the boxes around it, and a little beside it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby

from archgraph.compare.marks import Arrow, Marks, Status
from archgraph.graph.model import Graph, Node, Scope
from archgraph.graph.outline import Part, everything, outline
from archgraph.graph.wording import op_name

REST, AGAIN, MORE = Scope("rest", "body"), Scope("again", "body"), Scope("more", "body")
"""What boxes in a row are in that are drawn as one: nothing in them or beside them changed, or the same as before."""


def surroundings(graph: Graph, marks: Marks, *, beside: int | None = None, flat: bool = False) -> tuple[Part, ...]:
    """The parts of a graph with those boxes open in which some nodes are not the same, the first of each kind.

    Where `beside` is given, boxes further than that many from a changed one are drawn as one, and so are those that
    changed as one before them did. `flat` opens what changed down to single nodes, convs with their norm too.
    """
    unlike = marks.status
    parts = everything(graph, unlike=unlike) if flat else outline(graph, depth=len(graph) or 1, unlike=unlike)
    choice = _Choice(marks)
    seen = choice.seen(parts)
    return seen if beside is None else choice.gathered(seen, beside)


def is_several(part: Part) -> bool:
    """Whether a part stands for several, of which none is seen by itself."""
    return part.scope is REST or part.scope is AGAIN or part.scope is MORE


def says_instead(part: Part) -> str | None:
    """What a part says that stands for several; None for another."""
    if part.scope is REST:
        return f"{part.count} boxes that are the same"
    if part.scope is MORE:
        return f"{part.count} more boxes"
    return f"{part.count} boxes with the same change" if part.scope is AGAIN else None


class _Choice:
    """Which boxes are open, and which are not seen by themselves."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.kinds: set[object] = set()
        self.again: set[str] = set()

    def seen(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """Parts, open where there is something to see in them that none above has shown."""
        return tuple(self.opened(part) for part in parts)

    def opened(self, part: Part) -> Part:
        marks, nodes = self.marks, part.copies[0]
        if all(marks.of(node.name) == "same" for node in nodes):
            return replace(part, parts=())
        what = tuple((node.op.op, marks.of(node.name), self.wired_anew(node)) for node in nodes)
        kind = (op_name(part), what)
        became = {marks.of(node.name) for node in nodes}
        if kind in self.kinds and (part.scope or "changed" not in became):
            self.again.add(part.name)
            return replace(part, parts=())
        self.kinds.add(kind)
        return replace(part, parts=self.seen(part.parts) if len(became) > 1 else ())

    def wired_anew(self, node: Node) -> bool:
        return any(Arrow(ref, node.name) in self.marks.added for ref in node.inputs)

    def gathered(self, parts: Sequence[Part], beside: int) -> tuple[Part, ...]:
        """Parts with those in a row that are not seen by themselves as one."""
        changed = [number for number, part in enumerate(parts) if self.is_seen(part)]
        near = {n for number in changed for n in range(number - beside, number + beside + 1)}
        found: list[Part] = []
        for (scope, _), run in groupby(enumerate(parts), key=lambda item: self.instead(item[0], item[1], near)):
            row = [part for _, part in run]
            if scope is None:
                found += [replace(part, parts=self.gathered(part.parts, beside)) for part in row]
            else:
                found += _one(row, scope)
        return tuple(found)

    def is_seen(self, part: Part) -> bool:
        return part.name not in self.again and any(node.name in self.marks.status for node in part.nodes)

    def instead(self, number: int, part: Part, near: Collection[int]) -> tuple[Scope | None, frozenset[Status]]:
        """What is drawn instead of a part, None where it is drawn itself; and what became of the nodes in it."""
        became = frozenset(self.marks.of(node.name) for node in part.nodes)
        if part.name in self.again:
            return MORE if len(became) == 1 and "changed" not in became else AGAIN, became
        return None if self.is_seen(part) or number in near or not near else REST, became


def _one(row: Sequence[Part], scope: Scope) -> Sequence[Part]:
    """A row of parts as one, where it is more than one."""
    count = sum(part.count for part in row)
    if len(row) < 2:
        return row
    first = tuple(node for part in row for node in part.copies[0])
    others = tuple(node for part in row for copy in part.copies[1:] for node in copy)
    return [Part(row[0].name, row[-1].last, count, (first, others) if others else (first,), scope)]
