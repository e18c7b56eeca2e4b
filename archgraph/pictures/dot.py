"""Graph -> a Graphviz picture as text: scopes as boxes, nodes coloured by family, costs in small print."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

import graphviz

from archgraph.compare.marks import Marks, Status
from archgraph.graph.model import Graph
from archgraph.graph.outline import Part
from archgraph.graph.wording import size
from archgraph.pictures.accessible import description
from archgraph.pictures.choices import Choices
from archgraph.pictures.heat import Heat, Measure
from archgraph.pictures.keys import element_id, input_key, key, output_key, tooltip
from archgraph.pictures.lanes import Lanes
from archgraph.pictures.legend import Legend, family_of
from archgraph.pictures.lettering import Lettering
from archgraph.pictures.levels import parts_of
from archgraph.pictures.theme import THEMES, Colours, Theme, ThemeName
from archgraph.pictures.wiring import Wire, Wiring
from archgraph.shape import Shape

Direction: TypeAlias = Literal["down", "right"]

MOST_CURVED = 2_100
"""Arrows that reach past more boxes than this in all (a whole dense network, say) take minutes to be curved."""
COARSE = {"splines": "line", "nslimit": "0.2", "mclimit": "0.1"}


def dot(
    graph: Graph,
    *,
    depth: int | None = None,
    flat: bool = False,
    direction: Direction = "down",
    theme: ThemeName = "colour",
    heat: Measure | None = None,
    marks: Marks | None = None,
    beside: int | None = None,
    choices: Choices | None = None,
    legend: bool = True,
) -> str:
    """The graph in Graphviz's language; the same graph gives the same text.

    `depth` is how many levels are seen, the last of them closed: stages, their blocks, what is in those. By default the
    first box of each kind is open, as deep as makes at most `MOST_BOXES` boxes, and the others like it are closed.
    `flat` opens everything, convs with their norm and activation too. `heat` colours boxes by what they cost, `marks`
    by what became of them, where the graph is that of two networks at once: boxes are then open where something changed
    in them, and those further than `beside` boxes from a change are drawn as one. `choices` are those of its spec,
    which are told.
    """
    parts = parts_of(graph, depth=depth, flat=flat, marks=marks, beside=beside)
    look = THEMES[theme]
    wiring = Wiring(graph, parts, marks or Marks())
    warmth = Heat(graph, wiring.shown.values(), heat, look) if heat else None
    return _Picture(wiring, look, warmth, marks, choices or Choices(), Lanes(wiring, flat=flat)).text(
        parts, direction, legend=legend
    )


class _Picture:
    """One drawing: the Graphviz text so far."""

    def __init__(
        self, wiring: Wiring, theme: Theme, heat: Heat | None, marks: Marks | None, choices: Choices, lanes: Lanes
    ) -> None:
        self.graph = wiring.graph
        self.wiring = wiring
        self.theme = theme
        self.heat = heat
        self.marks = marks
        self.choices = choices
        self.arrows = 0
        self.down = True
        self.lanes = lanes
        self.letters = Lettering(wiring, theme, heat, choices, self.lanes.boxes)

    def text(self, parts: Sequence[Part], direction: Direction, *, legend: bool) -> str:
        self.down = direction == "down"
        heading = Legend(self.wiring, self.theme, self.heat, self.marks)
        label = heading.label(self.choices.of_variables(), entries=legend)
        self.drawing = self._begun(direction, label)
        for name, shape in self.graph.inputs.items():
            self._end(input_key(name), name, shape, self.wiring.marks.of(name))
        self._boxes(parts, self.drawing, "")
        for name, ref in self.graph.outputs.items():
            status = self.wiring.marks.outputs.get(name, "same")
            self._end(output_key(name), name, self.graph.shape(ref), status, dashed=name in self.graph.train_only)
        for wire in self.wiring.wires:
            self._arrow(wire)
        for lanes in self.lanes.rows:
            with self.drawing.subgraph() as row:
                row.attr(rank="same")
                for left, right in pairwise(lanes):
                    row.edge(key(left), key(right), style="invis")
        for owner, user in self.wiring.links:
            look = {"style": "dotted", "dir": "none", "constraint": "false"}
            self.drawing.edge(key(owner), key(user), tooltip=tooltip(f"{user} uses the weights of {owner}"), **look)
        return str(self.drawing.source)

    def _begun(self, direction: Direction, label: str) -> graphviz.Digraph:
        theme = self.theme
        coarse = COARSE if self.wiring.reach > MOST_CURVED else {}
        page = {"size": "{},{}".format(*theme.size)} if theme.size else {}
        return graphviz.Digraph(
            key(self.graph.name),
            comment=description(self.letters),
            graph_attr={
                "id": element_id("the picture"),
                "rankdir": {"down": "TB", "right": "LR"}[direction], "label": label, "labelloc": "t",
                "fontname": theme.font, "fontsize": "14", "fontcolor": theme.ink, "bgcolor": theme.background,
                "pad": "0.2", "nodesep": str(theme.gaps[0]), "ranksep": str(theme.gaps[1]), "newrank": "true",
                **coarse, **page,
            },
            node_attr={
                "shape": "box", "style": "rounded,filled", "fontname": theme.font, "fontsize": "11",
                "fontcolor": theme.ink, "margin": "0.14,0.06", "height": "0.3", "penwidth": "1",
            },
            edge_attr={
                "fontname": theme.font, "fontsize": "9", "fontcolor": theme.faint, "color": theme.line,
                "arrowsize": "0.6",
            },
        )  # fmt: skip

    def _end(self, name: str, said: str, shape: Shape, status: Status, *, dashed: bool = False) -> None:
        """An input or output of the network."""
        style = "rounded,dashed" if dashed else "rounded"
        words = self.letters.end(said, shape)
        look = {"style": style, "color": self.theme.faint, "margin": "0.16,0.04"}
        if status != "same":
            colours = self.theme.status[status]
            look |= {"style": f"{style},filled", "fillcolor": colours.fill, "color": colours.edge}
        self.drawing.node(key(name), words, id=element_id(name), tooltip=tooltip(said), **look)

    def _boxes(self, parts: Sequence[Part], drawing: graphviz.Digraph, inside: str) -> None:
        for part in parts:
            if part.parts and not self.lanes.frames:
                self._boxes(part.parts, drawing, "")
                continue
            if part.parts:
                self._open(part, drawing, inside)
                continue
            share = self.heat.share(part) if self.heat else None
            ink = self.heat.ink(share) if self.heat and share is not None else None
            words = self.letters.box(part, inside, ink=ink)
            if part.name in self.lanes.boxes:
                small = f'<font point-size="9" color="{ink or self.theme.ink}">{{}}</font>'
                words = self.lanes.table(part, words[1:-1], small, down=self.down)
            look = {**self._paint(part, share), **self.lanes.group(part)}
            drawing.node(key(part.name), words, id=element_id(part.name), tooltip=tooltip(part.name), **look)

    def _paint(self, part: Part, share: float | None) -> dict[str, str]:
        """The look of a closed box: by what became of it, by what it costs or by its family."""
        kind = family_of(part)
        status = self.wiring.status(part) if self.marks else None
        colours = self.theme.families[kind] if status is None else self.theme.status[status]
        fill = colours.fill if self.heat is None or share is None else self.heat.fill(share)
        look = {"style": "rounded,filled", **self.theme.outlines.get(kind, {})}
        if self.wiring.in_training_only(part) or status == "removed":
            look["style"] = "rounded,filled,dashed"
        return {**look, "fillcolor": fill, "color": colours.edge}

    def _open(self, part: Part, drawing: graphviz.Digraph, inside: str) -> None:
        """A box with what is in it. Its words are a node of their own beside its entry: no arrow crosses them there."""
        colours = self._open_colours(part)
        with drawing.subgraph(name=key(f"cluster_{part.name}")) as cluster:
            cluster.attr(
                style="rounded,filled", fillcolor=colours.fill, color=colours.edge, margin="8", label="",
                tooltip=tooltip(part.name), id=element_id(part.name),
            )  # fmt: skip
            words, first = key(f"words {part.name}"), key(self.wiring.entry(part))
            cluster.node(
                words,
                self.letters.box(part, inside, align="left"),
                shape="plain",
                style="",
                id=element_id(f"words {part.name}"),
            )
            self._boxes(part.parts, cluster, part.inner + ".")
        with self.drawing.subgraph() as row:
            row.attr(rank="same")
            row.edge(words, first, style="invis", minlen="0")

    def _open_colours(self, part: Part) -> Colours:
        status = self.wiring.status(part) if self.marks else "same"
        edge = self.theme.open.edge if status == "same" else self.theme.status[status].edge
        return Colours(self.theme.open.fill, edge)

    def _arrow(self, wire: Wire) -> None:
        look = {"style": "dashed"} if wire.dashed or wire.status == "removed" else {}
        if wire.status != "same":
            look |= {"color": self.theme.status[wire.status].edge, "penwidth": "1.6"}
        label = f" {size(self.graph.shape(wire.carries))}" if self.wiring.says_shape(wire) else None
        self.arrows += 1
        look |= {"id": element_id(f"arrow {self.arrows}"), "tooltip": size(self.graph.shape(wire.carries))}
        tail, head, strength = self.lanes.ends(wire, down=self.down)
        self.drawing.edge(tail, head, label=label, **look, **strength)
