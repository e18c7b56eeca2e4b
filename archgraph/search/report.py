"""The report of a search: one HTML file that opens anywhere, with what a reader needs to judge it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise

from archgraph.files import write_whole
from archgraph.search import comparison
from archgraph.search.charts import cost_chart, funnel_chart, progress_chart
from archgraph.search.lineage import difference, lineage, records
from archgraph.search.outcome import Outcome, candidates, score_names, shown, uncertainty
from archgraph.search.rungs import climbed, rung_of
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
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    body = "".join([f"<h1>{escape(title)}</h1>", *_sections(found)])
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _sections(found: Outcome) -> Iterator[str]:
    baseline = comparison.read_baseline(found)
    yield _paragraphs(_opening(found))
    yield from ("<h2>Winners</h2>", _winners(found), _paragraphs(_how_sure(found)))
    if found.retrained:
        yield from ("<h2>Retrained in full</h2>", _retrained(found))
    yield from ("<h2>Against random search</h2>", *_against(found, baseline))
    if found.finished:
        yield from (cost_chart(found), progress_chart(found, baseline))
    if found.best is not None:
        yield from ("<h2>The best network</h2>", '<p><img src="best.svg" alt="the best network"></p>')
        yield f"<details><summary>As a spec</summary><pre>{escape(found.best.text)}</pre></details>"
        yield from ("<h2>How it came about</h2>", _lineage(found, found.best))
    yield from ("<h2>What was tried</h2>", _operators(found), *_funnel(found))
    yield from ("<h2>Time and machine</h2>", _sessions(found))
    yield from ("<h2>All trials</h2>", _all(found))
    yield from ("<h2>Recipe</h2>", f"<pre>{escape(json.dumps(found.recipe.model_dump(mode='json'), indent=2))}</pre>")


def _opening(found: Outcome) -> list[str]:
    recipe = found.recipe
    training = recipe.evaluate.train
    if training:
        scored = f"Trained on {source(training.data).about}, {training.epochs} epochs each."
    else:
        scored = f"Scored by {recipe.evaluate.kind}: {recipe.evaluate.model_dump()[recipe.evaluate.kind]}."
    lines = [
        f"{candidates(found.trials)} networks by {recipe.sampler}, from {', '.join(recipe.spec)}, "
        f"for {' and '.join(recipe.objectives)}. Budget: {recipe.limited}. Seed {recipe.seed}.",
        scored,
    ]
    if recipe.inherit:
        lines[-1] += " Children began with what fits of their parent's weights; `inherited` is the share of theirs."
    if recipe.fidelity:
        lines[-1] += (
            f" Of each rung the best {100 * recipe.fidelity.keep:g} % went on to the next, and the parents: "
            f"{', '.join(climbed(found))}. Winners are of the highest; scores of two rungs are not to be compared."
        )
    if training:
        lines[-1] += (
            " Networks were compared on the validation images; the test images were used once for each winner, after "
            "the search."
        )
    return lines


def _how_sure(found: Outcome) -> list[str]:
    """What the figures do not show, said beside them."""
    tested = (
        "± is half of a 95 % interval of the test accuracy, from the number of test images alone. "
        if any(found.test(trial) for trial in found.winners)
        else ""
    )
    return [
        f"{tested}The {found.recipe.objectives[0]} of a winner that it was chosen by is too good by a little: it is "
        "the best of many. Each network was scored once, with one seed."
    ]


def _winners(found: Outcome) -> str:
    scores = score_names(found)
    titles = ["validation" if name == "accuracy" else name for name in scores]
    head = ["trial", *titles, "test", "MACs", "params", "parent", "change"]
    rows = []
    for trial in (*found.winners, *found.references):
        tested = comparison.tested(found, trial)
        rows.append([trial.number, *_scores(trial, scores), tested, *_costs(trial), _parent(trial), trial.change])
    return _table(head, rows)


def _retrained(found: Outcome) -> str:
    head = ["trial", "test", "images", "epochs", "seconds", "trained", "settings"]
    rows = []
    for number, known in found.retrained.items():
        half = 100 * uncertainty(known["accuracy"], known["images"])
        test = f"{shown('accuracy', known['accuracy'])} ± {half:.1f}"
        settings = ", ".join(f"{key} {value}" for key, value in known["settings"].items() if value is not None)
        row = [number, test, known["images"], known["settings"]["epochs"], f"{known['seconds']:.0f}", known["at"]]
        rows.append([*row, settings])
    return _table(head, rows) + _paragraphs(
        ["Trained anew on the training and validation images together. The test images were used once for each."]
    )


def _against(found: Outcome, baseline: Outcome | None) -> Iterator[str]:
    if found.recipe.sampler == "random":
        yield _paragraphs(["This search is a random one: it is what others have to beat."])
    elif baseline is None:
        yield _paragraphs(
            [
                "No random search of as many trials was run beside this one, so this report does not say what "
                f"{found.recipe.sampler} is worth here. `archgraph search baseline {found.folder}` runs it."
            ]
        )
    else:
        both = zip(comparison.rows(found), comparison.rows(baseline), strict=True)
        rows = [[name, mine, theirs, ""] for (name, mine), (_, theirs) in both]
        yield _table(["", "this search", "random search", ""], rows)
        yield _paragraphs(comparison.verdict(found, baseline))


def _lineage(found: Outcome, best: Trial) -> str:
    """The changes that led to a trial, each with what it did to the figures and to the spec."""
    scores = score_names(found)
    steps = lineage(found, best)
    rung = ["rung"] if found.recipe.fidelity else []
    head = ["trial", *rung, *scores, "MACs", "params", "mutation", "place", "change"]
    rows = []
    for step in steps:
        origin = step.mutation or {"operator": "", "site": "", "change": step.origin}
        told = [origin[key] for key in ("operator", "site", "change")]
        rows.append([step.number, *_rung(found, step), *_scores(step, scores), *_costs(step), *told])
    shown_steps = [
        f"<details><summary>trial {child.number}: {escape(child.change)}</summary>"
        f"<pre>{escape(chr(10).join(difference(parent, child)))}</pre></details>"
        for parent, child in pairwise(steps)
    ]
    return _table(head, rows) + "".join(shown_steps)


def _operators(found: Outcome) -> str:
    """By mutation: how often it gave a network, and how often that one was better."""
    better = "on the front" if len(found.recipe.objectives) > 1 else "better than the parent"
    head = ["mutation", "weight", "trials", "failed", better, "success", "proposals that gave no network", ""]
    rows = []
    for record in records(found):
        rate = "-" if record.rate is None else f"{100 * record.rate:.0f} %"
        counts = [f"{record.weight:g}", record.trials, record.failed, record.better, rate, record.no_network]
        rows.append([record.name, *counts, ""])
    return _table(head, rows)


def stages(found: Outcome) -> list[tuple[str, int]]:
    """How many proposals were left after each check, in the order of the checks; then parents come to the trials."""
    tally = found.tally
    networks = tally.proposals - sum(tally.rejected.values())
    inside = networks - tally.over_budget
    return [
        ("proposed", tally.proposals),
        ("a network", networks),
        ("inside the budget", inside),
        ("not known already", inside - tally.duplicates),
        ("taken up, parents included", candidates(found.trials)),
        *_finished(found),
    ]


def _finished(found: Outcome) -> list[tuple[str, int]]:
    """How many networks finished, rung by rung where there are any."""
    fidelity = found.recipe.fidelity
    if fidelity is None:
        return [("finished", len(found.finished))]
    rungs = range(len(fidelity.rungs))
    return [(f"finished {fidelity.label(n)}", sum(trial.rung == n for trial in found.finished)) for n in rungs]


def _funnel(found: Outcome) -> Iterator[str]:
    tally = found.tally
    yield _paragraphs(
        [
            f"{tally.proposals:,} proposals, of which turned away before training: {tally.over_budget:,} over the "
            f"budget, {tally.duplicates:,} known already, {sum(tally.rejected.values()):,} no network. "
            f"{len(found.finished)} trials finished, {len(found.failed)} failed, {len(found.interrupted)} interrupted, "
            f"{len(found.infeasible)} measured and not trained, since they were over the latency limit."
        ]
    )
    yield funnel_chart(stages(found)) if found.finished else ""


def _sessions(found: Outcome) -> str:
    keys = ("archgraph", "torch", "optuna", "python", "system", "machine", "cores", "device")
    head = ["began", "wall time", "on the device", *keys]
    rows = []
    for number, session in enumerate(found.sessions):
        about = [session.get(key, "") for key in keys]
        last = number == len(found.sessions) - 1
        total = f"{comparison.device_seconds(found):.0f} s in all" if last else ""
        rows.append([session.get("began", ""), f"{session.get('seconds', 0):.0f} s", total, *about])
    return _table(head, rows)


def _all(found: Outcome) -> str:
    fidelity = found.recipe.fidelity
    scores = [*score_names(found), *(["proxy"] if fidelity and fidelity.proxy else [])]
    head = ["trial", *(["rung"] if fidelity else []), *scores, "MACs", "params", "seconds", "parent", "change"]
    rows = []
    for trial in found.trials:
        seconds = (trial.scores or {}).get("seconds", "")
        change = trial.change if trial.error is None else f"{trial.change}; failed: {trial.error}"
        change += "; over the latency limit, so not trained" if trial.state == "infeasible" else ""
        figures = [*_rung(found, trial), *_scores(trial, scores), *_costs(trial)]
        rows.append([trial.number, *figures, seconds, _parent(trial), change])
    return _table(head, rows)


def _rung(found: Outcome, trial: Trial) -> list[str]:
    return [rung_of(trial, found.recipe)] if found.recipe.fidelity else []


def _scores(trial: Trial, names: Sequence[str]) -> list[str]:
    known = trial.scores or {}
    return [shown(name, known[name]) if name in known else "-" for name in names]


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
