"""The report of a search: one HTML file that opens anywhere, with what a reader needs to judge it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from archgraph.files import write_whole
from archgraph.search.charts import cost_chart, progress_chart
from archgraph.search.console import facts
from archgraph.search.outcome import Outcome, candidates, shown, uncertainty
from archgraph.search.trials import Trial
from archgraph.train.data import source

NAME = "report.html"
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; font-size: 14px; }
th, td { padding: 0.2rem 0.8rem 0.2rem 0; text-align: right; border-bottom: 1px solid #ddd; vertical-align: top; }
th:last-child, td:last-child { text-align: left; }
pre { background: #f6f6f6; padding: 1rem; overflow-x: auto; }
img { max-width: 100%; }
"""


def write_report(found: Outcome) -> None:
    """Write `report.html` into the run's folder. Raises UsageError where it cannot be written."""
    write_whole(found.folder / NAME, html(found))


def html(found: Outcome) -> str:
    """The report as a page that needs nothing but itself and `best.svg` beside it."""
    title = f"Search {found.recipe.name}"
    parts = [f"<h1>{escape(title)}</h1>", _paragraphs(_opening(found))]
    parts += ["<h2>Winners</h2>", _winners(found), _paragraphs(_how_sure(found))]
    if found.finished:
        parts += [cost_chart(found), progress_chart(found)]
    if found.best is not None:
        parts += ["<h2>The best network</h2>", _paragraphs([_lineage(found, found.best)])]
        parts += ['<p><img src="best.svg" alt="the best network"></p>', f"<pre>{escape(found.best.text)}</pre>"]
    parts += ["<h2>What was tried</h2>", _operators(found), _paragraphs(facts(found)[1:2])]
    parts += ["<h2>Time and machine</h2>", _sessions(found)]
    parts += ["<h2>All trials</h2>", _all(found)]
    parts += ["<h2>Recipe</h2>", f"<pre>{escape(_recipe(found))}</pre>"]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _opening(found: Outcome) -> list[str]:
    recipe = found.recipe
    training = recipe.evaluate.train
    trained = f"Trained on {source(training.data).about}, {training.epochs} epochs each. " if training else ""
    return [
        f"{candidates(found.trials)} networks by {recipe.sampler}, from {', '.join(recipe.spec)}, "
        f"for {' and '.join(recipe.objectives)}. Budget: {recipe.limits}. Seed {recipe.seed}.",
        f"{trained}Networks were compared on the validation images; the test images were used once for "
        "each winner, after the search.",
    ]


def _how_sure(found: Outcome) -> list[str]:
    """What the figures do not show, said beside them."""
    lines = [
        "± is half of a 95 % interval of the test accuracy, from the number of test images alone. The validation "
        "accuracy of a winner is too high by a little: it is the best of many. Each network was trained once, with "
        "one seed."
    ]
    if found.recipe.sampler != "random":
        lines.append(
            "No random search of as many trials was run beside this one (sampler: random does), so this report does "
            f"not say what {found.recipe.sampler} is worth here."
        )
    return lines


def _winners(found: Outcome) -> str:
    head = ["trial", "validation", "test", "MACs", "params", "parent", "change"]
    rows = []
    for trial in (*found.winners, *found.references):
        test = found.test(trial)
        tested = "-"
        if test is not None and "accuracy" in test:
            half = 100 * uncertainty(test["accuracy"], test["images"])
            tested = f"{shown('accuracy', test['accuracy'])} ± {half:.1f}"
        rows.append([trial.number, _accuracy(trial), tested, *_costs(trial), _parent(trial), trial.change])
    return _table(head, rows)


def _lineage(found: Outcome, best: Trial) -> str:
    """The chain of changes that led to a trial."""
    steps = [best]
    while (parent := steps[-1].parent) is not None:
        steps.append(found.trials[parent])
    return "Trial by trial: " + ", then ".join(f"{step.number}: {step.change}" for step in reversed(steps)) + "."


def _operators(found: Outcome) -> str:
    """By mutation: trials, failures, winners, and proposals that gave no network."""
    made = Counter(trial.mutation["operator"] for trial in found.trials if trial.mutation)
    failed = Counter(trial.mutation["operator"] for trial in found.failed if trial.mutation)
    won = Counter(trial.mutation["operator"] for trial in found.winners if trial.mutation)
    head = ["mutation", "weight", "trials", "failed", "winners", "proposals that gave no network", ""]
    return _table(
        head,
        [
            [name, f"{weight:g}", made[name], failed[name], won[name], found.tally.rejected[name], ""]
            for name, weight in found.recipe.mutate.items()
        ],
    )


def _sessions(found: Outcome) -> str:
    head = ["began", "wall time", "training", "torch", "Python", "device"]
    trained = sum(float((trial.scores or {}).get("seconds", 0)) for trial in found.trials)
    rows = []
    for number, session in enumerate(found.sessions):
        about = [session.get(key, "") for key in ("torch", "python", "device")]
        last = number == len(found.sessions) - 1
        total = f"{trained:.0f} s in all" if last else ""
        rows.append([session.get("began", ""), f"{session.get('seconds', 0):.0f} s", total, *about])
    return _table(head, rows)


def _all(found: Outcome) -> str:
    head = ["trial", "validation", "MACs", "params", "seconds", "parent", "change"]
    rows = []
    for trial in found.trials:
        seconds = (trial.scores or {}).get("seconds", "")
        change = trial.change if trial.error is None else f"{trial.change}; failed: {trial.error}"
        rows.append([trial.number, _accuracy(trial), *_costs(trial), seconds, _parent(trial), change])
    return _table(head, rows)


def _recipe(found: Outcome) -> str:
    return json.dumps(found.recipe.model_dump(mode="json"), indent=2)


def _accuracy(trial: Trial) -> str:
    return shown("accuracy", trial.scores["accuracy"]) if trial.scores and "accuracy" in trial.scores else "-"


def _costs(trial: Trial) -> list[str]:
    return [f"{trial.cost['macs']:,}", f"{trial.cost['params']:,}"]


def _parent(trial: Trial) -> str:
    return "" if trial.parent is None else str(trial.parent)


def _paragraphs(lines: Iterable[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{titles}</tr>{body}</table>"
