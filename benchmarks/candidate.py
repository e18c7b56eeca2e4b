"""From text to cost, and from a mutated spec to cost, without torch; and how that grows with the network.

Limits: from its YAML to its cost, resnet50 in 5 ms and hrnetv2_w48 in 60 ms; a mutated Spec in memory in 1 ms.
"""

from __future__ import annotations

import gc
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from timing import Times, measure, options, report

import archgraph
from archgraph.graph.cost import cost
from archgraph.graph.expand import expand
from archgraph.graph.hashing import canonical_hash
from archgraph.spec.model import Expr, Spec, Value

CHAIN = """
archgraph: 1
name: chain
input: [8, 16, 16]
vars: {stages: 1}
defaults: {conv: {norm: batch, act: relu}}
blocks:
  unit: {args: {w: int}, graph: [residual: {body: [conv: [$w, 3], conv: {out: $w, kernel: 3, act: none}], act: relu}]}
graph:
  - {unit: 4 + $i, repeat: $stages}
"""

NETWORKS = ("resnet50", "hrnetv2_w48", "hrnetv2_w48_seg")
FIRST = """
import sys, time
from archgraph import cost, expand, load
start = time.perf_counter()
cost(expand(load(sys.argv[1])))
print(time.perf_counter() - start)
"""


def main() -> None:
    """Print the tables."""
    given = options(__doc__.splitlines()[0]).parse_args()
    rounds = given.rounds or (20 if given.quick else 200)
    for name in NETWORKS:
        report(f"{name}, one process, no torch", _steps(name, rounds), as_json=given.json)

    spec = archgraph.load("resnet50")
    children = _children(spec, random.Random(0))
    seconds = []
    nodes = []
    for _ in range(rounds * 5):
        child = next(children)
        start = time.perf_counter()
        expanded = expand(child)
        cost(expanded)
        seconds.append(time.perf_counter() - start)
        nodes.append(len(expanded))
    low, median, high = statistics.quantiles(seconds, n=4)
    row = _row("mutated Spec to cost", Times(median, low, high, len(seconds)), int(statistics.median(nodes)))
    report("children of resnet50, each a width, depth or kernel away from its parent", [row], as_json=given.json)

    rows = []
    for size in (100, 1_000, 10_000):
        found, count = _by_size(size // 9, rounds=5 if size > 5_000 else 20)
        rows.append({**_row(f"about {size:,} nodes", found, count), "us a node": found.median / count * 1e6})
    report("Spec to cost by size; every block differs from the others, nothing is reused", rows, as_json=given.json)


def _steps(name: str, rounds: int) -> list[dict[str, object]]:
    """Each step from a network's file to its cost, alone and together."""
    spec = archgraph.load(name)
    graph = expand(spec)
    steps: dict[str, Callable[[], object]] = {
        "file to cost": lambda: cost(expand(archgraph.load(name))),
        "  load (file to Spec)": lambda: archgraph.load(name),
        "  expand (Spec to Graph with shapes)": lambda: expand(spec),
        "  cost (Graph to Cost)": lambda: cost(graph),
        "canonical hash": lambda: canonical_hash(graph),
    }
    found = {step: measure(call, rounds=rounds) for step, call in steps.items()}
    first = [_first(name) for _ in range(5)]
    found["file to cost, the first of a process"] = Times(statistics.median(first), min(first), max(first), len(first))
    return [_row(step, times, len(graph)) for step, times in found.items()]


def _first(name: str) -> float:
    """Seconds from a file to its cost in a process that has imported archgraph and read nothing yet."""
    done = subprocess.run([sys.executable, "-c", FIRST, name], check=True, capture_output=True, text=True)
    return float(done.stdout)


def _by_size(stages: int, *, rounds: int) -> tuple[Times, int]:
    """Expansion and cost of a chain of unlike blocks, read anew each round so that no block is known from before."""
    seconds = []
    for _ in range(rounds + 1):
        chain = archgraph.override(archgraph.loads(CHAIN), {"stages": stages})
        gc.collect()
        start = time.perf_counter()
        graph = expand(chain)
        cost(graph)
        seconds.append(time.perf_counter() - start)
    low, median, high = statistics.quantiles(seconds[1:], n=4)
    return Times(median, low, high, rounds), len(graph)


def _columns(values: Value, spec: Spec) -> tuple[Any, ...]:
    """The list that an `each` has, written there or in `vars`."""
    while isinstance(values, Expr):
        values = spec.vars[values.text.removeprefix("$")]
    assert isinstance(values, tuple)
    return values


def _row(name: str, times: Times, nodes: int) -> dict[str, object]:
    return {
        "step": name,
        "nodes": nodes,
        "median ms": times.median * 1e3,
        "quartiles ms": f"{times.low * 1e3:.3g}-{times.high * 1e3:.3g}",
    }


def _children(parent: Spec, rng: random.Random) -> Iterator[Spec]:
    """Children of a ResNet written as one `each`: another width, depth or stem kernel each time."""
    stem, stage = (n for n, node in enumerate(parent.graph.nodes) if node.id in ("stem", "stage"))
    while True:
        nodes = list(parent.graph.nodes)
        node = nodes[stage]
        lists = {key: list(_columns(values, parent)) for key, values in (node.each or {}).items()}
        what = rng.choice(["w", "n", "kernel"])
        column = rng.randrange(4)
        if what == "kernel":
            nodes[stem] = replace(nodes[stem], args={**nodes[stem].args, "kernel": rng.choice([3, 5, 9])})
        else:
            lists[what][column] = 8 * rng.randrange(4, 72) if what == "w" else rng.randrange(1, 9)
            nodes[stage] = replace(node, each={key: tuple(values) for key, values in lists.items()})
        yield replace(parent, graph=replace(parent.graph, nodes=tuple(nodes)))


if __name__ == "__main__":
    main()
