"""The cells of NAS-Bench-201: from an architecture string of the benchmark to a spec, and back.

Source: arXiv:2001.00326; arXiv:2009.00437 (NATS-Bench), its topology search space.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache

from archgraph.errors import Finding, Mark, Source, SpecError, nearest
from archgraph.loading import load
from archgraph.spec.model import Choice, Spec

OPS: Mapping[str, str] = {
    "none": "none",
    "skip_connect": "skip",
    "nor_conv_1x1": "conv1",
    "nor_conv_3x3": "conv3",
    "avg_pool_3x3": "pool",
}
"""The benchmark's ops, and what they are called in the spec `nasbench201`."""

FORM_OF = "|{e10}~0|+|{e20}~0|{e21}~1|+|{e30}~0|{e31}~1|{e32}~2|"
FORM = "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|"


def spec(arch: str) -> Spec:
    """The network of an architecture string such as `|skip_connect~0|+|none~0|...`: 16 channels, 5 cells a stage, 10
    classes, with the outputs `features` and `logits`.

    Raises SpecError, which points into the string, for one that is none of the benchmark's.
    """
    space = _space()
    name = "nb201-" + "-".join(edges(arch).values())
    return replace(space, name=name, about=arch, vars={**space.vars, **edges(arch)}, expect={})


def edges(arch: str) -> dict[str, str]:
    """The op of each edge by its variable in the spec: `e20` is the edge to node 2 from node 0. Raises SpecError."""
    return {f"e{node}{source}": OPS[op] for node, source, op in _edges(arch)}


def architecture(spec: Spec) -> str:
    """The benchmark's string of a spec made by `spec`, or of the space `nasbench201` with its choices made or not; what
    is not chosen is the default. Width, depth and classes may differ.

    Raises SpecError for what is not the space's cell in the space's places.
    """
    space = _space()
    ops = {ours: theirs for theirs, ours in OPS.items()}
    values = {name: spec.vars.get(name) for name in space.vars if name.startswith("e")}
    taken = {name: value.chosen if isinstance(value, Choice) else value for name, value in values.items()}
    unknown = [f"{name}: {value}" for name, value in taken.items() if value not in ops]
    if unknown or (spec.graph, spec.blocks) != (space.graph, space.blocks):
        reason = f" ({', '.join(unknown)})" if unknown else ""
        hint = "a search of it changes the choices alone: mutate: none"
        raise SpecError([Finding(f"{spec.name} is no cell of NAS-Bench-201{reason}", spec.marks.get("graph"), hint)])
    given = {name: ops[str(value)] for name, value in taken.items()}
    return FORM_OF.format(**given)


def connected(arch: str) -> bool:
    """Whether a way leads from the cell's input to its output over edges that are not `none`. Raises SpecError."""
    reached = {0}
    for node, source, op in _edges(arch):
        if op != "none" and source in reached:
            reached.add(node)
    return 3 in reached


def topology(arch: str) -> str:
    """The text by which the benchmark tells cells apart: equal for two cells of one of its 6,466 classes.

    An edge `skip_connect` stands for the text of its source; `none`, and what reads a node that is nothing but one
    `none`, for `#`. A node is the sum of its edges' texts, sorted. See `docs/decisions/hash.md` for where the function
    of the network says otherwise. Source: `Structure.to_unique_str` of the benchmark's code. Raises SpecError.
    """
    texts = {0: "0"}
    terms: dict[int, list[str]] = {1: [], 2: [], 3: []}
    for node, source, op in _edges(arch):
        if source not in texts:
            texts[source] = "+".join(sorted(terms[source]))
        nothing = op == "none" or texts[source] == "#"
        terms[node].append("#" if nothing else texts[source] if op == "skip_connect" else f"({texts[source]})@{op}")
    return "+".join(sorted(terms[3]))


@cache
def _space() -> Spec:
    return load("nasbench201")


@lru_cache(maxsize=32)
def _edges(arch: str) -> tuple[tuple[int, int, str], ...]:
    """Node, source and op of the six edges, in the order of the string."""
    reader = _Reader(arch)
    found = reader.edges()
    if reader.findings:
        raise SpecError(reader.findings)
    return tuple(found)


class _Reader:
    """Reads one architecture string and collects all of its mistakes."""

    def __init__(self, arch: str) -> None:
        self.arch = arch
        self.source = Source("<architecture>", arch)
        self.findings: list[Finding] = []

    def edges(self) -> list[tuple[int, int, str]]:
        found: list[tuple[int, int, str]] = []
        nodes = self.arch.split("+")
        if len(nodes) != 3:
            self.fail(f"a cell has three nodes after its input, given {len(nodes)}", 0, len(self.arch))
            return found
        start = 0
        for number, text in enumerate(nodes, start=1):
            found += self.node(number, text, start)
            start += len(text) + 1
        return found

    def node(self, number: int, text: str, start: int) -> list[tuple[int, int, str]]:
        """The edges to a node."""
        parts = text.split("|")
        if len(parts) != number + 2 or parts[0] or parts[-1]:
            plural = "edge" if number == 1 else "edges"
            self.fail(f"node {number} has {number} {plural} between bars, given {text!r}", start, len(text))
            return []
        found = []
        start += 1
        for source, part in enumerate(parts[1:-1]):
            op, _, given = part.rpartition("~")
            if given != str(source):
                message = f"edge {source + 1} of node {number} comes from node {source}, given {part!r}"
                self.fail(message, start, len(part))
            elif op not in OPS:
                self.fail(f"unknown op {op!r}", start, len(op), nearest(op, OPS))
            found.append((number, source, op))
            start += len(part) + 1
        return found

    def fail(self, message: str, start: int, length: int, hint: str = f"a cell is written {FORM}") -> None:
        self.findings.append(Finding(message, Mark(self.source, 1, start + 1, max(length, 1)), hint))
