"""The mutations of a search, by name. Each is one file; a new one is a file and a line in `MUTATIONS`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from archgraph.search.mutations.activation import activation
from archgraph.search.mutations.attention import attention
from archgraph.search.mutations.base import Mutated, Option, Rejected, Site, Sites
from archgraph.search.mutations.block import block
from archgraph.search.mutations.depth import depth
from archgraph.search.mutations.kernel import kernel
from archgraph.search.mutations.skip import skip
from archgraph.search.mutations.width import width
from archgraph.search.trace import trace
from archgraph.spec.model import Spec

__all__ = ["MUTATIONS", "Mutated", "Option", "Rejected", "Site", "Sites", "mutate", "mutate_at"]

MUTATIONS: Mapping[str, Sites] = {
    "width": width,
    "depth": depth,
    "kernel": kernel,
    "attention": attention,
    "activation": activation,
    "block": block,
    "skip": skip,
}


def mutate(spec: Spec, operator: str, rng: Random) -> Mutated | Rejected:
    """The spec with one change of a kind, at a place drawn by `rng`; Rejected where there is no such place.

    The result is a spec that a person could have written. Whether it is a network is for `expand` to say.
    """
    return mutate_at(operator, MUTATIONS[operator](trace(spec)), rng.random(), rng.random())


def mutate_at(operator: str, sites: Sequence[Site], where: float, what: float) -> Mutated | Rejected:
    """The change that two numbers from 0 to 1 stand for: the place, from input to output, and what is done there."""
    if not sites:
        return Rejected("no place for it")
    site = sites[_index(where, len(sites))]
    option = site.options[_index(what, len(site.options))]
    return Mutated(option.make(), operator, site.name, option.label)


def _index(fraction: float, count: int) -> int:
    return min(int(fraction * count), count - 1)
