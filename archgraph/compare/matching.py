"""Which node and box of one network is which of another (docs/decisions/diff-matching.md says by what rule)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from archgraph.compare.alignment import STRONG, Pair, align
from archgraph.compare.items import Item, tree
from archgraph.graph.model import Graph


@dataclass(frozen=True, slots=True)
class Matching:
    """Both trees, and for each item that has one its partner in the other tree."""

    old: Item
    new: Item
    to_new: dict[Item, Item] = field(default_factory=dict)
    to_old: dict[Item, Item] = field(default_factory=dict)

    def names(self) -> dict[str, str]:
        """What each node of the old network that is in the new one, and each of its inputs, is called there."""
        return {old.name: new.name for old, new in self.to_new.items() if old.node}

    def pair(self, old: Item, new: Item) -> None:
        """Note that two items are one."""
        self.to_new[old], self.to_old[new] = new, old

    def kept(self, item: Item) -> bool:
        """Whether anything in an item has a partner."""
        return any(inner in self.to_new or inner in self.to_old for inner in item.all())


def matching(old: Graph, new: Graph) -> Matching:
    """The partners of two networks' items, from the outermost boxes inwards."""
    found = Matching(tree(old), tree(new))
    _match(found, found.old, found.new)
    _far(found)
    return found


def _match(found: Matching, old: Item, new: Item) -> None:
    """Two items that are one: what is in them is aligned, and what is left over looked for in what is beside it.

    Of a box and a node, a conv with its norm and one without, say, the node is looked for in the box.
    """
    if old.kind != new.kind and "copies" in (old.kind, new.kind):
        _lists(found, old.items if old.kind == "copies" else [old], new.items if new.kind == "copies" else [new])
        return
    if (old.node is None) == (new.node is None):
        found.pair(old, new)
    if old.content == new.content:
        for one, other in zip(old.items, new.items, strict=True):
            _match(found, one, other)
    elif old.items or new.items:
        _lists(found, old.items or [old], new.items or [new])


def _lists(found: Matching, olds: Sequence[Item], news: Sequence[Item]) -> None:
    pairs = align(olds, news)
    for one, other in pairs:
        _match(found, one, other)
    moved = _moved(olds, news, pairs)
    for one, other in moved:
        _match(found, one, other)
    gone = {item for pair in moved for item in pair}
    for left, right in _gaps(olds, news, pairs):
        _open(found, [item for item in left if item not in gone], [item for item in right if item not in gone])


def _moved(olds: Sequence[Item], news: Sequence[Item], pairs: Sequence[Pair]) -> list[Pair]:
    """What has kept its name in a box and not its place: a name that was given, or a number with the same content."""
    paired = {item for pair in pairs for item in pair}
    left = {item.local: item for item in olds if item not in paired}
    found = []
    for new in news:
        old = left.get(new.local) if new not in paired else None
        if old is not None and old.word == new.word and (not old.numbered or old.content == new.content):
            found.append((old, new))
    return found


def _gaps(olds: Sequence[Item], news: Sequence[Item], pairs: Sequence[Pair]) -> Iterator[tuple[list[Item], list[Item]]]:
    """What is between two pairs that follow one another."""
    place_old = {item: number for number, item in enumerate(olds)}
    place_new = {item: number for number, item in enumerate(news)}
    above = (0, 0)
    for old, new in [*pairs, (None, None)]:
        ends = (place_old[old] if old else len(olds), place_new[new] if new else len(news))
        yield list(olds[above[0] : ends[0]]), list(news[above[1] : ends[1]])
        above = (ends[0] + 1, ends[1] + 1)


def _open(found: Matching, olds: list[Item], news: list[Item]) -> None:
    """Look for what stood in a gap inside what stands there now: something was put around it, or taken away from it."""
    while olds and news:
        boxes = [item for item in (*olds, *news) if item.items]
        if not boxes:
            return
        wide = [item for item in boxes if not item.unit] or boxes
        most = max(item.size for item in wide)
        opened = {item for item in wide if 2 * item.size >= most}
        olds, news = ([one for item in side for one in (_inner(item) if item in opened else [item])]
                      for side in (olds, news))  # fmt: skip
        pairs = align(olds, news, least=STRONG)
        if not any(_says_something(pair, olds, news) for pair in pairs):
            continue
        pairs = [pair for pair in pairs if pair[0].content == pair[1].content or _says_something(pair, olds, news)]
        for old, new in pairs:
            _match(found, old, new)
        for left, right in _gaps(olds, news, pairs):
            _open(found, left, right)
        return


def _inner(box: Item) -> list[Item]:
    """What stands in a box, and in the graphs it was given."""
    return [one for item in box.items for one in (_inner(item) if item.kind == "body" else [item])]


def _says_something(pair: Pair, olds: Sequence[Item], news: Sequence[Item]) -> bool:
    """Whether a pair is more than chance: every network has a relu, and a conv with a norm, that is like any other."""
    old, new = pair
    if old.content != new.content and (old.unit or new.unit) and (old.numbered or old.local != new.local):
        return False
    return old.size > 1 or any(node.facts.macs for node in old.leaves()) or 1 in (len(olds), len(news))


def _far(found: Matching) -> None:
    """What is left over on both sides and the only one of its kind there has moved far: a block, or what has a name."""
    olds, news = list(_alone(found, found.old)), list(_alone(found, found.new))
    if not olds or not news:
        return
    often = [Counter(item.content for item in items) for items in (olds, news)]
    place = {item.content: item for item in news}
    for old in olds:
        new = place.get(old.content)
        if new is None or any(count[old.content] > 1 for count in often) or found.kept(old) or found.kept(new):
            continue
        layers = sum(node.facts.params > 0 for node in old.leaves())
        named = old.local == new.local and not old.numbered and layers
        if named or (layers > 1 and not old.unit):
            _match(found, old, new)


def _alone(found: Matching, item: Item) -> Iterator[Item]:
    """The items of which nothing has a partner, from the outermost."""
    for inner in item.items:
        if not found.kept(inner):
            yield from (one for one in inner.all() if one.told)
        else:
            yield from _alone(found, inner)
