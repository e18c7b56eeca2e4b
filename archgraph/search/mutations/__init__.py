"""The mutations of a search, by name. Each is one file; a new one is a file and a line in `MUTATIONS`."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from archgraph.search.mutations.activation import activation
from archgraph.search.mutations.attention import attention
from archgraph.search.mutations.base import Mutated, Option, Rejected, Site, Sites
from archgraph.search.mutations.block import block
from archgraph.search.mutations.branch import branch
from archgraph.search.mutations.choice import choice
from archgraph.search.mutations.crossover import crossover
from archgraph.search.mutations.dense import dense
from archgraph.search.mutations.depth import depth
from archgraph.search.mutations.dilation import dilation
from archgraph.search.mutations.groups import groups
from archgraph.search.mutations.kernel import kernel
from archgraph.search.mutations.norm import norm
from archgraph.search.mutations.order import order
from archgraph.search.mutations.pool import pool
from archgraph.search.mutations.resolution import resolution
from archgraph.search.mutations.skip import skip
from archgraph.search.mutations.stride import stride
from archgraph.search.mutations.width import width
from archgraph.search.trace import trace
from archgraph.spec.model import Spec

__all__ = ["MATED", "MUTATIONS", "USUAL", "Mutated", "Option", "Rejected", "Site", "Sites", "mutate", "mutate_at"]

MUTATIONS: dict[str, Sites] = {
    "width": width,
    "depth": depth,
    "kernel": kernel,
    "attention": attention,
    "activation": activation,
    "block": block,
    "skip": skip,
    "stride": stride,
    "groups": groups,
    "dilation": dilation,
    "norm": norm,
    "pool": pool,
    "branch": branch,
    "dense": dense,
    "order": order,
    "resolution": resolution,
    "choice": choice,
    "crossover": crossover,
}
"""All that a recipe can name; plug-ins add to it (`archgraph.search.mutations.plugins`)."""
USUAL = tuple(name for name in MUTATIONS if name != "resolution")
"""What `mutate: all` stands for. Another resolution is another input, which the data of a recipe have to give."""
MATED = frozenset({"crossover"})
"""Mutations that take something from a second parent."""


def mutate(spec: Spec, operator: str, rng: Random, *, mate: Spec | None = None) -> Mutated | Rejected:
    """The spec with one change of a kind, at a place drawn by `rng`; Rejected where there is no such place.

    `mate` is the second parent of a change that takes one. The result is a spec that a person could have written.
    Whether it is a network is for `expand` to say.
    """
    traced = trace(spec, mate=None if mate is None else trace(mate))
    return mutate_at(operator, MUTATIONS[operator](traced), rng.random(), rng.random())


def mutate_at(operator: str, sites: Sequence[Site], where: float, what: float) -> Mutated | Rejected:
    """The change that two numbers from 0 to 1 stand for: the place, from input to output, and what is done there."""
    if not sites:
        return Rejected("no place for it")
    site = sites[_index(where, len(sites))]
    if not site.options:
        return Rejected(f"nothing to do at {site.name}")
    option = site.options[_index(what, len(site.options))]
    return Mutated(option.make(), operator, site.name, option.label)


def _index(fraction: float, count: int) -> int:
    return min(int(fraction * count), count - 1)
