"""How large a search space is: a spec with choices -> how many networks it holds, and what they cost."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from archgraph.errors import SpecError
from archgraph.graph.cost import Cost, cost
from archgraph.graph.expand import Choose, expand
from archgraph.spec.model import Choice, Range, Spec


@dataclass(frozen=True)
class Space:
    """What a spec with choices stands for.

    networks: combinations of all decisions; exact where `exact`, else Knuth's estimate from random walks. A
    choice inside an option that is not taken is not a decision. costs: of the networks looked at, by MACs
    ascending: all of them where they are few, else a random sample. refused: combinations among those looked
    at that are no network (shapes that do not fit).
    """

    networks: int
    exact: bool
    costs: tuple[Cost, ...]
    refused: int

    @property
    def smallest(self) -> Cost:
        return self.costs[0]

    @property
    def median(self) -> Cost:
        return self.costs[len(self.costs) // 2]

    @property
    def largest(self) -> Cost:
        return self.costs[-1]

    @property
    def looked_at(self) -> int:
        """Combinations that were looked at."""
        return len(self.costs) + self.refused

    @property
    def whole(self) -> bool:
        """Whether all were looked at."""
        return self.exact and self.looked_at >= self.networks

    def spread(self, name: str) -> tuple[int, int, int]:
        """The least, the median and the most of one cost among the networks looked at."""
        values = sorted(getattr(one, name) for one in self.costs)
        return values[0], values[len(values) // 2], values[-1]


def space(
    spec: Spec, *, most: int = 500, seed: int = 0, fixed: Mapping[str, Any] = MappingProxyType({})
) -> Space | None:
    """The space a spec holds; None for a spec without choices. Those in `fixed`, by their names, are made already.

    Up to `most` networks are enumerated, of more a sample of that size is drawn. Raises SpecError where not one
    of those looked at is a network.
    """
    walk = _Walk(spec, fixed)
    walk.follow([])
    if not walk.trail:
        return None
    walk = _Walk(spec, fixed)
    done = walk.enumerate(most)
    if done:
        networks, exact = walk.seen, True
    else:
        walk = _Walk(spec, fixed)
        sizes = walk.sample(most, random.Random(seed))
        networks, exact = round(statistics.fmean(sizes)), len(set(sizes)) == 1
    if not walk.costs:
        raise walk.error or SpecError([])
    return Space(networks, exact, tuple(sorted(walk.costs, key=lambda c: (c.macs, c.params))), walk.refused)


class _Walk:
    """Expansions of one spec along chosen decisions; `trail` is the last one's: option taken, options there were."""

    def __init__(self, spec: Spec, fixed: Mapping[str, Any]) -> None:
        self.spec = spec
        self.fixed = fixed
        self.trail: list[tuple[int, int]] = []
        self.costs: list[Cost] = []
        self.error: SpecError | None = None
        self.seen = self.refused = 0

    def follow(self, path: list[int]) -> None:
        """Take the given options in the order the decisions come up, and the first one after them."""
        self._expand(lambda count: path[len(self.trail)] if len(self.trail) < len(path) else 0)

    def enumerate(self, most: int) -> bool:
        """Visit every combination, depth first; False where there are more than `most`."""
        path: list[int] = []
        while self.seen < most:
            self.follow(path)
            while self.trail and self.trail[-1][0] + 1 == self.trail[-1][1]:
                self.trail.pop()
            if not self.trail:
                return True
            path = [taken for taken, _ in self.trail]
            path[-1] += 1
        return False

    def sample(self, count: int, rng: random.Random) -> list[int]:
        """Walk at random; the size each walk would give the space (Knuth 1975): the product of its options."""
        sizes = []
        for _ in range(count):
            self._expand(rng.randrange)
            size = 1
            for _, options in self.trail:
                size *= options
            sizes.append(size)
        return sizes

    def _expand(self, pick: Callable[[int], int]) -> None:
        self.trail = []
        self.seen += 1
        try:
            self.costs.append(cost(expand(self.spec, choose=self._chooser(pick))))
        except SpecError as error:
            self.refused += 1
            self.error = error

    def _chooser(self, pick: Callable[[int], int]) -> Choose:
        def choose(name: str, choice: Choice | Range) -> Any:
            if name in self.fixed:
                return self.fixed[name]
            options = choice.options
            taken = pick(len(options))
            self.trail.append((taken, len(options)))
            return options[taken]

        return choose
