"""A difference in words, a line a change: equal changes are one line, and what follows from others stands apart."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from archgraph.compare.change import Change, Difference, total
from archgraph.graph.cost import NodeCost
from archgraph.graph.wording import human, human_bytes, printable, text
from archgraph.shape import Shape, show

Tone: TypeAlias = Literal["plain", "heading", "added", "removed", "changed", "faint"]

SIGNS: Mapping[str, tuple[str, Tone]] = {
    "added": ("+", "added"), "removed": ("-", "removed"), "changed": ("~", "changed"), "rewired": ("~", "changed"),
    "renamed": ("=", "faint"),
}  # fmt: skip
COLOURS: Mapping[Tone, str] = {
    "plain": "", "heading": "font-weight: bold", "added": "color: #15803d", "removed": "color: #b91c1c",
    "changed": "color: #b45309", "faint": "color: #64748b",
}  # fmt: skip
"""As style sheets write them; readable on white and on black."""
TOTALS: Sequence[tuple[str, str, Callable[[int], str]]] = (
    ("params", "params", human), ("MACs", "macs", human), ("activations", "activation_bytes", human_bytes),
)  # fmt: skip
LEAST, MOST_PERCENT = 0.0005, 9.0
"""Less than this is not told in percent, and more than that as a factor."""
MOST_VALUES = 4
"""Values of an argument, or names, in one line."""
MOST_FOLLOWING = 12
"""Lines for what follows from others; the rest is told as one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, in columns: its sign, what it is of, what became of it, and what that costs."""

    tone: Tone
    cells: tuple[str, ...]


def told(difference: Difference) -> str:
    """The difference as plain text."""
    found = list(lines(difference))
    columns = widths(found)
    return "\n".join(aligned(line, columns) for line in found)


def told_in_colour(difference: Difference) -> str:
    """The difference as HTML, for a notebook."""
    found = list(lines(difference))
    columns = widths(found)
    rows = (f'<span style="{COLOURS[line.tone]}">{html.escape(aligned(line, columns))}</span>' for line in found)
    return f"<pre>{chr(10).join(rows)}</pre>"


def widths(found: Sequence[Line]) -> list[int]:
    """How wide the columns of some lines are, but for the last."""
    return [max((len(line.cells[n]) for line in found if len(line.cells) > 1), default=0) for n in range(3)]


def aligned(line: Line, columns: Sequence[int]) -> str:
    """A line with its cells in columns."""
    if len(line.cells) == 1:
        return line.cells[0]
    *cells, last = line.cells
    padded = (cell.ljust(width) for cell, width in zip(cells, columns, strict=True))
    return "  ".join([*padded, last]).rstrip()


def lines(difference: Difference) -> Iterator[Line]:
    """What was changed itself, what follows from that, and what both networks cost."""
    old, new = map(printable, difference.names)
    yield Line("heading", (f"{old} → {new}" if old != new else old,))
    if difference.same:
        names = "other names" if difference.changes else "the same names"
        yield Line("plain", (f"the same network, with {names}",))
    for name, (was, now) in difference.settings.items():
        # A default that is written out at the nodes instead, say, makes no other network.
        if name.startswith("vars.") or not difference.same:
            yield Line("changed", ("~", printable(name), f"{_value(was)} → {_value(now)}", ""))
    for group in folded(difference.own):
        yield _line(group)
    yield from _following(difference)
    yield Line("plain", ("",))
    yield from _totals(difference)


def folded(changes: Sequence[Change]) -> list[list[Change]]:
    """Equal changes together, in copies or in uses of a block, in the order of the first ones.

    What came and went is equal where its words and their places are, whatever their arguments.
    """
    found: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        said = (
            []
            if change.what in ("added", "removed")
            else sorted((key, repr(of)) for key, of in change.arguments.items())
        )
        key = (change.what, change.op, repr(said), _pattern(change.place or change.name), len(change.holds))
        found.setdefault(key, []).append(change)
    return list(found.values())


def _line(group: Sequence[Change]) -> Line:
    sign, tone = SIGNS[group[0].what]
    copies = f" × {len(group)}" if len(group) > 1 else ""
    return Line(tone, (sign, _names(group), f"{_what(group)}{copies}", _cost(total(change.cost for change in group))))


def _what(group: Sequence[Change]) -> str:
    """What became of an item, in words."""
    change = group[0]
    if change.what in ("added", "removed"):
        return _came_or_went(group)
    if change.what == "renamed":
        return f"{printable(change.op)}, was {_short(change.before)}"
    said = [f"{printable(key)} {_value(was)} → {_value(now)}" for key, (was, now) in change.arguments.items()]
    if change.inputs is not None:
        said.append(f"reads {_listed(change.inputs[1])}, was {_listed(change.inputs[0])}")
    if not said and change.shape is not None and len({one.shape for one in group}) == 1:
        said.append(f"{_size(change.shape[0])} → {_size(change.shape[1])}")
    was = [f"was {printable(_last(change.before))}"] if _last(change.before) != _last(change.after) else []
    head = [] if "op" in change.arguments else [printable(change.op)]
    return ", ".join([" ".join([*head, *said[:1]]), *said[1:], *was])


def _came_or_went(group: Sequence[Change]) -> str:
    change = group[0]
    values: dict[str, dict[str, None]] = {}
    for one in group:
        for key, pair in one.arguments.items():
            values.setdefault(key, {})[_value(pair[pair[0] is None])] = None
    given = [f"{printable(key)} {'/'.join(list(each)[:MOST_VALUES])}" for key, each in values.items()]
    held = [printable(_last(name)) for name in change.holds]
    some = ", ".join(held[:MOST_VALUES]) + (f" and {len(held) - MOST_VALUES} more" if len(held) > MOST_VALUES else "")
    around = "" if not held else f" around {some}" if change.what == "added" else f", not what is in it: {some}"
    return " ".join([printable(change.op), *([", ".join(given)] if given else [])]) + around


def _last(name: str | None) -> str:
    return (name or "").rpartition(".")[2]


def _following(difference: Difference) -> Iterator[Line]:
    """What follows from the changes: lines for what costs something, and how many names are others."""
    costly = [change for change in difference.following if any(change.cost) or change.what in ("added", "removed")]
    groups = folded(costly)
    rest = [change for group in groups[MOST_FOLLOWING:] for change in group]
    if groups:
        yield from (Line("plain", ("",)), Line("faint", ("and so",)))
    for group in groups[:MOST_FOLLOWING]:
        yield Line("faint", _line(group).cells)
    if rest:
        yield Line("faint", ("", f"{len(rest)} more", "", _cost(total(change.cost for change in rest))))
    renamed = [change for change in difference.following if change.renamed]
    if renamed:
        first = f"{_short(renamed[0].before)} is {_short(renamed[0].after)}"
        others = f" and {len(renamed) - 1} more" if len(renamed) > 1 else ""
        yield from (Line("plain", ("",)), Line("faint", (f"other names: {first}{others}",)))


def _totals(difference: Difference) -> Iterator[Line]:
    for name, field, say in TOTALS:
        was, now = getattr(difference.before, field), getattr(difference.after, field)
        if was == now:
            yield Line("plain", (f"{name:<11}  {say(now)}, the same",))
            continue
        more = (now - was) / was if was else 0.0
        part = f" (× {now / was:.3g})" if more >= MOST_PERCENT else f" ({more:+.1%})" if abs(more) >= LEAST else ""
        yield Line("plain", (f"{name:<11}  {say(was)} → {say(now)}{part}",))


def _cost(cost: NodeCost) -> str:
    """What something costs more than before; nothing for what costs the same."""
    said = [f"{_signed(cost.params, human)} params"] * bool(cost.params)
    said += [f"{_signed(cost.macs, human)} MACs"] * bool(cost.macs)
    return ", ".join(said + [_signed(cost.activation_bytes, human_bytes)] * bool(cost.activation_bytes))


def _signed(number: int, say: Callable[[int], str]) -> str:
    return f"{'+' if number >= 0 else '-'}{say(abs(number))}"


def _names(group: Sequence[Change]) -> str:
    """The name they have, with numbers as a span; or the place in a block where they all are."""
    split = [_short(change.name).split(".") for change in group]
    if len({(len(steps), _pattern(".".join(steps))) for steps in split}) > 1:
        split = [printable(change.place).split(".") for change in group]
    return ".".join(_span(list(dict.fromkeys(steps))) for steps in zip(*split, strict=True))


def _span(steps: Sequence[str]) -> str:
    """`0–3` for numbers without gaps, `*` for others."""
    if len(steps) == 1:
        return steps[0]
    numbers = sorted(int(step) for step in steps if step.isdecimal())
    if len(numbers) == len(steps) and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]}–{numbers[-1]}"
    return re.sub(r"\d+$", "", steps[0]) + "*"


def _pattern(name: str | None) -> str:
    return re.sub(r"\d+", "#", name or "")


def _short(name: str | None) -> str:
    """A name as tables have it, without the word for a box's graph."""
    *steps, last = (name or "").split(".")
    return printable(".".join([*(step for step in steps if step != "body"), last]))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(_short, names)) or "nothing"


def _value(value: Any) -> str:
    return "none" if value is None else text(value)


def _size(shape: Shape) -> str:
    return show(shape).replace("x", "×")
