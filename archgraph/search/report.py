"""The report of a search: one HTML file that opens anywhere, with what a reader needs to judge it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field

from archgraph.errors import ArchgraphError, UsageError
from archgraph.files import write_whole
from archgraph.pictures.dot import dot
from archgraph.search import comparison
from archgraph.search.lineage import lineage, records
from archgraph.search.outcome import Outcome, candidates
from archgraph.search.reporting import ancestry, charts, tables
from archgraph.search.reporting.diagrams import Diagrams, diagrams, graph_of, rendered
from archgraph.search.reporting.document import document
from archgraph.search.reporting.markup import Section, chart, code, details, paragraphs, picture, scrolled, select
from archgraph.search.reporting.summary import certainty, conditions, summary
from archgraph.search.trials import Trial

NAME = "report.html"


def write_report(found: Outcome) -> None:
    """Write `report.html` into the run's folder. Raises UsageError where it cannot be written."""
    write_whole(found.folder / NAME, html(found).encode(errors="replace"))


def html(found: Outcome) -> str:
    """The report as a page that needs nothing but itself."""
    return _Report(found, comparison.read_baseline(found), diagrams(found)).html()


@dataclass
class _Report:
    """A page while its sections are written: the charts and pictures that they have places for."""

    found: Outcome
    baseline: Outcome | None
    networks: Diagrams
    figures: dict[str, charts.Figure] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)

    def html(self) -> str:
        sections = list(self.sections())
        self.pictures |= {str(number): drawn for number, drawn in self.networks.pictures.items()}
        data = {"figures": self.figures, "front": charts.axis_data(self.found, self.baseline)}
        top = paragraphs([*summary(self.found, self.baseline), *conditions(self.found)])
        title = f"Search {self.found.recipe.name}"
        return document(title, top, sections, data=data, pictures=self.pictures)

    def sections(self) -> Iterator[Section]:
        found = self.found
        if found.compared:
            yield Section("candidates", "The networks", self.candidates())
        yield Section("winners", "Winners", tables.winners(found) + paragraphs(certainty(found)))
        if found.retrained:
            told = (
                "Trained anew on the training and validation images together. The test images were used once for each."
            )
            yield Section("retrained", "Retrained in full", tables.retrained(found) + paragraphs([told]))
        yield Section("random", "Against random search", self.against())
        if found.best is not None:
            yield Section("best", "The best network", self.best(found.best))
            yield Section("lineage", "How it came about", self.lineage(found.best))
        yield Section("mutations", "Which mutations helped", self.mutations())
        yield Section("funnel", "What became of the proposals", self.funnel())
        spent = f"{comparison.device_seconds(found):,.0f} s on the device in all."
        yield Section("machine", "Time and machine", tables.sessions(found) + paragraphs([spent]))
        yield Section("trials", "All trials", tables.trials(found) + paragraphs(filter(None, [self.networks.missing])))
        yield Section("recipe", "Recipe", code(json.dumps(found.recipe.model_dump(mode="json"), indent=2)))

    def candidates(self) -> str:
        found = self.found
        across, up = charts.axes(found)
        self.figures["front"] = charts.front_chart(found, self.baseline)
        names = charts.measures(found)
        several = len(found.recipe.objectives) > 1
        won = "the front" if several else "the winners"
        alt = (
            f"{up} and {across} of {len(found.compared)} networks, {won} marked; the table of winners has their figures"
        )
        selects = select("front-x", "across", names, across) + select("front-y", "up", names, up)
        note = (
            "Point at a network to see it, click or tap to keep it there; with the keyboard, arrow keys go from one to "
            f"the next, and Enter keeps it. Dotted lines are limits of the budget. {self.networks.missing}"
        )
        return chart("front", alt, height=460, controls=f'<p class="controls">{selects}</p>', note=note)

    def against(self) -> str:
        found = self.found
        body = "".join(self.comparison())
        if found.compared:
            name = found.recipe.objectives[0]
            self.figures["progress"] = charts.progress_chart(found, self.baseline)
            over = select("progress-x", "over", ["trials", "device time"], "trials") if charts.timed(found) else ""
            alt = f"the best {name} so far, trial by trial"
            body += chart("progress", alt, height=420, controls=f'<p class="controls">{over}</p>' if over else "")
        return body

    def comparison(self) -> Iterator[str]:
        found = self.found
        if found.recipe.sampler == "random":
            yield paragraphs(["This search is a random one: it is what others have to beat."])
        elif self.baseline is None:
            yield paragraphs(
                [
                    "No random search of as many trials was run beside this one, so this report does not say what "
                    f"{found.recipe.sampler} is worth here. `archgraph search baseline {found.folder}` runs it."
                ]
            )
        else:
            yield paragraphs(comparison.verdict(found, self.baseline))
            yield tables.beside(found, self.baseline)

    def best(self, best: Trial) -> str:
        spec = details("As a spec", code(best.text))
        try:
            (drawn,) = rendered([dot(graph_of(best))])
        except ArchgraphError as error:
            return paragraphs([f"There is no picture of it: {error}"]) + spec
        # It is the one picture that is seen without the page's script.
        source = f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}"
        alt = f"the network of trial {best.number}, from input to output"
        return f'<p class="picture"><img src="{source}" alt="{alt}"></p>{spec}'

    def lineage(self, best: Trial) -> str:
        found = self.found
        shown = ancestry.tree(found)
        try:
            tree = scrolled("Lineage", ancestry.drawn(found, shown), kind="scroll tall")
        except UsageError as error:
            tree = paragraphs([f"There is no picture of the lineage: {error}"])
        note = (
            "Each arrow is a mutation. The winners are framed in red; small boxes are other children of a network, the "
            "first few of each. A number shows the network, as in every table."
        )
        if not shown.whole:
            note += " The lineage of all winners is too large to be read: this is the end of the best one's."
        steps = list(ancestry.steps(found, shown))
        pictures = ancestry.differences(shown, steps)
        self.pictures |= pictures
        if len(pictures) < len(steps):
            note += f" {len(pictures)} of the {len(steps)} mutations are drawn."
        changes = []
        for step in steps:
            seen = picture(step.key, f"what changed from trial {step.parent.number}") if step.key in pictures else ""
            said = f"trial {step.parent.number} → {step.child.number}: {step.child.change}"
            changes.append(details(said, seen + code(step.text)))
        return tree + paragraphs([note]) + tables.steps(found, lineage(found, best)) + "".join(changes)

    def mutations(self) -> str:
        found = self.found
        better = "on the front" if len(found.recipe.objectives) > 1 else "better than the parent"
        known = records(found)
        body = ""
        if any(record.finished for record in known):
            self.figures["operators"] = charts.operators_chart(known, better)
            alt = f"the part of each mutation's finished children that were {better}; the table has the figures"
            note = "The thin lines are where the true rate may be, at 95 %, for so few children (Wilson's interval)."
            rows = sum(record.finished > 0 for record in known)
            body = chart("operators", alt, height=90 + 30 * rows, note=note)
        return body + tables.operators(found, known, better)

    def funnel(self) -> str:
        found, tally = self.found, self.found.tally
        said = (
            f"{tally.proposals:,} proposals, of which turned away before training: {tally.over_budget:,} over the "
            f"budget, {tally.duplicates:,} known already, {sum(tally.rejected.values()):,} no network. "
            f"{len(found.finished)} trials finished, {len(found.failed)} failed, {len(found.interrupted)} interrupted, "
            f"{len(found.infeasible)} measured and not trained, since they were over the latency limit."
        )
        body = paragraphs([said])
        counts = stages(found)
        if tally.proposals:
            self.figures["funnel"] = charts.funnel_chart(counts)
            alt = "; ".join(f"{name}: {count:,}" for name, count in counts)
            body += chart("funnel", alt, height=60 + 50 * len(counts))
        if tally.reasons:
            known = records(found)
            made = {record.name: record.trials for record in known}
            self.figures["reasons"] = charts.reasons_chart(tally.reasons, made)
            alt = "what became of the proposals of each mutation; the table has the figures"
            body += chart("reasons", alt, height=140 + 26 * len(made)) + tables.reasons(found, known)
        return body


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
