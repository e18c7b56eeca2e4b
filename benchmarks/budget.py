"""The budget never lets a candidate through: 100,000 proposals on the way a search makes them, and what was admitted.

Ten networks of the zoo, every mutation. Every admitted candidate is dumped, read again and costed from that text; it
has to be the same spec, inside the budget, of the costs it claimed, and at most ten lines longer than its parent; it
is built on the meta device and its parameters are counted there. Of a sample the MACs are counted too, by torch's
FlopCounterMode. Nothing is trained: a network's score is a hash of it. The last table is how many candidates of a
network as large as resnet50 are made, costed and compared with the budget in a second, on one core.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from random import Random

import torch
from timing import options, report
from torch.utils.flop_counter import FlopCounterMode

import archgraph
from archgraph.garbage import collect_rarely
from archgraph.graph.model import Graph
from archgraph.search.budget import Budget, Limit
from archgraph.search.mutations import MUTATIONS
from archgraph.search.proposal import Candidate, Parent, Proposals, Tally, given
from archgraph.search.ranking import Finished, improved
from archgraph.search.sampler import Evolution
from archgraph.spec.model import Spec

PARENTS = (
    "hrnetv2_w18", "densenet121", "googlenet_bn", "efficientnet_b0", "shufflenet_v2_x0_5",
    "mobilenet_v2", "nasbench201", "resnet50", "unet_resnet34", "vgg11_bn",
)  # fmt: skip
"""Those that take longest first: workers end together."""
ROOM = 1.05
"""Each budget holds its parent, just so, and most changes of it do not fit."""
LINES = 10
"""How many lines a child may be longer than its parent."""
FRESH = 40
"""Candidates after which a search begins anew from any one before, so that its parents are not all of one family."""


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
    parents: list[Candidate] = field(default_factory=list)
    """The parent of each that was admitted."""


def main() -> None:
    """Print the table of the searches, and that of the operators."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--proposals", type=int, default=None, help="proposals in all (100,000)")
    parser.add_argument("--counted", type=int, default=None, help="candidates of each search that torch counts (25)")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the parents")
    chosen = parser.parse_args()
    count = chosen.proposals or (1_000 if chosen.quick else 100_000)
    counted = chosen.counted or (3 if chosen.quick else 25)
    share = [count // len(PARENTS) + (number < count % len(PARENTS)) for number in range(len(PARENTS))]
    runs, rows = [], []
    with ProcessPoolExecutor(chosen.workers, mp_context=get_context("spawn")) as workers:
        for run, row in workers.map(partial(_searched, counted=counted), PARENTS, share):
            runs.append(run)
            rows.append(row)
    report(f"{count:,} proposals: what was admitted, and what of it is outside the budget", rows, as_json=chosen.json)
    report("by mutation, all searches together", _operators(runs), as_json=chosen.json)
    report("candidates of resnet50 a second, one core", _rates(1 if chosen.quick else 5), as_json=chosen.json)
    wrong = sum(int(row[column]) for row in rows for column in WRONG)
    if wrong:
        raise SystemExit(f"{wrong} admitted candidates are not what they have to be")


def _searched(parent: str, proposals: int, *, counted: int) -> tuple[Run, dict[str, object]]:
    """One search with its row, its candidates left out."""
    torch.set_num_threads(1)
    collect_rarely()  # as the processes of a search do
    spec = replace(archgraph.load(parent), expect={}, variants={})
    run = _proposed(spec, _budget(spec), proposals)
    row = _row(run, counted)
    print(json.dumps(row), file=sys.stderr, flush=True)  # the whole takes a while
    return replace(run, admitted=[], parents=[]), row


WRONG = ("outside, from text", "other cost", "not the same", "too long", "other params, torch", "outside, torch")


def _budget(spec: Spec) -> Budget:
    found = archgraph.cost(spec)
    return Budget({name: Limit(None, int(getattr(found, name) * ROOM)) for name in ("macs", "params")})


def _rates(rounds: int) -> list[dict[str, object]]:
    """Changes of resnet50, each drawn, made, expanded and costed, and then compared with others by its hash too; by
    the processor's clock, since others may use the machine.
    """
    collect_rarely()
    parent = given(replace(archgraph.load("resnet50"), expect={}, variants={}))
    rows = []
    for what, names in (("width, depth, kernel", ("width", "depth", "kernel")), ("every mutation", tuple(MUTATIONS))):
        row: dict[str, object] = {"mutations": what}
        # What fits no budget is costed, and not hashed.
        for how, budget in (("costed", Budget({"macs": Limit(None, 0)})), ("costed and hashed", Budget({}))):
            found = sorted(_rate(parent, names, budget, 4 * rounds))
            row |= {f"{how} a second": found[len(found) // 2], f"{how}, best": found[-1]}
        rows.append(row)
    return rows


def _rate(parent: Candidate, names: tuple[str, ...], budget: Budget, count: int) -> Iterator[float]:
    """So many times, proposals a second that give a network, of 250: what else the machine does slows some of them."""
    proposals = Proposals(budget, parent=lambda number: Parent(parent.spec, parent.cost.outputs))
    draws = Evolution(0, dict.fromkeys(names, 1.0), population=64).draws(1, [Finished(0, 0, (0.5,))])
    for _ in range(500):  # what a process learns in its first second
        proposals.consider(next(draws), seen=(), tally=Tally())
    for _ in range(count):
        tally = Tally()
        started = time.process_time()
        for _ in range(250):
            proposals.consider(next(draws), seen=(), tally=tally)
        yield (250 - sum(tally.rejected.values())) / (time.process_time() - started)


def _proposed(spec: Spec, budget: Budget, count: int) -> Run:
    """So many proposals of an evolution, each admitted candidate a trial with a made-up score."""
    run = Run(spec.name, budget)
    known = [given(spec)]
    assert budget.allows(known[0].cost), spec.name
    proposals = Proposals(budget, parent=lambda number: Parent(known[number].spec, known[number].cost.outputs))
    sampler = Evolution(0, dict.fromkeys(MUTATIONS, 1.0), population=64)
    finished = [Finished(0, 0, (0.5,))]
    scores = {0: (0.5,)}
    seen = {known[0].hash}
    draws = sampler.draws(1, finished)
    started = time.process_time()
    for _ in range(count):
        draw = next(draws)
        before = run.tally.as_dict()
        parent = known[draw.parent]
        candidate = proposals.consider(draw, seen=seen, tally=run.tally)
        run.tried[draw.operator] += 1
        if candidate is None:
            run.turned_away.setdefault(draw.operator, Counter())[_why(before, run.tally.as_dict())] += 1
            continue
        values = (Random(candidate.hash).random(),)
        number = len(known)
        better = improved(values, scores[draw.parent], finished)
        finished.append(Finished(number, number, values, draw, better))
        scores[number] = values
        known.append(candidate)
        run.parents.append(parent)
        seen.add(candidate.hash)
        if number % FRESH == 0:
            start = Random(number).randrange(number)
            finished = [Finished(start, number, (0.5,))]
        draws = sampler.draws(number + 1, finished)
    run.seconds = time.process_time() - started
    run.admitted = known[1:]
    return run


def _why(before: dict[str, int], after: dict[str, int]) -> str:
    return next((name for name in ("over_budget", "duplicates") if before[name] != after[name]), "no network")


def _row(run: Run, counted: int) -> dict[str, object]:
    """One search; how many candidates it was wrong to admit, by their text and by torch."""
    wrong: Counter[str] = Counter()
    lines: dict[str, int] = {}
    for child, parent in zip(run.admitted, run.parents, strict=True):
        text = archgraph.dump(child.spec)
        read = archgraph.loads(text)
        graph = archgraph.expand(read)
        cost = archgraph.cost(graph)
        lines[child.hash] = text.count("\n")
        before = lines.get(parent.hash) or archgraph.dump(parent.spec).count("\n")
        wrong["outside, from text"] += not run.budget.allows(cost)
        wrong["other cost"] += cost != child.cost
        wrong["not the same"] += read != child.spec
        wrong["too long"] += lines[child.hash] > before + LINES
        wrong["other params, torch"] += _parameters(_built(graph)) != child.cost.params
    sample = Random(0).sample(run.admitted, min(counted, len(run.admitted)))
    return {
        "parent": run.parent,
        "budget": str(run.budget),
        "proposals": run.tally.proposals,
        "ms each": run.seconds / run.tally.proposals * 1e3,
        "admitted": len(run.admitted),
        "over budget": run.tally.over_budget,
        "known": run.tally.duplicates,
        "no network": sum(run.tally.rejected.values()),
        **{name: wrong[name] for name in WRONG[:-1]},
        "built": len(run.admitted),
        "counted": len(sample),
        "outside, torch": sum(not _inside_by_torch(candidate, run.budget) for candidate in sample),
    }


def _built(graph: Graph) -> torch.nn.Module:
    with torch.device("meta"):
        return archgraph.build(graph, init=False).to("meta").eval()


def _parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _inside_by_torch(candidate: Candidate, budget: Budget) -> bool:
    """Whether the built module is inside the budget, by what torch counts in it."""
    module = _built(archgraph.expand(candidate.spec))
    image = torch.empty(1, *candidate.spec.input, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(image)
    flops = counter.get_total_flops()
    counted = {"flops": flops, "macs": flops // 2, "params": _parameters(module)}
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
