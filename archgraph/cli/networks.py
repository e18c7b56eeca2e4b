"""Commands about networks. Everything they need is imported when they run, so that help and errors come at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from archgraph.cli.frame import AsJson, Inputs, Name, Plugins, Settings, Take, print_json
from archgraph.cli.given import Given

if TYPE_CHECKING:
    from archgraph.graph.model import Graph
    from archgraph.graph.space import Space

Depth = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Levels of blocks and macros to see; the last stays closed.", show_default=False
    ),
]


def check(
    names: Annotated[
        list[str], typer.Argument(metavar="FILE|NAME...", help="YAML files (recipes too), or networks of the zoo.")
    ],
    plugins: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Find all mistakes in specs.

    Every file is read, expanded and compared with its `expect:`, all its variants too, and every mistake told; a line
    for each that is right.

    \b
    Example:
      archgraph check nets/*.yaml resnet50
    """
    from archgraph.checking import check

    results = [check(name, look=_look_at_recipe if _is_recipe(name) else None) for name in names]
    if as_json:
        print_json([result.as_dict() for result in results])
    else:
        print("\n".join(map(str, results)))
    raise typer.Exit(max(result.exit_code for result in results))


def _is_recipe(name: str) -> bool:
    try:
        return re.search(rb"^archgraph_search *:", Path(name).read_bytes(), re.MULTILINE) is not None
    except (OSError, ValueError):
        return False


def _look_at_recipe(name: str) -> str:
    from archgraph.search.reading import read_recipe

    recipe = read_recipe(name).recipe
    return f"a search of {recipe.trials} trials"


def show(
    name: Name,
    depth: Depth = None,
    flat: Annotated[bool, typer.Option("--flat", help="Every node by its full name, without boxes.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Every node with all it assumed, and exact numbers.")] = False,
    features: Annotated[
        bool, typer.Option("--features", help="The taps of a backbone instead: channels, strides and sizes.")
    ] = False,
    take: Take = None,
    inputs: Inputs = None,
    settings: Settings = None,
    plugins: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Show a network's nodes, shapes and costs.

    Blocks are closed; `--depth` opens them. Equal copies in a row are one line, marked `× 3`, with the costs of all.

    \b
    Examples:
      archgraph show resnet50
      archgraph show resnet50 --depth 2
      archgraph show nets/mine.yaml --full
      archgraph show resnet50 --features
    """
    given = Given.read(name, inputs, settings)
    if features:
        _show_features(given.graph(take), as_json=as_json)
        return
    from archgraph.emit.table import rows
    from archgraph.graph.cost import cost

    graph = given.graph(take)
    lines = rows(graph, depth=depth or 1, flat=flat or full, full=full)
    total = cost(graph)
    held = given.space
    if as_json:
        data: dict[str, Any] = {"name": graph.name, "inputs": {key: list(shape) for key, shape in graph.inputs.items()}}
        data |= {"rows": [row.as_dict() for row in lines], "total": total.as_dict(), **_measured(graph)}
        print_json({**data, "space": _as_dict(held)} if held else data)
    else:
        from archgraph.cli import tables

        tables.show(graph, lines, total, held=held, exact=full)


def _show_features(graph: Graph, *, as_json: bool) -> None:
    from archgraph.errors import UsageError
    from archgraph.graph.features import pyramid

    if not graph.features:
        raise UsageError(f"{graph.name} names no features; `features: {{c2: stage.0, ...}}` in its file would")
    found = pyramid(graph)
    if as_json:
        rows = [{"name": key, **one._asdict(), "shape": list(one.shape)} for key, one in found.items()]
        print_json({"name": graph.name, "features": rows})
    else:
        from archgraph.cli import tables

        tables.features(graph, found)


def cost(
    name: Name,
    inputs: Inputs = None,
    batch: Annotated[int, typer.Option(min=1, metavar="N", help="Inputs at once, for the memory figures.")] = 1,
    by: Annotated[
        Literal["op", "block", "node"] | None,
        typer.Option(help="Also the sums by op, block or node.", show_default=False),
    ] = None,
    take: Take = None,
    settings: Settings = None,
    plugins: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Count parameters, MACs and memory.

    `macs` and `flops` (2 × macs) are for one input, the bytes are fp32 for the whole batch.

    \b
    Examples:
      archgraph cost resnet50
      archgraph cost resnet50 --input 3,320,320 --batch 8 --by op
      archgraph cost resnet50 --take features
    """
    from archgraph.emit.table import sums
    from archgraph.graph.cost import cost

    graph = Given.read(name, inputs, settings).graph(take)
    total = cost(graph, batch=batch)
    lines = sums(graph, by) if by else []
    if as_json:
        data = {**total.as_dict(), **_measured(graph)}
        print_json({**data, "by": [line.as_dict() for line in lines]} if by else data)
    else:
        from archgraph.cli import tables

        tables.cost(graph, total, batch=batch, lines=lines, by=by)


def render(
    name: Name,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="svg, png, pdf, dot, mmd (Mermaid) or html.")
    ],
    depth: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="1: stages, 2: their blocks, 3: what is in those.", show_default=False),
    ] = None,
    flat: Annotated[bool, typer.Option("--flat", help="Open everything, convs with their norm and act too.")] = False,
    direction: Annotated[Literal["down", "right"], typer.Option(help="Where the data flows to.")] = "down",
    heat: Annotated[
        Literal["macs", "params", "activations"] | None,
        typer.Option(help="Colour boxes by their share of this.", show_default=False),
    ] = None,
    theme: Annotated[
        Literal["colour", "dark", "paper"], typer.Option(help="`paper` is black on white, for a column of 84 mm.")
    ] = "colour",
    legend: Annotated[bool, typer.Option(help="What colours and lines mean, above the picture.")] = True,
    take: Take = None,
    inputs: Inputs = None,
    settings: Settings = None,
    plugins: Plugins = None,
) -> None:
    """Draw a network with its blocks as boxes.

    The file's ending says the format; `html` is a page to explore the network in, which needs no network connection.

    By default the first box of each kind is open, as deep as stays readable; `--depth` and `--flat` open all alike. A
    `dot` on the PATH draws, else graphviz-pure (svg and png).

    \b
    Examples:
      archgraph render resnet18 -o resnet18.svg
      archgraph render resnet50 -o resnet50.png --depth 2
      archgraph render resnet50 -o figure.pdf --depth 1 --theme paper
      archgraph render unet -o unet.svg --heat activations
      archgraph render resnet18 -o resnet18.mmd --depth 1
      archgraph render resnet50 -o resnet50.html
    """
    from archgraph.errors import UsageError
    from archgraph.graph.wording import printable
    from archgraph.pictures.choices import Choices
    from archgraph.pictures.picture import Drawing, ending

    if flat and depth:
        raise UsageError("--flat shows every level; give it or --depth")
    format = ending(output)
    if format == "html" and (theme != "colour" or not legend):
        raise UsageError(
            "a page is light or dark as its reader likes; --theme and --no-legend are for the other formats"
        )
    given = Given.read(name, inputs, settings)
    graph = given.graph(take)
    choices = Choices.of(given.spec, given.fixed) if given.met else None
    look: dict[str, Any] = {"depth": depth, "flat": flat, "direction": direction, "heat": heat, "choices": choices}
    if format == "html":
        from archgraph.files import write_whole
        from archgraph.pictures.explorer.page import page

        write_whole(output, page(graph, **look))
    elif format == "mmd":
        from archgraph.files import write_whole
        from archgraph.pictures.mermaid import mermaid

        write_whole(output, mermaid(graph, theme=theme, **look).encode())
    else:
        from archgraph.pictures.dot import dot

        Drawing(dot(graph, theme=theme, legend=legend, **look)).save(output)
    print(f"{output}: {printable(graph.name)}")


def hash(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Networks of the zoo, or YAML files.", show_default=False)
    ],
    inputs: Inputs = None,
    settings: Settings = None,
    plugins: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Tell networks by what they compute.

    The hash is the same for networks that differ in names, in the order of independent nodes or in how they are
    written, and another for any other difference. Of two networks it says whether they are the same; if not, the exit
    code is 1.

    \b
    Examples:
      archgraph hash resnet50
      archgraph hash resnet50 nets/mine.yaml
    """
    from archgraph.graph.hashing import canonical_hash

    found = [(name, canonical_hash(Given.read(name, inputs, settings).graph())) for name in names]
    same = len({digits for _, digits in found}) == 1
    if as_json:
        print_json({"networks": [{"name": name, "hash": digits} for name, digits in found], "same": same})
    else:
        for name, digits in found:
            print(f"{digits}  {name}")
        if len(found) == 2:
            print("the same network" if same else "two networks")
    if len(found) == 2 and not same:
        raise typer.Exit(1)


def _measured(graph: Graph) -> dict[str, list[str]]:
    """The ops whose figures torch has found on the meta device, where there are any."""
    from archgraph.graph.wording import measured

    names = measured(graph)
    return {"measured": names} if names else {}


def _as_dict(held: Space) -> dict[str, Any]:
    found: dict[str, Any] = {"networks": held.networks, "exact": held.exact, "refused": held.refused}
    return found | {name: getattr(held, name).as_dict() for name in ("smallest", "median", "largest")}
