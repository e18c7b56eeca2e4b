"""The command that says what differs between two networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from archgraph.cli.frame import AsJson, Inputs, Plugins, Settings, print_json

if TYPE_CHECKING:
    from archgraph.compare.change import Difference
    from archgraph.graph.model import Graph
    from archgraph.spec.model import Spec

STYLES = {
    "plain": "", "heading": "bold", "added": "green", "removed": "red", "changed": "yellow", "faint": "dim",
}  # fmt: skip
UNCUT = 1_000
"""Columns of the lines that are printed: a terminal breaks long ones itself, and nothing is cut."""

OfA = Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="As --set, for A alone.", show_default=False)]
OfB = Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="As --set, for B alone.", show_default=False)]


def diff(
    old: Annotated[str, typer.Argument(metavar="A", help="A network of the zoo, or a YAML file.", show_default=False)],
    new: Annotated[str, typer.Argument(metavar="B", help="What it is compared with.", show_default=False)],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Draw both in one picture: svg, png, pdf, dot or html.",
            show_default=False,
        ),
    ] = None,
    beside: Annotated[
        int, typer.Option(min=0, metavar="N", help="Boxes drawn on either side of a change; others are one box.")
    ] = 2,
    flat: Annotated[bool, typer.Option("--flat", help="Draw every node, convs with their norm and act too.")] = False,
    direction: Annotated[Literal["down", "right"], typer.Option(help="Where the data flows to.")] = "down",
    theme: Annotated[Literal["colour", "dark", "paper"], typer.Option(help="The picture's colours.")] = "colour",
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 where they differ.")] = False,
    inputs: Inputs = None,
    settings: Settings = None,
    set_a: OfA = None,
    set_b: OfB = None,
    plugins: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Tell what differs between two networks, and what it costs.

    `+` was added, `-` removed, `~` changed; `and so` stands above what only follows from that, such as the layer after
    one that got wider. A node or block with another name is no difference. The exit code is 0 whether or not they
    differ; with `--exit-code` it is 1 where they do.

    \b
    Examples:
      archgraph diff resnet18 resnet34
      archgraph diff nets/mine.yaml nets/child.yaml -o diff.svg
      archgraph diff resnet50 resnet50 --set-b classes=10
      archgraph diff resnet50 nets/mine.yaml:small --json
    """
    from archgraph.compare.difference import difference

    if output is not None:
        _known(output)
    before, after = (
        _read(name, inputs, [*(settings or ()), *(own or ())]) for name, own in ((old, set_a), (new, set_b))
    )
    found = difference(before[0], after[0]).with_settings(before[1], after[1])
    if output is not None:
        _draw(before[0], after[0], found, output, beside=beside, flat=flat, direction=direction, theme=theme)
    if as_json:
        print_json({**found.as_dict(), "file": output})
    else:
        _print(found, output)
    raise typer.Exit(1 if exit_code and not found.same else 0)


def _read(name: str, inputs: list[str] | None, settings: list[str]) -> tuple[Graph, Spec]:
    """A network with its spec. Raises SpecError, UsageError."""
    from archgraph.cli.given import Given

    given = Given.read(name, inputs, settings)
    return given.graph(), given.spec


def _known(output: str) -> None:
    """Raises UsageError for a file that nothing here can write, before any work is done."""
    from archgraph.pictures.picture import FORMATS, ending

    ending(output, (*FORMATS, "html"))


def _draw(
    old: Graph, new: Graph, found: Difference, output: str, *, beside: int, flat: bool,
    direction: Literal["down", "right"], theme: Literal["colour", "dark", "paper"],
) -> None:  # fmt: skip
    from archgraph.compare.union import union

    graph, marks = union(old, new, found)
    if output.lower().endswith(".html"):
        from archgraph.files import write_whole
        from archgraph.pictures.explorer.page import page

        write_whole(output, page(graph, marks=marks, flat=flat, direction=direction).encode())
        return
    from archgraph.pictures.dot import dot
    from archgraph.pictures.picture import Drawing

    Drawing(dot(graph, marks=marks, beside=beside, flat=flat, direction=direction, theme=theme)).save(output)


def _print(found: Difference, output: str | None) -> None:
    from rich.text import Text

    from archgraph.cli.tables import print_all
    from archgraph.compare.telling import aligned, lines, widths

    told = list(lines(found))
    columns: Sequence[int] = widths(told)
    print_all(*(Text(aligned(line, columns), STYLES[line.tone]) for line in told), width=UNCUT)
    if output is not None:
        print(f"\n{output} is written")
