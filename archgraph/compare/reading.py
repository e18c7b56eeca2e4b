"""What differs as a reader of the spec would tell it: a block as one thing, what was changed apart from what follows.

A box or node was changed itself where what was written for it is another: its op, its arguments, what it reads. In a
box whose arguments were changed all the rest follows from them. What a macro makes beside the graphs that it was given
follows where one of those, or what it reads, is another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from archgraph.compare.change import FREE, Change, What, total
from archgraph.compare.items import Item
from archgraph.compare.matching import Matching
from archgraph.compare.wiring import Wiring
from archgraph.compare.written import said, written
from archgraph.graph.cost import NodeCost
from archgraph.graph.model import Node
from archgraph.ops.base import Ref


def read(found: Matching, wiring: Wiring, nodes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes in the order of the new network, each node's cost in one of them."""
    reader = _Reader(found, wiring, nodes)
    reader.inside(found.old, found.new, follows=False)
    reader.rest()
    now = {change.after: number for number, change in enumerate(nodes) if change.after}
    was = {change.before: number for number, change in enumerate(nodes) if change.before}
    told = sorted(reader.changes, key=lambda found: (now if found[1].after else was)[found[0]])
    return (*_sizes(wiring), *(change for _, change in told), *_ends(wiring))


class _Reader:
    """Goes through both trees from the outermost boxes inwards."""

    def __init__(self, found: Matching, wiring: Wiring, nodes: Sequence[Change]) -> None:
        self.found, self.wiring = found, wiring
        self.after = {change.after: change for change in nodes if change.after}
        self.old_costs = {change.before: change.cost for change in nodes if change.after is None}
        self.new_costs = {change.after: change.cost for change in nodes if change.after}
        self.changes: list[tuple[str, Change]] = []

    def note(self, change: Change, item: Item) -> None:
        """Keep a change, with the node at which it stands."""
        self.changes.append((item.leaves()[0].name, replace(change, place=_place(item))))

    def cost(self, old: Iterable[Node], new: Iterable[Node]) -> NodeCost:
        """What nodes cost more than before, those of them that no other change has told; nobody tells them again."""
        gone = [self.old_costs.pop(node.name, FREE) for node in old]
        return total([*gone, *(self.new_costs.pop(node.name, FREE) for node in new)])

    def rest(self) -> None:
        """Nodes that went from a box which is now in one that is told as a whole."""
        for item in self.found.old.all():
            if item.node is not None and any(self.old_costs.get(item.name, FREE)):
                cost = self.cost([item.node], [])
                self.note(Change("removed", item.word, item.name, None, cost=cost, follows=True), item)

    def inside(self, old: Item, new: Item, *, follows: bool) -> None:
        """What stands in two boxes that are one."""
        made = follows or self.fed_otherwise(old, new)
        for item in new.items:
            self.new_item(item, follows=made if item.kind != "body" and new.kind == "macro" else follows)
        for item in old.items:
            self.old_item(item, follows=made if item.kind != "body" and old.kind == "macro" else follows)

    def fed_otherwise(self, old: Item, new: Item) -> bool:
        """Whether a macro was given another graph, or reads what has another shape."""
        if new.kind != "macro":
            return False
        bodies = [[item.content for item in one.items if item.kind == "body"] for one in (old, new)]
        if bodies[0] != bodies[1]:
            return True
        kept = ((self.after[node.name].before, node) for node in new.leaves())
        olds, news = self.wiring.old, self.wiring.new
        return any(olds.input_shapes(olds.nodes[was]) != news.input_shapes(node) for was, node in kept if was)

    def new_item(self, item: Item, *, follows: bool) -> None:
        """What became of an item of the new network."""
        old = self.partner(item)
        if old is not None:
            self.pair(old, item, follows=follows)
        elif self.found.kept(item):
            self.around(item, follows=follows)
        elif item.told:
            given = {name: (None, value) for name, value in written(item).items()}
            change = Change("added", item.word, None, item.name, arguments=given, follows=follows)
            self.note(replace(change, cost=self.cost((), item.leaves())), item)
        else:
            for inner in item.items:
                self.new_item(inner, follows=follows)

    def old_item(self, item: Item, *, follows: bool) -> None:
        """An item of the old network that is gone, or a box that is gone from around what is in it."""
        if item in self.found.to_new or self.partner_of_old(item) is not None:
            return
        if not item.told:
            for inner in item.items:
                self.old_item(inner, follows=follows)
        elif not self.found.kept(item):
            given = {name: (value, None) for name, value in written(item).items()}
            change = Change("removed", item.word, item.name, None, arguments=given, follows=follows)
            self.note(replace(change, cost=self.cost(item.leaves(), ())), item)
        else:
            held = list(_outermost(item, self.found.to_new))
            names = tuple(one.name for one in held)
            spent = self.cost(_leaves(item, held), ())
            self.note(Change("removed", item.word, item.name, None, cost=spent, follows=follows, holds=names), item)

    def around(self, item: Item, *, follows: bool) -> None:
        """A box that is new and has in it what was there."""
        held = list(_outermost(item, self.found.to_old))
        if item.told:
            names = tuple(one.name for one in held)
            spent = self.cost((), _leaves(item, held))
            self.note(Change("added", item.word, None, item.name, cost=spent, follows=follows, holds=names), item)
            for one in held:
                self.new_item(one, follows=follows)
        else:
            for inner in item.items:
                self.new_item(inner, follows=follows)

    def pair(self, old: Item, new: Item, *, follows: bool) -> None:
        """Two items that are one."""
        node = self.after.get(new.name) if new.node is not None and old.node is not None else None
        differs = said(old, new) if old.content != new.content and (new.told or old.told) else {}
        if node is not None and "share" in node.arguments:
            differs = {**differs, "share": node.arguments["share"]}
        if differs:
            graphs = [(self.found.to_old[item], item) for item in new.items if item in self.found.to_old]
            graphs = [pair for pair in graphs if pair[1].kind == "body" and old.word == new.word]
            apart = {item for pair in graphs for item in pair}
            self.note(self.whole("changed", old, new, differs, follows=follows, without=apart), new)
            for one, other in graphs:
                self.inside(one, other, follows=follows)
            return
        if node is not None:
            self.node(node, old, new, follows=follows)
            return
        above = len(self.changes)
        self.inside(old, new, follows=follows)
        mine = [change for _, change in self.changes[above:]]
        if new.told and mine and all(change.follows and change.what != "renamed" for change in mine):
            del self.changes[above:]
            told = self.whole("changed", old, new, {}, follows=True)
            self.note(replace(told, cost=total([told.cost, *(change.cost for change in mine)])), new)
        elif self.named_anew(old, new) and any(self.after[node.name].before for node in new.leaves()):
            shift = self.shifted(old, new)
            self.note(Change("renamed", new.word, old.name, new.name, follows=follows or shift), new)

    def node(self, node: Change, old: Item, new: Item, *, follows: bool) -> None:
        """A node whose arguments are the same."""
        if node.what not in ("same", "renamed"):
            self.note(self.whole(node.what, old, new, {}, follows=follows or node.follows), new)
        elif self.named_anew(old, new):
            shift = self.shifted(old, new)
            self.note(Change("renamed", new.word, old.name, new.name, follows=follows or shift), new)

    def whole(
        self,
        what: What,
        old: Item,
        new: Item,
        differs: Mapping[str, tuple[Any, Any]],
        *,
        follows: bool,
        without: Collection[Item] = (),
    ) -> Change:
        """The change of an item with all that is in it, but for graphs that are told by themselves."""
        last = old.leaves()[-1], new.leaves()[-1]
        one = self.after.get(new.name)
        return Change(
            what, new.word, old.name, new.name, arguments=differs,
            shape=None if last[0].shape == last[1].shape else (last[0].shape, last[1].shape),
            weights=one.weights if one else None, inputs=one.inputs if one and not one.follows else None,
            cost=self.cost(_leaves(old, without), _leaves(new, without)), follows=follows,
        )  # fmt: skip

    def named_anew(self, old: Item, new: Item) -> bool:
        """Whether an item has another name than the boxes around it explain."""
        if old.local != new.local:
            return True
        above = old.around, new.around
        return above[0] is not None and self.found.to_new.get(above[0]) is not above[1]

    def shifted(self, old: Item, new: Item) -> bool:
        """Whether a name is another only because something was put in, taken out or put around before it."""
        same_box = old.around is not None and self.found.to_new.get(old.around) is new.around
        return not same_box or (old.numbered and new.numbered)

    def partner(self, new: Item) -> Item | None:
        """Its partner; for a conv alone that had a norm, the box of both."""
        old = self.found.to_old.get(new)
        if old is not None:
            box = old.around
            alone = new.node is not None and not (new.around and new.around.unit)
            return box if alone and box is not None and box.unit and box not in self.found.to_new else old
        return self.found.to_old.get(new.own) if new.own is not None else None

    def partner_of_old(self, old: Item) -> Item | None:
        return self.found.to_new.get(old.own) if old.own is not None else None


def _leaves(item: Item, without: Collection[Item]) -> Iterator[Node]:
    """The nodes in an item, but for those in some of the items in it."""
    if item.node is not None:
        yield item.node
    for inner in item.items:
        if inner not in without:
            yield from _leaves(inner, without)


def _place(item: Item) -> str:
    """Where an item stands in the spec: its name, or, in a block, the block's word and the name that it has there."""
    box = item.around
    while box is not None and box.kind != "block":
        box = box.around
    inside = item.name if box is None else f"{box.word}{item.name.removeprefix(box.name)}"
    *steps, last = inside.split(".")
    return ".".join([*(step for step in steps if step != "body"), last])


def _outermost(item: Item, partners: Mapping[Item, Item]) -> Iterator[Item]:
    """The items in a box that have a partner, without what is in them."""
    for inner in item.items:
        if inner in partners:
            yield inner
        else:
            yield from _outermost(inner, partners)


def _sizes(wiring: Wiring) -> Iterator[Change]:
    """The networks' inputs that are others, or have other sizes."""
    back = {name: old for old, name in wiring.names.items() if old in wiring.old.inputs}
    for name, size in wiring.new.inputs.items():
        old = back.get(name)
        if old is None:
            yield Change("added", "input", None, name)
        elif wiring.old.inputs[old] != size:
            yield Change("changed", "input", old, name, shape=(wiring.old.inputs[old], size))
        elif old != name:
            yield Change("renamed", "input", old, name)
    for name in wiring.old.inputs:
        if name not in wiring.names:
            yield Change("removed", "input", name, None)


def _ends(wiring: Wiring) -> Iterator[Change]:
    """The outputs and features that are others, or name other nodes."""
    for word in ("outputs", "features"):
        olds: Mapping[str, Ref] = getattr(wiring.old, word)
        news: Mapping[str, Ref] = getattr(wiring.new, word)
        op = word.removesuffix("s")
        for name, ref in news.items():
            if name not in olds:
                yield Change("added", op, None, name, inputs=((), (ref.node,)), cost=FREE)
            elif wiring.differs([olds[name]], [ref]) and not wiring.follows([olds[name]], [ref]):
                yield Change("rewired", op, name, name, inputs=((olds[name].node,), (ref.node,)))
        for name, ref in olds.items():
            if name not in news:
                yield Change("removed", op, name, None, inputs=((ref.node,), ()))
