"""From draws to candidates: nothing outside the budget, nothing twice, nothing that depends on the weather."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from archgraph import cost, dump, expand, load, loads, override
from archgraph.graph.hashing import canonical_hash
from archgraph.search.budget import Budget, Limit
from archgraph.search.mutations import MUTATIONS, Mutated, mutate_at
from archgraph.search.proposal import MOST_LINES, NO_NETWORK, Candidate, Parent, Proposals, Tally, given, named
from archgraph.search.ranking import Draw, Finished
from archgraph.search.sampler import Evolution, RandomWalk
from archgraph.search.trace import trace

START = override(load("cifar_resnet8"), {"input": (1, 8, 8)})
BUDGET = Budget({"macs": Limit(100_000, 800_000), "params": Limit(None, 80_000)})


def walk(count: int, *, seed: int = 0, budget: Budget = BUDGET) -> tuple[list[Candidate], Tally]:
    """Candidates of a random walk, each of which may be a parent of later ones."""
    known = [given(START)]
    tally = Tally()
    proposals = Proposals(budget, parent=lambda n: Parent(known[n].spec, known[n].cost.outputs))
    sampler = RandomWalk(seed, dict.fromkeys(MUTATIONS, 1.0))
    for index in range(1, count + 1):
        finished = [Finished(n, n, (0.0,)) for n in range(index)]
        found = proposals.next(sampler.draws(index, finished), seen={c.hash for c in known}, tally=tally)
        assert found is not None
        known.append(found)
    return known[1:], tally


def test_no_candidate_is_outside_the_budget_by_what_its_text_costs() -> None:
    found, tally = walk(80)
    assert tally.over_budget > 5
    for candidate in found:
        counted = cost(loads(dump(candidate.spec)))
        assert counted == candidate.cost
        assert 100_000 <= counted.macs <= 800_000 and counted.params <= 80_000


def test_no_two_candidates_are_the_same_network() -> None:
    found, tally = walk(80)
    assert tally.duplicates > 0
    assert len({canonical_hash(expand(candidate.spec)) for candidate in found}) == len(found)


def test_a_candidate_gives_what_its_parent_gives() -> None:
    found, _ = walk(50)
    assert all(candidate.cost.outputs == {"output": (10,)} for candidate in found)


def test_the_same_seed_gives_the_same_candidates() -> None:
    first, second, other = walk(30)[0], walk(30)[0], walk(30, seed=1)[0]
    assert [dump(c.spec) for c in first] == [dump(c.spec) for c in second]
    assert [dump(c.spec) for c in first] != [dump(c.spec) for c in other]


def test_where_nothing_is_left_to_try_there_is_no_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archgraph.search.proposal.ATTEMPTS", 50)
    tally = Tally()
    proposals = Proposals(Budget({"macs": Limit(None, 1)}), parent=lambda n: Parent(START, {"output": (10,)}))
    draws = RandomWalk(0, {"width": 1.0}).draws(1, [Finished(0, 0, (0.0,))])
    assert proposals.next(draws, seen=(), tally=tally) is None
    assert (tally.proposals, tally.over_budget) == (50, 50)


def test_a_change_that_gives_no_network_is_counted_by_its_operator() -> None:
    conv = "{conv: {out: 4, kernel: 3, pad: valid}, repeat: 3}"
    text = f"archgraph: 1\nname: n\ninput: [1, 8, 8]\ngraph: [{conv}, global_avg_pool, linear: 3]\n"
    tally = Tally()
    proposals = Proposals(Budget({}), parent=lambda n: Parent(loads(text), {"output": (3,)}))
    assert proposals.consider(Draw(0, 0.0, "block", 0.5, 0.5), seen=(), tally=tally) is None
    assert proposals.consider(Draw(0, 0.0, "depth", 0.0, 0.99), seen=(), tally=tally) is None
    assert tally.rejected == {"block": 1, "depth": 1}


def test_a_child_says_where_it_came_from_and_reads_back() -> None:
    candidate = walk(1)[0][0]
    child = named(candidate, "digits", 137)
    assert child.name == "digits-0137"
    assert child.about == f"child of trial 0 by {candidate.mutation}"
    assert child.source == "" and child.expect == {}
    assert loads(dump(child)) == child


def test_a_tally_adds_up() -> None:
    total = Tally()
    total.add(walk(40)[1].as_dict())
    total.add(walk(40)[1].as_dict())
    assert total.proposals == 2 * walk(40)[1].proposals
    assert total.proposals == 80 + total.over_budget + total.duplicates + sum(total.rejected.values())


def test_what_is_turned_away_is_counted_by_operator_and_reason() -> None:
    _, tally = walk(80)
    by_reason = sum(tally.reasons.values(), Counter())
    assert by_reason["over_budget"] == tally.over_budget > 0 and by_reason["duplicates"] == tally.duplicates > 0
    for operator, reasons in tally.reasons.items():
        assert sum(reasons[reason] for reason in NO_NETWORK) == tally.rejected[operator]
    twice = Tally()
    twice.add(tally.as_dict())
    twice.add({key: value for key, value in tally.as_dict().items() if key != "reasons"})  # from before they were kept
    assert twice.reasons == tally.reasons and twice.rejected == tally.rejected + tally.rejected


def test_limits_include_their_ends() -> None:
    rng = Random(0)
    for _ in range(200):
        least, value, most = (rng.randrange(100) for _ in range(3))
        limit = Limit(least, most)
        assert (value in limit) == (least <= value <= most)
        assert (limit.miss(value) == 0) == (value in limit) or least > most


def test_a_child_just_over_the_budget_is_scaled_back_into_it() -> None:
    """With repair, every draw that was over by less than half of the limit may be saved; what is saved is inside."""
    limit = Budget({"macs": Limit(None, 780_000)})
    tallies = []
    for repair in (False, True):
        tally = Tally()
        proposals = Proposals(limit, parent=lambda _: Parent(START, {"output": (10,)}), repair=repair)
        draws = (
            Draw(0, 0.0, operator, site / 6, 0.99) for operator in ("width", "depth", "kernel") for site in range(6)
        )
        found = [proposals.consider(draw, seen=(), tally=tally) for draw in draws]
        kept = [candidate for candidate in found if candidate]
        assert all(cost(loads(dump(c.spec))).macs == c.cost.macs <= 780_000 for c in kept)
        tallies.append((tally.over_budget, tally.repaired, len(kept)))
        changes = [c.mutation.change for c in kept if c.mutation and ", then " in c.mutation.change]
        assert len(changes) == tally.repaired
    (over, none, without), (fewer, saved, kept_too) = tallies
    assert none == 0 < saved
    assert (fewer, kept_too) == (over - saved, without + saved)


def test_what_is_far_over_the_budget_is_not_repaired() -> None:
    tally = Tally()
    limit = Budget({"macs": Limit(None, 1000)})
    proposals = Proposals(limit, parent=lambda _: Parent(START, {"output": (10,)}), repair=True)
    assert proposals.consider(Draw(0, 0.0, "width", 0.5, 0.99), seen=(), tally=tally) is None
    assert (tally.over_budget, tally.repaired) == (1, 0)


def test_a_crossover_takes_from_the_parent_that_was_drawn_second() -> None:
    other = replace(loads(dump(START).replace("n: [1, 1, 1]", "n: [3, 1, 1]")), name="other")
    known = [START, other]
    proposals = Proposals(Budget({}), parent=lambda n: Parent(known[n], {"output": (10,)}))
    tally = Tally()
    assert proposals.consider(Draw(0, 0.0, "crossover", 0.0, 0.0), seen=(), tally=tally) is None
    child = proposals.consider(Draw(0, 0.0, "crossover", 0.0, 0.0, mate=1), seen=(), tally=tally)
    assert child is not None and child.mutation is not None and child.mutation.change == "stage.0 from other"
    assert child.spec.graph.nodes[1].each == {"w": (16, 32, 64), "s": (1, 2, 2), "n": (3, 1, 1)}


def test_a_sampler_draws_a_second_parent_for_a_crossover_alone() -> None:
    finished = [Finished(n, n, (0.0,)) for n in range(8)]
    for walk in (RandomWalk(0, {"crossover": 1.0, "width": 1.0}), Evolution(0, {"crossover": 1.0, "width": 1.0}, 8)):
        draws = [draw for draw, _ in zip(walk.draws(9, finished), range(40), strict=False)]
        assert draws == [draw for draw, _ in zip(walk.draws(9, finished), range(40), strict=False)]
        assert {draw.mate is None for draw in draws if draw.operator == "width"} == {True}
        assert len({draw.mate for draw in draws if draw.operator == "crossover"} - {None}) > 4


def test_a_change_that_would_rewrite_a_page_is_no_candidate() -> None:
    rest = "groups: 2, bias: false, norm: batch, act: leaky_relu, order: pre"
    paths = "".join(f"        - [conv: {{out: 1024, kernel: 3, dilation: {n}, {rest}}}]\n" for n in range(1, 5))
    graph = f"graph:\n  - branches:\n      paths:\n{paths}      merge: add\n  - conv: [4, 1]\n"
    spec = loads(f"archgraph: 1\nname: net\ninput: [8, 8, 8]\n{graph}")
    before = dump(spec).count("\n")
    around = mutate_at("skip", MUTATIONS["skip"](trace(spec)), 0.0, 0.0)
    assert isinstance(around, Mutated) and dump(around.spec).count("\n") > before + MOST_LINES
    made, tally = Proposals(Budget({}), parent=lambda number: Parent(spec, cost(spec).outputs)), Tally()
    assert made.consider(Draw(0, 0.0, "skip", 0.0, 0.0), seen=(), tally=tally) is None
    assert tally.reasons == {"skip": Counter(impossible=1)}
    rng = Random(0)
    draws = [Draw(0, 0.0, "skip", rng.random(), rng.random()) for _ in range(20)]
    found = [child for draw in draws if (child := made.consider(draw, seen=(), tally=tally))]
    assert found and all(dump(child.spec).count("\n") <= before + MOST_LINES for child in found)
