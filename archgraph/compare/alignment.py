"""Two lists of items side by side: which of one is which of the other, in order. Names first, structure second.

What two items have in common is a number up to 1 for the same content, about a half for the same op with other
arguments, more where they have the same name that somebody gave; a number as a name (`conv3`) only settles ties. The
alignment is the one with the greatest sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from archgraph.compare.items import Item, family

Pair = tuple[Item, Item]

SAME = 1.0
SAME_WORD, OTHER_ARGUMENTS, INSIDE = 0.4, 0.1, 0.5
"""For the same word: the first, and of the second as much as arguments of nodes are equal, or of the third as much as
boxes have in common inside. Two pairs of nodes with other arguments are worth less than one that is the same."""
SAME_FAMILY, OTHER_BLOCK = 0.3, 0.2
GIVEN_NAME, NUMBERED_NAME = 0.4, 0.02
"""What the same name adds."""
BLOCKS = ("block", "copies")
HALF = 0.5
"""Blocks of other words with other names that have less in common than this are two things."""
STRONG = 0.75
"""Below this, what stood in one box is not looked for in another."""
MOST = 40_000
"""Pairs that are looked at one by one; longer lists are first cut where a run of them is the same."""


def align(olds: Sequence[Item], news: Sequence[Item], *, least: float = 0.0) -> list[Pair]:
    """Pairs in the order of both lists.

    Where both have the same names and ops in the same order, names decide, unless structure needs less than half as
    many changes (something was put in at one place and taken out at another).
    """
    start = 0
    shortest = min(len(olds), len(news))
    while start < shortest and _identical(olds[start], news[start]):
        start += 1
    end = 0
    while end < shortest - start and _identical(olds[-1 - end], news[-1 - end]):
        end += 1
    head = list(zip(olds[:start], news[:start], strict=True))
    tail = list(zip(olds[len(olds) - end :], news[len(news) - end :], strict=True))
    old, new = olds[start : len(olds) - end], news[start : len(news) - end]
    middle = _aligned(old, new, least) if old and new else []
    if middle and not least and _same_names(old, new):
        named = list(zip(old, new, strict=True))
        if _changes(named, len(old)) <= 2 * _changes(middle, len(old)):
            middle = named
    return [*head, *middle, *tail]


def likeness(old: Item, new: Item) -> float:
    """What two items have in common, 0 for nothing."""
    named = old.local == new.local
    numbered = old.numbered or new.numbered
    bonus = (NUMBERED_NAME if numbered else GIVEN_NAME) if named else 0.0
    if old.content == new.content:
        return SAME + bonus
    inside = _inside(old, new) if old.items and new.items else 0.0
    if old.word == new.word:
        more = INSIDE * inside if old.items and new.items else OTHER_ARGUMENTS * _arguments(old, new)
        return SAME_WORD + more + bonus
    if old.kind in BLOCKS and new.kind in BLOCKS:
        return OTHER_BLOCK + INSIDE * inside / 2 + bonus if inside >= HALF or named else 0.0
    if old.told and new.told and family(old) == family(new):
        return SAME_FAMILY + bonus
    return bonus if named and not numbered else 0.0


def _identical(old: Item, new: Item) -> bool:
    return old.content == new.content and old.local == new.local


def _same_names(olds: Sequence[Item], news: Sequence[Item]) -> bool:
    return len(olds) == len(news) and all(
        old.local == new.local and old.word == new.word for old, new in zip(olds, news, strict=True)
    )


def _changes(pairs: Sequence[Pair], length: int) -> int:
    """What differs in an alignment of two lists of a length: what changed, came and went."""
    return sum(old.content != new.content for old, new in pairs) + 2 * (length - len(pairs))


def _aligned(olds: Sequence[Item], news: Sequence[Item], least: float) -> list[Pair]:
    if len(olds) * len(news) <= MOST:
        return _best(olds, news, least)
    found: list[Pair] = []
    one, other = ([(item.word, item.content) for item in items] for items in (olds, news))
    above = (0, 0)
    for block in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
        old, new = olds[above[0] : block.a], news[above[1] : block.b]
        if old and new:
            found += _best(old, new, least) if len(old) * len(new) <= MOST else _by_name(old, new)
        above = (block.a + block.size, block.b + block.size)
        found += zip(olds[block.a : above[0]], news[block.b : above[1]], strict=True)
    return found


def _by_name(olds: Sequence[Item], news: Sequence[Item]) -> list[Pair]:
    """The longest run of names in order, for lists that are too long to look at each pair."""
    found: list[Pair] = []
    place = {item.local: number for number, item in enumerate(news)}
    above = -1
    for old in olds:
        number = place.get(old.local, -1)
        if number > above and news[number].word == old.word:
            found.append((old, news[number]))
            above = number
    return found


def _best(olds: Sequence[Item], news: Sequence[Item], least: float) -> list[Pair]:
    """The alignment with the greatest sum (Needleman and Wunsch, gaps cost nothing)."""
    worth = _worth(olds, news, least)
    sums = [[0.0] * (len(news) + 1) for _ in range(len(olds) + 1)]
    for row in range(len(olds) - 1, -1, -1):
        below, here, values = sums[row + 1], sums[row], worth[row]
        best = 0.0
        for column in range(len(news) - 1, -1, -1):
            best = max(best, below[column])
            if values[column]:
                best = max(best, values[column] + below[column + 1])
            here[column] = best
    found: list[Pair] = []
    row = column = 0
    while row < len(olds) and column < len(news):
        paired = worth[row][column]
        if paired and sums[row][column] == paired + sums[row + 1][column + 1]:
            found.append((olds[row], news[column]))
            row, column = row + 1, column + 1
        elif sums[row][column] == sums[row + 1][column]:
            row += 1
        else:
            column += 1
    return found


def _worth(olds: Sequence[Item], news: Sequence[Item], least: float) -> list[list[float]]:
    """What each pair is worth, 0 for less than `least`; worked out once for items that are alike."""
    kinds = {(new.content, new.local): new for new in news}
    rows: dict[tuple[int, str], list[float]] = {}
    for old in olds:
        if (old.content, old.local) in rows:
            continue
        known = {key: likeness(old, new) for key, new in kinds.items() if not least or _may_be(old, new)}
        values = (known.get((new.content, new.local), 0.0) for new in news)
        rows[old.content, old.local] = [value if value >= least else 0.0 for value in values]
    return [rows[old.content, old.local] for old in olds]


def _may_be(old: Item, new: Item) -> bool:
    """Whether two items can be worth much: a quick look at pairs of which nearly all are worth nothing."""
    return old.content == new.content or (old.word == new.word and (old.local == new.local or bool(old.items)))


def _inside(old: Item, new: Item) -> float:
    """The part of the ops in two boxes that are the same, with arguments and without: Dice's coefficient."""
    return (old.bag() & new.bag()).total() / (old.size + new.size)


def _arguments(old: Item, new: Item) -> float:
    """The part of two nodes' arguments that are equal."""
    if old.node is None or new.node is None:
        return 0.0
    one, other = old.node.op.__dict__, new.node.op.__dict__
    equal = [name for name in one if one[name] == other.get(name)]
    return len(equal) / max(1, len(one))
