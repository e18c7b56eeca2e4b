"""What stands above a picture: the network's name and totals, and what its colours and lines mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from archgraph.compare.marks import Marks
from archgraph.graph.cost import cost
from archgraph.graph.outline import Part
from archgraph.graph.wording import human, human_bytes, op_name
from archgraph.pictures.heat import TITLES, Heat, percent
from archgraph.pictures.keys import escape
from archgraph.pictures.theme import Colours, Family, Theme, family
from archgraph.pictures.wiring import Wiring

PER_ROW = 4
"""Entries in a row of the legend."""

STEPS = 5
"""Colours that a heat scale shows."""


class Legend:
    """The label of the whole picture, in Graphviz's HTML-like form: what is not drawn is not explained."""

    def __init__(self, wiring: Wiring, theme: Theme, heat: Heat | None, marks: Marks | None) -> None:
        self.wiring = wiring
        self.theme = theme
        self.heat = heat
        self.marks = marks

    def label(self, lines: Iterable[str], *, entries: bool) -> str:
        """Name, totals, further `lines`, and the entries of the legend."""
        graph = self.wiring.graph
        rows = [_row(f"<b>{escape(graph.name)}</b>"), *(_row(self._small(line)) for line in (self._totals(), *lines))]
        rows += self._entries() if entries else ()
        return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{"".join(rows)}</table>>'

    def _totals(self) -> str:
        if self.marks and self.marks.totals:
            return self.marks.totals
        total = cost(self.wiring.graph)
        said = f"{human(total.params)} parameters · {human(total.macs)} MACs · {human(total.flops)} FLOPs"
        if self.heat and self.heat.measure == "activations":
            said += f" · {human_bytes(total.activation_bytes)} of activations"
        return said

    def _entries(self) -> Iterator[str]:
        if self.heat:
            yield self._scale(self.heat)
            found = list(self._lines())
        elif self.marks:
            found = [*self._statuses(), *self._lines()]
        else:
            found = [*self._families(), *self._lines()]
        rows = (found[start : start + PER_ROW] for start in range(0, len(found), PER_ROW))
        cells = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
        if cells:
            yield _row(f'<table border="0" cellborder="0" cellspacing="2">{cells}</table>')

    def _families(self) -> Iterator[str]:
        seen: dict[Family, None] = {}
        for part in self.wiring.shown.values():
            seen[family_of(part)] = None
        for name, colours in self.theme.families.items():
            if name in seen:
                yield self._swatch(colours, name, border=self.theme.outlines.get(name, {}))

    def _statuses(self) -> Iterator[str]:
        graph, marks = self.wiring.graph, self.wiring.marks
        found = {self.wiring.status(part) for part in self.wiring.shown.values()}
        found |= {*map(marks.of, graph.inputs), *marks.outputs.values()}
        for status, colours in self.theme.status.items():
            if status in found:
                yield self._swatch(colours, {"same": "unchanged"}.get(status, status), border={})

    def _lines(self) -> Iterator[str]:
        """What dashed and dotted lines mean, where there are any."""
        if any(wire.dashed and wire.status != "removed" for wire in self.wiring.wires):
            yield self._sample("– – –", "in training only")
        if self.wiring.told:
            yield self._sample("and from:", "far arrows")
        if self.wiring.links:
            yield self._sample("· · ·", "the same weights")
        if any(part.count > 1 or (part.scope and part.scope.kind == "copies") for part in self.wiring.shown.values()):
            yield self._sample("× n:", "n in a row")

    def _swatch(self, colours: Colours, name: str, *, border: Mapping[str, str]) -> str:
        width = "2" if float(border.get("penwidth", "1")) > 1 or "peripheries" in border else "1"
        style = ' style="dotted"' if "dotted" in border.get("style", "") else ""
        cell = (
            f'<td border="{width}" bgcolor="{colours.fill}" color="{colours.edge}" width="16" height="10"'
            f' fixedsize="true"{style}></td>'
        )
        return f'{cell}<td align="left">{self._small(name)}</td>'

    def _sample(self, sign: str, meaning: str) -> str:
        return f'<td colspan="2" align="left">{self._small(f"{sign} {meaning}")}</td>'

    def _scale(self, heat: Heat) -> str:
        shares = [heat.most * step / (STEPS - 1) for step in range(STEPS)]
        said = (f'<font point-size="9" color="{heat.ink(share)}">{percent(share)}</font>' for share in shares)
        cells = "".join(
            f'<td bgcolor="{heat.fill(share)}">{words}</td>' for share, words in zip(shares, said, strict=True)
        )
        inner = f'<table border="0" cellborder="0" cellspacing="0" cellpadding="3"><tr>{cells}</tr></table>'
        words = self._small(f"of all {heat.amount(heat.total)} {TITLES[heat.measure]}:")
        return _row(words) + _row(inner)

    def _small(self, text: str) -> str:
        return f'<font point-size="9" color="{self.theme.faint}">{escape(text)}</font>'


def _row(content: str) -> str:
    return f"<tr><td>{content}</td></tr>"


def family_of(part: Part) -> Family:
    """The family of a part's op."""
    return family(op_name(part), box=part.scope is not None)
