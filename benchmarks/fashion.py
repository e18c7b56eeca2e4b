"""A real search: Fashion-MNIST under 10 MMACs, against random search with as many trials, and against the zoo.

For each seed the recipe search/fashion.yaml runs twice, with its sampler and with `random`. Then the winners of all and
every network of the zoo that fits the same budget are trained alike, longer and on all training images, and compared on
the validation images; the best of each side is tested, once. Folders that are there already are gone on with. In full
that is two hours of two cores; `--quick` only shows that it works.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from timing import options, report

import archgraph
from archgraph import search, zoo
from archgraph.search.reading import read_recipe
from archgraph.spec.model import Spec
from archgraph.train.data import load, source
from archgraph.train.device import device, use_threads
from archgraph.train.loop import DivergenceError, score, train
from archgraph.train.settings import Training

RECIPE = Path(__file__).parent.parent / "search" / "fashion.yaml"
QUICK = {"evaluate.train.images": 256, "evaluate.train.epochs": 1, "evaluate.train.batch": 32}


def main() -> None:
    """Print the tables."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--out", default="runs/fashion-benchmark", help="the folder of the searches")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--trials", type=int, default=None)
    parser.add_argument("--data", default=None, help="another data set than the recipe's")
    parser.add_argument("--retrain", type=int, default=8, help="epochs of the comparison with the zoo")
    given = parser.parse_args()
    try:
        source(given.data or "fashion_mnist")
    except archgraph.UsageError as missing:
        print(f"not measured: {missing}")
        return
    settings: dict[str, Any] = dict(QUICK) if given.quick else {}
    if given.data:
        settings["evaluate.train.data"] = given.data
    trials = given.trials or (6 if given.quick else None)
    seeds = 1 if given.quick else given.seeds
    found = {
        (sampler, seed): _search(Path(given.out), sampler, seed, settings, trials)
        for seed in range(seeds)
        for sampler in ("evolution", "random")
    }
    rows = [{"sampler": sampler, "seed": seed, **row} for (sampler, seed), (row, _) in found.items()]
    report("search", rows, as_json=given.json)
    training = _longer(settings, quick=given.quick, epochs=given.retrain)
    searched = {
        f"{sampler}, seed {seed}": archgraph.load(best)
        for (sampler, seed), (_, best) in found.items()
        if best is not None
    }
    made = fitting(settings)
    if given.quick:
        made = dict(list(made.items())[:2])
    rows = retrained({"search": searched, "zoo": made}, training)
    about = f"trained alike, {training.epochs} epochs; the best of each side is tested"
    report(about, rows, as_json=given.json)


def _search(
    out: Path, sampler: str, seed: int, settings: Mapping[str, Any], trials: int | None
) -> tuple[dict[str, Any], Path | None]:
    """Run or go on with one search; its row, and the file of the best network."""
    folder = out / f"{sampler}-{seed}"
    start = time.perf_counter()
    if folder.is_dir():
        result = search.resume(folder, trials=trials)
    else:
        chosen = {**settings, "sampler": sampler, "seed": seed}
        result = search.run(RECIPE, trials=trials, out=folder, settings=chosen)
    minutes = (time.perf_counter() - start) / 60
    winner = search.summary(folder)["winners"][0] if result.best else None
    row = {
        "finished": result.finished,
        "failed": result.failed,
        "best validation accuracy": winner["scores"]["accuracy"] if winner else "none",
        "MACs": f"{archgraph.cost(archgraph.load(result.best)).macs / 1e6:.2f}M" if result.best else "none",
        "minutes": minutes,
    }
    return row, result.best


def _longer(settings: Mapping[str, Any], *, quick: bool, epochs: int) -> Training:
    """How everyone is trained at the end: as the recipe says, longer, on all images and without a limit."""
    training = read_recipe(RECIPE, settings=settings).recipe.evaluate.train
    assert training is not None
    changes = {"epochs": 1} if quick else {"epochs": epochs, "images": None, "augment": ["flip", "crop"]}
    return Training.model_validate({**training.model_dump(), "seconds": None, **changes})


def fitting(settings: Mapping[str, Any]) -> dict[str, Spec]:
    """The networks of the zoo that, for these images and classes, fit the budget of the recipe."""
    reading = read_recipe(RECIPE, settings=settings)
    values = {"input": reading.parents[0].spec.input, "classes": 10}
    found = {}
    for name in zoo.names():
        try:
            spec = archgraph.override(archgraph.load(name), values)
            known = archgraph.cost(spec)
        except archgraph.ArchgraphError:
            continue
        if list(known.outputs.values()) == [(10,)] and reading.recipe.limits.allows(known):
            found[name] = spec
    return found


def retrained(sides: Mapping[str, Mapping[str, Spec]], settings: Training) -> list[dict[str, Any]]:
    """Train all alike; a row each, best first, with a test score for the best of each side."""
    parts, where = load(settings.data), device()
    rows: list[dict[str, Any]] = []
    for side, specs in sides.items():
        best: tuple[float, torch.nn.Module, dict[str, Any]] | None = None
        for name, spec in specs.items():
            known = archgraph.cost(spec)
            use_threads(known.macs)
            torch.manual_seed(0)
            module = archgraph.build(spec)
            try:
                done = train(module, parts, settings, seed=0, device=where).validation.accuracy
            except DivergenceError:
                done = float("nan")
            row = {"from": side, "network": name, "MACs": f"{known.macs / 1e6:.2f}M", "params": known.params}
            rows.append({**row, "validation": done, "test": ""})
            if best is None or done > best[0]:
                best = done, module, rows[-1]
        if best is not None:
            best[2]["test"] = score(best[1], parts["test"], device=where).accuracy
    return sorted(rows, key=lambda row: -row["validation"])


if __name__ == "__main__":
    main()
