"""What a drawn SVG lacks for those who do not see it, and for machines without the fonts it was laid out with."""

from __future__ import annotations

import html
from collections.abc import Mapping

from archgraph.graph.cost import cost
from archgraph.graph.wording import human, printable, size
from archgraph.pictures.lettering import Lettering

MOST_TOLD = 40
"""Boxes that are told in words; of more, those that are left out are counted."""

FONTS: Mapping[str, str] = {"Arial": "Arial, Helvetica, sans-serif", "Times": "Times, 'Times New Roman', serif"}
"""Fonts with those of the same widths, which stand in for them elsewhere."""


def description(letters: Lettering) -> str:
    """A picture in words, in one line: sizes, totals, and the boxes in order."""
    wiring = letters.wiring
    graph, marks = wiring.graph, wiring.marks
    ends = [f"{name} {size(shape)}" for name, shape in graph.inputs.items()]
    gives = [f"{name} {size(graph.shape(ref))}" for name, ref in graph.outputs.items()]
    seen = list(wiring.shown.values())[:MOST_TOLD]
    became = [[] if wiring.status(part) == "same" else [wiring.status(part)] for part in seen]
    boxes = [" ".join((*was, letters.name(part), *letters.says(part))) for was, part in zip(became, seen, strict=True)]
    left = len(wiring.shown) - len(boxes)
    told = "; ".join(boxes) + (f"; and {left} more" if left else "")
    total = cost(graph)
    costs = marks.totals or f"{human(total.params)} parameters, {human(total.macs)} MACs"
    return printable(f"{graph.name}: from {', '.join(ends)} to {', '.join(gives)}; {costs}. {told}.")


def accessible(svg: str, about: str) -> str:
    """A drawn SVG with its description as alternative text, and with fonts that every machine has one of."""
    start = svg.index("<svg") + len("<svg")
    end = svg.index(">", start) + 1
    said = html.escape(about)
    title = html.escape(about.partition(": ")[0])
    head = f' role="img" aria-label="{said}"{svg[start:end]}\n<title>{title}</title>\n<desc>{said}</desc>'
    rest = svg[end:]
    for font, alike in FONTS.items():
        rest = rest.replace(f'font-family="{font}"', f'font-family="{alike}"')
    return svg[:start] + head + rest
