"""The charts of a search's report, as the data that plotly.js draws them from.

Colours of axes and text are the page's, light or dark; those of the marks are readable on both. plotly reads some HTML
in texts, so every text that a user may have written is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import accumulate
from typing import Any, TypeAlias

from archgraph.search.budget import COSTS
from archgraph.search.latency import LatencyLimit
from archgraph.search.lineage import Record
from archgraph.search.outcome import PARTS, Outcome, score_names, shown, uncertainty
from archgraph.search.proposal import Reason
from archgraph.search.trials import Trial

Figure: TypeAlias = dict[str, Any]
"""What plotly.js takes: `data`, a list of traces, and `layout`."""

INK, FAINT, MARK, OTHER, GIVEN = "#3b82f6", "#94a3b8", "#ef4444", "#a855f7", "#d97706"
CROWD = 400
"""Networks from which on their marks are small ones."""
REASONS: Mapping[Reason, tuple[str, str]] = {
    "impossible": ("no such change", "#cbd5e1"),
    "invalid": ("no network", "#94a3b8"),
    "outputs": ("other outputs", "#64748b"),
    "over_budget": ("over the budget", "#d97706"),
    "duplicates": ("known already", "#a855f7"),
}
"""Why a proposal was turned away, in words, and the colour it has."""


def measures(found: Outcome) -> list[str]:
    """What the networks that can be compared all have, one number each: objectives first, then scores and costs."""
    names = dict.fromkeys([*found.recipe.objectives, *score_names(found), "macs", "params", "loss", "seconds"])
    return [name for name in names if found.compared and all(_has(trial, name) for trial in found.compared)]


def axes(found: Outcome) -> tuple[str, str]:
    """A cost and a score: the objectives where there are such, else MACs and the first score."""
    scores = [name for name in found.recipe.objectives if name not in COSTS] or score_names(found)
    costs = [name for name in found.recipe.objectives if name in COSTS]
    if not scores:
        return (costs[1:] or ["params"])[0], costs[0]
    if not costs and len(scores) > 1:
        return scores[1], scores[0]
    return (costs or ["macs"])[0], scores[0]


def front_chart(found: Outcome, baseline: Outcome | None) -> Figure:
    """What every network costs against how it scored; the front of two objectives is joined by a line."""
    across, up = axes(found)
    several = len(found.recipe.objectives) > 1
    won = sorted(found.front if several else found.winners, key=lambda trial: trial.measure(across))
    chosen = {trial.number for trial in won}
    rest = [trial for trial in found.compared if trial.number not in chosen]
    traces = []
    if baseline is not None:
        theirs = {"symbol": "x-thin-open", "color": OTHER, "size": 6}
        points = _points(baseline.compared, across, up, name="random search", marker=theirs)
        # Both searches begin with the same networks: the pointer is to find those of this one.
        traces.append(points | {"meta": "random", "hoverinfo": "skip"})
    children = [trial for trial in rest if trial.parent is not None]
    marker = {"color": FAINT, "size": 7 if len(children) < CROWD else 4}
    traces.append(_points(children, across, up, name="finished", marker=marker))
    given = [trial for trial in rest if trial.parent is None]
    if given:
        diamond = {"symbol": "diamond", "color": GIVEN, "size": 10}
        traces.append(_points(given, across, up, name="parents that were given", marker=diamond))
    traces.append(_points(won, across, up, name="front" if several else "winners", marker={"color": MARK, "size": 9}))
    # A line through a front is the front's only where the two axes are its two objectives.
    joined = set(found.recipe.objectives) == {across, up}
    aims = dict(zip(found.recipe.objectives, found.recipe.directions, strict=True))
    shape = "vh" if aims.get(across) == "maximize" else "hv"
    traces[-1] |= {"mode": "lines+markers" if joined else "markers", "line": {"width": 1, "shape": shape}}
    return {"data": traces, "layout": {"hovermode": "closest", "xaxis": _axis(across), "yaxis": _axis(up)}}


def axis_data(found: Outcome, baseline: Outcome | None) -> dict[str, Any]:
    """What the page needs to change the axes of the front: every measure of every trial, and the budget's limits."""
    names = measures(found)
    both = {"own": found, **({"random": baseline} if baseline is not None else {})}
    return {
        "objectives": dict(zip(found.recipe.objectives, found.recipe.directions, strict=True)),
        "axes": {name: _axis(name) for name in names},
        "limits": {name: [limit for limit in limits(found, name) if limit is not None] for name in names},
        "values": {
            who: {name: [t.measure(name) if _has(t, name) else None for t in part.trials] for name in names}
            for who, part in both.items()
        },
    }


def limits(found: Outcome, name: str) -> tuple[float | None, float | None]:
    """The least and the most that the budget lets a network have of something."""
    limit = found.recipe.budget.get(name)
    if isinstance(limit, LatencyLimit):
        return None, limit.max
    return (limit.least, limit.most) if limit is not None else (None, None)


def progress_chart(found: Outcome, baseline: Outcome | None) -> Figure:
    """The first objective by trial or by device time, and the best so far; beside it that of random search.

    `meta` of a trace has both, in the order of its points.
    """
    name = found.recipe.objectives[0]
    scored = [trial for trial in found.compared if _has(trial, name)]
    points = {"mode": "markers", "name": "trials", "marker": {"color": FAINT, "size": 6}}
    told = {"text": [_said(trial, name) for trial in scored], "hoverinfo": "text"}
    traces = [_trace(found, scored, name, points) | told]
    for part, label, colour in ((found, "best so far", MARK), (baseline, "best so far by random search", OTHER)):
        if part is None:
            continue
        style = {"mode": "lines", "name": label, "line": {"shape": "hv", "color": colour}}
        scored = [trial for trial in part.compared if _has(trial, name)]
        best = best_so_far([trial.measure(name) for trial in scored], found.recipe.directions[0])
        traces.append(_trace(part, scored, name, style) | {"y": best})
    tested = [(trial, test) for trial in found.winners if (test := found.test(trial)) and "accuracy" in test]
    if name == "accuracy" and tested:
        style = {"mode": "markers", "name": "winners on the test images, ± 95 %", "marker": {"color": INK, "size": 7}}
        halves = [uncertainty(test["accuracy"], test["images"]) for _, test in tested]
        known = {"y": [test["accuracy"] for _, test in tested], "error_y": {"type": "data", "array": halves}}
        traces.append(_trace(found, [trial for trial, _ in tested], name, style) | known)
    return {"data": traces, "layout": {"xaxis": {"title": {"text": "trials finished"}}, "yaxis": _axis(name)}}


def operators_chart(records: Sequence[Record], better: str) -> Figure:
    """How often each mutation led to something better, with a 95 % interval that so many tries allow."""
    tried = [record for record in records if record.rate is not None]
    rates = [record.rate or 0.0 for record in tried]
    ends = [record.interval for record in tried]
    bars = {
        "type": "bar", "orientation": "h", "name": better, "marker": {"color": INK},
        "y": [escape(record.name, quote=False) for record in tried],
        "x": rates,
        "error_x": {
            "type": "data", "symmetric": False, "color": GIVEN,
            "array": [high - rate for rate, (_, high) in zip(rates, ends, strict=True)],
            "arrayminus": [rate - low for rate, (low, _) in zip(rates, ends, strict=True)],
        },
        "text": [f" {record.better} of {record.finished} " for record in tried],
        "textposition": "none",
        "hovertext": [
            f"{record.better} of {record.finished}, 95 % between {100 * low:.0f} and {100 * high:.0f} %"
            for record, (low, high) in zip(tried, ends, strict=True)
        ],
        "hoverinfo": "text",
    }  # fmt: skip
    counts = [
        {
            "x": 1.0, "xref": "paper", "xanchor": "left", "y": place, "text": f" {record.better} of {record.finished}",
            "showarrow": False,
        }
        for place, record in enumerate(tried)
    ]  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": better}, "range": [0, 1], "tickformat": ".0%"},
        "yaxis": {"autorange": "reversed", "automargin": True},
        "annotations": counts,
        "margin": {"r": 80},
        "showlegend": False,
    }
    return {"data": [bars], "layout": layout}


def funnel_chart(stages: Sequence[tuple[str, int]]) -> Figure:
    """How many proposals came to which stage."""
    funnel = {
        "type": "funnel", "y": [escape(name, quote=False) for name, _ in stages], "x": [count for _, count in stages],
        "textinfo": "value", "marker": {"color": INK}, "hoverinfo": "x+y", "connector": {"fillcolor": "#94a3b833"},
    }  # fmt: skip
    return {"data": [funnel], "layout": {"yaxis": {"automargin": True}, "showlegend": False}}


def reasons_chart(reasons: Mapping[str, Mapping[Reason, int]], made: Mapping[str, int]) -> Figure:
    """What became of each mutation's proposals: turned away for which reason, or a trial."""
    names = list(made)
    bars = [("became trials", INK, [made[name] for name in names])]
    for reason, (label, colour) in REASONS.items():
        bars.append((label, colour, [reasons.get(name, {}).get(reason, 0) for name in names]))
    traces = [
        {
            "type": "bar", "orientation": "h", "name": label, "marker": {"color": colour}, "x": counts,
            "y": [escape(name, quote=False) for name in names],
        }
        for label, colour, counts in bars if any(counts)
    ]  # fmt: skip
    layout = {
        "barmode": "stack", "xaxis": {"title": {"text": "proposals"}},
        "yaxis": {"autorange": "reversed", "automargin": True},
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def best_so_far(values: Sequence[float], direction: str) -> list[float]:
    """The best of the values up to each."""
    return list(accumulate(values, max if direction == "maximize" else min))


def _trace(found: Outcome, trials: Sequence[Trial], name: str, style: Mapping[str, Any]) -> Figure:
    """Points of trials by how many had finished when each had, and by the device time until then."""
    spent = dict(zip((t.number for t in found.trials), accumulate(map(_seconds, found.trials)), strict=True))
    place = {trial.number: position for position, trial in enumerate(found.compared, 1)}
    counted = [place[trial.number] for trial in trials]
    time = [round(spent[trial.number], 3) for trial in trials]
    points = {"x": counted, "y": [trial.measure(name) for trial in trials], "meta": {"trials": counted, "time": time}}
    return {"type": "scatter", **points, **style}


def timed(found: Outcome) -> bool:
    """Whether it is known how long trials took."""
    return any(map(_seconds, found.trials))


def _seconds(trial: Trial) -> float:
    return float((trial.scores or {}).get("seconds", 0))


def _points(
    trials: Iterable[Trial], across: str, up: str, *, name: str, marker: Mapping[str, Any], mode: str = "markers"
) -> Figure:
    known = [trial for trial in trials if _has(trial, across) and _has(trial, up)]
    return {
        "type": "scatter",
        "mode": mode,
        "name": name,
        "marker": dict(marker),
        "meta": "own",
        "x": [trial.measure(across) for trial in known],
        "y": [trial.measure(up) for trial in known],
        "customdata": [trial.number for trial in known],
        "text": [_said(trial, up) for trial in known],
        "hoverinfo": "none",
    }


def _said(trial: Trial, name: str) -> str:
    return escape(f"trial {trial.number}, {name} {shown(name, trial.measure(name))}: {trial.change}", quote=False)


def _has(trial: Trial, name: str) -> bool:
    value = trial.cost.get(name, (trial.scores or {}).get(name))
    return isinstance(value, (int, float)) and value == value and abs(value) != float("inf")


def _axis(name: str) -> Figure:
    axis: Figure = {"title": {"text": escape(name, quote=False)}}
    return axis | ({"tickformat": ".1~%"} if name in PARTS else {})
