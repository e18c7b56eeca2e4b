"""What a search costs beside training: milliseconds from proposal to tell, with an evaluation that does nothing.

The mean over the last hundred trials before 100, 1,000 and 10,000 of them; flat is what it should be. The study is a
journal file, or what --storage says.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from timing import options, report

from archgraph.search import worker
from archgraph.search.evaluator import EachEpoch, Request
from archgraph.search.files import RunFolder
from archgraph.search.recipe import Recipe

RECIPE = """\
archgraph_search: 1
name: overhead
spec: cifar_resnet8
set: {classes: 10, input: [1, 8, 8]}
budget: {macs: 4M}
evaluate: {train: {data: digits, epochs: 1}}
"""
STEPS = (100, 1_000, 10_000, 100_000)
WINDOW = 100
"""Trials of which the mean is taken."""


class Nothing:
    """An evaluation that takes no time; it notes when it was asked."""

    def __init__(self) -> None:
        self.at: list[tuple[float, float]] = []

    def __call__(self, recipe: Recipe, folder: RunFolder) -> Nothing:
        return self

    def about(self) -> Mapping[str, Any]:
        return {"device": "nothing"}

    def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
        self.at.append((time.perf_counter(), time.process_time()))
        # Scores without any order keep the population turning over.
        return {"accuracy": request.seed / 2**31, "loss": 0.0}

    def test(self, text: str, weights: Path) -> Mapping[str, Any]:
        return {"accuracy": 0.0, "loss": 0.0, "images": 1}

    def close(self) -> None:
        """Nothing is open."""


def main() -> None:
    """Run a search and print the table."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=None, help="trials in all (10,000)")
    parser.add_argument("--storage", default=None, help="a database, such as postgresql://user@host/name")
    asked = parser.parse_args()
    trials = asked.trials or (300 if asked.quick else 10_000)
    nothing = Nothing()
    with tempfile.TemporaryDirectory() as folder:
        recipe = Path(folder) / "overhead.yaml"
        recipe.write_text(RECIPE)
        settings = {"storage": asked.storage} if asked.storage else {}
        out, quiet = Path(folder) / "run", Console(file=io.StringIO())
        worker.run(recipe, trials=trials, out=out, settings=settings, console=quiet, evaluator=nothing)
        journal = out / "study.journal"
        size = journal.stat().st_size if journal.is_file() else 0
    where = "a journal file" if size else "a database"
    rows = [_row(nothing.at, step) for step in (*[step for step in STEPS if step < trials], trials)]
    report(f"One trial of a search on {where}, beside its training", rows, as_json=asked.json)
    if size and not asked.json:
        print(f"the journal has {size / len(nothing.at) / 1000:.1f} kB a trial")


def _row(at: list[tuple[float, float]], trials: int) -> dict[str, object]:
    """The mean of the last trials before so many."""
    window = min(WINDOW, trials - 1)
    ends = zip(at[trials - 1], at[trials - 1 - window], strict=True)
    wall, cpu = (1000 * (end - start) / window for end, start in ends)
    return {"trials": f"{trials:,}", "ms a trial": wall, "of it this process": cpu}


if __name__ == "__main__":
    main()
