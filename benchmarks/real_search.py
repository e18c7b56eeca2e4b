"""A real search against random search with as many trials, and against the zoo.

    python benchmarks/real_search.py                                              Fashion-MNIST under 10 MMACs, 2 cores
    python benchmarks/real_search.py cifar10 --minutes 20 --strips cifar10.npz    CIFAR-10 under 60 MMACs, a GPU

For each seed the recipe runs twice, with its sampler and with `random`. Every network of the zoo that fits the same
budget is trained as a candidate is. Then the best three of the zoo and of each search are trained alike, longer and on
all training images, and compared on the validation images; of each side the best one there is tested, once.
Folders that are there already are gone on with. For Fashion-MNIST that is an hour and a half of two cores; `--quick`
only shows that it works, and `--unlimited` leaves out the recipe's limit of seconds, for a machine that has more to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import torch
from strips import unpacked
from timing import options, report

import archgraph
from archgraph import search, zoo
from archgraph.search.outcome import read_outcome
from archgraph.search.reading import read_recipe
from archgraph.spec.model import Spec
from archgraph.train.data import load, source
from archgraph.train.device import device, use_threads
from archgraph.train.loop import DivergenceError, score, train
from archgraph.train.settings import Training

Ranked: TypeAlias = list[tuple[Spec, float]]
"""The best networks of a side, best first, with the accuracy that each had as a candidate."""
RECIPES = Path(__file__).parent.parent / "search"
QUICK = {"evaluate.train.images": 256, "evaluate.train.epochs": 1, "evaluate.train.batch": 32, "gpus_per_trial": None}
FINALISTS = 3
"""Networks of the zoo, and of each search, that are trained in full."""


def main() -> None:
    """Print the tables."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("recipe", nargs="?", choices=("fashion", "cifar10"), default="fashion")
    parser.add_argument("--out", default=None, help="the folder of the searches; else runs/RECIPE-benchmark")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--trials", type=int, default=None)
    parser.add_argument("--minutes", type=float, default=None, help="of each search; else until it has its trials")
    parser.add_argument("--data", default=None, help="another data set than the recipe's")
    parser.add_argument("--strips", type=Path, default=None, help="CIFAR-10 as an archive of WebP strips")
    parser.add_argument("--retrain", type=int, default=5, help="epochs of the comparison with the zoo")
    parser.add_argument("--unlimited", action="store_true", help="let slow networks train on")
    given = parser.parse_args()
    out, settings = Path(given.out or f"runs/{given.recipe}-benchmark"), dict[str, Any](QUICK if given.quick else {})
    if given.strips is not None:
        settings["evaluate.train.data"] = {"npz": str(unpacked(given.strips, out / "cifar10.npz").resolve())}
    elif given.data:
        settings["evaluate.train.data"] = given.data
    if given.unlimited:
        settings |= {"evaluate.train.seconds": None, "evaluate.timeout": 600}
    recipe = RECIPES / f"{given.recipe}.yaml"
    try:
        short = _training(recipe, settings)
        source(short.data)
    except archgraph.ArchgraphError as missing:
        print(f"not measured: {missing}")
        return
    how = {"trials": given.trials or (6 if given.quick else None), "minutes": given.minutes}
    seeds = 1 if given.quick else given.seeds
    found = {
        (sampler, seed): _search(recipe, out / f"{sampler}-{seed}", {**settings, "sampler": sampler, "seed": seed}, how)
        for seed in range(seeds)
        for sampler in ("evolution", "random")
    }
    rows = [{"sampler": sampler, "seed": seed, **row} for (sampler, seed), (row, _) in found.items()]
    report("search", rows, as_json=given.json)
    sides = {f"{sampler}, seed {seed}": winners for (sampler, seed), (_, winners) in found.items()}
    made = fitting(recipe, settings)
    if given.quick:
        made = dict(list(made.items())[:2])
    rows = [row for row, _ in trained("zoo", made, short)]
    report("networks of the zoo that fit, trained as candidates are", rows, as_json=given.json)
    sides["zoo"] = [(made[row["network"]], row["validation"]) for row in rows[:FINALISTS]]
    longer = {"epochs": given.retrain, "images": None, "augment": ["flip", "crop"], "seconds": None}
    training = short if given.quick else Training.model_validate({**short.model_dump(), **longer})
    rows = compared(sides, training)
    about = f"trained alike, {training.epochs} epochs; the best of each side is tested"
    report(about, rows, as_json=given.json)


def _search(
    recipe: Path, folder: Path, settings: Mapping[str, Any], how: Mapping[str, Any]
) -> tuple[dict[str, Any], Ranked]:
    """Run or go on with one search; its row, and its best networks. One that had its minutes is complete."""
    if not folder.is_dir():
        search.run(recipe, out=folder, settings=settings, **how)
    found = read_outcome(folder)
    # To go on with a complete search would only add to its time.
    ended = len(found.finished) + len(found.failed)
    if how["minutes"] is None and ended < (how["trials"] or found.recipe.trials):
        search.resume(folder, **how)
        found = read_outcome(folder)
    best = [(archgraph.loads(trial.text), trial.measure("accuracy")) for trial in found.winners[:FINALISTS]]
    scores = [trial.scores for trial in found.trials if trial.scores]
    minutes = sum(session["seconds"] for session in found.sessions) / 60
    row = {
        "finished": len(found.finished),
        "failed": len(found.failed),
        "best validation accuracy": best[0][1] if best else "none",
        "MACs": f"{archgraph.cost(best[0][0]).macs / 1e6:.2f}M" if best else "none",
        "cut short": sum(bool(one.get("stopped")) for one in scores),
        "minutes of training": sum(one.get("seconds", 0) for one in scores) / 60,
        "minutes": minutes,
        "trials an hour": round(60 * len(scores) / minutes),
    }
    return row, best


def _training(recipe: Path, settings: Mapping[str, Any]) -> Training:
    """How the recipe trains candidates."""
    training = read_recipe(recipe, settings=settings).recipe.evaluate.train
    assert training is not None
    return training


def fitting(recipe: Path, settings: Mapping[str, Any]) -> dict[str, Spec]:
    """The networks of the zoo that, for these images and classes, fit the budget of the recipe."""
    reading = read_recipe(recipe, settings=settings)
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


def compared(sides: Mapping[str, Ranked], settings: Training) -> list[dict[str, Any]]:
    """Train all alike; a row each, best first, with a test score for the best of each side."""
    test = load(settings.data)["test"]
    rows: list[dict[str, Any]] = []
    for side, networks in sides.items():
        before = {spec.name: accuracy for spec, accuracy in networks}
        found = trained(side, {spec.name: spec for spec, _ in networks}, settings)
        for rank, (row, module) in enumerate(found):
            tested = "" if rank else score(module, test, device=device()).accuracy
            rows.append({**row, "as a candidate": before[row["network"]], "test": tested})
    return sorted(rows, key=lambda row: -row["validation"])


def trained(
    side: str, networks: Mapping[str, Spec], settings: Training
) -> list[tuple[dict[str, Any], torch.nn.Module]]:
    """Each network trained, with its row, the best on the validation images first."""
    parts, found = load(settings.data), []
    for name, spec in networks.items():
        known = archgraph.cost(spec)
        use_threads(known.macs)
        torch.manual_seed(0)
        module = archgraph.build(spec)
        try:
            done = train(module, parts, settings, seed=0, device=device()).validation.accuracy
        except DivergenceError:
            done = 0.0
        row = {"from": side, "network": name, "MACs": f"{known.macs / 1e6:.2f}M", "params": known.params}
        found.append(({**row, "validation": done}, module))
    return sorted(found, key=lambda one: -one[0]["validation"])


if __name__ == "__main__":
    main()
