"""How pictures look: colours by the family of an op and by what became of a node, and fonts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from archgraph.compare.marks import Status
from archgraph.ops import OPS

INK, FAINT, LINE = "#1e293b", "#475569", "#94a3b8"


class Colours(NamedTuple):
    """What a box is filled and edged with."""

    fill: str
    edge: str


Family: TypeAlias = Literal["conv", "linear", "norm", "activation", "pool", "merge", "attention", "block", "other"]

KIN: Mapping[str, Family] = {
    "conv": "conv", "separable": "conv", "conv_transpose": "conv", "inverted": "conv",
    "linear": "linear",
    "norm": "norm",
    "activation": "activation", "softmax": "activation",
    "pool": "pool", "spp": "pool", "aspp": "pool", "unpool": "pool",
    "merge": "merge",
    "attention": "attention", "multi_head": "attention", "windows": "attention", "transformer": "attention",
}  # fmt: skip
"""The family of an op by the file of `ops/` that it is in; any other primitive is `other`, any other box a block."""

COLOURS: Mapping[Family, Colours] = {
    "conv": Colours("#dbeafe", "#3b82f6"),
    "linear": Colours("#ede9fe", "#8b5cf6"),
    "norm": Colours("#fef9c3", "#ca8a04"),
    "activation": Colours("#ffedd5", "#f97316"),
    "pool": Colours("#dcfce7", "#22c55e"),
    "merge": Colours("#fce7f3", "#ec4899"),
    "attention": Colours("#cffafe", "#0891b2"),
    "block": Colours("#e2e8f0", "#475569"),
    "other": Colours("#f1f5f9", "#94a3b8"),
}
DARK: Mapping[Family, Colours] = {
    "conv": Colours("#1e3a8a", "#60a5fa"),
    "linear": Colours("#4c1d95", "#a78bfa"),
    "norm": Colours("#713f12", "#facc15"),
    "activation": Colours("#7c2d12", "#fb923c"),
    "pool": Colours("#14532d", "#4ade80"),
    "merge": Colours("#831843", "#f472b6"),
    "attention": Colours("#164e63", "#22d3ee"),
    "block": Colours("#334155", "#94a3b8"),
    "other": Colours("#1e293b", "#64748b"),
}
GREYS: Mapping[Family, Colours] = {
    "conv": Colours("#ffffff", "#000000"),
    "linear": Colours("#d9d9d9", "#000000"),
    "norm": Colours("#ffffff", "#000000"),
    "activation": Colours("#f2f2f2", "#000000"),
    "pool": Colours("#bfbfbf", "#000000"),
    "merge": Colours("#ffffff", "#000000"),
    "attention": Colours("#e6e6e6", "#000000"),
    "block": Colours("#f2f2f2", "#000000"),
    "other": Colours("#ffffff", "#000000"),
}

STATUS: Mapping[Status, Colours] = {
    "same": Colours("#f1f5f9", "#94a3b8"),
    "added": Colours("#bbf7d0", "#15803d"),
    "removed": Colours("#fecaca", "#b91c1c"),
    "changed": Colours("#fde68a", "#b45309"),
}
STATUS_DARK: Mapping[Status, Colours] = {
    "same": Colours("#1e293b", "#64748b"),
    "added": Colours("#14532d", "#4ade80"),
    "removed": Colours("#7f1d1d", "#f87171"),
    "changed": Colours("#78350f", "#fbbf24"),
}
STATUS_GREY: Mapping[Status, Colours] = {
    "same": Colours("#ffffff", "#7f7f7f"),
    "added": Colours("#d9d9d9", "#000000"),
    "removed": Colours("#ffffff", "#000000"),
    "changed": Colours("#f2f2f2", "#000000"),
}


OPEN = Colours("#f8fafc", "#cbd5e1")


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Everything about a picture that its network does not say.

    `outlines` are attributes of Graphviz beside the colours that tell families apart where colours do not; `costs`
    whether every box says what it costs, `gaps` the inches between boxes of a row and between rows, `size` the most
    inches that the picture takes, across and down.
    """

    ink: str = INK
    faint: str = FAINT
    line: str = LINE
    background: str = "white"
    open: Colours = OPEN
    families: Mapping[Family, Colours] = field(default_factory=lambda: COLOURS)
    outlines: Mapping[Family, Mapping[str, str]] = field(default_factory=dict)
    status: Mapping[Status, Colours] = field(default_factory=lambda: STATUS)
    heat: tuple[str, str] = ("#fff7ed", "#c2410c")
    font: str = "Arial"
    costs: bool = True
    gaps: tuple[float, float] = (0.25, 0.3)
    size: tuple[float, float] | None = None


ThemeName: TypeAlias = Literal["colour", "dark", "paper"]

# Every program that lays out text knows the fonts' widths, or those of a font like it: nothing overflows its box.
THEMES: Mapping[ThemeName, Theme] = {
    "colour": Theme(),
    "dark": Theme(
        ink="#f1f5f9", faint="#cbd5e1", line="#64748b", background="#0f172a", open=Colours("#172033", "#334155"),
        families=DARK, status=STATUS_DARK, heat=("#1e293b", "#ea580c"),
    ),
    "paper": Theme(
        ink="#000000", faint="#000000", line="#000000", open=Colours("#ffffff", "#7f7f7f"), families=GREYS,
        outlines={
            "norm": {"penwidth": "0.4"}, "activation": {"penwidth": "0.4"}, "merge": {"penwidth": "1.8"},
            "attention": {"peripheries": "2"}, "block": {"penwidth": "1.8"},
            "other": {"style": "rounded,filled,dotted"},
        },
        status=STATUS_GREY, heat=("#ffffff", "#595959"), font="Times", costs=False,
        gaps=(0.15, 0.2), size=(3.3, 9.0),
    ),
}  # fmt: skip
"""`paper` is for a column of a two-column page, 3.3 inches (84 mm) wide: black on white, in the text's kind of font."""


def family(op: str, *, box: bool = False) -> Family:
    """The family of an op, or of a `box` of that name: a block of a spec, or a macro that is like no primitive."""
    known = OPS.get(op)
    return KIN.get(known.__module__.rpartition(".")[2] if known else "", "block" if box or known is None else "other")
