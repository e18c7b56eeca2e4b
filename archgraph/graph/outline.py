"""A graph as a person reads it: boxes within boxes, opened to some depth, with equal copies folded into one.

Tables and pictures share it. A level of depth is a block or a macro; copies of a repeated node and graph-valued
arguments are no level of their own: what is in them stands where they would.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from archgraph.graph.model import Graph, Node, Scope
from archgraph.ops.base import Ref
from archgraph.shape import Shape


@dataclass(frozen=True, slots=True)
class Box:
    """A scope with what is in it, in order."""

    name: str
    scope: Scope
    items: list[Box | Node] = field(default_factory=list)

    def leaves(self) -> Iterator[Node]:
        """Every node in the box, in order."""
        for item in self.items:
            if isinstance(item, Box):
                yield from item.leaves()
            else:
                yield item

    def wraps_a_primitive(self) -> bool:
        """Whether it is a conv or linear with its norm and activation: a unit that readers want closed."""
        own = [item for item in self.items if isinstance(item, Node) and item.op.op == self.scope.op]
        return self.scope.kind == "macro" and bool(own)


Item: TypeAlias = Box | Node

MOST_OF_IT = 0.6
"""Of a network's nodes: a block with more than this is drawn as the network itself."""

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a table, one box of a picture: a node, or a scope that is open (with `parts`) or closed.

    Of `count` equal copies it stands for all: `nodes` has the nodes of each, the first copy's first, and `name`
    is the first one's name, `last` the last one's. Where a block has nothing but one other box in it, the two are
    one part: `scope` is the outer one, `inner` the name of the inner one.
    """

    name: str
    last: str
    count: int
    copies: tuple[tuple[Node, ...], ...]
    scope: Scope | None = None
    inner: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes it stands for, of all copies."""
        return tuple(node for copy in self.copies for node in copy)

    @property
    def shape(self) -> Shape:
        """Shape of what the last copy gives."""
        return self.copies[-1][-1].shape

    @property
    def node(self) -> Node | None:
        """The node, where it is one (the first of its copies)."""
        return None if self.scope else self.copies[0][0]


def outline(graph: Graph, *, depth: int = 1, unlike: Mapping[str, str] = NOTHING) -> tuple[Part, ...]:
    """The parts of a graph with `depth` levels of boxes to be seen, the last of them closed.

    A conv or linear stays closed with its norm and activation, however deep. Copies are not equal where `unlike` says
    different things of their nodes.
    """
    return _Reader(graph, unlike=unlike).parts((boxes(graph),), depth)


def stages(graph: Graph, *, depth: int = 1, unlike: Mapping[str, str] = NOTHING) -> tuple[Part, ...]:
    """As `outline`, but copies that give as many channels are a level too, a stage, seen whole before its blocks.

    A block that is nearly all of the network is no level: it is seen with what is in it.
    """
    return _Reader(graph, stages=True, unlike=unlike).parts((boxes(graph),), depth)


def everything(graph: Graph, *, unlike: Mapping[str, str] = NOTHING) -> tuple[Part, ...]:
    """The parts of a graph with every box open."""
    return _Reader(graph, units=False, unlike=unlike).parts((boxes(graph),), len(graph))


def copy_by_copy(graph: Graph, *, unlike: Mapping[str, str] = NOTHING) -> tuple[Part, ...]:
    """The parts of a graph with every box open, stages too; in a box that stands for equal copies, each is a part."""
    return _Reader(graph, units=False, stages=True, one_by_one=True, unlike=unlike).parts((boxes(graph),), len(graph))


def glance(graph: Graph, *, most: int, unlike: Mapping[str, str] = NOTHING) -> tuple[Part, ...]:
    """The parts of a graph that say what it is in at most `most` boxes, if as few can.

    Boxes are open, as deep as fits, where they are the first of their kind, for the others would say the same with
    other sizes.
    """
    root = boxes(graph)
    best = _Reader(graph, first_of_kind=True, unlike=unlike).parts((root,), 1)
    for depth in range(2, 64):
        deeper = _Reader(graph, first_of_kind=True, unlike=unlike).parts((root,), depth)
        if deeper == best or sum(1 for _ in shown(deeper)) > most:
            break
        best = deeper
    return best


def shown(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts that are seen as boxes of their own: those that are not open."""
    for part in parts:
        if part.parts:
            yield from shown(part.parts)
        else:
            yield part


def boxes(graph: Graph) -> Box:
    """The graph's scopes as a tree; its root is a box without a name."""
    root = Box("", Scope("graph", "body"))
    known = {"": root}
    for node in graph:
        _box(node.scope, known, graph.scopes).items.append(node)
    return root


def _box(name: str, known: dict[str, Box], scopes: Mapping[str, Scope]) -> Box:
    box = known.get(name)
    if box is None:
        box = known[name] = Box(name, scopes[name])
        _box(name.rpartition(".")[0], known, scopes).items.append(box)
    return box


class _Reader:
    """Opens boxes and folds copies; knows who uses a node, for copies that others look into are not folded."""

    def __init__(
        self,
        graph: Graph,
        *,
        units: bool = True,
        stages: bool = False,
        first_of_kind: bool = False,
        one_by_one: bool = False,
        unlike: Mapping[str, str] = NOTHING,
    ) -> None:
        self.graph = graph
        self.stages = stages
        self.unlike = unlike
        self.units = units
        self.first_of_kind = first_of_kind
        self.one_by_one = one_by_one
        self.kinds: set[frozenset[object]] = set()
        self.users: dict[str, list[str]] = {}
        for node in graph:
            for ref in node.inputs:
                self.users.setdefault(ref.node, []).append(node.name)
        for ref in graph.outputs.values():
            self.users.setdefault(ref.node, []).append("")

    def parts(self, same: tuple[Box, ...], depth: int) -> tuple[Part, ...]:
        """What stands in a box, seen through all its equal copies at once."""
        seen = [self.folded(box) if box.scope.kind == "copies" else self.runs(box) for box in same]
        return tuple(
            self.part(tuple(item for runs in seen for item in runs[n]), len(seen[0][n]), depth)
            for n in range(len(seen[0]))
        )

    def part(self, items: tuple[Item, ...], run: int, depth: int) -> Part:
        """One part for equal items: `run` of them follow one another, the rest are their copies elsewhere."""
        first, last = items[0], items[run - 1]
        each = tuple(self.part((item,), 1, depth) for item in items) if self.one_by_one and run > 1 else ()
        if isinstance(first, Node):
            return Part(first.name, last.name, run, tuple((n,) for n in items if isinstance(n, Node)), parts=each)
        same = tuple(item for item in items if isinstance(item, Box))
        copies = tuple(tuple(box.leaves()) for box in same)
        while (inner := _only_box(same)) is not None:
            same = inner
        if self.stages and first.scope.kind == "copies" and depth > 1:
            inside = self.parts(same, depth - 1)
            if len(inside) == 1:  # Equal copies are one box, which says so.
                return inside[0]
        left = depth if self.stages and self.is_the_network(same[0]) else depth - 1
        parts = each or (self.parts(same, left) if left and self.opens(same[0]) else ())
        return Part(first.name, last.name, run, copies, first.scope, same[0].name, parts)

    def opens(self, box: Box) -> bool:
        """Whether a box is to be opened: any but a unit, or one that shows what none above it has shown.

        Two boxes are of a kind where the same ops feed the same ops, however often.
        """
        if self.units and box.wraps_a_primitive():
            return False
        if not self.first_of_kind:
            return True
        ops = {node.name: node.op.op for node in box.leaves()}
        kind = frozenset(
            (node.op.op, self.unlike.get(node.name), frozenset(ops.get(ref.node) for ref in node.inputs))
            for node in box.leaves()
        )
        new = kind not in self.kinds
        self.kinds.add(kind)
        return new

    def runs(self, box: Box) -> list[list[Item]]:
        """What stands in a box, runs of equal copies together."""
        found: list[list[Item]] = []
        for item in box.items:
            if isinstance(item, Node) or item.scope.kind in ("block", "macro"):
                found.append([item])
            elif item.scope.kind == "body":
                found.extend(self.runs(item))
            else:
                copies = self.folded(item)
                found.extend([[item]] if self.stages and self.is_a_stage(copies) else copies)
        return found

    def is_the_network(self, box: Box) -> bool:
        """Whether a block holds nearly all nodes."""
        held = sum(1 for _ in box.leaves())
        return box.scope.kind == "block" and held > MOST_OF_IT * len(self.graph) and len(self.runs(box)) > 1

    def is_a_stage(self, copies: list[list[Item]]) -> bool:
        """Whether copies, in runs of equal ones, make a stage: all of them give as many channels."""
        return len({_nodes(run[-1])[-1].shape[:1] for run in copies}) == 1

    def folded(self, copies: Box) -> list[list[Item]]:
        found: list[list[Item]] = []
        above = None
        for run in self.runs(copies):
            item = run[0]
            known = self.signature(item) if len(run) == 1 else None
            if known is not None and known == above and self.feeds_only(found[-1][-1], item):
                found[-1].append(item)
            else:
                found.append(run)
            above = known
        return found

    def feeds_only(self, item: Item, following: Item) -> bool:
        """Whether nothing but the next copy reads what a copy gives."""
        own = {node.name for node in _nodes(item)}
        allowed = own | {node.name for node in _nodes(following)}
        return all(user in allowed for name in own for user in self.users.get(name, ()))

    def signature(self, item: Item) -> tuple[object, ...]:
        """Equal for copies that do the same to inputs of the same shapes."""
        nodes = _nodes(item)
        names = {node.name: n for n, node in enumerate(nodes)}
        outside: dict[Ref, int] = {}

        def wire(ref: Ref) -> tuple[object, ...]:
            if ref.node in names:
                return (names[ref.node], ref.output)
            return ("outside", outside.setdefault(ref, len(outside)), self.graph.shape(ref))

        scope = (item.scope.op, item.scope.kind) if isinstance(item, Box) else ()
        wired = ((node.op, node.shape, self.unlike.get(node.name), *map(wire, node.inputs)) for node in nodes)
        return (scope, *wired)


def _only_box(same: Sequence[Box]) -> tuple[Box, ...] | None:
    """The box that fills a block, in each of its copies; None where there is more than one thing in it."""
    if any(len(box.items) != 1 or box.scope.kind != "block" for box in same):
        return None
    inner = tuple(item for box in same for item in box.items if isinstance(item, Box))
    opened = inner and all(box.scope.kind in ("block", "macro") for box in inner)
    return inner if opened and len(inner) == len(same) else None


def _nodes(item: Item) -> tuple[Node, ...]:
    return tuple(item.leaves()) if isinstance(item, Box) else (item,)
