"""Where the winners came from: a drawn tree of trials and mutations, and every step of it as a difference."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

import graphviz

from archgraph.errors import ArchgraphError, UsageError
from archgraph.graph.wording import printable
from archgraph.pictures.comparison import difference_drawing
from archgraph.search.lineage import ancestors, lineage, parents
from archgraph.search.outcome import Outcome, score_names, shown
from archgraph.search.reporting.diagrams import MOST_NODES, graph_of, rendered
from archgraph.search.rungs import rung_of
from archgraph.search.textual import changed_lines
from archgraph.search.trials import Trial

MOST = 80
"""Trials of the tree; of more, only the best network's own are drawn, and of those the last."""
STUBS = 3
"""Other children of a trial that are drawn."""
CHARACTERS = 34
"""Of a change beside its arrow; all of it is in the list of steps."""
FONT = "Arial"


@dataclass(frozen=True)
class Tree:
    """The trials of a lineage: `kept` are winners and what they came from, `stubs` some other children of those."""

    kept: tuple[int, ...]
    stubs: Mapping[int, tuple[Trial, ...]]
    more: Mapping[int, int]
    """How many more children a trial has than are drawn."""
    winners: frozenset[int]
    best: frozenset[int]
    """The best one, its parent, that one's, ..."""
    whole: bool
    """Whether the lineage of every winner is there, from its beginning."""


def tree(found: Outcome) -> Tree:
    """The lineage of the winners, or of the best one where that of all is too large to be read."""
    chosen = list(found.winners)
    kept = _lineages(found, chosen)
    if len(kept) > MOST:
        chosen = chosen[:1]
        kept = _lineages(found, chosen)
    whole = len(chosen) == len(found.winners) and len(kept) <= MOST
    kept = kept[-MOST:]
    shown_hashes = {found.trials[number].hash for number in kept}
    children: dict[int, list[Trial]] = {}
    for trial in found.trials:
        if trial.again is None and trial.below is None and trial.state != "yielded" and trial.hash not in shown_hashes:
            for parent in parents(trial)[:1]:
                children.setdefault(parent, []).append(trial)
    stubs = {number: tuple(children[number][:STUBS]) for number in kept if number in children}
    more = {number: len(children[number]) - STUBS for number in stubs if len(children[number]) > STUBS}
    best = frozenset(trial.number for winner in chosen[:1] for trial in lineage(found, winner))
    return Tree(tuple(kept), stubs, more, frozenset(trial.number for trial in chosen), best, whole)


def drawn(found: Outcome, shown_tree: Tree) -> str:
    """The tree as SVG to stand in a page: its nodes are links to trials, its colours those of the page's style.

    Raises UsageError where nothing here draws.
    """
    (svg,) = rendered([_dot(found, shown_tree)])
    # The page's style says how large it is, and names it.
    svg = re.sub(r"<svg[^>]*?viewBox=(\"[^\"]*\")[^>]*>", r"<svg class='tree' viewBox=\1 WIDTH>", svg, count=1)
    width = re.search(r"viewBox=\"[\d.]+ [\d.]+ ([\d.]+)", svg)
    if width is None:
        raise UsageError("the drawing program gave a picture without a size")
    return svg.replace("WIDTH", f"width='{float(width[1]) * 4 / 3:.0f}' role='group' aria-label='Lineage'", 1)


class Step(NamedTuple):
    """A mutation of the tree, with the lines of the spec that it changed."""

    parent: Trial
    child: Trial
    text: str

    @property
    def key(self) -> str:
        """The name that its picture has in the page."""
        return f"step-{self.child.number}"


def steps(found: Outcome, shown_tree: Tree) -> Iterator[Step]:
    """Every mutation of the tree, in the order of the children."""
    for number in shown_tree.kept:
        child = found.trials[number]
        if child.parent is not None:
            parent = found.trials[child.parent]
            yield Step(parent, child, "\n".join(changed_lines(parent.text, child.text)))


def differences(shown_tree: Tree, asked: Sequence[Step]) -> dict[str, str]:
    """What steps changed as pictures, by their keys: the two networks in one, as far as they can be drawn here.

    Of many steps between large networks, those to the best one come first.
    """
    texts: dict[str, str] = {}
    nodes = 0
    for step in sorted(asked, key=lambda step: step.child.number not in shown_tree.best):
        with suppress(ArchgraphError):
            old, new = graph_of(step.parent), graph_of(step.child)
            nodes += len(old.nodes) + len(new.nodes)
            if nodes > MOST_NODES:
                break
            texts[step.key] = difference_drawing(old, new, direction="right").dot
    try:
        return dict(zip(texts, rendered(texts.values()), strict=True))
    except UsageError:
        return {}  # That nothing here draws is said where the lineage would be.


def _lineages(found: Outcome, chosen: list[Trial]) -> list[int]:
    """The trials that some came from, and they themselves, in the order in which they were made."""
    return sorted({number for trial in chosen for number in (*ancestors(found, trial), trial.number)})


def _dot(found: Outcome, shown_tree: Tree) -> str:
    drawing = graphviz.Digraph(
        "lineage",
        graph_attr={"rankdir": "TB", "bgcolor": "transparent", "nodesep": "0.2", "ranksep": "0.45", "pad": "0.1"},
        node_attr={
            "shape": "box", "style": "rounded,filled", "fontname": FONT, "fontsize": "11", "margin": "0.12,0.06",
            "height": "0.3", "fillcolor": "white",
        },
        edge_attr={"fontname": FONT, "fontsize": "9", "arrowsize": "0.6"},
    )  # fmt: skip
    for number in shown_tree.kept:
        _node(drawing, found, number, shown_tree)
        for parent in parents(found.trials[number]):
            if parent in shown_tree.kept:
                _edge(drawing, found.trials[number], parent)
    for number, stubs in shown_tree.stubs.items():
        for stub in stubs:
            drawing.node(
                f"t{stub.number}", str(stub.number), URL=f"#trial-{stub.number}", tooltip=_tooltip(_said(found, stub)),
                margin="0.04,0.02", height="0.2", width="0.3", fontsize="9", **{"class": "stub"},
            )  # fmt: skip
            drawing.edge(f"t{number}", f"t{stub.number}", weight="1", **{"class": "stub"})
        if number in shown_tree.more:
            drawing.node(f"m{number}", f"+ {shown_tree.more[number]}", shape="plain", style="", **{"class": "stub"})
            drawing.edge(f"t{number}", f"m{number}", arrowhead="none", weight="1", **{"class": "stub"})
    return str(drawing.source)


def _node(drawing: graphviz.Digraph, found: Outcome, number: int, shown_tree: Tree) -> None:
    trial = found.trials[number]
    kind = "winner" if number in shown_tree.winners else "given" if trial.parent is None else "step"
    lines = [f"<b>trial {number}</b>", *map(_escaped, _figures(found, trial))]
    if trial.parent is None:
        lines.append(_escaped(_short(trial.origin)))
    # What is in one group stands in one line, as far as it can.
    group = {"group": "best"} if number in shown_tree.best else {}
    drawing.node(
        f"t{number}", f"<{'<br/>'.join(lines)}>", URL=f"#trial-{number}", tooltip=_tooltip(_said(found, trial)),
        **{"class": kind}, **group,
    )  # fmt: skip


def _edge(drawing: graphviz.Digraph, child: Trial, parent: int) -> None:
    """An arrow with the mutation on it; that of a second parent is dashed."""
    if parent != child.parent or child.mutation is None:
        drawing.edge(f"t{parent}", f"t{child.number}", label="< second parent >", style="dashed")
        return
    told = f"{child.mutation['site']} {child.mutation['change']}"
    lines = [f"<b>{_escaped(child.mutation['operator'])}</b>", _escaped(_short(told))]
    label = "".join(f'&#160;{line}<br align="left"/>' for line in lines)
    drawing.edge(f"t{parent}", f"t{child.number}", label=f"<{label}>", weight="10")


def _figures(found: Outcome, trial: Trial) -> list[str]:
    """What stands in a trial's box: its rung, and the first two scores, or what became of it."""
    rung = [rung_of(trial, found.recipe)] if found.recipe.fidelity else []
    known = trial.scores or {}
    values = [shown(name, known[name]) for name in score_names(found)[:2] if name in known]
    return [", ".join([*rung, *(values or [trial.state])])]


def _said(found: Outcome, trial: Trial) -> str:
    return f"trial {trial.number}: {', '.join(_figures(found, trial))}; {trial.change}"


def _short(text: str) -> str:
    return text if len(text) <= CHARACTERS else f"{text[: CHARACTERS - 1]}…"


def _escaped(text: str) -> str:
    return escape(printable(text))


def _tooltip(text: str) -> str:
    plain: str = graphviz.escape(printable(text))
    return plain
