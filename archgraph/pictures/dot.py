"""Graph -> a Graphviz picture as text: scopes as boxes, nodes coloured by family, costs in small print."""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

import graphviz

from archgraph import shape as shapes
from archgraph.graph.cost import cost, node_costs
from archgraph.graph.model import Graph
from archgraph.graph.outline import Part, everything, glance, outline, shown
from archgraph.graph.wording import arguments, human, label, op_name, printable, text
from archgraph.ops.base import Ref
from archgraph.pictures.theme import CLOSED, FAINT, FAMILIES, INK, LINE, OPEN, OTHER, Colours, family
from archgraph.shape import Shape

Direction: TypeAlias = Literal["down", "right"]

MOST_BOXES = 48
"""A picture with more boxes than this is not taken in at a glance; the default depth stays below it."""

MOST_REACH = 4_000
"""Arrows that reach past more boxes than this in all (a whole dense network, say) take minutes to be curved."""
COARSE = {"splines": "line", "nslimit": "0.2", "mclimit": "0.1"}

LINE_LENGTH = 34
"""Characters of arguments in one line of a box."""

FONT = "Arial"
"""Its widths are known to every program that lays out text, or those of a font like it: nothing overflows its box."""


def dot(graph: Graph, *, depth: int | None = None, flat: bool = False, direction: Direction = "down") -> str:
    """The graph in Graphviz's language; the same graph gives the same text.

    `depth` is how many levels of blocks and macros are seen, the last of them closed. By default the first box of
    each kind is open, as deep as makes at most `MOST_BOXES` boxes, and the others like it are closed. `flat` opens
    everything, convs with their norm and activation too.
    """
    if flat:
        parts = everything(graph)
    else:
        parts = glance(graph, most=MOST_BOXES) if depth is None else outline(graph, depth=depth)
    return _Picture(graph, parts, direction).text(parts)


class Wire(NamedTuple):
    """An arrow: from a box or an input to a box or an output, by their names in the picture."""

    tail: str
    head: str
    carries: Ref
    dashed: bool


class _Picture:
    """One drawing: the Graphviz text so far, and which box each node is drawn in."""

    def __init__(self, graph: Graph, parts: tuple[Part, ...], direction: Direction) -> None:
        self.graph = graph
        self.costs = node_costs(graph)
        self.train_only = graph.nodes.keys() - graph.needed(training=False)
        self.shown = {part.name: part for part in shown(parts)}
        self.drawn_in = {node.name: part.name for part in self.shown.values() for node in part.nodes}
        self.wires = [*self._between_boxes(), *self._to_outputs()]
        self.heads: dict[str, list[str]] = {}
        for wire in self.wires:
            self.heads.setdefault(wire.tail, []).append(wire.head)
        place = {name: number for number, name in enumerate(self.shown)}
        reach = sum(place.get(wire.head, len(place)) - place.get(wire.tail, -1) for wire in self.wires)
        self.drawing = graphviz.Digraph(
            _key(graph.name),
            graph_attr={
                "rankdir": {"down": "TB", "right": "LR"}[direction], "label": self.heading(), "labelloc": "t",
                "fontname": FONT, "fontsize": "14", "fontcolor": INK, "bgcolor": "white", "pad": "0.2",
                "nodesep": "0.25", "ranksep": "0.3", "newrank": "true",
                **(COARSE if reach > MOST_REACH else {}),
            },
            node_attr={
                "shape": "box", "style": "rounded,filled", "fontname": FONT, "fontsize": "11", "fontcolor": INK,
                "margin": "0.14,0.06", "height": "0.3", "penwidth": "1",
            },
            edge_attr={
                "fontname": FONT, "fontsize": "9", "fontcolor": FAINT, "color": LINE, "arrowsize": "0.6",
            },
        )  # fmt: skip

    def text(self, parts: Sequence[Part]) -> str:
        for name, size in self.graph.inputs.items():
            self.end(_input(name), name, size)
        self.boxes(parts, self.drawing, "")
        for name, ref in self.graph.outputs.items():
            self.end(_output(name), name, self.graph.shape(ref), dashed=name in self.graph.train_only)
        for wire in self.wires:
            style = {"style": "dashed"} if wire.dashed else {}
            label = f" {_size(self.graph.shape(wire.carries))}" if self._says_shape(wire) else None
            self.drawing.edge(_key(wire.tail), _key(wire.head), label=label, **style)
        return str(self.drawing.source)

    def _between_boxes(self) -> Iterator[Wire]:
        """Arrows into the boxes. Of folded copies the first one's inputs are drawn, and the last one's output."""
        for part in self.shown.values():
            drawn = set()
            for node in part.copies[0]:
                for ref in node.inputs:
                    tail = self.drawn_in.get(ref.node, _input(ref.node))
                    if tail == part.name or (part.scope and ref in drawn):
                        continue
                    drawn.add(ref)
                    yield Wire(tail, part.name, ref, node.name in self.train_only)

    def _to_outputs(self) -> Iterator[Wire]:
        for name, ref in self.graph.outputs.items():
            tail = self.drawn_in.get(ref.node, _input(ref.node))
            yield Wire(tail, _output(name), ref, name in self.graph.train_only)

    def _says_shape(self, wire: Wire) -> bool:
        """Whether the arrow says what shape it carries: where the box before it changed it, and has one arrow."""
        changed = wire.tail in self.shown and self._changes_shape(self.shown[wire.tail])
        return changed and wire.head in self.shown and len(self.heads[wire.tail]) == 1

    def _changes_shape(self, part: Part) -> bool:
        first = part.copies[0][0]
        return not first.inputs or self.graph.shape(first.inputs[0]) != part.shape

    def heading(self) -> str:
        total = cost(self.graph)
        numbers = f"{human(total.params)} parameters · {human(total.macs)} MACs"
        return f"<<b>{_escape(self.graph.name)}</b><br/>{_small(numbers)}<br/>{_small(' ')}>"

    def end(self, key: str, name: str, size: Shape, *, dashed: bool = False) -> None:
        """An input or output of the network."""
        style = "rounded,dashed" if dashed else "rounded"
        text = f"<{_escape(name)} {_small(_size(size))}>"
        self.drawing.node(_key(key), text, style=style, color=FAINT, margin="0.16,0.04")

    def boxes(self, parts: Sequence[Part], drawing: graphviz.Digraph, inside: str) -> None:
        for part in parts:
            if part.parts:
                self.open(part, drawing, inside)
                continue
            colours = _colours(part)
            dashed = all(node.name in self.train_only for node in part.nodes)
            style = "rounded,filled,dashed" if dashed else "rounded,filled"
            drawing.node(
                _key(part.name), self.words(part, inside), fillcolor=colours.fill, color=colours.edge, style=style,
                tooltip=_tooltip(part.name),
            )  # fmt: skip

    def open(self, part: Part, drawing: graphviz.Digraph, inside: str) -> None:
        """A box with what is in it. Its words are a node of their own beside its entry: no arrow crosses them there."""
        with drawing.subgraph(name=_key(f"cluster_{part.name}")) as cluster:
            cluster.attr(
                style="rounded,filled", fillcolor=OPEN.fill, color=OPEN.edge, margin="8", label="",
                tooltip=_tooltip(part.name),
            )  # fmt: skip
            words, first = _key(f"words {part.name}"), _key(self.entry(part))
            cluster.node(words, self.words(part, inside, align="left"), shape="plain", style="")
            self.boxes(part.parts, cluster, part.inner + ".")
        with self.drawing.subgraph() as row:
            row.attr(rank="same")
            row.edge(words, first, style="invis", minlen="0")

    def words(self, part: Part, inside: str, *, align: str = "center") -> str:
        """What stands in a box: its name, what it is, and what it costs."""
        name = label(part, inside)
        lines = [f"<b>{_escape(name)}</b>" + (f" × {part.count}" if part.count > 1 else "")]
        said = [f"{key} {text(value)}" for key, value in arguments(part).items()]
        if re.sub(r"\d+$", "", name.rpartition(".")[2]) != op_name(part):
            said.insert(0, op_name(part))
        lines += map(_small, _wrapped(said))
        params = sum(self.costs[node.name].params for node in part.nodes)
        macs = sum(self.costs[node.name].macs for node in part.nodes)
        numbers = [f"{human(params)} params"] * bool(params) + [f"{human(macs)} MACs"] * bool(macs)
        if part.name in self.shown and len(self.heads.get(part.name, ())) > 1 and self._changes_shape(part):
            lines.append(_small(f"→ {_size(part.shape)}"))
        if numbers:
            lines.append(f'<font point-size="8" color="{FAINT}">{" · ".join(numbers)}</font>')
        return "<" + "".join(f'{line}<br align="{align}"/>' for line in lines) + ">"

    def entry(self, part: Part) -> str:
        """The box at the top of an open one: where its longest chain begins."""
        height: dict[str, int] = {}
        for inner in reversed(list(shown(part.parts))):
            height[inner.name] = 1 + max(height.get(head, 0) for head in self.heads.get(inner.name, [""]))
        return max(reversed(height), key=height.__getitem__)


def _colours(part: Part) -> Colours:
    if part.scope and part.scope.kind == "block":
        return CLOSED
    known = family(op_name(part))
    return CLOSED if known is None else FAMILIES.get(known, CLOSED if part.scope else OTHER)


def _wrapped(words: Iterable[str]) -> Iterator[str]:
    line = ""
    for word in words:
        if line and len(line) + len(word) > LINE_LENGTH:
            yield line + ","
            line = word
        else:
            line = f"{line}, {word}" if line else word
    if line:
        yield line


def _size(size: Shape) -> str:
    return shapes.show(size).replace("x", "×")


def _small(text: str) -> str:
    return f'<font point-size="9" color="{FAINT}">{_escape(text)}</font>'


def _escape(text: str) -> str:
    return html.escape(printable(text))


def _key(name: str) -> str:
    """A name as Graphviz's identifier: itself, but for characters that mean something to Graphviz (`:`, `<`, `\\`)."""
    plain = re.sub(r"[^\w. -]", "_", name)
    return plain if plain == name else f"{plain} {zlib.crc32(name.encode(errors='replace')):08x}"


def _tooltip(name: str) -> str:
    text: str = graphviz.escape(printable(name))  # a kind of text that Graphviz does not read as markup
    return text


def _input(name: str) -> str:
    return f"input {name}"


def _output(name: str) -> str:
    return f"output {name}"
