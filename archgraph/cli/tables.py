"""Rows as tables for people. The numbers are worked out elsewhere; here they get columns, units and colours."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.text import Text

from archgraph.emit.cost_table import new_table, parts, share, totals
from archgraph.graph.wording import human, human_bytes, measured, printable, size, text

if TYPE_CHECKING:
    from archgraph.emit.table import Row, Sum
    from archgraph.graph.cost import Cost
    from archgraph.graph.features import Feature
    from archgraph.graph.model import Graph
    from archgraph.graph.space import Space
    from archgraph.ops.reference import OpReference
    from archgraph.search.share import Share
    from archgraph.spec.model import Spec

PIPE_WIDTH = 160
"""Columns where the output is no terminal and `COLUMNS` says nothing: few tables need to be cut there."""

WIDE = 130
"""Columns from which there is room for more than the most important texts."""


def show(graph: Graph, rows: Sequence[Row], total: Cost, *, held: Space | None, exact: bool) -> None:
    """The table of `archgraph show`, the totals below it, and the space that the spec holds, if it does."""
    below = [*_total(graph, total, batch=1), *_measured(graph), *(_space(held) if held else ())]
    print_all(parts(rows, exact=exact), "", *below)


def cost(graph: Graph, total: Cost, *, batch: int, lines: Sequence[Sum], by: str | None) -> None:
    """The totals of `archgraph cost`, and below them the sums by op, block or node."""
    found = [*_total(graph, total, batch=batch), *_measured(graph)]
    if by:
        table = new_table(by, right=("count", "params", "MACs", "share", "activations"))
        for line in lines:
            memory = human_bytes(batch * line.activation_bytes)
            table.add_row(line.name, str(line.count), f"{line.params:,}", f"{line.macs:,}", share(line), memory)
        found += ["", table]
    print_all(*found)


def features(graph: Graph, found: Mapping[str, Feature]) -> None:
    """The table of `archgraph show --features`."""
    table = new_table("feature", "node", right=("channels", "reduction", "size"))
    for name, one in found.items():
        ref = graph.features[name]
        node = f"{ref.node}/{ref.output}" if ref.output else ref.node
        table.add_row(printable(name), node, str(one.channels), str(one.reduction or ""), size(one.shape))
    inputs = ", ".join(map(size, graph.inputs.values()))
    print_all(table, "", Text.assemble((printable(graph.name), "bold"), f"  {inputs}"))


def zoo(networks: Iterable[tuple[str, str, Spec, Cost]]) -> None:
    """The table of `archgraph zoo`: family, file, spec and cost of each network, a line each below its family."""
    table = new_table("network", right=("params", "MACs", "input"))
    table.columns[0].no_wrap = True
    table.add_column("about")
    wide = console().width >= WIDE
    if wide:
        table.add_column("source", style="dim")
    above = ""
    for family, _, spec, found in networks:
        if family != above:
            table.add_row(Text(family, "bold cyan"))
        inputs = spec.input.values() if isinstance(spec.input, Mapping) else [spec.input]
        counts = human(found.params), human(found.macs), ", ".join(map(size, inputs))
        name = Text(f"  {printable(spec.name)}", "none")
        texts = (spec.about, spec.source) if wide else (spec.about,)
        lines = (Text(printable(line), no_wrap=True, overflow="ellipsis") for line in texts)
        table.add_row(name, *counts, *lines)
        above = family
    print_all(table)


def ops(references: Iterable[OpReference]) -> None:
    """The table of `archgraph ops`: required arguments as they are, the others in brackets."""
    table = new_table("op", "arguments", "what it does")
    table.columns[0].no_wrap = True
    for found in references:
        names = [one.name if one.required else f"[{one.name}]" for one in found.arguments]
        about = f"{found.summary} (plug-in {found.family})" if found.plugin else found.summary
        table.add_row(found.name, Text(" ".join(names), "dim"), about)
    print_all(table)


def op(found: OpReference, examples: Sequence[str]) -> None:
    """What `archgraph ops NAME` tells of one op."""
    kind = found.kind + (f", plug-in {found.family}" if found.plugin else "")
    several = ["", "It may have several outputs: x/0, x/1, ..., and a bundle of all as x."] if found.several else []
    said: list[RenderableType] = [Text.assemble((found.name, "bold"), f"  {kind}"), found.summary]
    said += ["", found.text] if found.text else []
    if found.arguments:
        table = new_table("argument", "takes", "default", "meaning")
        table.columns[0].no_wrap = True
        for one in found.arguments:
            default = Text("required", "italic") if one.required else Text(text(one.default))
            table.add_row(one.name, one.takes, default, one.text)
        said += ["", table]
    print_all(*said, *several, "", *examples)


def _total(graph: Graph, total: Cost, *, batch: int) -> list[RenderableType]:
    inputs = ", ".join(map(size, graph.inputs.values()))
    outputs = ", ".join(f"{name} {size(shape)}" for name, shape in total.outputs.items())
    if len(total.outputs) == 1:
        outputs = "".join(map(size, total.outputs.values()))
    return [Text.assemble((printable(graph.name), "bold"), f"  {inputs} → {outputs}"), totals(total, batch=batch)]


def _measured(graph: Graph) -> list[RenderableType]:
    """A line on the ops whose figures torch has found, where there are any."""
    names = measured(graph)
    return (
        ["", Text(f"Shape and cost of {', '.join(names)}: found by torch on the meta device.", "dim")] if names else []
    )


def _space(held: Space) -> list[RenderableType]:
    about = "" if held.exact else "about "
    seen = held.looked_at
    table = new_table("networks" if held.whole else f"of {seen:,} at random", right=("params", "macs", "flops"))
    for name, found in (("smallest", held.smallest), ("median", held.median), ("largest", held.largest)):
        table.add_row(name, f"{found.params:,}", f"{found.macs:,}", f"{found.flops:,}")
    said = f"The figures above are of its defaults. The space holds {about}{held.networks:,} networks"
    if held.refused:
        said += f"; {held.refused:,} of the {seen:,} looked at do not fit together"
    return ["", f"{said}.", "", table]


def space(name: str, held: Space, fits: Share | None, costs: Iterable[str]) -> None:
    """What `archgraph space` tells."""
    seen = "all of them" if held.whole else f"{held.looked_at:,} at random"
    counted = "counted" if held.exact else "estimated from random walks"
    lines: list[RenderableType] = [
        Text.assemble((printable(name), "bold"), f"  {held.networks:,} networks, {counted}; looked at: {seen}")
    ]
    if held.refused:
        lines.append(f"{held.refused:,} of the {held.looked_at:,} looked at do not fit together.")
    table = new_table("cost", right=("least", "median", "most"))
    for cost in costs:
        shown = [human_bytes(n) if cost.endswith("_bytes") else f"{n:,}" for n in held.spread(cost)]
        table.add_row(cost, *shown)
    print_all(*lines, "", table, *([] if fits is None else ["", *_fitting(fits, whole=held.whole)]))


def _fitting(fits: Share, *, whole: bool) -> list[RenderableType]:
    """What part fits a budget; where none does, what comes nearest and what stands in the way."""
    if fits.fit or fits.nearest is None:
        return [f"{100 * fits.part:.1f}% fit {fits.budget}: {fits.fit:,} of the {fits.looked_at:,} looked at."]
    if fits.possible:
        return [
            f"None of the {fits.looked_at:,} looked at fits {fits.budget}; a walk to the nearest found one that does."
        ]
    has = ", ".join(f"{getattr(fits.nearest, name):,} {name}" for name in fits.budget.broken(fits.nearest))
    lines: list[RenderableType] = [
        f"None {'' if whole else 'that was found '}fits {fits.budget}; the nearest has {has}."
    ]
    lines += [f"{name} alone has {value:,} {of}." for name, (of, value) in fits.nodes.items()]
    return lines if fits.nodes else [*lines, "No node of it is over a limit by itself."]


def console(width: int | None = None) -> Console:
    """A console as wide as the terminal is, or `width`."""
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=width or (None if known else PIPE_WIDTH), highlight=False, markup=False, emoji=False)


def print_all(*what: RenderableType, width: int | None = None) -> None:
    """Print as wide as the terminal is, or `width`; with no terminal, without the blanks that fill a table's lines."""
    printer = console(width)
    with printer.capture() as captured:
        for one in what:
            printer.print(one, soft_wrap=isinstance(one, str) and one.startswith("  "))
    printed = captured.get()
    print(printed if printer.is_terminal else re.sub(r" +$", "", printed, flags=re.MULTILINE), end="")
