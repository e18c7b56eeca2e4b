"""The colours of pictures: by the family of an op, and by what became of a node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archgraph.ops import OPS

INK, FAINT, LINE = "#1e293b", "#64748b", "#94a3b8"


class Colours(NamedTuple):
    """What a box is filled and edged with."""

    fill: str
    edge: str


FAMILIES: Mapping[str, Colours] = {
    "conv": Colours("#dbeafe", "#3b82f6"),
    "linear": Colours("#ede9fe", "#8b5cf6"),
    "norm": Colours("#fef9c3", "#ca8a04"),
    "activation": Colours("#ffedd5", "#f97316"),
    "pool": Colours("#dcfce7", "#22c55e"),
    "merge": Colours("#fce7f3", "#ec4899"),
    "attention": Colours("#cffafe", "#0891b2"),
    "separable": Colours("#dbeafe", "#3b82f6"),
    "spp": Colours("#dcfce7", "#22c55e"),
    "aspp": Colours("#dcfce7", "#22c55e"),
    "unpool": Colours("#dcfce7", "#22c55e"),
    "conv_transpose": Colours("#dbeafe", "#3b82f6"),
    "inverted": Colours("#dbeafe", "#3b82f6"),
    "multi_head": Colours("#cffafe", "#0891b2"),
    "windows": Colours("#cffafe", "#0891b2"),
    "transformer": Colours("#cffafe", "#0891b2"),
}
"""By the file of `ops/` that an op stands in."""
OTHER = Colours("#f1f5f9", "#94a3b8")
CLOSED = Colours("#e2e8f0", "#475569")
OPEN = Colours("#f8fafc", "#cbd5e1")


def family(op: str) -> str | None:
    """The family of an op: the file of `ops/` that it stands in; None for a block of a spec."""
    known = OPS.get(op)
    return known.__module__.rpartition(".")[2] if known else None
