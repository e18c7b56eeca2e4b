"""Which of several trials are better: by one objective, or by none being better in all of several.

Values are always such that less is better; whoever makes them has turned those to be maximised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

Values: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished trial as samplers see it.

    `index` counts candidates, so that a trial that had to be run again has the index of the first try.
    `draw` is what the sampler drew for it (None for a parent that was given), `improved` whether it was better than
    its parent or, with several objectives, whether no trial before it was better in all of them. `excess` is how
    far it is over a limit that was measured, 0 inside, None without one; what is over has this for all its values.
    """

    number: int
    index: int
    values: Values
    draw: Draw | None = None
    improved: bool = False
    excess: float | None = None


class Draw(NamedTuple):
    """One proposal of a sampler: a parent, an operator, and where and what as numbers from 0 to 1.

    `rank` is where the parent stands among the possible parents, from 0 for the best towards 1. `mate` is a second
    parent, for a mutation that takes something from one. `choices`, where there are any, are the whole network: the
    answers to the decisions of the space that is searched.
    """

    parent: int
    rank: float
    operator: str
    site: float
    argument: float
    mate: int | None = None
    choices: Mapping[str, int | float | str | bool | None] | None = None


def dominates(one: Values, other: Values) -> bool:
    """Whether one is at least as good in every objective and better in one."""
    return all(a <= b for a, b in zip(one, other, strict=True)) and one != other


def improved(values: Values, parent: Values, before: Sequence[Finished]) -> bool:
    """Whether a child was a success; see `Finished`."""
    if len(values) == 1:
        return values < parent
    return not any(dominates(other.values, values) or other.values == values for other in before)


def inside(trials: Sequence[Finished]) -> Sequence[Finished]:
    """The trials that keep the limits that were measured; all of them where none does."""
    return [trial for trial in trials if not trial.excess] or trials


def ranked(trials: Sequence[Finished]) -> list[Finished]:
    """The trials, best first; of equals the one in a less crowded part of its front, then the later one."""
    if trials and len(trials[0].values) == 1:
        return sorted(trials, key=lambda trial: (trial.values, -trial.index))
    result: list[Finished] = []
    rest = list(trials)
    while rest:
        first = front(rest)
        crowding = _crowding(first)
        result += sorted(first, key=lambda trial: (-crowding[trial.index], -trial.index))
        rest = [trial for trial in rest if trial not in first]
    return result


def front(trials: Sequence[Finished]) -> list[Finished]:
    """The trials that no other one is better than in all objectives."""
    return [t for t in trials if not any(dominates(other.values, t.values) for other in trials)]


def _crowding(trials: Sequence[Finished]) -> dict[int, float]:
    """How far apart the neighbours of each trial of one front are (NSGA-II's crowding distance), by index."""
    distance = dict.fromkeys((trial.index for trial in trials), 0.0)
    for objective in range(len(trials[0].values)):
        line = sorted(trials, key=lambda trial: (trial.values[objective], trial.index))
        spread = line[-1].values[objective] - line[0].values[objective] or 1.0
        distance[line[0].index] = distance[line[-1].index] = math.inf
        for left, middle, right in zip(line, line[1:], line[2:], strict=False):
            distance[middle.index] += (right.values[objective] - left.values[objective]) / spread
    return distance
