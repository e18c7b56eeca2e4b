"""Commands about networks. Everything they need is imported when they run, so that help and errors come at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from archgraph.cli.frame import AsJson, Input, Name, Settings, print_json, settings_from, shape_from

if TYPE_CHECKING:
    from archgraph.graph.model import Graph
    from archgraph.graph.space import Space
    from archgraph.spec.model import Choice, Range, Spec, Value

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
    as_json: AsJson = False,
) -> None:
    """Find all mistakes in specs.

    Every file is read, expanded and compared with its `expect:`, and every mistake told; a line for each that is
    right.

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
    input: Input = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Show a network's nodes, shapes and costs.

    Blocks are closed; `--depth` opens them. Equal copies in a row are one line, marked `× 3`, with the costs of all.

    \b
    Examples:
      archgraph show resnet50
      archgraph show resnet50 --depth 2
      archgraph show nets/mine.yaml --full
    """
    from archgraph.emit.table import rows
    from archgraph.graph.cost import cost

    spec = _spec(name, input, settings)
    graph, chosen = _expanded(spec)
    lines = rows(graph, depth=depth or 1, flat=flat or full, full=full)
    total = cost(graph)
    held = _space(spec) if chosen else None
    if as_json:
        data: dict[str, Any] = {"name": graph.name, "inputs": {key: list(shape) for key, shape in graph.inputs.items()}}
        data |= {"rows": [row.as_dict() for row in lines], "total": total.as_dict()}
        print_json({**data, "space": _as_dict(held)} if held else data)
    else:
        from archgraph.cli import tables

        tables.show(graph, lines, total, held=held, exact=full)


def cost(
    name: Name,
    input: Input = None,
    batch: Annotated[int, typer.Option(min=1, metavar="N", help="Inputs at once, for the memory figures.")] = 1,
    by: Annotated[
        Literal["op", "block", "node"] | None,
        typer.Option(help="Also the sums by op, block or node.", show_default=False),
    ] = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Count parameters, MACs and memory.

    `macs` and `flops` (2 × macs) are for one input, the bytes are fp32 for the whole batch.

    \b
    Examples:
      archgraph cost resnet50
      archgraph cost resnet50 --input 3,320,320 --batch 8 --by op
    """
    from archgraph.emit.table import sums
    from archgraph.graph.cost import cost

    graph, _ = _expanded(_spec(name, input, settings))
    total = cost(graph, batch=batch)
    lines = sums(graph, by) if by else []
    if as_json:
        data = total.as_dict()
        print_json({**data, "by": [line.as_dict() for line in lines]} if by else data)
    else:
        from archgraph.cli import tables

        tables.cost(graph, total, batch=batch, lines=lines, by=by)


def render(
    name: Name,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="svg, png, pdf or dot, by its ending.")],
    depth: Depth = None,
    flat: Annotated[bool, typer.Option("--flat", help="Open everything, convs with their norm and act too.")] = False,
    direction: Annotated[Literal["down", "right"], typer.Option(help="Where the data flows to.")] = "down",
    input: Input = None,
    settings: Settings = None,
) -> None:
    """Draw a network with its blocks as boxes.

    By default boxes are open as deep as stays readable. A `dot` on the PATH draws, else graphviz-pure (svg and png).

    \b
    Examples:
      archgraph render resnet18 -o resnet18.svg
      archgraph render resnet50 -o resnet50.png --depth 2
    """
    from archgraph.emit.dot import dot
    from archgraph.emit.picture import Drawing
    from archgraph.graph.wording import printable

    graph, _ = _expanded(_spec(name, input, settings))
    Drawing(dot(graph, depth=depth, flat=flat, direction=direction)).save(output)
    print(f"{output}: {printable(graph.name)}")


def zoo(as_json: AsJson = False) -> None:
    """List the networks that come with archgraph.

    With their parameters, MACs and sources; every command takes their names.

    \b
    Example:
      archgraph zoo
    """
    from archgraph import zoo
    from archgraph.graph.cost import cost
    from archgraph.graph.expand import expand
    from archgraph.loading import load

    networks = [(spec, cost(expand(spec))) for spec in map(load, zoo.names())]
    if as_json:
        print_json(
            [
                {"name": spec.name, "about": spec.about, "source": spec.source, "input": list(spec.input)}
                | found.as_dict()
                for spec, found in networks
            ]
        )
    else:
        from archgraph.cli import tables

        tables.zoo(networks)


def _space(spec: Spec) -> Space | None:
    from archgraph.graph.space import space

    return space(spec)


def _as_dict(held: Space) -> dict[str, Any]:
    found: dict[str, Any] = {"networks": held.networks, "exact": held.exact, "refused": held.refused}
    return found | {name: getattr(held, name).as_dict() for name in ("smallest", "median", "largest")}


def _spec(name: str, input: str | None, settings: list[str] | None) -> Spec:
    from archgraph.loading import load, override

    given = settings_from(settings)
    if input is not None:
        given["input"] = shape_from(input)
    spec = load(name)
    return override(spec, given) if given else spec


def _expanded(spec: Spec) -> tuple[Graph, bool]:
    """The network that a spec is by its defaults, and whether anything was to be chosen."""
    from archgraph.graph.expand import expand

    met: list[str] = []

    def choose(name: str, choice: Choice | Range) -> Value:
        met.append(name)
        return choice.chosen

    return expand(spec, choose=choose), bool(met)
