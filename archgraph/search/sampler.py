"""What draws the proposals: evolution, a random walk, or any sampler of Optuna's. All draw the same four numbers, or
choices, where a search changes nothing but the choices of a space.

The draws for the n-th candidate follow from the seed, n and the trials finished before, and from nothing else: a
search that was stopped and resumed goes on as it would have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from random import Random
from typing import Literal, NamedTuple, Protocol, TypeAlias

from archgraph.search.genotype import Genotype
from archgraph.search.mutations import MATED
from archgraph.search.ranking import Draw, Finished, ranked

Direction: TypeAlias = Literal["minimize", "maximize"]
INSTALL = "pip install 'archgraph[gp]'"
MEMORY = 200
"""Trials that the weights of operators follow from."""
SamplerName: TypeAlias = Literal["evolution", "guided", "random", "tpe", "nsga2", "gp"]


class Sampler(Protocol):
    """Draws proposals until one is taken."""

    def draws(self, index: int, finished: Sequence[Finished]) -> Iterator[Draw]:
        """Proposals for the candidate of this index, without end; `finished` is in the order of the candidates."""

    def told(self, trial: Finished) -> None:
        """A trial has finished. Called in the order of the candidates."""

    def failed(self, index: int) -> None:
        """The trial of a candidate has failed."""


Features: TypeAlias = Mapping[str, Mapping[str, float]]
"""What a network looks like, by kind and name; see `graph.likeness`. `decisions` are 1 for each option taken."""


class Look(NamedTuple):
    """What is known of a network without training it."""

    hash: str
    features: Features


class Sight(Protocol):
    """Looks at networks."""

    def drawn(self, draw: Draw) -> Look | None:
        """What a draw would make; None where that is turned away."""

    def trained(self, number: int) -> Look:
        """The network of a trial."""


def missing(name: SamplerName) -> str | None:
    """What has to be installed for a sampler; None where nothing has."""
    return INSTALL if name == "gp" and find_spec("scipy") is None else None


def population(trials: int) -> int:
    """How many trials a search of so many draws its parents from."""
    return min(max(trials // 4, 8), 64)


@dataclass(frozen=True)
class Evolution:
    """Ageing tournament (arXiv:1802.01548): parents are the best of a few among the latest trials.

    With several objectives the tournament goes by non-dominated rank and crowding. Operators that led to
    improvements are drawn more often. Over a space the first trials, as many as the population, are drawn at random.
    """

    seed: int
    weights: Mapping[str, float]
    population: int
    space: Genotype | None = None

    def draws(self, index: int, finished: Sequence[Finished]) -> Iterator[Draw]:
        rng = Random(f"{self.seed}/{index}")
        while self.space and len(finished) < self.population:
            yield self.space.anew(rng, finished)
        parents = ranked(finished[-self.population :])
        weights = adapted(self.weights, finished)
        # A population that was drawn at random bears harder selection than the children of one parent.
        contestants = min(max(2, self.population // (2 if self.space else 4)), len(parents))
        while True:
            best = min(rng.sample(range(len(parents)), contestants))
            yield self.space.child(rng, parents, best) if self.space else _draw(rng, parents, best, weights)

    def told(self, trial: Finished) -> None:
        pass

    def failed(self, index: int) -> None:
        pass


@dataclass(frozen=True)
class RandomWalk:
    """What a search has to beat: changes of any earlier trial, whatever its score; over a space, choices at random."""

    seed: int
    weights: Mapping[str, float]
    space: Genotype | None = None

    def draws(self, index: int, finished: Sequence[Finished]) -> Iterator[Draw]:
        rng = Random(f"{self.seed}/{index}")
        while True:
            if self.space:
                yield self.space.anew(rng, finished)
            else:
                yield _draw(rng, finished, rng.randrange(len(finished)), self.weights)

    def told(self, trial: Finished) -> None:
        pass

    def failed(self, index: int) -> None:
        pass


def adapted(weights: Mapping[str, float], finished: Sequence[Finished]) -> dict[str, float]:
    """Weights times the part of an operator's latest children that were improvements, one of each kind assumed."""
    latest = [trial for trial in finished[-MEMORY:] if trial.draw]
    tries = Counter(trial.draw.operator for trial in latest if trial.draw)
    successes = Counter(trial.draw.operator for trial in latest if trial.draw and trial.improved)
    return {name: weight * (successes[name] + 1) / (tries[name] + 2) for name, weight in weights.items()}


def _draw(rng: Random, parents: Sequence[Finished], position: int, weights: Mapping[str, float]) -> Draw:
    (operator,) = rng.choices(list(weights), list(weights.values()))
    rank = (position + 0.5) / len(parents)
    site, argument = rng.random(), rng.random()
    mate = rng.choice(parents).number if operator in MATED else None
    return Draw(parents[position].number, rank, operator, site, argument, mate)


def sampler(
    name: SamplerName,
    *,
    seed: int,
    weights: Mapping[str, float],
    trials: int,
    directions: Sequence[Direction],
    sight: Sight,
    space: Genotype | None = None,
) -> Sampler:
    """The sampler of a recipe. Operators of weight 0 are never drawn. `sight` is for a sampler that looks at networks
    before they are trained; `space` is what is searched where nothing but choices change.
    """
    used = {operator: weight for operator, weight in weights.items() if weight > 0}
    if name == "guided":
        from archgraph.search.guided import Guided

        return Guided(seed=seed, weights=used, population=population(trials), sight=sight, space=space)
    if name == "evolution":
        return Evolution(seed, used, population(trials), space)
    if name == "random":
        return RandomWalk(seed, used, space)
    from archgraph.search.optuna_sampler import ChoiceDriven, OptunaDriven, make

    size = population(trials)
    if space:
        return ChoiceDriven(make(name, size), seed=seed, space=space, directions=directions)
    return OptunaDriven(make(name, size), seed=seed, operators=list(used), directions=directions, population=size)
