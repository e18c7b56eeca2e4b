"""What stands in a box: its name, what it is, what became of it, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from archgraph.graph.cost import node_costs
from archgraph.graph.model import Node
from archgraph.graph.outline import Part
from archgraph.graph.wording import human, label, op_name, size
from archgraph.pictures.choices import Choices
from archgraph.pictures.heat import Heat
from archgraph.pictures.keys import escape
from archgraph.pictures.shorthand import shorthand, wrapped
from archgraph.pictures.surroundings import says_instead
from archgraph.pictures.theme import Theme
from archgraph.pictures.wiring import Wiring
from archgraph.shape import Shape

MOST_NOTES = 4
"""Lines of what changed in a box; one that holds more says how many."""


class Lettering:
    """The texts of a picture, in Graphviz's HTML-like form."""

    def __init__(
        self, wiring: Wiring, theme: Theme, heat: Heat | None, choices: Choices, laned: Collection[str] = ()
    ) -> None:
        self.wiring = wiring
        self.theme = theme
        self.heat = heat
        self.marks = wiring.marks
        self.choices = choices
        self.laned = laned
        self.costs = node_costs(wiring.graph)

    def box(self, part: Part, inside: str, *, align: str = "center", ink: str | None = None) -> str:
        """The words of a part in the box `inside`; `ink` colours them where the box is a dark one."""
        if (instead := says_instead(part)) is not None:
            return f"<{self.small(instead)}>"
        called = label(part, inside)
        # A browser would swallow a plain space at the beginning of a text.
        times = self.name(part, inside).removeprefix(called).replace(" ", "\N{NO-BREAK SPACE}", 1)
        name = f"<b>{escape(called)}</b>{times}"
        lines = [f'<font color="{ink}">{name}</font>' if ink else name]
        lines += [self.small(line, ink) for line in wrapped(self.says(part, inside))]
        lines += [self.small(line, ink) for line in (*self._notes(part), *self.choices.within(part))]
        lines += [self.small(line, ink) for line in self.far(part)]
        if self.wiring.tells_shape(part) and part.name not in self.laned:
            lines.append(self.small(f"→ {size(part.shape)}", ink))
        if numbers := self._numbers(part):
            lines.append(f'<font point-size="8" color="{ink or self.theme.faint}">{numbers}</font>')
        return "<" + "".join(f'{line}<br align="{align}"/>' for line in lines) + ">"

    def name(self, part: Part, inside: str = "") -> str:
        """A part's name in the box `inside`, and of how many copies: `stage.2 × 6`."""
        times = part.count if part.count > 1 else len(self._copies(part))
        return label(part, inside) + (f" × {times}" if times > 1 else "")

    def says(self, part: Part, inside: str = "") -> list[str]:
        """The op of a part, where its name does not say it, and its arguments."""
        held = self._copies(part)
        said = _of_all(held) if held else shorthand(part)
        if re.sub(r"\d+$", "", label(part, inside).rpartition(".")[2]) != op_name(part):
            said[:1] = [f"{op_name(part)} {said[0]}" if said else op_name(part)]
        return said

    def far(self, part: Part) -> list[str]:
        """Where arrows to a part come from that are not drawn."""
        found = self.wiring.told.get(part.name)
        return [f"and from {len(found)} boxes further up, {found[0]} to {found[-1]}"] if found else []

    def end(self, name: str, shape: Shape) -> str:
        """The words of an input or output of the network."""
        return f"<{escape(name)} {self.small(size(shape))}>"

    def small(self, text: str, ink: str | None = None) -> str:
        return f'<font point-size="9" color="{ink or self.theme.faint}">{escape(text)}</font>'

    def _copies(self, part: Part) -> list[Part]:
        """The copies in a stage, each as a part of its own."""
        if part.scope is None or part.scope.kind != "copies":
            return []
        held: dict[str, list[Node]] = {}
        steps = part.name.count(".") + 1
        for node in part.copies[0]:
            held.setdefault(".".join(node.name.split(".")[: steps + 1]), []).append(node)
        scopes = self.wiring.graph.scopes
        return [Part(name, name, 1, (tuple(nodes),), scopes.get(name), name) for name, nodes in held.items()]

    def _numbers(self, part: Part) -> str:
        if self.heat:
            return self.heat.words(part)
        if not self.theme.costs:
            return ""
        params = sum(self.costs[node.name].params for node in part.nodes)
        macs = sum(self.costs[node.name].macs for node in part.nodes)
        return " · ".join([f"{human(params)} params"] * bool(params) + [f"{human(macs)} MACs"] * bool(macs))

    def _notes(self, part: Part) -> Iterator[str]:
        """What changed in a part; in a closed box, with the name of what it changed in."""
        if not (self.marks.notes or self.marks.status) or part.parts:
            return
        found = []
        for node in part.copies[0]:
            where = "" if part.scope is None else f"{node.name.removeprefix(part.inner).lstrip('.')}: "
            found += [f"{where}{note}" for note in self.marks.notes.get(node.name, ())]
            if (
                self.marks.of(node.name) in ("added", "removed")
                and _is_unit(part)
                and self.wiring.status(part) == "changed"
            ):
                found.append(f"{where}{self.marks.of(node.name)}")
        yield from found[:MOST_NOTES]
        if len(found) > MOST_NOTES:
            yield f"and {len(found) - MOST_NOTES} more"


def _is_unit(part: Part) -> bool:
    """Whether a part is a conv or linear with its norm and activation."""
    return part.scope is not None and any(node.op.op == part.scope.op for node in part.copies[0])


def _of_all(copies: Sequence[Part]) -> list[str]:
    """The arguments that all copies have, and the stride of the first one, which is that of the stage."""
    given = [shorthand(copy) for copy in copies]
    return [word for word in given[0] if word.startswith("/") or all(word in other for other in given)]
