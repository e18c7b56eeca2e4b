"""The guided sampler: what it turns its guess on, and that the best guessed comes first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
import pytest

from archgraph.search.guided import FIRST, Guided, features_of, targets
from archgraph.search.ranking import Draw, Finished
from archgraph.search.sampler import Look


class Line:
    """Networks on a line: a draw's place is the parent's, moved by its argument; features are the place alone."""

    def __init__(self) -> None:
        self.places: list[float] = []

    def at(self, draw: Draw) -> float:
        return round(self.places[draw.parent] + draw.argument - 0.5, 2) + 0.0  # no -0.0

    def look(self, place: float) -> Look:
        return Look(str(place), {"costs": {"place": place}, "depth": {"square": place * place}})

    def drawn(self, draw: Draw) -> Look | None:
        return None if self.at(draw) > 3 else self.look(self.at(draw))

    def trained(self, number: int) -> Look:
        return self.look(self.places[number])


def search(trials: int, *, best: float, seed: int = 0, resumed_at: int | None = None) -> list[float]:
    """The places of a search from 0 whose scores are the better the nearer to `best`."""
    line, done = Line(), [Finished(0, 0, (abs(best),))]
    line.places.append(0.0)
    made = Guided(seed=seed, weights={"move": 1.0}, population=8, sight=line)
    for index in range(1, trials):
        if index == resumed_at:
            made = Guided(seed=seed, weights={"move": 1.0}, population=8, sight=line)
        seen = {str(place) for place in line.places}
        draw = next(one for one in made.draws(index, done) if (look := line.drawn(one)) and look.hash not in seen)
        line.places.append(line.at(draw))
        done.append(Finished(index, index, (abs(line.places[-1] - best),), draw))
        made.told(done[-1])
    return line.places


def test_a_search_goes_where_the_scores_are_better() -> None:
    """A walk of 25 steps of at most a half, up to the limit of what is allowed."""
    places = search(25, best=2.5)
    assert min(abs(place - 2.5) for place in places) < 0.1
    assert max(places) <= 3
    assert np.mean(places[-10:]) > np.mean(places[1:FIRST]) + 1


def test_a_resumed_search_is_the_unbroken_one() -> None:
    assert search(20, best=-2.0, resumed_at=14) == search(20, best=-2.0)
    assert search(20, best=-2.0, seed=1) != search(20, best=-2.0)


def test_networks_that_were_trained_are_not_proposed_while_there_are_others() -> None:
    line = Line()
    line.places = [index / 10 for index in range(FIRST)]
    done = [Finished(n, n, (float(n),)) for n in range(FIRST)]
    made = Guided(seed=0, weights={"move": 1.0}, population=8, sight=line)
    first = [line.at(draw) for draw in islice(made.draws(FIRST, done), 40)]
    assert not set(first) & set(line.places) and len(set(first)) == 40


def test_several_objectives_are_guessed_by_the_mean_of_their_ranks() -> None:
    def finished(values: Sequence[tuple[float, ...]]) -> list[Finished]:
        return [Finished(n, n, one) for n, one in enumerate(values)]

    assert targets(finished([(3.0,), (1.0,)])).tolist() == [-3.0, -1.0]
    # Ranks by hand: 0, 1, 2 in the first and 2, 0, 1 in the second.
    found = targets(finished([(1.0, 900.0), (2.0, 100.0), (3.0, 500.0)]))
    assert found.tolist() == pytest.approx([-1.0, -0.5, -1.5])


def test_a_kind_of_many_features_weighs_no_more_than_one_of_thirty() -> None:
    rng = np.random.default_rng(0)
    looks = [
        Look(str(n), {"few": {"a": rng.normal()}, "many": {str(m): rng.normal() for m in range(120)}})
        for n in range(50)
    ]
    matrix = features_of(looks, {"few": 1.0, "many": 0.5})
    assert matrix.shape == (50, 121)
    assert (matrix[:, 0] ** 2).mean() == pytest.approx(1)
    assert (matrix[:, 1:] ** 2).sum(axis=1).mean() == pytest.approx(30 * 0.5**2)


def test_what_a_network_lacks_is_zero() -> None:
    matrix = features_of([Look("a", {"counts": {"conv3": 2.0}}), Look("b", {"counts": {"pool": 1.0}})], {"counts": 1.0})
    assert matrix.tolist() == [[1.0, -1.0], [-1.0, 1.0]]
