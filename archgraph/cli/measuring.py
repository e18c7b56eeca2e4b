"""The command that times a network and its ops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from archgraph.cli.frame import AsJson, Inputs, Name, Plugins, Settings, Take, print_json
from archgraph.cli.given import Given

if TYPE_CHECKING:
    from archgraph.graph.model import Graph
    from archgraph.train.latency.ops import Bench


def bench(
    name: Name,
    device: Annotated[Literal["cpu", "cuda"], typer.Option(help="Where it runs.")] = "cpu",
    batch: Annotated[int, typer.Option(min=1, metavar="N", help="Inputs at once.")] = 1,
    dtype: Annotated[
        Literal["float32", "bfloat16", "float16"], typer.Option(help="Type of weights and inputs.")
    ] = "float32",
    threads: Annotated[int, typer.Option(min=1, metavar="N", help="Torch's threads on the CPU.")] = 1,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="Ops to show, the slowest first.")] = 20,
    take: Take = None,
    inputs: Inputs = None,
    settings: Settings = None,
    plugins: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Time a network, and each of its ops alone.

    Milliseconds of a forward in eval mode, the median of many. Nodes with the same op and shapes are measured once. The
    last lines compare the sum of the ops with the whole network.

    \b
    Examples:
      archgraph bench resnet18
      archgraph bench resnet50 --device cuda --dtype float16 --batch 32 --top 10
    """
    graph = Given.read(name, inputs, settings).graph(take)
    from archgraph.train.latency.ops import bench
    from archgraph.train.latency.settings import Timing

    found = bench(graph, on=Timing(device=device, batch=batch, dtype=dtype, threads=threads))
    if as_json:
        print_json({"name": graph.name, **found.as_dict()})
    else:
        _show(graph, found, top)


def _show(graph: Graph, found: Bench, top: int) -> None:
    from rich.text import Text

    from archgraph import shape
    from archgraph.cli.tables import print_all
    from archgraph.emit.cost_table import new_table
    from archgraph.graph.wording import printable, text

    table = new_table("op", "arguments", right=("inputs", "output", "count", "ms each", "quartiles", "ms", "share"))
    for line in found.ops[:top]:
        arguments = " ".join(f"{key}={text(value)}" for key, value in line.arguments.items())
        sizes = [shape.show(size).replace("x", "×") for size in (*line.inputs[:2], line.output)]
        more = f" +{len(line.inputs) - 2}" if len(line.inputs) > 2 else ""
        times = f"{line.time.median:.4f}", f"{line.time.low:.4f}–{line.time.high:.4f}", f"{line.sum:.3f}"
        cut = Text(arguments, "dim", no_wrap=True, overflow="ellipsis")
        share = f"{100 * found.share(line):.1f}%"
        table.add_row(line.op, cut, ", ".join(sizes[:-1]) + more, sizes[-1], str(len(line.nodes)), *times, share)
    rest = found.ops[top:]
    if rest:
        many = sum(len(line.nodes) for line in rest)
        time = sum(line.sum for line in rest)
        ops = f"{len(rest)} more"
        table.add_row(ops, "", "", "", str(many), "", "", f"{time:.3f}", f"{100 * time / found.sum:.1f}%")
    whole, on = found.whole.time, found.whole.on
    nodes = sum(len(line.nodes) for line in found.ops)
    print_all(
        table,
        "",
        Text.assemble((printable(graph.name), "bold"), f"  {on}, on {found.whole.name}"),
        f"whole network  {whole.median:.3f} ms, quartiles {whole.low:.3f}–{whole.high:.3f}, {whole.repeats} repeats",
        f"sum of {nodes} nodes, each run alone  {found.sum:.3f} ms, {100 * found.error:+.1f}% of the whole",
    )
