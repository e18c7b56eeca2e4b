"""A network as a tree of things that can be matched: nodes, and the boxes around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from archgraph.graph.model import Graph, Node, Scope
from archgraph.graph.outline import Box, boxes
from archgraph.ops import OPS


@dataclass(eq=False, slots=True)
class Item:
    """A node or a box, known by its identity; `content` is equal where all that is in two of them is.

    Content is what words there are, with which arguments and in which order: neither names nor shapes. `local` is the
    name in the box around it, `numbered` whether that is only its number: `conv3`, or copy `2`.
    """

    name: str
    word: str
    kind: str
    node: Node | None
    scope: Scope | None
    unit: bool
    items: list[Item] = field(default_factory=list)
    around: Item | None = None
    content: int = 0
    size: int = 1
    local: str = field(init=False)
    numbered: bool = field(init=False)
    _leaves: tuple[Node, ...] | None = None
    _bag: Counter[object] | None = None

    def __post_init__(self) -> None:
        self.local = self.name.rpartition(".")[2]
        self.numbered = self.local.rstrip("0123456789") in ("", self.word)

    @property
    def told(self) -> bool:
        """Whether it is a word of the spec; copies and graph-valued arguments are what is in them."""
        return self.kind in ("node", "block", "macro")

    @property
    def own(self) -> Item | None:
        """Of a conv or linear with its norm and activation, the primitive that it is named after."""
        return next((item for item in self.items if item.node and item.word == self.word), None) if self.unit else None

    def leaves(self) -> tuple[Node, ...]:
        """The nodes in it, in order."""
        if self._leaves is None:
            own = (self.node,) if self.node is not None else ()
            self._leaves = own or tuple([node for item in self.items for node in item.leaves()])
        return self._leaves

    def all(self) -> Iterator[Item]:
        """It and all that is in it, in order."""
        yield self
        for item in self.items:
            yield from item.all()

    def bag(self) -> Counter[object]:
        """How often each op is in it, with its arguments and without."""
        if self._bag is None:
            self._bag = Counter([key for node in self.leaves() for key in (node.op, node.op.op)])
        return self._bag


def tree(graph: Graph) -> Item:
    """The items of a graph below one without a name."""
    return _item(boxes(graph))


def family(item: Item) -> str:
    """What an op is a kind of: the ops of one file (activations, pools) are a family, the blocks of a spec another."""
    if item.kind == "block":
        return "block"
    if item.node is not None:
        return type(item.node.op).__module__
    known = OPS.get(item.word)
    return known.__module__ if known else item.kind


def _item(box: Box) -> Item:
    found = Item(box.name, box.scope.op, box.scope.kind, None, box.scope, box.wraps_a_primitive())
    for inner in box.items:
        if isinstance(inner, Box):
            item = _item(inner)
        else:
            op = inner.op
            item = Item(inner.name, op.op, "node", inner, None, False, content=hash((op, inner.shares is None)))
        item.around = found
        found.items.append(item)
    given = repr(box.scope.args) if found.told else ""
    found.content = hash((found.word, found.kind, given, *[item.content for item in found.items]))
    found.size = sum(item.size for item in found.items)
    return found
