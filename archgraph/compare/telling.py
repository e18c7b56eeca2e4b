"""A difference in words, a line a change: equal changes are one line, and what follows from others stands apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
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
    widths = [max((len(line.cells[n]) for line in found if len(line.cells) > 1), default=0) for n in range(3)]
    return "\n".join(aligned(line, widths) for line in found)


def aligned(line: Line, widths: Sequence[int]) -> str:
    """A line with its columns one below the other."""
    if len(line.cells) == 1:
        return line.cells[0]
    *cells, last = line.cells
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([*padded, last]).rstrip()


def lines(difference: Difference) -> Iterator[Line]:
    """What was changed itself, what follows from that, and what both networks cost."""
    old, new = map(printable, difference.names)
    yield Line("heading", (f"{old} → {new}" if old != new else old,))
    if not difference.changes and not difference.variables:
        yield Line("plain", ("the same network, with the same names",))
    elif difference.same and not difference.variables:
        yield Line("plain", ("the same network, with other names",))
    for name, (was, now) in difference.variables.items():
        yield Line("changed", ("~", f"vars.{printable(name)}", f"{_value(was)} → {_value(now)}", ""))
    for group in folded(difference.own):
        yield _line(group)
    yield from _following(difference)
    yield Line("plain", ("",))
    yield from _totals(difference)


def folded(changes: Sequence[Change]) -> list[list[Change]]:
    """Equal changes together, in copies or in other places of the same kind, in the order of the first ones."""
    found: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        said = repr(sorted((name, repr(pair)) for name, pair in change.arguments.items()))
        names = (_pattern(change.before), _pattern(change.after), repr(sorted(map(_pattern, change.holds))))
        found.setdefault((change.what, change.op, said, *names), []).append(change)
    return list(found.values())


def _line(group: Sequence[Change]) -> Line:
    first = group[0]
    sign, tone = SIGNS[first.what]
    copies = f" × {len(group)}" if len(group) > 1 else ""
    return Line(tone, (sign, _names(group), f"{_what(first)}{copies}", _cost(total(change.cost for change in group))))


def _what(change: Change) -> str:
    """What became of an item, in words."""
    if change.what in ("added", "removed"):
        kept = change.arguments.items()
        values = [f"{key} {_value(pair[pair[0] is None])}" for key, pair in kept]
        around = f" around {', '.join(map(_short, change.holds))}" if change.holds else ""
        went = ", what is in it stays" if change.holds and change.what == "removed" else around
        return " ".join([printable(change.op), *([", ".join(values)] if values else [])]) + went
    if change.what == "renamed":
        return f"{printable(change.op)}, was {_short(change.before)}"
    said = [f"{printable(key)} {_value(was)} → {_value(now)}" for key, (was, now) in change.arguments.items()]
    if change.inputs is not None:
        said.append(f"reads {_listed(change.inputs[1])}, was {_listed(change.inputs[0])}")
    if not said and change.shape is not None:
        said.append(f"{_size(change.shape[0])} → {_size(change.shape[1])}")
    was = [f"was {_short(change.before)}"] if change.renamed else []
    head = [] if "op" in change.arguments else [printable(change.op)]
    return ", ".join([" ".join([*head, *said[:1]]), *said[1:], *was])


def _following(difference: Difference) -> Iterator[Line]:
    costly = [change for change in difference.following if any(change.cost) or change.what in ("added", "removed")]
    groups = folded(costly)
    rest = [change for group in groups[MOST_FOLLOWING:] for change in group]
    if groups:
        yield Line("plain", ("",))
        yield Line("faint", ("and so",))
    for group in groups[:MOST_FOLLOWING]:
        yield Line("faint", _line(group).cells)
    if rest:
        yield Line("faint", ("", f"{len(rest)} more", "", _cost(total(change.cost for change in rest))))
    renamed = [change for change in difference.following if change.renamed]
    if renamed:
        yield Line("plain", ("",))
        first = renamed[0]
        yield Line("faint", (f"{len(renamed)} other names: {_short(first.before)} is {_short(first.after)}"
                             + (", and so on" if len(renamed) > 1 else ""),))  # fmt: skip


def _totals(difference: Difference) -> Iterator[Line]:
    for name, field, say in (("params", "params", human), ("MACs", "macs", human),
                             ("activations", "activation_bytes", human_bytes)):  # fmt: skip
        was, now = getattr(difference.before, field), getattr(difference.after, field)
        part = f"  {(now - was) / was:+.1%}" if was and now != was else ""
        exact = f"  ({now - was:+,})" if field == "params" and now != was else ""
        yield Line("plain", (f"{name:<12}{say(was)} → {say(now)}{part}{exact}" if now != was else
                             f"{name:<12}{say(now)}, the same",))  # fmt: skip


def _cost(cost: NodeCost) -> str:
    counts = [f"{_signed(cost.params)} params"] * bool(cost.params) + [f"{_signed(cost.macs)} MACs"] * bool(cost.macs)
    return ", ".join(counts)


def _signed(number: int) -> str:
    return f"{'+' if number >= 0 else '-'}{human(abs(number))}"


def _names(group: Sequence[Change]) -> str:
    """The name of the first, with `*` where the others have another number."""
    split = [_short(change.name).split(".") for change in group]
    if len({len(steps) for steps in split}) > 1:
        return f"{'.'.join(split[0])} ..."
    return ".".join(steps[0] if len(set(steps)) == 1 else _span(steps) for steps in zip(*split, strict=True))


def _span(steps: Sequence[str]) -> str:
    """`0–3` for numbers without gaps, `*` for others."""
    numbers = sorted({int(step) for step in steps if step.isdigit()})
    if numbers and numbers == list(range(numbers[0], numbers[-1] + 1)) and all(map(str.isdigit, steps)):
        return f"{numbers[0]}–{numbers[-1]}"
    return re.sub(r"\d+$", "", steps[0]) + "*"


def _pattern(name: str | None) -> str:
    return re.sub(r"\d+", "#", name or "")


def _short(name: str | None) -> str:
    """A name as tables have it, without the word for a box's graph."""
    return printable(".".join(step for step in (name or "").split(".") if step != "body"))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(_short, names)) or "nothing"


def _value(value: Any) -> str:
    return "none" if value is None else text(value)


def _size(shape: Shape) -> str:
    return show(shape).replace("x", "×")
