"""Sampler `guided`: many cheap children are ranked by a guess of their scores, and the most promising is trained.

A child costs milliseconds, training it seconds to hours. So hundreds are drawn as evolution and a random walk draw
them, looked at without training, and ranked by expected improvement (`surrogate`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from random import Random

import numpy as np

from archgraph.search.genotype import Genotype
from archgraph.search.ranking import Draw, Finished, ranked
from archgraph.search.sampler import Evolution, Look, RandomWalk, Sight
from archgraph.search.surrogate import Matrix, Vector, focused, guess, scaled

FIRST = 10
"""Trials before the first guess."""
POOL = 600
"""Children that are looked at for each trial."""
ELITE = 15
"""Trials whose choices are changed for it, in a space."""
VIEWS: Sequence[Mapping[str, float]] = (
    {"decisions": 1.0, "costs": 1.0, "depth": 1.0},
    {"decisions": 1.0, "costs": 1.0, "depth": 1.0, "counts": 1.0},
    {"paths": 0.7, "costs": 1.0, "depth": 1.0},
)
"""Kinds of features with their weights. The guesses take turns: where one is sure and wrong, the next looks anew."""


class Guided:
    """Ranks children by expected improvement; with several objectives, of the mean of the ranks in each."""

    def __init__(
        self,
        *,
        seed: int,
        weights: Mapping[str, float],
        population: int,
        sight: Sight,
        space: Genotype | None = None,
    ) -> None:
        self.seed, self.sight, self.space = seed, sight, space
        self.near = Evolution(seed, weights, population)
        self.far = RandomWalk(seed + 1, weights, space)
        self._known: dict[int, Look] = {}

    def draws(self, index: int, finished: Sequence[Finished]) -> Iterator[Draw]:
        if len(finished) >= FIRST:
            yield from self._promising(index, finished)
        yield from self.far.draws(index, finished)

    def told(self, trial: Finished) -> None:
        pass

    def failed(self, index: int) -> None:
        pass

    def _promising(self, index: int, finished: Sequence[Finished]) -> list[Draw]:
        """Draws whose networks are new, the most promising first."""
        known = [self._seen(trial.number) for trial in finished]
        children: dict[str, tuple[Draw, Look]] = {}
        taken = {one.hash for one in known}
        for draw in self._pool(index, finished):
            found = self.sight.drawn(draw)
            if found is not None and found.hash not in taken:
                children.setdefault(found.hash, (draw, found))
        if not children:
            return []
        draws, looks = zip(*children.values(), strict=True)
        view = VIEWS[index % len(VIEWS)]
        matrix = features_of([*known, *looks], view)
        scores = guess(matrix[: len(known)], focused(targets(finished)), matrix[len(known) :]).improvement()
        return [draws[number] for number in np.argsort(-scores, kind="stable")]

    def _seen(self, number: int) -> Look:
        if number not in self._known:
            self._known[number] = self.sight.trained(number)
        return self._known[number]

    def _pool(self, index: int, finished: Sequence[Finished]) -> list[Draw]:
        """Children of the best of all trials, of the latest good ones, and of any."""
        third = POOL // 3
        if self.space:
            return self._pool_of(self.space, index, finished)
        best = Evolution(self.seed + 2, self.near.weights, len(finished))
        elite = ranked(finished)[: max(FIRST, self.near.population // 2)]
        return [
            *islice(best.draws(index, elite), third),
            *islice(self.near.draws(index, finished), third),
            *islice(self.far.draws(index, finished), third),
        ]

    def _pool_of(self, space: Genotype, index: int, finished: Sequence[Finished]) -> list[Draw]:
        """Of a space: the best with one decision changed, with two, and choices at random."""
        rng = Random(f"{self.seed}/{index}/pool")
        elite = ranked(finished)[:ELITE]
        near, far = (
            [space.child(rng, elite, rng.randrange(len(elite)), steps=steps) for _ in range(POOL // 3)]
            for steps in (1, 2)
        )
        return near + far + [space.anew(rng, finished) for _ in range(POOL // 3)]


def targets(finished: Sequence[Finished]) -> Vector:
    """What a guess is to be of, larger being better: the one objective, or the mean of the ranks in several."""
    values = np.array([trial.values for trial in finished], dtype=float)
    if values.shape[1] == 1:
        return np.asarray(-values[:, 0])
    ranks = values.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    return np.asarray(-ranks.mean(axis=1))


def features_of(looks: Sequence[Look], view: Mapping[str, float]) -> Matrix:
    """(networks, features) of the kinds of a view, each column scaled over these networks.

    A kind with many columns weighs no more than one with thirty.
    """
    parts = []
    for kind, weight in view.items():
        names = sorted({name for look in looks for name in look.features.get(kind, ())})
        if names:
            rows = [[look.features.get(kind, {}).get(name, 0.0) for name in names] for look in looks]
            values = scaled(np.array(rows))
            parts.append(values * weight * min(1.0, (30 / len(names)) ** 0.5))
    return np.hstack(parts)
