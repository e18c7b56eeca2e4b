"""What a search costs beside training: milliseconds from proposal to tell, with an evaluation that does nothing.

    python benchmarks/overhead.py [--trials 10000] [--storage postgresql://...]

Prints the mean over the last trials before 100, 1,000 and 10,000 of them; flat is what it should be.
"""

from __future__ import annotations

import argparse
import io
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from archgraph.search import worker
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

    def train(self, text: str, *, seed: int, **options: Any) -> Mapping[str, Any]:
        self.at.append((time.perf_counter(), time.process_time()))
        # Scores without any order keep the population turning over.
        return {"accuracy": seed / 2**31, "loss": 0.0}

    def test(self, text: str, weights: Path) -> Mapping[str, Any]:
        return {"accuracy": 0.0, "loss": 0.0, "images": 1}

    def close(self) -> None:
        """Nothing is open."""


def main() -> None:
    """Run a search and print the table."""
    options = argparse.ArgumentParser(description="Overhead of a search.")
    options.add_argument("--trials", type=int, default=10_000)
    options.add_argument("--storage", default=None)
    given = options.parse_args()
    nothing = Nothing()
    with tempfile.TemporaryDirectory() as folder:
        recipe = Path(folder) / "overhead.yaml"
        recipe.write_text(RECIPE)
        settings = {"storage": given.storage} if given.storage else {}
        worker.run(
            recipe,
            trials=given.trials,
            out=Path(folder) / "run",
            settings=settings,
            console=Console(file=io.StringIO()),
            evaluator=nothing,
        )
        journal = Path(folder) / "run" / "study.journal"
        size = journal.stat().st_size if journal.is_file() else 0
    print(f"Python {platform.python_version()}, {platform.machine()}, storage {given.storage or 'journal file'}")
    print(f"{'trials':>8}  {'ms a trial':>10}  {'of it CPU':>10}")
    for step in (*[step for step in STEPS if step < len(nothing.at)], len(nothing.at)):
        window = min(WINDOW, step - 1)
        ends = zip(nothing.at[step - 1], nothing.at[step - 1 - window], strict=True)
        wall, cpu = (1000 * (end - start) / window for end, start in ends)
        print(f"{step:>8,}  {wall:>10.2f}  {cpu:>10.2f}")
    if size:
        print(f"the journal has {size / len(nothing.at) / 1000:.1f} kB a trial")


if __name__ == "__main__":
    sys.exit(main())
