"""Two networks compared: children of large networks against their parents, networks that have little in common, and
random chains. Seconds of this process's CPU, the lower quartile of the rounds; the limit is a second.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any

from timing import measure, milliseconds, options, report

import archgraph
from archgraph.compare.difference import difference
from archgraph.compare.union import union
from archgraph.graph.model import Graph
from archgraph.search.mutations import Mutated, mutate

PARENTS = ("resnet50", "hrnetv2_w48", "densenet201")
OPERATORS = ("width", "norm", "attention", "skip")
PAIRS = (("resnet18", "vgg16"), ("densenet201", "hrnetv2_w48"), ("resnet152", "densenet201"))
CHAIN = 2_000
"""Convs of a chain; no two chains have many in common."""
LIMIT = 1.0


def chain(seed: int) -> Graph:
    rng = Random(seed)
    lines = "\n".join(f"  - conv: [{rng.randrange(4, 200)}, {rng.choice([1, 3, 5])}]" for _ in range(CHAIN))
    return archgraph.expand(archgraph.loads(f"archgraph: 1\nname: chain\ninput: [3, 8, 8]\ngraph:\n{lines}"))


def child(name: str, operator: str) -> Graph:
    """The first child of a mutation that is a network."""
    spec, rng = archgraph.load(name), Random(0)
    while True:
        made = mutate(spec, operator, rng)
        if isinstance(made, Mutated):
            with contextlib.suppress(archgraph.SpecError):
                return archgraph.expand(made.spec)


def cases() -> Iterator[tuple[str, Graph, Graph]]:
    for name in PARENTS:
        for operator in OPERATORS:
            yield f"{name}, {operator}", archgraph.expand(archgraph.load(name)), child(name, operator)
    for one, other in PAIRS:
        yield f"{one}, {other}", archgraph.expand(archgraph.load(one)), archgraph.expand(archgraph.load(other))
    yield f"two chains of {CHAIN}", chain(1), chain(2)


def quick(call: Callable[[], object], rounds: int) -> float:
    return measure(call, rounds=max(2, rounds), warmup=1, clock=time.process_time).low


def rows(rounds: int) -> Iterator[dict[str, Any]]:
    for said, old, new in cases():
        found = difference(old, new)
        spent = quick(partial(difference, old, new), rounds)
        drawn = quick(partial(union, old, new, found), rounds)
        yield {
            "networks": said,
            "nodes": f"{len(old)}, {len(new)}",
            "changes": len(found.own),
            "follow": len(found.following),
            "difference": milliseconds(spent),
            "union": milliseconds(drawn),
            "within": "yes" if spent <= LIMIT else "NO",
        }


def main() -> None:
    given = options("How long it takes to compare two networks.").parse_args()
    found = list(rows(given.rounds or (1 if given.quick else 5)))
    report(f"Two networks compared, within {LIMIT:g} s", found, as_json=given.json)


if __name__ == "__main__":
    main()
