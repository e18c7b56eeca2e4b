"""The table of `archgraph zoo --verify`: one line a network, each figure equal or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from archgraph import shape as shapes
from archgraph.cli.tables import print_all
from archgraph.emit.cost_table import new_table
from archgraph.graph.wording import printable

if TYPE_CHECKING:
    from archgraph.verifying import Verified

LAYERS = ("convs", "linears", "batch_norms")
WIDTH = 200
"""Columns that the table may take: one that was cut would hide digits."""
LEGEND = "= as expected    ≠ not as expected    without a mark: nothing is expected"


def show(found: Sequence[Verified]) -> None:
    """The table, what is wrong, and how many are right."""
    table = new_table("network", right=("params", "MACs", "buffers", "output", "conv/linear/norm", "parameter shapes"))
    table.columns[0].no_wrap = True
    for one in found:
        table.add_row(printable(one.name), *_figures(one))
    wrong = [one for one in found if one.wrong]
    said = [f"{printable(one.name)}: {message}" for one in wrong for message in one.wrong]
    right = len(found) - len(wrong)
    end = f"{len(found)} networks: {right} as expected" + (f", {len(wrong)} not" if wrong else "")
    print_all(table, width=WIDTH)
    print("\n".join(["", LEGEND, *(["", *said] if said else []), "", end]))


def _figures(one: Verified) -> list[Text]:
    if one.cost is None:
        return [Text("no network", "red")]
    outputs = ", ".join(shapes.show(shape).replace("x", "×") for shape in one.cost.outputs.values())
    cost = one.cost
    figures = {
        "params": f"{cost.params:,}",
        "macs": f"{cost.macs:,}",
        "buffers": f"{cost.buffers:,}",
        "output": outputs,
    }
    marked = [_marked(one, figure, (key,)) for key, figure in figures.items()]
    counts = "/".join(map(str, one.layers))
    return [*marked, _marked(one, counts, LAYERS), _marked(one, one.shapes, ("param_shapes", "param_shapes_sq"))]


def _marked(one: Verified, figure: str, keys: Sequence[str]) -> Text:
    """A figure with a mark: whether it is what was expected."""
    lines = [line for line in one.compared if line.key in keys]
    if not lines:
        return Text(f"{figure}  ")
    same = not any(line.message for line in lines)
    return Text(f"{figure} {'=' if same else '≠'}", "" if same else "red")
