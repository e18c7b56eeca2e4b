"""The charts of a search's report, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from archgraph.search.budget import COSTS
from archgraph.search.latency import LatencyLimit
from archgraph.search.outcome import Outcome, score_names, shown
from archgraph.search.trials import Trial

INK, FAINT, MARK, OTHER = "#1f77b4", "#b8c4ce", "#d62728", "#7f7f7f"


def cost_chart(found: Outcome) -> str:
    """What every network costs against how it scored; the front of several objectives is joined by a line."""
    across, up = _axes(found)
    figure = go.Figure()
    _points(figure, found.compared, across, up, name="finished", colour=FAINT)
    several = len(found.recipe.objectives) > 1
    winners = sorted(found.front if several else found.winners, key=lambda trial: trial.measure(across))
    # A line through a front is the front's only where the two axes are its two objectives.
    mode = "lines+markers" if set(found.recipe.objectives) == {across, up} else "markers"
    _points(figure, winners, across, up, name="front" if several else "winners", colour=MARK, mode=mode)
    limit = found.recipe.budget.get(across)
    most = limit.max if isinstance(limit, LatencyLimit) else limit.most if limit is not None else None
    if most is not None:
        figure.add_vline(x=most, line_dash="dot", annotation_text="budget")
    title = f"Pareto front: {up} and {across}" if several else f"{up} and {across}"
    figure.update_layout(title=title, xaxis_title=across, yaxis_title=up)
    # plotly.js is put in with the first chart, so that the page needs no network.
    return _html(figure, with_library=True)


def progress_chart(found: Outcome, baseline: Outcome | None) -> str:
    """The first objective by trial, and the best so far; beside it that of random search, where it was run."""
    name = found.recipe.objectives[0]
    figure = go.Figure()
    trials = found.compared
    values = [trial.measure(name) for trial in trials]
    text = [f"trial {trial.number}: {escape(trial.change)}" for trial in trials]
    figure.add_scatter(x=_counted(trials), y=values, mode="markers", name="trials", text=text, marker_color=INK)
    _best_so_far(figure, found, "best so far", MARK)
    if baseline is not None:
        _best_so_far(figure, baseline, "best so far by random search", OTHER)
    figure.update_layout(title=f"{name} by trial", xaxis_title="trials finished", yaxis_title=name)
    return _html(figure, with_library=False)


def funnel_chart(stages: Sequence[tuple[str, int]]) -> str:
    """How many proposals came to which stage."""
    figure = go.Figure(
        go.Funnel(y=[name for name, _ in stages], x=[count for _, count in stages], textinfo="value", marker_color=INK)
    )
    figure.update_layout(title="What became of the proposals")
    return _html(figure, with_library=False, height=80 + 55 * len(stages))


def best_so_far(values: Sequence[float], direction: str) -> list[float]:
    """The best of the values up to each."""
    best: list[float] = []
    for value in values:
        best.append(value if not best else max(best[-1], value) if direction == "maximize" else min(best[-1], value))
    return best


def _best_so_far(figure: go.Figure, found: Outcome, label: str, colour: str) -> None:
    name = found.recipe.objectives[0]
    best = best_so_far([trial.measure(name) for trial in found.compared], found.recipe.directions[0])
    figure.add_scatter(x=_counted(found.compared), y=best, mode="lines", name=label, line_shape="hv", line_color=colour)


def _counted(trials: Sequence[Trial]) -> list[int]:
    return list(range(1, len(trials) + 1))


def _axes(found: Outcome) -> tuple[str, str]:
    """A cost and a score: the objectives where there are such, else MACs and the first score."""
    scores = [name for name in found.recipe.objectives if name not in COSTS] or score_names(found)
    costs = [name for name in found.recipe.objectives if name in COSTS]
    if not scores:
        return (costs[1:] or ["params"])[0], costs[0]
    if not costs and len(scores) > 1:
        return scores[1], scores[0]
    return (costs or ["macs"])[0], scores[0]


def _points(
    figure: go.Figure, trials: Sequence[Trial], across: str, up: str, *, name: str, colour: str, mode: str = "markers"
) -> None:
    known = [trial for trial in trials if all(n in trial.cost or n in (trial.scores or {}) for n in (across, up))]
    figure.add_scatter(
        x=[trial.measure(across) for trial in known],
        y=[trial.measure(up) for trial in known],
        text=[f"trial {t.number}, {up} {shown(up, t.measure(up))}: {escape(t.change)}" for t in known],
        mode=mode,
        name=name,
        marker_color=colour,
    )


def _html(figure: go.Figure, *, with_library: bool, height: int = 420) -> str:
    figure.update_layout(template="simple_white", height=height, margin={"l": 60, "r": 20, "t": 50, "b": 50})
    return str(figure.to_html(full_html=False, include_plotlyjs=with_library, config={"displaylogo": False}))
