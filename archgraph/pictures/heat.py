"""Where a network's cost is: what each box has of the whole, and the colour that says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from archgraph.graph.cost import node_costs
from archgraph.graph.model import Graph
from archgraph.graph.outline import Part
from archgraph.graph.wording import human, human_bytes
from archgraph.pictures.theme import Theme

Measure: TypeAlias = Literal["macs", "params", "activations"]

TITLES: dict[Measure, str] = {"macs": "MACs", "params": "parameters", "activations": "activations kept for training"}

DARKEST = 0.45
"""Texts are dark on a colour of this lightness or more, else white."""


class Heat:
    """The shares of one measure, and their colours: from none to what the box with the most has.

    `activations` are bytes of node outputs in a forward pass in training mode, in fp32 and for one input; MACs those of
    one pass in training mode, heads that exist in training alone among them.
    """

    def __init__(self, graph: Graph, parts: Iterable[Part], measure: Measure, theme: Theme) -> None:
        self.measure: Measure = measure
        self.theme = theme
        self.costs = {
            name: {"macs": cost.macs, "params": cost.params, "activations": cost.activation_bytes}[measure]
            for name, cost in node_costs(graph).items()
        }
        self.total = sum(self.costs.values())
        self.most = max(map(self.share, parts), default=0.0)

    def share(self, part: Part) -> float:
        """What a part has of the whole, 0 to 1."""
        return sum(self.costs[node.name] for node in part.nodes) / self.total if self.total else 0.0

    def fill(self, share: float) -> str:
        """The colour of a share."""
        low, high = (_channels(colour) for colour in self.theme.heat)
        warmth = share / self.most if self.most else 0.0
        return "#" + "".join(f"{round(a + (b - a) * warmth):02x}" for a, b in zip(low, high, strict=True))

    def ink(self, share: float) -> str:
        """The colour of texts on the colour of a share."""
        red, green, blue = (channel / 255 for channel in _channels(self.fill(share)))
        return "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > DARKEST else "#ffffff"

    def words(self, part: Part) -> str:
        """A part's share for people: `12.3 % · 504M`."""
        own = sum(self.costs[node.name] for node in part.nodes)
        return f"{percent(self.share(part))} · {self.amount(own)}" if own else ""

    def amount(self, number: int) -> str:
        """A cost of this measure, for people."""
        return human_bytes(number) if self.measure == "activations" else human(number)


def percent(share: float) -> str:
    """A share in per cent: `12.3 %`."""
    return f"{100 * share:.1f} %"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
