"""The report says what a reader needs to judge a search, and opens without a network."""

from __future__ import annotations

import io
from dataclasses import replace
from html import escape
from itertools import accumulate, pairwise
from pathlib import Path
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs
from rich.console import Console
from search.fakes import Fake
from search.reported import HOSTILE, NAME, Page, read, searched, searched_for_hostile_names

from archgraph import loads
from archgraph.errors import UsageError
from archgraph.search.baseline import baseline
from archgraph.search.lineage import ancestors, lineage, records
from archgraph.search.outcome import Outcome, interval, read_outcome, uncertainty
from archgraph.search.proposal import NO_NETWORK
from archgraph.search.ranking import Draw
from archgraph.search.report import html, stages
from archgraph.search.reporting import ancestry, diagrams
from archgraph.search.reporting.charts import REASONS
from archgraph.search.textual import changed_lines

SVG = "{http://www.w3.org/2000/svg}"


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
    best = found.best
    assert best is not None
    for said in (
        f"The best of 12 networks is that of trial {best.number}: accuracy {100 * best.measure('accuracy'):.2f} %",
        "12 networks by evolution, from cifar_resnet8, for accuracy",
        "Budget: macs at most 764,000",
        "Seed 0",
        "the test images were used once for each winner",
        "No random search of as many trials was run beside this one",
        "the best of many",
        f"{found.tally.over_budget} over the budget",
        "11 trials finished, 1 failed",
        "1 of 12 trials failed; the commonest reason, 1 time:",
        best.change.split(" (")[0],
    ):
        assert said in page.words, said


def test_a_report_needs_nothing_but_itself(page: Page) -> None:
    linked = [str(attrs[key]) for _, attrs in page.tags for key in ("src", "href", "xlink:href") if key in attrs]
    inside = [link for link in linked if not link.startswith("data:image/svg+xml;base64,")]
    assert {link[0] for link in inside} == {"#"}
    assert {link[1:] for link in inside} <= {str(attrs["id"]) for _, attrs in page.tags if "id" in attrs}
    assert page.unpacked("plotly") == get_plotlyjs()


def test_a_report_says_how_it_is_built(page: Page) -> None:
    """Every section is in the contents, every table has a caption, every picture and chart says what it shows."""
    sections = [attrs["id"] for tag, attrs in page.tags if tag == "section"]
    contents = [attrs.get("href") for tag, attrs in page.tags if tag == "a"][: len(sections)]
    assert contents == [f"#{key}" for key in sections] and len(sections) == 10
    assert len([tag for tag, _ in page.tags if tag == "caption"]) == len(page.tables)
    assert all(attrs["alt"] for tag, attrs in page.tags if tag == "img")
    assert {attrs["id"] for _, attrs in page.tags if attrs.get("role") == "img" and attrs["aria-label"]} == {
        f"chart-{key}" for key in page.data["figures"]
    }


def test_what_users_wrote_stays_text(page: Page, found: Outcome, tmp_path: Path) -> None:
    """The error of trial 4 would end its cell and run a script, if it could; so would the name of a network."""
    row = next(row for row in page.table("seconds") if row["trial"] == "4")
    assert row["change"] == f"{found.trials[4].change}; failed: {HOSTILE}"
    hostile = read((searched_for_hostile_names(tmp_path) / "report.html").read_text(encoding="utf-8"))
    assert next(row for row in hostile.table("seconds") if row["trial"] == "0")["change"] == f"parent {NAME}"
    for seen in (page, hostile):
        assert [tag for tag, _ in seen.tags].count("script") == 4
        images = [attrs for tag, attrs in seen.tags if tag == "img"]
        assert all("data-picture" in attrs or str(attrs["src"]).startswith("data:") for attrs in images)
        assert not [1 for _, attrs in seen.tags if "onerror" in attrs]
    # plotly reads markup in texts; it knows these three entities, and would show the one of a quote as it stands.
    assert hostile.traces("front")[1]["text"][0].endswith(f"parent {escape(NAME, quote=False)}")


@pytest.fixture(scope="module")
def beside_random(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = searched(tmp_path_factory.mktemp("beside"), trials=8)
    baseline(folder, evaluator=Fake(), console=Console(file=io.StringIO()))
    return folder


def test_plotly_knows_all_that_charts_are_made_of(beside_random: Path) -> None:
    """plotly's own validation raises on a key or value that it does not know."""
    figures = read((beside_random / "report.html").read_text()).data["figures"]
    assert set(figures) == {"front", "progress", "operators", "funnel", "reasons"}
    for figure in figures.values():
        assert len(go.Figure(figure).data) == len(figure["data"]) > 0


def test_the_curve_is_of_the_best_so_far_by_trial_and_by_time(page: Page, found: Outcome) -> None:
    values = [trial.measure("accuracy") for trial in found.finished]
    points, best, tested = page.traces("progress")
    assert points["y"] == values and best["y"] == [max(values[: end + 1]) for end in range(len(values))]
    assert best["x"] == best["meta"]["trials"] == list(range(1, 12))
    assert best["meta"]["time"] == pytest.approx(list(accumulate([0.01] * 11)))
    assert tested["y"] == [0.9] * 5 and tested["error_y"]["array"] == [uncertainty(0.9, 360)] * 5
    assert tested["x"] == [found.finished.index(trial) + 1 for trial in found.winners]


def test_the_lineage_leads_from_a_parent_to_the_winner(page: Page, found: Outcome) -> None:
    assert found.best is not None
    steps = lineage(found, found.best)
    assert steps[0].parent is None and steps[-1] is found.best
    assert [(child.parent, child.mutation is None) for child in steps[1:]] == [(s.number, False) for s in steps[:-1]]
    rows = page.table("place")
    assert [int(row["trial"]) for row in rows] == [step.number for step in steps]
    assert [row["mutation"] for row in rows[1:]] == [step.mutation["operator"] for step in steps[1:] if step.mutation]
    for parent, child in pairwise(steps):
        changed = changed_lines(parent.text, child.text)
        assert any(line.startswith(("+", "-")) for line in changed)
        kept = {line[1:] for line in changed if line.startswith("+")}
        assert kept <= set(child.text.splitlines()) and "name" not in "".join(kept)
        assert loads(child.text) != loads(parent.text)


def arrows(found: Outcome) -> set[tuple[str, str]]:
    """The arrows of the drawn lineage, by the names that the drawing program gives them."""
    svg = ElementTree.fromstring(
        ancestry.drawn(found, ancestry.tree(found)).replace(
            "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="x" '
        )
    )
    titles = [str(title.text) for title in svg.iter(f"{SVG}title")]
    return {(tail, head) for tail, _, head in (title.partition("->") for title in titles) if head}


def test_the_tree_has_an_arrow_for_every_mutation_that_led_to_a_winner(found: Outcome) -> None:
    came = {number for trial in found.winners for number in (*ancestors(found, trial), trial.number)}
    expected = {(f"t{found.trials[n].parent}", f"t{n}") for n in came if found.trials[n].parent is not None}
    assert expected and expected <= arrows(found)
    others = {head for _, head in arrows(found) - expected}
    assert others and all(head[0] == "m" or int(head[1:]) not in came for head in others)


def test_a_crossover_has_two_parents(found: Outcome) -> None:
    assert found.best is not None
    mate = next(t.number for t in found.trials if t.number != found.best.parent and t.number < found.best.number)
    crossed = replace(found.best, draw=Draw(found.best.parent or 0, 0.0, "crossover", 0.0, 0.0, mate=mate))
    trials = [crossed if trial.number == crossed.number else trial for trial in found.trials]
    other = replace(found, trials=trials, winners=[crossed])
    assert {tail for tail, head in arrows(other) if head == f"t{crossed.number}"} == {
        f"t{found.best.parent}",
        f"t{mate}",
    }


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
    (bars,) = page.traces("operators")
    rates = {name: sum(counted[name]) / len(counted[name]) for name in found.recipe.mutate if name in counted}
    assert dict(zip(bars["y"], bars["x"], strict=True)) == rates
    assert [said.split()[::2] for said in bars["text"]] == [
        [str(sum(counted[name])), str(len(counted[name]))] for name in rates
    ]


def test_the_funnel_loses_nothing(page: Page, found: Outcome) -> None:
    """Every proposal that was not turned away became a trial; the one parent was not proposed."""
    counts = dict(stages(found))
    assert counts["not known already"] + 1 == counts["taken up, parents included"] == 12
    assert counts["proposed"] == found.tally.proposals and counts["finished"] == 11
    assert list(counts.values())[:4] == sorted(list(counts.values())[:4], reverse=True)
    assert page.traces("funnel")[0]["x"] == list(counts.values())


def test_every_proposal_is_told_by_mutation_and_by_what_became_of_it(page: Page, found: Outcome) -> None:
    traces = {trace["name"]: sum(trace["x"]) for trace in page.traces("reasons")}
    assert sum(traces.values()) == found.tally.proposals and traces["became trials"] == 11
    assert traces["over the budget"] == found.tally.over_budget > 0
    rows = page.table("became trials")
    assert sum(int(row["became trials"]) for row in rows) == 11
    turned = {row["mutation"]: [int(row[label]) for label, _ in REASONS.values()] for row in rows}
    for name, reasons in found.tally.reasons.items():
        assert turned[name] == [reasons[reason] for reason in REASONS]
        assert sum(turned[name][: len(NO_NETWORK)]) == found.tally.rejected[name]


def test_a_search_from_before_reasons_were_kept_has_a_report(found: Outcome) -> None:
    old = read(html(replace(found, tally=replace(found.tally, reasons={}))))
    assert "reasons" not in old.data["figures"] and "known already" not in [t for rows in old.tables for t in rows[0]]
    assert {row["mutation"]: int(row["no network"]) for row in old.table("success")} == {
        name: found.tally.rejected[name] for name in found.recipe.mutate
    }


def test_a_front_is_drawn_over_its_objectives(tmp_path: Path) -> None:
    folder = searched(tmp_path, trials=10, objectives="[accuracy, params]")
    found, page = read_outcome(folder), read((folder / "report.html").read_text())
    front = page.traces("front")[-1]
    assert front["name"] == "front" and front["x"] == sorted(front["x"]) and front["mode"] == "lines+markers"
    best = {(trial.cost["params"], trial.measure("accuracy")) for trial in found.front}
    assert set(zip(front["x"], front["y"], strict=True)) == best
    said = f"{len(best)} of 10 networks are such that no other one is better in all of accuracy and params"
    assert said in page.words


def test_a_front_of_three_can_be_seen_over_any_two(tmp_path: Path) -> None:
    folder = searched(tmp_path, trials=10, objectives="[accuracy, params, macs]")
    found, page = read_outcome(folder), read((folder / "report.html").read_text())
    axes = page.data["front"]
    assert list(axes["axes"])[:3] == ["accuracy", "params", "macs"] and axes["limits"]["macs"] == [764_000]
    for name, values in axes["values"]["own"].items():
        assert values == [trial.measure(name) for trial in found.trials]
    # A line through some of three objectives would be the front of two.
    assert page.traces("front")[-1]["mode"] == "markers"
    assert sorted(page.traces("front")[-1]["customdata"]) == [trial.number for trial in found.front]


def test_random_search_stands_beside_a_search_that_ran_it(beside_random: Path) -> None:
    page = read((beside_random / "report.html").read_text())
    rows = {row[0]: row[1:] for row in next(t for t in page.tables if "random search" in t[0])[1:]}
    assert rows["sampler"] == ["evolution", "random"] and rows["trials finished"] == ["8", "8"]
    assert rows["its score on the test images"] == ["90.00 ± 3.1 %"] * 2
    assert "which the test images do not tell apart" in page.words
    random = read_outcome(beside_random / "baseline")
    theirs = [trial.measure("accuracy") for trial in random.finished]
    curve = page.traces("progress")[2]
    assert curve["name"] == "best so far by random search"
    assert curve["y"] == [max(theirs[: end + 1]) for end in range(8)]
    points = page.traces("front")[0]
    assert (points["name"], points["y"]) == ("random search", theirs)
    assert points["x"] == [trial.cost["macs"] for trial in random.finished]


def test_every_network_is_drawn_once(page: Page, found: Outcome) -> None:
    for trial in found.trials:
        svg = ElementTree.fromstring(page.pictures[str(trial.number)])
        assert f"small-{trial.number:04d}" in "".join(svg.itertext())
    assert "networks are drawn in this page" not in page.words


def test_every_mutation_of_the_lineage_is_a_difference_in_picture_and_text(page: Page, found: Outcome) -> None:
    children = [step.child for step in ancestry.steps(found, ancestry.tree(found))]
    places = {attrs["data-picture"] for tag, attrs in page.tags if tag == "img" and "data-picture" in attrs}
    assert places == {f"step-{child.number}" for child in children} == {k for k in page.pictures if not k.isdigit()}
    for child in children:
        told = "".join(ElementTree.fromstring(page.pictures[f"step-{child.number}"]).itertext())
        assert any(word in told for word in ("added", "removed", "changed"))
        assert "\n".join(changed_lines(found.trials[child.parent or 0].text, child.text)) in "".join(page.text)


def test_the_mutations_that_led_to_the_best_network_are_drawn_first(
    found: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found.best is not None
    steps = list(ancestry.steps(found, ancestry.tree(found)))
    own = [child for child in lineage(found, found.best) if child.parent is not None]
    sizes = [len(diagrams.graph_of(t).nodes) + len(diagrams.graph_of(found.trials[t.parent or 0]).nodes) for t in own]
    monkeypatch.setattr(ancestry, "MOST_NODES", sum(sizes))
    page = read(html(found))
    assert len(own) < len(steps)
    assert {k for k in page.pictures if not k.isdigit()} == {f"step-{child.number}" for child in own}
    assert f"{len(own)} of the {len(steps)} mutations are drawn." in page.words


def test_what_is_not_drawn_is_said(found: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagrams, "MOST", 6)
    page = read(html(found))
    drawn = {int(number) for number in page.pictures if number.isdigit()}
    assert len(drawn) == 6 and {trial.number for trial in found.winners} < drawn
    assert "6 of 12 networks are drawn in this page" in page.words


def test_a_machine_that_cannot_draw_has_a_report(found: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> bytes:
        raise UsageError("nothing here draws pictures")

    monkeypatch.setattr("archgraph.pictures.picture.Drawing.render", nothing)
    page = read(html(found))
    assert page.pictures == {} and "nothing here draws pictures" in page.words
    assert len(page.table("seconds")) == 12 and page.traces("front")


def test_two_thousand_trials_stay_a_page(found: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagrams, "MOST", 6)
    trials = [replace(found.trials[n % 12], number=n, parent=n % 7 if n else None) for n in range(2000)]
    page = html(replace(found, trials=trials))
    assert len(page) < 4_000_000 and len(read(page).table("seconds")) == 2000


@pytest.mark.parametrize(
    ("fake", "said"),
    [
        (Fake(interrupts=0), ("0 trials finished, 0 failed, 1 interrupted", "No network has been scored yet.")),
        (Fake(), ("The best of 1 network is that of trial 0", "It is the parent cifar_resnet8, as it was given")),
    ],
)
def test_a_report_of_little_can_be_written(fake: Fake, said: tuple[str, ...], tmp_path: Path) -> None:
    words = read((searched(tmp_path, fake, trials=1) / "report.html").read_text()).words
    assert all(text in words for text in said)


def test_a_report_is_written_where_the_data_are_not(found: Outcome) -> None:
    training = found.recipe.evaluate.train
    assert training is not None
    away = training.model_copy(update={"data": {"idx": "/nowhere"}})
    evaluate = found.recipe.evaluate.model_copy(update={"train": away})
    page = read(html(replace(found, recipe=found.recipe.model_copy(update={"evaluate": evaluate}))))
    assert "Trained on {'idx': '/nowhere'}, 2 epochs each." in page.words


def test_a_report_of_failures_alone_says_why(found: Outcome) -> None:
    failed = [replace(t, state="failed", error="no memory", scores=None, values=None) for t in found.trials]
    page = read(html(replace(found, trials=failed, winners=[])))
    assert "All trials failed; the commonest reason, 12 times: no memory" in page.words
    assert "front" not in page.data["figures"]


def test_an_uncertainty_is_half_of_wilsons_interval() -> None:
    """Figures of scipy.stats.binomtest(354, 360).proportion_ci(method="wilson")."""
    low, high = 0.964120841223222, 0.9923397037843743
    assert uncertainty(354 / 360, 360) == pytest.approx((high - low) / 2, rel=1e-4)
    assert interval(354, 360) == pytest.approx((low, high), rel=1e-4)


@pytest.mark.parametrize(
    ("successes", "tries", "low", "high"),
    [(2, 7, 0.0822189, 0.6410656), (0, 3, 0.0, 0.5614970), (5, 5, 0.5655175, 1.0), (37, 120, 0.2327274, 0.3958300)],
)
def test_the_interval_of_a_rate_is_wilsons(successes: int, tries: int, low: float, high: float) -> None:
    """Figures of scipy.stats.binomtest."""
    assert interval(successes, tries) == pytest.approx((low, high), abs=2e-5)
