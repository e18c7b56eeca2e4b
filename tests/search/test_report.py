"""The report says what a reader needs to judge a search, and opens without a network."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from search.fakes import Fake, recipe

from archgraph.search.outcome import read_outcome, uncertainty
from archgraph.search.report import html
from archgraph.search.worker import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    fake = Fake(fails={4: "no <memory>"})
    return run(
        recipe(place, trials=8), out=place / "run", evaluator=fake, console=Console(file=io.StringIO(), width=120)
    ).folder


def words(page: str) -> str:
    page = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_report_is_honest(folder: Path) -> None:
    text = words((folder / "report.html").read_text())
    found = read_outcome(folder)
    for said in (
        "8 networks by evolution, from cifar_resnet8, for accuracy",
        "Budget: macs at most 764,000",
        "Seed 0",
        "the test images were used once for each winner",
        "No random search of as many trials was run beside this one",
        "the best of many",
        f"{found.tally.over_budget} over the budget",
        "no &lt;memory&gt;",
        "7 trials finished, 1 failed",
    ):
        assert said in text, said
    assert found.best is not None and found.best.change.split(" (")[0] in text


def test_a_report_needs_no_network(folder: Path) -> None:
    page = (folder / "report.html").read_text()
    assert not re.findall(r"<(?:script|link)[^>]+(?:src|href)=", page)
    assert re.findall(r'<img src="([^"]+)"', page) == ["best.svg"] and (folder / "best.svg").is_file()


def test_a_report_of_nothing_finished_can_be_written(tmp_path: Path) -> None:
    fake = Fake(interrupts=0)
    console = Console(file=io.StringIO(), width=120)
    folder = run(recipe(tmp_path), out=tmp_path / "run", evaluator=fake, console=console).folder
    assert "0 trials finished, 1 interrupted" in words(html(read_outcome(folder)))


def test_an_uncertainty_is_half_of_wilsons_interval() -> None:
    """Figures of scipy.stats.binomtest(354, 360).proportion_ci(method="wilson")."""
    low, high = 0.964120841223222, 0.9923397037843743
    assert uncertainty(354 / 360, 360) == pytest.approx((high - low) / 2, rel=1e-4)
