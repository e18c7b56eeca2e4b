"""The budget never lets a candidate through: 10,000 proposals on the way a search makes them, and what was admitted.

Every admitted candidate is costed again from its YAML text; a sample is built on the meta device and its MACs are
counted by torch's FlopCounterMode. Nothing is trained: a network's score is a hash of it.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import torch
from timing import options, report
from torch.utils.flop_counter import FlopCounterMode

import archgraph
from archgraph.search.budget import Budget, Limit
from archgraph.search.mutations import MUTATIONS
from archgraph.search.proposal import Candidate, Parent, Proposals, Tally, given
from archgraph.search.ranking import Finished, improved
from archgraph.search.sampler import Evolution
from archgraph.spec.model import Spec

# Each budget holds its parent, just so, and most changes of it do not fit.
SEARCHES: tuple[tuple[str, tuple[int, int, int], dict[str, Limit]], ...] = (
    ("cifar_resnet8", (1, 8, 8), {"macs": Limit(None, 800_000), "params": Limit(None, 100_000)}),
    ("cifar_resnet20", (3, 32, 32), {"macs": Limit(30_000_000, 42_000_000)}),
    ("mobilenet_v1", (3, 96, 96), {"flops": Limit(None, 220_000_000), "params": Limit(1_000_000, 4_500_000)}),
    ("resnet18", (3, 64, 64), {"macs": Limit(None, 160_000_000), "params": Limit(None, 12_000_000)}),
)


@dataclass
class Run:
    """What came of one search's proposals."""

    parent: str
    budget: Budget
    tally: Tally = field(default_factory=Tally)
    admitted: list[Candidate] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    turned_away: dict[str, Counter[str]] = field(default_factory=dict)
    seconds: float = 0.0


def main() -> None:
    """Print the table of the searches, and that of the operators."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--proposals", type=int, default=None, help="proposals in all (10,000)")
    parser.add_argument("--built", type=int, default=None, help="admitted candidates of each search to build (25)")
    chosen = parser.parse_args()
    count = chosen.proposals or (400 if chosen.quick else 10_000)
    built = chosen.built or (3 if chosen.quick else 25)
    runs = []
    for number, (name, shape, limits) in enumerate(SEARCHES):
        spec = archgraph.override(archgraph.load(name), {"input": shape})
        share = count // len(SEARCHES) + (number < count % len(SEARCHES))
        runs.append(_proposed(spec, Budget(limits), share))
    rows = [_row(run, built) for run in runs]
    report(f"{count:,} proposals: what was admitted, and what of it is outside the budget", rows, as_json=chosen.json)
    report("by mutation, all searches together", _operators(runs), as_json=chosen.json)
    outside = sum(int(row["outside, from text"]) + int(row["outside, torch"]) for row in rows)
    if outside:
        raise SystemExit(f"{outside} admitted candidates are outside their budget")


def _proposed(spec: Spec, budget: Budget, count: int) -> Run:
    """So many proposals of an evolution, each admitted candidate a trial with a made-up score."""
    run = Run(spec.name, budget)
    known = [given(spec)]
    assert budget.allows(known[0].cost), spec.name
    proposals = Proposals(budget, parent=lambda number: Parent(known[number].spec, known[number].cost.outputs))
    sampler = Evolution(0, dict.fromkeys(MUTATIONS, 1.0), population=64)
    finished = [Finished(0, 0, (0.5,))]
    seen = {known[0].hash}
    draws = sampler.draws(1, finished)
    started = time.perf_counter()
    for _ in range(count):
        draw = next(draws)
        before = run.tally.as_dict()
        candidate = proposals.consider(draw, seen=seen, tally=run.tally)
        run.tried[draw.operator] += 1
        if candidate is None:
            run.turned_away.setdefault(draw.operator, Counter())[_why(before, run.tally.as_dict())] += 1
            continue
        values = (Random(candidate.hash).random(),)
        number = len(known)
        finished.append(
            Finished(number, number, values, draw, improved(values, finished[draw.parent].values, finished))
        )
        known.append(candidate)
        seen.add(candidate.hash)
        draws = sampler.draws(number + 1, finished)
    run.seconds = time.perf_counter() - started
    run.admitted = known[1:]
    return run


def _why(before: dict[str, int], after: dict[str, int]) -> str:
    return next((name for name in ("over_budget", "duplicates") if before[name] != after[name]), "no network")


def _row(run: Run, built: int) -> dict[str, object]:
    """One search; how many candidates it was wrong to admit, by their text and by torch."""
    texts = [archgraph.cost(archgraph.loads(archgraph.dump(candidate.spec))) for candidate in run.admitted]
    sample = Random(0).sample(run.admitted, min(built, len(run.admitted)))
    return {
        "parent": run.parent,
        "budget": str(run.budget),
        "proposals": run.tally.proposals,
        "ms each": run.seconds / run.tally.proposals * 1e3,
        "admitted": len(run.admitted),
        "over budget": run.tally.over_budget,
        "known": run.tally.duplicates,
        "no network": sum(run.tally.rejected.values()),
        "outside, from text": sum(not run.budget.allows(cost) for cost in texts),
        "built": len(sample),
        "outside, torch": sum(not _inside_by_torch(candidate, run.budget) for candidate in sample),
    }


def _inside_by_torch(candidate: Candidate, budget: Budget) -> bool:
    """Whether the built module is inside the budget, by what torch counts in it."""
    with torch.device("meta"):
        module = archgraph.build(candidate.spec, init=False).to("meta").eval()
        image = torch.empty(1, *candidate.spec.input)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(image)
    flops = counter.get_total_flops()
    counted = {"flops": flops, "macs": flops // 2, "params": sum(p.numel() for p in module.parameters())}
    return all(counted[name] in limit for name, limit in budget.limits.items())


def _operators(runs: list[Run]) -> list[dict[str, object]]:
    rows = []
    for name in MUTATIONS:
        tried = sum(run.tried[name] for run in runs)
        away = sum((run.turned_away.get(name, Counter()) for run in runs), Counter())
        rows.append(
            {
                "mutation": name,
                "proposals": tried,
                "admitted": tried - away.total(),
                "over budget": away["over_budget"],
                "known": away["duplicates"],
                "no network": away["no network"],
            }
        )
    return rows


if __name__ == "__main__":
    main()
