"""Streams side by side: which boxes carry several resolutions at once, and what keeps each in a lane of its own."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TypeAlias

from archgraph.graph.outline import Part
from archgraph.pictures.keys import escape, key
from archgraph.pictures.wiring import Wire, Wiring
from archgraph.shape import Shape

Resolution: TypeAlias = tuple[int, ...]
"""Height and width: what the maps of a lane have in common."""

STREAMS = ("parallel", "hr_transition", "hr_fusion")
"""The ops that take several streams."""

NARROWEST, WIDEST = 66, 180
"""Points: a cell holds a shape, all cells of a box together a line of words."""


class Lanes:
    """The lanes of a picture, the finest first; none where nothing in it carries several resolutions.

    Where everything is open there are no `frames` around boxes: dot cannot keep both lanes and frames in frames.
    """

    def __init__(self, wiring: Wiring, *, flat: bool) -> None:
        self.wiring = wiring
        self.within = [name for name, scope in wiring.graph.scopes.items() if scope.op in STREAMS]
        self.boxes: dict[str, Mapping[Resolution, Shape]] = {}
        if self.within:
            self._find_boxes()
        rows = self._rows()
        found = {size for box in self.boxes.values() for size in box} | {size for row in rows for size, _ in row}
        self.order = sorted(found, key=prod, reverse=True)
        self.rows = [[name for _, name in row] for row in rows]
        self.frames = not (flat and rows)

    def _find_boxes(self) -> None:
        given: dict[str, dict[Resolution, Shape]] = {}
        for wire in self.wiring.wires:
            shape = self.wiring.graph.shape(wire.carries)
            if wire.tail in self.wiring.shown and len(shape) > 2:
                given.setdefault(wire.tail, {})[shape[1:]] = shape
        for name, part in self.wiring.shown.items():
            streams = any(scope in (name, part.inner) or scope.startswith(f"{name}.") for scope in self.within)
            if streams and len(given.get(name, {})) > 1:
                self.boxes[name] = given[name]

    def _rows(self) -> list[list[tuple[Resolution, str]]]:
        """For each open `parallel`, the first box of each stream."""
        rows = []
        for scope in self.within:
            firsts: dict[str, tuple[Resolution, str]] = {}
            for name, part in self.wiring.shown.items():
                if name.startswith(f"{scope}.") and len(part.shape) > 2:
                    firsts.setdefault(name[len(scope) + 1 :].split(".")[0], (part.shape[1:], name))
            if self.wiring.graph.scopes[scope].op == "parallel" and len({size for size, _ in firsts.values()}) > 1:
                rows.append(sorted(firsts.values(), key=lambda first: prod(first[0]), reverse=True))
        return rows

    def group(self, part: Part) -> dict[str, str]:
        """What makes dot keep the boxes of one lane below one another, and those of all lanes."""
        if part.name in self.boxes:
            return {"group": "lanes"}
        size = part.shape[1:]
        kept = self.frames and self._in_streams(part.name) and size in self.order
        return {"group": f"lane {_port(size)}"} if kept else {}

    def _in_streams(self, name: str) -> bool:
        return any(name.startswith(f"{scope}.") for scope in self.within)

    def _stays(self, wire: Wire) -> bool:
        """Whether an arrow leads from box to box within one lane."""
        tail, head = (self.wiring.shown.get(name) for name in (wire.tail, wire.head))
        same = tail is not None and head is not None and tail.shape[1:] == head.shape[1:]
        return same and self._in_streams(wire.head)

    def ends(self, wire: Wire, *, down: bool) -> tuple[str, str, dict[str, str]]:
        """Where an arrow starts and ends, at the lane that it carries where there is one; and how strong it is."""
        size = self.wiring.graph.shape(wire.carries)[1:]
        leaves, enters = ("s", "n") if down else ("e", "w")
        tail, head = key(wire.tail), key(wire.head)
        if size in self.boxes.get(wire.tail, ()):
            tail += f":{_port(size)}:{leaves}"
        if size in self.boxes.get(wire.head, ()):
            head += f":{_port(size)}in:{enters}"
        strong = (":" in tail and ":" in head) or (not self.frames and self._stays(wire))
        return tail, head, {"weight": "20"} if strong else {}

    def table(self, part: Part, words: str, small: str, *, down: bool) -> str:
        """The words of a box, a cell for each lane of the picture, framed where the box has it; `small` is for shapes.

        Arrows enter at cells that are not seen, in the same places on its other side.
        """
        wide = max(NARROWEST, WIDEST // len(self.order))
        box = self.boxes[part.name]
        cells, entries = [], []
        for size in self.order:
            sides = f'width="{wide}" height="4"' if down else 'width="4" height="16"'
            entries.append(f'<td border="0" port="{_port(size)}in" {sides} fixedsize="true"></td>')
            said = small.format(escape("×".join(map(str, box[size])))) if size in box else ""
            frame = f'border="1" port="{_port(size)}"' if size in box else 'border="0"'
            cells.append(f'<td {frame} width="{wide}" height="16" fixedsize="true" style="rounded">{said}</td>')
        if down:
            rows = (
                f'<tr>{"".join(entries)}</tr><tr><td colspan="{len(cells)}">{words}</td></tr><tr>{"".join(cells)}</tr>'
            )
        else:
            beside = f'<td rowspan="{len(cells)}">{words}</td>'
            middle = [beside, *[""] * (len(cells) - 1)]
            rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(entries, middle, cells, strict=True))
        return f'<<table border="0" cellborder="0" cellspacing="2" cellpadding="1">{rows}</table>>'


def _port(size: Resolution) -> str:
    return "x".join(map(str, size))
