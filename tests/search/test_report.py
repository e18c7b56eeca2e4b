"""The report says what a reader needs to judge a search, and opens without a network."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from search.fakes import Fake, recipe

from archgraph import loads
from archgraph.search.baseline import baseline
from archgraph.search.lineage import difference, lineage, records
from archgraph.search.outcome import Outcome, read_outcome, uncertainty
from archgraph.search.report import html, stages
from archgraph.search.worker import run

HOSTILE = "</td></script><img src=x onerror=alert(1)> & no <memory>"


@dataclass
class Page(HTMLParser):
    """A page as a browser reads it: its text, tables, tags with their attributes, and scripts."""

    text: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.inside.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.inside.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" in self.inside:
            self.scripts[-1] += data
        elif "style" not in self.inside:
            self.text.append(data)
            if self.inside and self.inside[-1] in ("td", "th"):
                self.tables[-1][-1][-1] += data

    def table(self, first: str) -> list[dict[str, str]]:
        """The rows of the table one of whose titles is `first`."""
        head, *rows = next(table for table in self.tables if first in table[0])
        return [dict(zip(head, row, strict=True)) for row in rows]

    def figure(self, title: str) -> list[dict[str, Any]]:
        """The traces of the chart of a title."""
        script = next(text for text in self.scripts if "Plotly.newPlot" in text and f'"text":"{title}' in text)
        start = script.index("[", script.index('"', script.index("Plotly.newPlot(")))
        traces, _ = json.JSONDecoder().raw_decode(script[start:])
        assert isinstance(traces, list)
        return traces


def read(page: str) -> Page:
    found = Page()
    found.feed(page)
    found.close()
    assert not found.inside
    return found


def words(page: Page) -> str:
    return " ".join(" ".join(page.text).split())


def searched(place: Path, fake: Fake, **options: object) -> Path:
    file = recipe(place, **options)  # type: ignore[arg-type]
    return run(file, out=place / "run", evaluator=fake, console=Console(file=io.StringIO(), width=120)).folder


Make = Callable[..., Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return searched(tmp_path_factory.mktemp("report"), Fake(fails={4: HOSTILE}), trials=12)


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return read((folder / "report.html").read_text())


@pytest.fixture(scope="module")
def found(folder: Path) -> Outcome:
    return read_outcome(folder)


def test_a_report_is_honest(page: Page, found: Outcome) -> None:
    text = words(page)
    for said in (
        "12 networks by evolution, from cifar_resnet8, for accuracy",
        "Budget: macs at most 764,000",
        "Seed 0",
        "the test images were used once for each winner",
        "No random search of as many trials was run beside this one",
        "the best of many",
        f"{found.tally.over_budget} over the budget",
        "11 trials finished, 1 failed",
    ):
        assert said in text, said
    assert found.best is not None and found.best.change.split(" (")[0] in text


def test_a_report_needs_no_network(page: Page, folder: Path) -> None:
    linked = [attrs for tag, attrs in page.tags for key in ("src", "href") if key in attrs]
    assert linked == [{"src": "best.svg", "alt": "the best network"}] and (folder / "best.svg").is_file()


def test_what_users_wrote_stays_text(page: Page, found: Outcome) -> None:
    """The error of trial 4 would end its cell and run a script, if it could."""
    assert [tag for tag, attrs in page.tags if tag == "img" or "onerror" in attrs] == ["img"]
    row = next(row for row in page.table("seconds") if row["trial"] == "4")
    assert row["change"] == f"{found.trials[4].change}; failed: {HOSTILE}"


def test_the_curve_is_of_the_best_so_far(page: Page, found: Outcome) -> None:
    values = [trial.measure("accuracy") for trial in found.finished]
    points, best = page.figure("accuracy by trial")
    assert points["y"] == values and best["y"] == [max(values[: end + 1]) for end in range(len(values))]


def test_the_lineage_leads_from_a_parent_to_the_winner(page: Page, found: Outcome) -> None:
    assert found.best is not None
    steps = lineage(found, found.best)
    assert steps[0].parent is None and steps[-1] is found.best
    assert [(child.parent, child.mutation is None) for child in steps[1:]] == [(s.number, False) for s in steps[:-1]]
    rows = page.table("place")
    assert [int(row["trial"]) for row in rows] == [step.number for step in steps]
    assert [row["mutation"] for row in rows[1:]] == [step.mutation["operator"] for step in steps[1:] if step.mutation]
    for parent, child in pairwise(steps):
        changed = difference(parent, child)
        assert any(line.startswith(("+", "-")) for line in changed)
        kept = {line[1:] for line in changed if line.startswith("+")}
        assert kept <= set(child.text.splitlines()) and "name" not in "".join(kept)
        assert loads(child.text) != loads(parent.text)


def test_the_success_of_a_mutation_is_the_part_of_its_children_that_are_better(page: Page, found: Outcome) -> None:
    counted: dict[str, list[bool]] = {}
    for trial in found.finished:
        if trial.parent is not None and trial.mutation:
            better = trial.measure("accuracy") > found.trials[trial.parent].measure("accuracy")
            counted.setdefault(trial.mutation["operator"], []).append(better)
    assert {r.name: r.rate for r in records(found) if r.rate is not None} == {
        name: sum(better) / len(better) for name, better in counted.items()
    }
    rows = {row["mutation"]: row["success"] for row in page.table("success")}
    assert rows == {
        name: f"{100 * sum(counted[name]) / len(counted[name]):.0f} %" if name in counted else "-"
        for name in found.recipe.mutate
    }


def test_the_funnel_loses_nothing(page: Page, found: Outcome) -> None:
    """Every proposal that was not turned away became a trial; the one parent was not proposed."""
    counts = dict(stages(found))
    assert counts["not known already"] + 1 == counts["taken up, parents included"] == 12
    assert counts["proposed"] == found.tally.proposals and counts["finished"] == 11
    assert list(counts.values())[:4] == sorted(list(counts.values())[:4], reverse=True)
    assert page.figure("What became of the proposals")[0]["x"] == list(counts.values())


def test_a_front_is_drawn_over_its_objectives(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(), trials=10, objectives="[accuracy, params]")
    found = read_outcome(folder)
    _, front = read((folder / "report.html").read_text()).figure("Pareto front: accuracy and params")
    assert front["x"] == sorted(front["x"]) and front["mode"] == "lines+markers"
    best = {(trial.cost["params"], trial.measure("accuracy")) for trial in found.front}
    assert set(zip(front["x"], front["y"], strict=True)) == best


def test_random_search_stands_beside_a_search_that_ran_it(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(), trials=8)
    baseline(folder, evaluator=Fake(), console=Console(file=io.StringIO()))
    page = read((folder / "report.html").read_text())
    rows = {row[0]: row[1:3] for row in next(t for t in page.tables if "random search" in t[0])[1:]}
    assert rows["sampler"] == ["evolution", "random"] and rows["trials finished"] == ["8", "8"]
    assert rows["its score on the test images"] == ["90.00 ± 3.1 %"] * 2
    assert "which the test images do not tell apart" in words(page)
    theirs = [trial.measure("accuracy") for trial in read_outcome(folder / "baseline").finished]
    curve = page.figure("accuracy by trial")[2]
    assert curve["name"] == "best so far by random search"
    assert curve["y"] == [max(theirs[: end + 1]) for end in range(8)]


def test_a_report_of_nothing_finished_can_be_written(tmp_path: Path) -> None:
    folder = searched(tmp_path, Fake(interrupts=0))
    assert "0 trials finished, 0 failed, 1 interrupted" in words(read(html(read_outcome(folder))))


def test_an_uncertainty_is_half_of_wilsons_interval() -> None:
    """Figures of scipy.stats.binomtest(354, 360).proportion_ci(method="wilson")."""
    low, high = 0.964120841223222, 0.9923397037843743
    assert uncertainty(354 / 360, 360) == pytest.approx((high - low) / 2, rel=1e-4)
