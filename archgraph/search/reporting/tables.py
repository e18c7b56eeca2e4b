"""The tables of a search's report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from archgraph.search import comparison
from archgraph.search.lineage import Record
from archgraph.search.outcome import Outcome, score_names, shown, uncertainty
from archgraph.search.reporting.charts import REASONS
from archgraph.search.reporting.markup import table
from archgraph.search.rungs import rung_of
from archgraph.search.trials import Trial

ABOUT = ("archgraph", "torch", "optuna", "python", "system", "machine", "cores", "device")
"""What a session notes of where it ran."""


def winners(found: Outcome) -> str:
    """The best networks, and under them the parents that they are compared with."""
    scores = score_names(found)
    titles = ["validation" if name == "accuracy" else name for name in scores]
    head = ["trial", *titles, "test", "MACs", "params", "parent", "change"]
    rows = []
    for trial in (*found.winners, *found.references):
        tested = comparison.tested(found, trial)
        rows.append([trial.number, *figures(trial, scores), tested, *costs(trial), _parent(trial), trial.change])
    return table("The winners, best first, and the parents that were given", head, rows, trials="linked")


def retrained(found: Outcome) -> str:
    """Winners that were trained in full, with what they have on the test images."""
    head = ["trial", "test", "images", "epochs", "seconds", "trained", "settings"]
    rows = []
    for number, known in found.retrained.items():
        half = 100 * uncertainty(known["accuracy"], known["images"])
        test = f"{shown('accuracy', known['accuracy'])} ± {half:.1f}"
        settings = ", ".join(f"{key} {value}" for key, value in known["settings"].items() if value is not None)
        row = [number, test, known["images"], known["settings"]["epochs"], f"{known['seconds']:.0f}", known["at"]]
        rows.append([*row, settings])
    return table("Winners that were trained in full", head, rows, trials="linked")


def beside(found: Outcome, baseline: Outcome) -> str:
    """The figures of a search and of the random one."""
    both = zip(comparison.rows(found), comparison.rows(baseline), strict=True)
    rows = [[name, mine, theirs] for (name, mine), (_, theirs) in both]
    return table("This search and random search", ["", "this search", "random search"], rows, sortable=False)


def steps(found: Outcome, trials: Sequence[Trial]) -> str:
    """The changes that led to a trial, each with what it did to the figures."""
    scores = score_names(found)
    head = ["trial", *_rung_title(found), *scores, "MACs", "params", "mutation", "place", "change"]
    rows = []
    for step in trials:
        origin = step.mutation or {"operator": "", "site": "", "change": step.origin}
        told = [origin[key] for key in ("operator", "site", "change")]
        rows.append([step.number, *_rung(found, step), *figures(step, scores), *costs(step), *told])
    return table("From the network that was given to the best one", head, rows, trials="linked", sortable=False)


def operators(found: Outcome, records: Sequence[Record], better: str) -> str:
    """By mutation: how often it gave a network, and how often that one was better."""
    # Searches from before reasons were kept know this one alone.
    old = [] if found.tally.reasons else ["no network"]
    head = ["mutation", "weight", "trials", "failed", better, "success", "95 % from", "to", *old]
    rows = []
    for record in records:
        rate, ends = "-", ["-", "-"]
        if record.rate is not None:
            rate, ends = f"{100 * record.rate:.0f} %", [f"{100 * end:.0f} %" for end in record.interval]
        row = [record.name, f"{record.weight:g}", record.trials, record.failed, record.better, rate, *ends]
        rows.append([*row, *([record.no_network] if old else [])])
    return table("How each mutation's children did", head, rows)


def reasons(found: Outcome, records: Sequence[Record]) -> str:
    """By mutation: how many proposals became trials, and why the others were turned away."""
    head = ["mutation", "became trials", *(label for label, _ in REASONS.values())]
    rows = []
    for record in records:
        turned = found.tally.reasons.get(record.name, Counter())
        rows.append([record.name, record.trials, *(turned[reason] for reason in REASONS)])
    return table("What became of each mutation's proposals", head, rows)


def sessions(found: Outcome) -> str:
    """Every run and resume: when, how long, and on what."""
    rows = []
    for session in found.sessions:
        about = [session.get(key, "") for key in ABOUT]
        rows.append([session.get("began", ""), f"{session.get('seconds', 0):.0f} s", *about])
    return table("Every run and resume", ["began", "wall time", *ABOUT], rows, sortable=False)


def trials(found: Outcome) -> str:
    """Every trial, whatever became of it."""
    fidelity = found.recipe.fidelity
    scores = [*score_names(found), *(["proxy"] if fidelity and fidelity.proxy else [])]
    head = ["trial", *_rung_title(found), *scores, "MACs", "params", "seconds", "parent", "change"]
    rows = []
    for trial in found.trials:
        seconds = (trial.scores or {}).get("seconds", "")
        change = trial.change if trial.error is None else f"{trial.change}; failed: {trial.error}"
        change += "; over the latency limit, so not trained" if trial.state == "infeasible" else ""
        known = [*_rung(found, trial), *figures(trial, scores), *costs(trial)]
        rows.append([trial.number, *known, seconds, _parent(trial), change])
    return table("All trials, in the order in which they were taken up", head, rows, trials="told")


def figures(trial: Trial, names: Sequence[str]) -> list[str]:
    """The scores of a trial for people; `-` where it has none."""
    known = trial.scores or {}
    return [shown(name, known[name]) if name in known else "-" for name in names]


def costs(trial: Trial) -> list[str]:
    """MACs and parameters."""
    return [f"{trial.cost['macs']:,}", f"{trial.cost['params']:,}"]


def _rung_title(found: Outcome) -> list[str]:
    return ["rung"] if found.recipe.fidelity else []


def _rung(found: Outcome, trial: Trial) -> list[str]:
    return [rung_of(trial, found.recipe)] if found.recipe.fidelity else []


def _parent(trial: Trial) -> str:
    return "" if trial.parent is None else str(trial.parent)
