"""From text to cost, and from a mutated spec to cost, without torch; and how that grows with the network.

Limits: resnet50 from its YAML to its cost in 5 ms; a mutated candidate, a Spec in memory, in 1 ms.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from timing import Times, measure, options, report

import archgraph
from archgraph import loading
from archgraph.graph.cost import cost
from archgraph.graph.expand import expand
from archgraph.graph.hashing import canonical_hash
from archgraph.spec.model import Spec
from archgraph.spec.variants import variant

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


def main() -> None:
    """Print the three tables."""
    given = options(__doc__.splitlines()[0]).parse_args()
    rounds = given.rounds or (20 if given.quick else 200)
    where = loading.locate("resnet50")
    text = where.path.read_text()
    spec = _read(text, where.variant)
    graph = expand(spec)
    steps: dict[str, Callable[[], object]] = {
        "text to cost": lambda: cost(expand(_read(text, where.variant))),
        "  load (text to Spec)": lambda: _read(text, where.variant),
        "  expand (Spec to Graph with shapes)": lambda: expand(spec),
        "  cost (Graph to Cost)": lambda: cost(graph),
        "canonical hash": lambda: canonical_hash(graph),
    }
    rows = [_row(name, measure(step, rounds=rounds), len(graph)) for name, step in steps.items()]
    report("resnet50, one process, no torch", rows, as_json=given.json)

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


def _read(text: str, chosen: str) -> Spec:
    spec = archgraph.loads(text)
    return variant(spec, chosen) if chosen else spec


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
        lists = {key: list(values) for key, values in (node.each or {}).items()}  # type: ignore[union-attr]
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
