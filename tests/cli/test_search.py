"""`archgraph search`: what the commands hand on. What a search does is tested in tests/search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import archgraph.search
from archgraph.errors import Finding, Mark, Source, SpecError, UsageError

Archgraph = Callable[..., Any]
Calls = list[tuple[str, tuple[Any, ...], dict[str, Any]]]


@dataclass(frozen=True)
class Outcome:
    """What the commands look at of a search's result."""

    best: str | None = "best.yaml"
    interrupted: bool = False
    folder: str = "runs/x"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    made: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def stand_in(name: str) -> Callable[..., Outcome]:
        def call(*args: Any, **options: Any) -> Outcome:
            options.pop("began", None)  # What opens a dashboard; it is tested by itself.
            made.append((name, args, options))
            return Outcome()

        return call

    for name in ("run", "resume", "show", "summary", "baseline", "report", "retrain"):
        monkeypatch.setattr(archgraph.search, name, stand_in(name))
    return made


def test_run_hands_on_its_options(archgraph: Archgraph, calls: Calls) -> None:
    words = [
        "--trials",
        7,
        "--minutes",
        2.5,
        "--workers",
        2,
        "--ray",
        "local",
        "--out",
        "runs/x",
        "--set",
        "budget.macs=2M",
        "--set",
        "objectives=[accuracy, macs]",
    ]
    assert archgraph("search", "run", "digits", *words).code == 0
    read = {"budget.macs": 2_000_000, "objectives": ["accuracy", "macs"]}
    given = {"trials": 7, "out": "runs/x", "settings": read, "workers": 2, "ray": "local", "minutes": 2.5}
    assert calls == [("run", ("digits",), given)]


def test_run_leaves_the_rest_to_the_recipe(archgraph: Archgraph, calls: Calls) -> None:
    archgraph("search", "run", "digits")
    given = {"trials": None, "out": None, "settings": {}, "workers": None, "ray": None, "minutes": None}
    assert calls == [("run", ("digits",), given)]


def test_resume_and_show_take_a_folder(archgraph: Archgraph, calls: Calls) -> None:
    archgraph("search", "resume", "runs/x", "--trials", 9)
    archgraph("search", "show", "runs/x")
    with pytest.raises(TypeError):  # the stand-in's result is no JSON
        archgraph("search", "show", "runs/x", "--json")
    assert [(name, args) for name, args, _ in calls] == [
        ("resume", ("runs/x",)),
        ("show", ("runs/x",)),
        ("summary", ("runs/x",)),
    ]
    assert calls[0][2] == {"trials": 9, "workers": None, "ray": None, "minutes": None}


def test_a_baseline_follows_a_search_that_was_not_stopped(
    archgraph: Archgraph, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert archgraph("search", "run", "digits", "--baseline").code == 0
    assert [(name, args) for name, args, _ in calls] == [("run", ("digits",)), ("baseline", ("runs/x",))]
    calls.clear()
    monkeypatch.setattr("archgraph.search.run", lambda *args, **options: Outcome(interrupted=True))
    assert archgraph("search", "run", "digits", "--baseline").code == 130
    assert calls == []


def test_baseline_and_report_take_a_folder(archgraph: Archgraph, calls: Calls) -> None:
    assert archgraph("search", "baseline", "runs/x").code == 0
    assert archgraph("search", "report", "runs/x").code == 0
    assert [(name, args) for name, args, _ in calls] == [("baseline", ("runs/x",)), ("report", ("runs/x",))]


def test_retrain_takes_settings_and_brings_the_report_up_to_date(archgraph: Archgraph, calls: Calls) -> None:
    words = ["--retrain", "epochs=30", "--retrain", "augment=[flip, crop]", "--top", 3]
    assert archgraph("search", "best", "runs/x", *words).code == 0
    settings = {"epochs": 30, "augment": ["flip", "crop"]}
    assert calls == [("retrain", ("runs/x",), {"settings": settings, "top": 3}), ("report", ("runs/x",), {})]


def test_a_dashboard_that_is_not_installed_is_said_before_anything_runs(
    archgraph: Archgraph, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archgraph.search.dashboard.find_spec", lambda name: None)
    for words in (["run", "digits"], ["resume", "runs/x"]):
        ran = archgraph("search", *words, "--dashboard")
        assert ran.code == 2 and "pip install 'archgraph[dashboard]'" in ran.err
    assert calls == []


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SpecError([Finding("unknown key 'trails'", Mark(Source("r.yaml", "trails: 3"), 1, 1))]), 1, "r.yaml:1:1: un"),
        (UsageError("'runs/x' exists"), 2, "archgraph: 'runs/x' exists"),
    ],
)  # fmt: skip
def test_mistakes_are_told(
    error: Exception, code: int, said: str, archgraph: Archgraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("archgraph.search.run", fail)
    ran = archgraph("search", "run", "r.yaml")
    assert ran.code == code and said in ran.err


def test_trials_are_at_least_one(archgraph: Archgraph) -> None:
    assert archgraph("search", "run", "digits", "--trials", 0).code == 2


@pytest.mark.parametrize(
    ("outcome", "code"), [(Outcome(), 0), (Outcome(interrupted=True), 130), (Outcome(best=None), 1)]
)
def test_the_exit_code_says_how_a_search_ended(
    outcome: Outcome, code: int, archgraph: Archgraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archgraph.search.run", lambda *args, **options: outcome)
    monkeypatch.setattr("archgraph.search.resume", lambda *args, **options: outcome)
    assert archgraph("search", "run", "digits").code == code
    assert archgraph("search", "resume", "runs/digits").code == code
