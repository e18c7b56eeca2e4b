"""Graph -> Mermaid's language, in which a README on a code host has its pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from archgraph.errors import UsageError
from archgraph.graph.cost import cost
from archgraph.graph.model import Graph
from archgraph.graph.outline import Part
from archgraph.graph.wording import human, printable, size
from archgraph.pictures.choices import Choices
from archgraph.pictures.dot import Direction
from archgraph.pictures.heat import Heat, Measure
from archgraph.pictures.keys import input_key, output_key
from archgraph.pictures.legend import family_of
from archgraph.pictures.lettering import Lettering
from archgraph.pictures.levels import parts_of
from archgraph.pictures.shorthand import wrapped
from archgraph.pictures.theme import THEMES, Theme, ThemeName
from archgraph.pictures.wiring import Wire, Wiring
from archgraph.shape import Shape

MOST_ARROWS, MOST_CHARACTERS = 500, 50_000
"""Mermaid's own limits, `maxEdges` and `maxTextSize`, which a page has to raise for more; code hosts do not."""


def mermaid(
    graph: Graph,
    *,
    depth: int | None = None,
    flat: bool = False,
    direction: Direction = "down",
    theme: ThemeName = "colour",
    heat: Measure | None = None,
    choices: Choices | None = None,
) -> str:
    """The graph as a flowchart in Mermaid's language; the same graph gives the same text.

    The arguments are those of `dot`. Raises UsageError for more than code hosts draw.
    """
    parts = parts_of(graph, depth=depth, flat=flat)
    wiring = Wiring(graph, parts)
    look = THEMES[theme]
    warmth = Heat(graph, wiring.shown.values(), heat, look) if heat else None
    chart = _Flowchart(wiring, Lettering(wiring, look, warmth, choices or Choices()), look, warmth)
    text = chart.text(parts, direction)
    for number, most, what in (
        (len(wiring.wires), MOST_ARROWS, "arrows"),
        (len(text), MOST_CHARACTERS, "characters"),
    ):
        if number > most:
            hint = "close more boxes (`--depth 1`), or take svg"
            raise UsageError(f"Mermaid draws at most {most:,} {what}, and this picture has {number:,}; {hint}")
    return text


class _Flowchart:
    """One picture: what each box is called in the text, for names of a spec may be words of Mermaid."""

    def __init__(self, wiring: Wiring, letters: Lettering, theme: Theme, heat: Heat | None) -> None:
        self.wiring = wiring
        self.letters = letters
        self.theme = theme
        self.heat = heat
        self.ids: dict[str, str] = {}

    def text(self, parts: Sequence[Part], direction: Direction) -> str:
        return "\n".join(self._lines(parts, direction)) + "\n"

    def _lines(self, parts: Sequence[Part], direction: Direction) -> Iterator[str]:
        graph = self.wiring.graph
        total = cost(graph)
        numbers = f"{human(total.params)} parameters, {human(total.macs)} MACs"
        yield "---"
        yield f"title: {json.dumps(f'{printable(graph.name)} · {numbers}', ensure_ascii=False)}"
        yield "---"
        yield f"flowchart { ({'down': 'TB', 'right': 'LR'}[direction]) }"
        yield f"  accTitle: {_plain(graph.name)}"
        yield f"  accDescr: {_plain(graph.name)}, a network of {numbers}"
        for name, shape in graph.inputs.items():
            yield self._end(input_key(name), name, shape)
        yield from self._boxes(parts, "", "  ")
        for name, ref in graph.outputs.items():
            yield self._end(output_key(name), name, graph.shape(ref))
        yield from map(self._arrow, self.wiring.wires)
        for owner, user in self.wiring.links:
            yield f'  {self._id(owner)} -. "the same weights" .- {self._id(user)}'
        yield from self._looks()

    def _boxes(self, parts: Sequence[Part], inside: str, indent: str) -> Iterator[str]:
        for part in parts:
            if not part.parts:
                yield f'{indent}{self._id(part.name)}["{self._words(part, inside)}"]'
                continue
            yield f'{indent}subgraph {self._id(f"box {part.name}")} ["{self._words(part, inside, lines=1)}"]'
            yield from self._boxes(part.parts, part.inner + ".", indent + "  ")
            yield f"{indent}end"

    def _words(self, part: Part, inside: str, *, lines: int | None = None) -> str:
        said = list(wrapped(self.letters.says(part, inside)))[:lines]
        if lines is None:
            said += [*self.letters.choices.within(part), *self.letters.far(part)]
            said += [f"→ {size(part.shape)}"] * self.wiring.tells_shape(part)
            said += [self.heat.words(part)] if self.heat else []
        name = self.letters.name(part, inside)
        return "<br/>".join(escape(line) for line in (name, *said) if line)

    def _end(self, key: str, name: str, shape: Shape) -> str:
        return f'  {self._id(key)}(["{escape(f"{name} {size(shape)}")}"])'

    def _arrow(self, wire: Wire) -> str:
        line = "-.->" if wire.dashed else "-->"
        if self.wiring.says_shape(wire):
            line += f'|"{escape(size(self.wiring.graph.shape(wire.carries)))}"|'
        return f"  {self._id(wire.tail)} {line} {self._id(wire.head)}"

    def _looks(self) -> Iterator[str]:
        """Colours: a class for each family, or a style for each box by what it costs."""
        kinds: dict[str, list[str]] = {}
        for part in self.wiring.shown.values():
            kinds.setdefault(family_of(part), []).append(self._id(part.name))
            if self.heat:
                share = self.heat.share(part)
                yield f"  style {self._id(part.name)} fill:{self.heat.fill(share)},color:{self.heat.ink(share)}"
        for kind, colours in self.theme.families.items() if not self.heat else ():
            if kind in kinds:
                yield f"  classDef {kind} fill:{colours.fill},stroke:{colours.edge},color:{self.theme.ink}"
                yield f"  class {','.join(kinds[kind])} {kind}"
        dashed = [part for part in self.wiring.shown.values() if self.wiring.in_training_only(part)]
        if dashed:
            yield "  classDef training stroke-dasharray:4 3"
            yield f"  class {','.join(self._id(part.name) for part in dashed)} training"

    def _id(self, name: str) -> str:
        return self.ids.setdefault(name, f"n{len(self.ids)}")


def escape(text: str) -> str:
    """A text for between quotes in Mermaid's language, where other signs than these are written by their numbers."""
    return re.sub(r"[^\w .,:/|()\[\]+=×·→–-]", lambda found: f"#{ord(found[0])};", printable(text))


def _plain(text: str) -> str:
    """A text for where Mermaid knows no escapes."""
    return re.sub(r"[;#{}<>%\"]", " ", printable(text))
