"""What a running search shows: a table in a terminal, lines anywhere else."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console
from search.fakes import Fake, recipe

from archgraph.search.outcome import Outcome, read_outcome
from archgraph.search.progress import RUNNING_SHOWN, View
from archgraph.search.worker import run


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    place = tmp_path_factory.mktemp("progress")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("archgraph.search.files.RunFolder.draw_best", lambda self, best: None)
        patched.setattr("archgraph.search.report.write_report", lambda found: None)
        fake = Fake(fails={2: "no memory"})
        out = Console(file=io.StringIO(), width=200)
        return read_outcome(run(recipe(place, trials=8), out=place / "run", evaluator=fake, console=out).folder)


class Clock:
    """Time that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def terminal() -> Console:
    return Console(file=io.StringIO(), width=120, force_terminal=True, highlight=False)


def shown(view: View) -> str:
    """The table as text."""
    console = Console(file=io.StringIO(), width=120)
    console.print(view.table())
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_the_table_says_how_far_how_fast_and_how_long(found: Outcome) -> None:
    clock = Clock()
    view = View(terminal(), clock=clock)
    view.total(20)
    clock.now += 90
    for done in range(3):
        view.ended(found.trials[0], done + 1, found)
    text = shown(view)
    # 3 trials in 90 seconds are 120 an hour; the 17 that are left take 17 * 30 seconds.
    assert "3 of 20" in text and "0:01:30, 120 trials an hour, 0:08:30 left" in text


def test_the_table_says_what_is_best_what_was_turned_away_and_what_failed(found: Outcome) -> None:
    view = View(terminal())
    view.ended(found.trials[1], 2, found)
    text = shown(view)
    assert found.best is not None
    assert f"accuracy {100 * found.best.measure('accuracy'):.2f} %, {found.best.cost['macs']:,} MACs" in text
    assert f"{found.tally.over_budget} over the budget, {found.tally.duplicates} known already" in text
    assert f"of {found.tally.proposals} proposals" in text
    assert re.search(r"^failed +1 *$", text, re.MULTILINE)


def test_every_worker_has_a_line_while_there_are_few(found: Outcome) -> None:
    view = View(terminal())
    for number in range(RUNNING_SHOWN + 3):
        view.training(number, "width ([1] 8 -> 16)", worker=f"gpu{number}")
    view.epoch(1, 0, 0.975, 4)
    text = shown(view)
    assert "1: epoch 1/4, 97.5 %  gpu1: width ([1] 8 -> 16)" in text and "and 3 more" in text
    view.ended(replace(found.trials[1], number=1), 2, found)
    assert "gpu1" not in shown(view) and "gpu8" in shown(view) and "and 2 more" in shown(view)


def test_a_terminal_has_no_line_a_trial_but_hears_of_failures(found: Outcome) -> None:
    console = terminal()
    with View(console) as view:
        view.total(2)
        view.ended(found.trials[0], 1, found)
        view.ended(found.trials[2], 2, found)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "trial 2 failed: no memory" in text and "trial    0" not in text


def test_a_file_gets_plain_lines(found: Outcome) -> None:
    console = Console(file=io.StringIO(), width=40)
    with View(console) as view:
        for trial in found.trials:
            view.training(trial.number, trial.change)
            view.ended(trial, trial.number + 1, found)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 8 and "\x1b" not in "".join(lines)
    assert lines[2] == "trial 2 failed: no memory"
    assert [line for line in lines if line.endswith("best so far")] == [lines[found.best.number]]  # type: ignore[union-attr]
    assert lines[0].startswith(f"trial    0  accuracy {100 * found.trials[0].measure('accuracy'):.2f} %  763,520 MACs")


def test_names_are_not_markup(found: Outcome) -> None:
    view = View(terminal())
    view.training(3, "[bold]x[/bold] [1]")
    assert "[bold]x[/bold] [1]" in shown(view)
