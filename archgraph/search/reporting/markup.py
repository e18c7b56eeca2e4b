"""The pieces of a report's page as HTML: every text that comes in is escaped here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

NUMBER = re.compile(r"-|[+-]?[\d,.]+( ?[%s]| ± [\d.]+( %)?)?")
"""What a cell of figures holds; such a column stands on the right."""


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading; `key` is its address in the page."""

    key: str
    title: str
    body: str

    def __str__(self) -> str:
        heading = f'<h2 id="{self.key}-title">{escape(self.title)}</h2>'
        return f'<section id="{self.key}" aria-labelledby="{self.key}-title">{heading}{self.body}</section>'


def paragraphs(lines: Iterable[str]) -> str:
    """Each text as a paragraph."""
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    trials: Literal["none", "linked", "told"] = "none",
    sortable: bool = True,
) -> str:
    """A table that can be scrolled by itself, and sorted where there is something to sort.

    Where rows are of trials, whose numbers are their first cells, those are links to the rows of the one table in
    which all trials are told.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    numeric = [all(not row[at] or NUMBER.fullmatch(row[at]) for row in cells) for at in range(len(head))]
    marks = ["" if number else ' class="words"' for number in numeric]
    titles = "".join(f'<th scope="col"{mark}>{escape(title)}</th>' for mark, title in zip(marks, head, strict=True))
    body = []
    for row in cells:
        inner = list(map(escape, row))
        if trials != "none":
            inner[0] = f'<a href="#trial-{inner[0]}">{inner[0]}</a>'
        address = f' id="trial-{escape(row[0])}"' if trials == "told" else ""
        filled = "".join(f"<td{mark}>{cell}</td>" for mark, cell in zip(marks, inner, strict=True))
        body.append(f"<tr{address}>{filled}</tr>")
    kind = ' class="sortable"' if sortable and len(cells) > 1 else ""
    whole = f"<caption>{escape(caption)}</caption><thead><tr>{titles}</tr></thead><tbody>{''.join(body)}</tbody>"
    return scrolled(caption, f"<table{kind}>{whole}</table>")


def scrolled(name: str, body: str, *, kind: str = "scroll") -> str:
    """Markup that may be larger than its place, which can be scrolled by keyboard too."""
    return f'<div class="{kind}" tabindex="0" role="region" aria-label="{escape(name)}">{body}</div>'


def chart(key: str, alt: str, *, height: int, controls: str = "", note: str = "") -> str:
    """The place of a chart that the page's script draws; `alt` says in words what is to be seen there."""
    said = f"<figcaption>{escape(note)}</figcaption>" if note else ""
    place = f'<div id="chart-{key}" class="plot" role="img" aria-label="{escape(alt)}" style="height:{height}px"></div>'
    return f'<figure class="chart">{controls}{place}{said}</figure>'


def select(key: str, label: str, options: Sequence[str], chosen: str) -> str:
    """A choice that the page's script acts on."""
    shown = "".join(
        f'<option value="{escape(option)}"{" selected" if option == chosen else ""}>{escape(option)}</option>'
        for option in options
    )
    return f'<label>{escape(label)} <select id="{key}">{shown}</select></label> '


def details(summary: str, body: str, *, key: str = "") -> str:
    """Something that is seen when it is asked for; `body` is markup."""
    address = f' id="{key}"' if key else ""
    return f"<details{address}><summary>{escape(summary)}</summary>{body}</details>"


def code(text: str) -> str:
    """A text as it stands."""
    return f"<pre>{escape(text)}</pre>"


def picture(key: str, alt: str) -> str:
    """The place of a picture that the page's script takes out of the packed ones."""
    return f'<p class="picture"><img data-picture="{escape(key)}" alt="{escape(alt)}"></p>'
