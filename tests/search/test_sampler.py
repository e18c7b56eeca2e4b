"""Samplers: what they draw follows from the seed, the candidate's index and the trials before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

import pytest

from archgraph.search.ranking import Draw, Finished, dominates, front, improved, ranked
from archgraph.search.sampler import Look, Sampler, adapted, population, sampler

WEIGHTS = {"width": 2.0, "depth": 1.0, "kernel": 0.0}
NAMES = ["evolution", "random", "tpe", "nsga2"]


class Blind:
    """None of these samplers looks at networks."""

    def drawn(self, draw: Draw) -> Look | None:
        raise AssertionError

    def trained(self, number: int) -> Look:
        raise AssertionError


def made(name: str, *, seed: int = 0, objectives: int = 1) -> Sampler:
    return sampler(
        name,  # type: ignore[arg-type]
        seed=seed,
        weights=WEIGHTS,
        trials=40,
        directions=["minimize"] * objectives,
        sight=Blind(),
    )


def score(draw: Draw, index: int, objectives: int) -> tuple[float, ...]:
    return tuple(((draw.site - 0.3) ** 2, (draw.argument - 0.7) ** 2 + index * 1e-9)[:objectives])


def search(
    name: str, count: int, *, seed: int = 0, objectives: int = 1, skip: int = 2, resumed_at: int | None = None
) -> list[Finished]:
    """Trials of a search that turns away all but every `skip`-th draw, stopped and resumed where asked."""
    drawn = made(name, seed=seed, objectives=objectives)
    done = [Finished(0, 0, (1.0, 1.0)[:objectives])]
    drawn.told(done[0])
    for index in range(1, count + 1):
        if index == resumed_at:
            drawn = made(name, seed=seed, objectives=objectives)
            for trial in done:
                drawn.told(trial)
        *_, draw = islice(drawn.draws(index, done), skip)
        values = score(draw, index, objectives)
        done.append(Finished(index, index, values, draw, improved(values, done[draw.parent].values, done)))
        drawn.told(done[-1])
    return done


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("objectives", [1, 2])
def test_draws_are_what_a_trial_can_be(name: str, objectives: int) -> None:
    done = search(name, 30, objectives=objectives)
    for trial in done[1:]:
        assert trial.draw is not None
        assert trial.draw.operator in ("width", "depth")
        assert 0 <= trial.draw.parent < trial.index
        assert all(0 <= number <= 1 for number in (trial.draw.rank, trial.draw.site, trial.draw.argument))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("objectives", [1, 2])
def test_a_resumed_search_draws_what_an_unbroken_one_would(name: str, objectives: int) -> None:
    unbroken = search(name, 30, objectives=objectives)
    assert search(name, 30, objectives=objectives, resumed_at=17) == unbroken
    assert search(name, 30, objectives=objectives, seed=1) != unbroken


def test_evolution_takes_the_best_of_the_latest_more_often() -> None:
    """Two at a time of the latest ten: the better half is drawn in 7 of 9 cases."""
    done = [Finished(n, n, (float(abs(n - 35)),)) for n in range(40)]
    parents = Counter(draw.parent for draw in islice(made("evolution").draws(40, done), 500))
    assert min(parents) >= 40 - population(40)
    better = sum(count for parent, count in parents.items() if 33 <= parent <= 37)
    assert better > 350 and parents[30] < parents[35]


def test_a_random_walk_takes_every_trial_alike() -> None:
    done = [Finished(n, n, (float(n),)) for n in range(10)]
    parents = Counter(draw.parent for draw in islice(made("random").draws(10, done), 2000))
    assert set(parents) == set(range(10)) and max(parents.values()) < 2 * min(parents.values())


def test_operators_are_drawn_by_their_weights() -> None:
    drawn = Counter(draw.operator for draw in islice(made("random").draws(1, [Finished(0, 0, (0.0,))]), 3000))
    assert set(drawn) == {"width", "depth"} and 1.7 < drawn["width"] / drawn["depth"] < 2.3


def test_an_operator_that_improves_gains_weight() -> None:
    draws = [Draw(0, 0.5, operator, 0.5, 0.5) for operator in ("width", "depth")]
    done = [Finished(n, n, (0.0,), draws[n % 2], improved=n % 2 == 0) for n in range(20)]
    weights = adapted({"width": 1.0, "depth": 1.0}, done)
    assert weights["width"] > 5 * weights["depth"] > 0


def test_optunas_samplers_learn() -> None:
    values = [trial.values[0] for trial in search("tpe", 60)][1:]
    assert sum(values[-20:]) < 0.5 * sum(values[:20])


def test_the_front_is_what_nothing_dominates() -> None:
    trials = [Finished(n, n, values) for n, values in enumerate([(1.0, 4.0), (2.0, 2.0), (3.0, 3.0), (4.0, 1.0)])]
    assert [trial.number for trial in front(trials)] == [0, 1, 3]
    assert ranked(trials)[-1].number == 2
    assert dominates((1.0, 1.0), (1.0, 2.0)) and not dominates((1.0, 1.0), (1.0, 1.0))


def test_of_equals_the_later_is_ahead() -> None:
    trials: Sequence[Finished] = [Finished(n, n, (1.0,)) for n in range(3)]
    assert [trial.number for trial in ranked(trials)] == [2, 1, 0]


def test_an_improvement_is_over_the_parent_or_of_the_front() -> None:
    before = [Finished(0, 0, (1.0, 4.0)), Finished(1, 1, (4.0, 1.0))]
    assert improved((0.5,), (1.0,), []) and not improved((1.0,), (1.0,), [])
    assert improved((2.0, 2.0), (1.0, 4.0), before)
    assert not improved((1.0, 5.0), (1.0, 4.0), before) and not improved((1.0, 4.0), (4.0, 1.0), before)
