"""archgraph: networks as YAML graphs, with exact costs, ordinary PyTorch modules, pictures and searches.

    spec = archgraph.load("resnet18")        # a Spec: the network as written
    archgraph.cost(spec).macs                # exact, without torch
    module = archgraph.build(spec)           # an ordinary torch.nn.Module

Nothing heavy is imported until it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archgraph.showing import Bundle, shown_by

if TYPE_CHECKING:
    import torch
    from rich.table import Table

    from archgraph.compare.change import Difference
    from archgraph.emit.cost_table import CostTable
    from archgraph.graph.cost import Cost
    from archgraph.graph.expand import Choose
    from archgraph.graph.model import Graph
    from archgraph.pictures.picture import Drawing
    from archgraph.spec.model import Input, Spec

__version__ = "0.1.0"

_FROM = {
    "load": "archgraph.loading",
    "loads": "archgraph.loading",
    "override": "archgraph.loading",
    "plugin": "archgraph.ops.plugins",
    "Spec": "archgraph.spec.model",
    "Graph": "archgraph.graph.model",
    "Cost": "archgraph.graph.cost",
    "ArchgraphError": "archgraph.errors",
    "SpecError": "archgraph.errors",
    "UsageError": "archgraph.errors",
}
__all__ = sorted([*_FROM, "build", "cost", "diff", "draw", "dump", "expand", "table"])


def __getattr__(name: str) -> Any:
    if name not in _FROM:
        raise AttributeError(f"module 'archgraph' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_FROM[name]), name)


def __dir__() -> list[str]:
    return __all__


def dump(spec: Spec) -> str:
    """The spec as canonical YAML: `loads(dump(spec)) == spec`."""
    from archgraph.ops import vocabulary
    from archgraph.spec.writer import write

    return write(spec, vocabulary())


def expand(spec: Spec, *, input: Input | None = None, choose: Choose | None = None, take: str = "all") -> Graph:
    """The spec as a graph of primitive ops with shapes; see `archgraph.graph.expand.expand`.

    `take="features"` gives the multi-scale features alone. Raises SpecError with every mistake that one run can find.
    """
    from archgraph.graph.expand import expand

    return expand(spec, input=input, choose=choose, take=take)


def cost(spec: Spec | Graph, *, input: Input | None = None, batch: int = 1, take: str = "all") -> Cost:
    """Parameters, MACs and memory of a network, exact and without torch; see `archgraph.graph.cost.Cost`.

    `input` is another `(C, H, W)` than the spec's; the memory figures are for `batch` inputs; `take` is as in `expand`.
    Raises SpecError where the network does not take that input.
    """
    from archgraph.graph.cost import cost

    return cost(_graph(spec, input, take), batch=batch)


def table(spec: Spec | Graph, *, depth: int = 1, flat: bool = False, take: str = "all") -> CostTable:
    """The parts of a network with what each costs: a table in a notebook and with `rich.print`, else rows.

    `depth` is how many levels of boxes are seen, equal copies in one row; `flat` gives every node a row; `take` is as
    in `expand`. Raises SpecError.
    """
    from archgraph.emit.cost_table import CostTable
    from archgraph.emit.table import rows
    from archgraph.graph.cost import cost

    graph = _graph(spec, None, take)
    return CostTable(graph.name, tuple(rows(graph, depth=depth, flat=flat)), cost(graph))


def build(spec: Spec | Graph, *, input: Input | None = None, init: bool = True, take: str = "all") -> torch.nn.Module:
    """An ordinary `torch.nn.Module`: its tree follows the blocks of the spec, its names are those of the graph.

    It takes `(N, *input)` and gives a tensor, or a dict of tensors where the spec names several outputs.
    `init=False` leaves the weights uninitialised, for when they come from elsewhere. `take="features"` gives the
    module of the multi-scale features, a dict of tensors. Raises SpecError.
    """
    from archgraph.emit.module import build

    return build(_graph(spec, input, take), init=init)


def diff(old: Spec | Graph, new: Spec | Graph) -> Difference:
    """What differs between two networks, and what it costs: `print(diff(a, b))` tells it, a line a change.

    Nodes are matched by their names first and by structure second; see `archgraph.compare.change.Difference`.
    Raises SpecError.
    """
    from archgraph.compare.difference import difference
    from archgraph.graph.model import Graph

    found = difference(_graph(old, None), _graph(new, None))
    if isinstance(old, Graph) or isinstance(new, Graph):
        return found
    return found.with_settings(old, new)


def draw(spec: Spec | Graph, *, depth: int | None = None) -> Drawing:
    """A picture of the network: shown as it is in a notebook, `draw(spec).save("net.svg")` elsewhere.

    `save("net.html")` writes a page to explore it in. `depth` is how many levels are seen, 1 for stages, 2 for their
    blocks; by default as many as stay readable. Of a spec with choices it says what was taken. Raises SpecError.
    """
    from functools import partial

    from archgraph.graph.model import Graph
    from archgraph.pictures.choices import Choices
    from archgraph.pictures.dot import dot
    from archgraph.pictures.explorer.page import page
    from archgraph.pictures.picture import Drawing

    graph = _graph(spec, None)
    choices = Choices() if isinstance(spec, Graph) else Choices.of(spec, {})
    return Drawing(dot(graph, depth=depth, choices=choices), partial(page, graph, depth=depth))


def _graph(spec: Spec | Graph, input: Input | None, take: str = "all") -> Graph:
    from archgraph.graph.model import Graph
    from archgraph.graph.taken import taken

    if not isinstance(spec, Graph):
        return expand(spec, input=input, take=take)
    if input is not None:
        raise TypeError("a graph has its sizes; give `input` with the spec instead")
    return spec if take == "all" else taken(spec, take)


def _picture(value: Spec | Graph) -> Bundle:
    from archgraph.pictures.notebook import picture

    return picture(value)


def _table(value: Cost | CostTable) -> Table:
    from archgraph.emit.cost_table import rich_of

    return rich_of(value)


def _html(value: Cost | CostTable) -> str:
    from archgraph.emit.cost_table import html_of

    return html_of(value)


shown_by(picture=_picture, table=_table, html=_html)
