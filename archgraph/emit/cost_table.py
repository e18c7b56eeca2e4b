"""What a network costs as a table for people: rich's in a terminal, HTML in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from archgraph.emit.table import Row, Sum
from archgraph.graph.cost import Cost
from archgraph.graph.wording import human, human_bytes, printable, size, text
from archgraph.showing import Tabled

MEANINGS = {
    "params": "trainable parameters",
    "buffers": "numbers kept but not trained",
    "macs": "multiply-adds for one input",
    "flops": "2 × macs",
    "activation_bytes": "all node outputs of a training step, fp32",
    "peak_activation_bytes": "outputs alive at once in inference, fp32",
    "weights_bytes": "parameters and buffers, fp32",
}
BY_BATCH = {"activation_bytes", "peak_activation_bytes"}
"""What grows with the number of inputs at once."""


@dataclass(frozen=True)
class CostTable(Tabled):
    """The parts of a network in order, with what each costs, and the totals; it iterates over its rows."""

    name: str
    rows: Sequence[Row]
    total: Cost

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"CostTable({self.name!r}, {len(self)} rows)"


def totals(total: Cost, *, batch: int | None = None) -> Table:
    """A cost, a figure a line: its name, exactly, in three digits, and what it means."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True, style="bold")
    table.add_column(style="dim", overflow="fold")
    for key, meaning in MEANINGS.items():
        value = getattr(total, key)
        short = human_bytes(value) if key.endswith("_bytes") else human(value)
        many = f", batch {batch}" if batch is not None and key in BY_BATCH else ""
        table.add_row(key, f"{value:,}", short, meaning + many)
    return table


def parts(rows: Sequence[Row], *, exact: bool = False) -> Table:
    """Rows, a line each; with `exact`, all digits and whole arguments."""
    table = new_table("node", "op", "arguments", right=("output", "params", "MACs", "share"))
    for column in table.columns[:2]:
        column.no_wrap, column.overflow = True, "ellipsis"
    for row in rows:
        name = Text("  " * row.level + row.label)
        if row.count > 1:
            name.append(f" × {row.count}", style="bold cyan")
        given = " ".join(f"{key}={text(value)}" for key, value in row.arguments.items())
        # What is cut where the terminal is narrow; `exact` cuts nothing.
        cut = Text(given, "dim", no_wrap=not exact, overflow="fold" if exact else "ellipsis")
        counts = [(f"{n:,}" if exact else human(n)) if n else "" for n in (row.params, row.macs)]
        part = "training only" if row.train_only else share(row)
        more = f" +{len(row.shapes) - 1}" if len(row.shapes) > 1 else ""
        table.add_row(name, Text(row.op), cut, size(row.shapes[0]) + more, *counts, part)
    return table


def rich_of(value: Cost | CostTable) -> Table:
    """The value as rich's table: a cost as its totals, the parts of a network with a last line for the whole."""
    if isinstance(value, Cost):
        return totals(value)
    table = parts(value.rows)
    table.title, table.title_justify = Text(printable(value.name), "bold"), "left"
    table.add_section()
    table.add_row("whole", "", "", "", human(value.total.params), human(value.total.macs), "")
    return table


def html_of(value: Cost | CostTable) -> str:
    """The same table in HTML; a notebook gives it its own looks."""
    table = rich_of(value)
    sides = [column.justify if column.justify == "right" else "left" for column in table.columns]
    cells = zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True)
    lines = [_line("td", cell, sides) for cell in cells]
    head = f"<thead>{_line('th', [str(column.header) for column in table.columns], sides)}</thead>"
    caption = f'<caption style="text-align: left">{_escaped(str(table.title))}</caption>' if table.title else ""
    return f"<table>{caption}{head if table.show_header else ''}<tbody>{''.join(lines)}</tbody></table>"


def _line(tag: str, cells: Sequence[str], sides: Sequence[str]) -> str:
    styled = "".join(
        f'<{tag} style="text-align: {side}">{_escaped(cell)}</{tag}>' for cell, side in zip(cells, sides, strict=True)
    )
    return f"<tr>{styled}</tr>"


def _escaped(cell: str) -> str:
    """A cell's text with its indentation, which HTML would leave out."""
    words = cell.lstrip(" ")
    return "&nbsp;" * (len(cell) - len(words)) + html.escape(words)


def new_table(*left: str, right: Sequence[str] = ()) -> Table:
    """An empty table: columns of texts, then columns of numbers."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    for number, heading in enumerate(left):
        table.add_column(heading, overflow="fold", style="" if number else "bold")
    for heading in right:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def share(line: Row | Sum) -> str:
    """A line's part of the MACs in percent; nothing where it has none."""
    return f"{100 * line.share:.1f}%" if line.macs else ""
