"""All 15,625 cells of NAS-Bench-201 as specs, against the benchmark's own table.

    python benchmarks/nasbench201.py nasbench201_cifar10.csv.gz [--cells differences.csv]

The table has the columns arch, iso_class, params_M, macs_M and test_200 (NATS-Bench, arXiv:2009.00437, CIFAR-10). Its
MACs count the ten additions of the classifier's bias, ours do not. How the hash's classes follow from the table's is
said in docs/decisions/hash.md; this shows it in three steps, each of which only joins classes or only splits them.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import permutations, product
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

from timing import machine

from archgraph.graph.cost import cost
from archgraph.graph.expand import expand
from archgraph.graph.hashing import canonical_hash
from archgraph.graph.normal_form import normal_form
from archgraph.interop.nasbench201 import connected, edges, spec, topology

BIAS_ADDITIONS = 10
T = TypeVar("T")
Row: TypeAlias = Mapping[str, str]
Partition: TypeAlias = Sequence[int]


class Term(NamedTuple):
    """A summand of a node: what an edge gives, made of the summands of the node that it reads."""

    op: str
    of: tuple[Term, ...]
    edge: str


X = Term("x", (), "")
"""The cell's input."""


def main() -> None:
    """Print what was compared and how it came out; ends with an error where something differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", nargs="?", type=Path, help="the benchmark's table as CSV, which is not ours to give")
    parser.add_argument(
        "--cells", type=Path, help="write each cell whose class differs, and by which steps, to this CSV"
    )
    given = parser.parse_args()
    if given.table is None:
        print("nothing measured: it takes the benchmark's table, nasbench201_cifar10.csv.gz")
        return
    rows = _read(given.table)
    print(f"{len(rows):,} cells of {given.table.name}\n{machine()}\n")
    hashes, wrong = _against_the_table(rows)
    wrong += _classes(rows, hashes, given.cells)
    raise SystemExit(f"{len(wrong)} things differ: {'; '.join(wrong[:5])}" if wrong else 0)


def _read(path: Path) -> list[Row]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _against_the_table(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """The hash of each cell's network, and what differs from the table."""
    hashes: list[str] = []
    wrong: list[str] = []
    seconds: dict[str, float] = defaultdict(float)
    cut = 0
    for row in rows:
        made = _timed(seconds, "spec", lambda row=row: spec(row["arch"]))
        graph = _timed(seconds, "expand", lambda made=made: expand(made))
        known = _timed(seconds, "cost", lambda graph=graph: cost(graph))
        hashes.append(_timed(seconds, "hash", lambda graph=graph: canonical_hash(graph)))
        params, macs = (round(float(row[key]) * 1e6) for key in ("params_M", "macs_M"))
        if (known.params, known.macs + BIAS_ADDITIONS) != (params, macs):
            wrong.append(
                f"{row['arch']}: {known.params} parameters and {known.macs} MACs, the table has {params}, {macs}"
            )
        reads = any(ref.node == "in" for vertex in normal_form(graph).vertices.values() for ref in vertex.inputs)
        if not reads == connected(row["arch"]) == (float(row["test_200"]) > 10.0):
            wrong.append(f"{row['arch']}: the graph, the string and the accuracy differ on whether it sees the image")
        cut += not reads
    each = ", ".join(f"{name} {1e3 * total / len(rows):.2f}" for name, total in seconds.items())
    print(f"parameters and MACs equal the table's: {len(rows) - len(wrong):,} of {len(rows):,}")
    print(f"networks whose output does not depend on the image: {cut}, those of the table with 10.00% test accuracy")
    print(f"{len(rows) / sum(seconds.values()):.0f} specs a second, one process; milliseconds each: {each}\n")
    return hashes, wrong


def _timed(seconds: dict[str, float], name: str, call: Callable[[], T]) -> T:
    start = time.process_time()
    found = call()
    seconds[name] += time.process_time() - start
    return found


def _classes(rows: Sequence[Row], hashes: Sequence[str], path: Path | None) -> list[str]:
    """Print how the table's classes become the hash's; give what is not explained."""
    archs = [row["arch"] for row in rows]
    table = _partition([row["iso_class"] for row in rows])
    steps = {
        "iso_class of the table": table,
        "edges that are `none` removed, sums of sums merged": _partition([_tree(_terms(a, bias=False)) for a in archs]),
        "a conv of nothing is the bias of its norm": _partition([_tree(_terms(a, bias=True)) for a in archs]),
        "one branch read twice is not two branches": _partition([_shared(_terms(a, bias=True)) for a in archs]),
    }
    partitions = list(steps.values())
    for number, (name, partition) in enumerate(steps.items()):
        effect = _effect(partitions[number - 1], partition) if number else ""
        print(f"{max(partition) + 1:6,} classes  {name}{effect}")
    ours = _partition(hashes)
    print(f"{max(ours) + 1:6,} classes  canonical_hash\n")
    members = [_members(partition) for partition in partitions]
    reasons = [
        [number for number in range(1, len(partitions)) if members[number - 1][cell] != members[number][cell]]
        for cell in range(len(rows))
    ]
    print(f"{sum(not reason for reason in reasons):,} cells have the same class in both; of the others")
    for reason in sorted({tuple(reason) for reason in reasons} - {()}):
        print(f"{sum(tuple(other) == reason for other in reasons):6,} differ by step {' and '.join(map(str, reason))}")
    if path is not None:
        with path.open("w", encoding="utf-8", newline="") as file:
            listed = zip(rows, hashes, reasons, strict=True)
            differ = ([r["arch"], r["iso_class"], h, *steps] for r, h, steps in listed if steps)
            csv.writer(file).writerows([["arch", "iso_class", "hash", "steps"], *differ])
    wrong = [] if _partition([topology(arch) for arch in archs]) == table else ["topology() is not iso_class"]
    return wrong if ours == partitions[-1] else [*wrong, "the hash's classes are not those of the last step"]


def _terms(arch: str, *, bias: bool) -> tuple[Term, ...]:
    """The summands of a cell's output; with `bias` a conv of nothing is one of them, a constant."""
    nodes: dict[str, tuple[Term, ...]] = {"0": (X,), "1": (), "2": (), "3": ()}
    for name, op in edges(arch).items():
        target, source = name[1], nodes[name[2]]
        if op == "skip":
            nodes[target] += source
        elif op != "none" and source:
            nodes[target] += (Term(op, source, name),)
        elif op.startswith("conv") and bias:
            nodes[target] += (Term("bias", (), name),)
    return nodes["3"]


def _tree(terms: Sequence[Term], label: Mapping[str, int] | None = None) -> str:
    """Summands as a text that does not depend on their order; `label` numbers their edges."""
    texts = (f"{term.op}{label[term.edge] if label and term.edge else ''}({_tree(term.of, label)})" for term in terms)
    return "+".join(sorted(texts))


def _shared(terms: Sequence[Term]) -> str:
    """As `_tree`, where a summand that is read twice is told from two that look alike: the least text over all ways to
    number edges that look alike.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for term in dict.fromkeys(_below(terms)):
        alike[_tree([term])].append(term.edge)
    numberings = product(*(permutations(range(len(same))) for same in alike.values()))
    labels = (
        {
            edge: n
            for same, order in zip(alike.values(), numbering, strict=True)
            for edge, n in zip(same, order, strict=True)
        }
        for numbering in numberings
    )
    return min(_tree(terms, label) for label in labels)


def _below(terms: Sequence[Term]) -> Iterator[Term]:
    for term in terms:
        if term.edge:
            yield term
        yield from _below(term.of)


def _partition(keys: Sequence[Hashable]) -> list[int]:
    """The class of each cell, numbered by first appearance: equal for two keys that tell the same cells apart."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _members(partition: Partition) -> list[frozenset[int]]:
    """For each cell all cells of its class."""
    classes: dict[int, list[int]] = defaultdict(list)
    for cell, number in enumerate(partition):
        classes[number].append(cell)
    sets = {number: frozenset(cells) for number, cells in classes.items()}
    return [sets[number] for number in partition]


def _effect(before: Partition, after: Partition) -> str:
    """What a step does to the classes, which is one thing."""
    both = len(set(zip(before, after, strict=True)))
    if both == max(before) + 1:
        return ", which only joins classes"
    return ", which only splits classes" if both == max(after) + 1 else ", which joins and splits classes"


if __name__ == "__main__":
    main()
