"""The charts of a search's report, as HTML."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from archgraph.search.outcome import Outcome, shown
from archgraph.search.recipe import OBJECTIVES
from archgraph.search.trials import Trial

INK, FAINT, MARK = "#1f77b4", "#b8c4ce", "#d62728"


def cost_chart(found: Outcome) -> str:
    """What every network costs against how it scored; the winners are joined by a line."""
    score = _score(found)
    figure = go.Figure()
    _points(figure, found.finished, score, "finished", FAINT)
    winners = sorted(found.winners, key=lambda trial: float(trial.cost["macs"]))
    mode = "lines+markers" if len(found.recipe.objectives) > 1 else "markers"
    _points(figure, winners, score, "winners", MARK, mode=mode)
    limit = found.recipe.budget.get("macs")
    if limit is not None and limit.most is not None:
        figure.add_vline(x=limit.most, line_dash="dot", annotation_text="budget")
    figure.update_layout(title=f"{score} and MACs", xaxis_title="MACs", yaxis_title=f"validation {score}")
    # plotly.js is put in with the first chart, so that the page needs no network.
    return _html(figure, with_library=True)


def progress_chart(found: Outcome) -> str:
    """The first objective by trial, and the best so far."""
    name = found.recipe.objectives[0]
    largest = OBJECTIVES[name] == "maximize"
    figure = go.Figure()
    best: list[float] = []
    values = [trial.measure(name) for trial in found.finished]
    for value in values:
        best.append(value if not best else max(best[-1], value) if largest else min(best[-1], value))
    numbers = [trial.number for trial in found.finished]
    text = [f"trial {trial.number}: {trial.change}" for trial in found.finished]
    figure.add_scatter(x=numbers, y=values, mode="markers", name="trials", text=text, marker_color=INK)
    figure.add_scatter(x=numbers, y=best, mode="lines", name="best so far", line_shape="hv", line_color=MARK)
    figure.update_layout(title=f"{name} by trial", xaxis_title="trial", yaxis_title=name)
    return _html(figure, with_library=False)


def _score(found: Outcome) -> str:
    return "loss" if "loss" in found.recipe.objectives and "accuracy" not in found.recipe.objectives else "accuracy"


def _points(
    figure: go.Figure, trials: Sequence[Trial], score: str, name: str, colour: str, *, mode: str = "markers"
) -> None:
    known = [trial for trial in trials if trial.scores and score in trial.scores]
    figure.add_scatter(
        x=[trial.cost["macs"] for trial in known],
        y=[trial.measure(score) for trial in known],
        text=[f"trial {t.number}, {shown(score, t.measure(score))}: {t.change}" for t in known],
        mode=mode,
        name=name,
        marker_color=colour,
    )


def _html(figure: go.Figure, *, with_library: bool) -> str:
    figure.update_layout(template="simple_white", height=420, margin={"l": 60, "r": 20, "t": 50, "b": 50})
    return str(figure.to_html(full_html=False, include_plotlyjs=with_library, config={"displaylogo": False}))
