"""What becomes of a text that may hold anything: a network, or located mistakes of some stage; all else is a defect."""

from __future__ import annotations

from pathlib import Path
from random import Random

from archgraph.errors import Source, SpecError
from archgraph.graph.cost import cost
from archgraph.graph.expand import expand
from archgraph.loading import laid_out, loads
from archgraph.spec.reader import read
from archgraph.spec.variants import variant

STAGES = ("network", "yaml", "spec", "graph")
"""Where a text can end: as a network, or with mistakes in its YAML, in its words, or in its shapes and sizes."""


def look(text: str, path: Path, rng: Random) -> str:
    """The stage in which a text ends that was made of a file. Raises AssertionError for a mistake without its place."""
    try:
        read(Source("net.yaml", text))
    except SpecError as error:
        _check(error, text)
        return "yaml"
    try:
        spec = loads(text, name="net.yaml", base=path.parent)
    except SpecError as error:
        _check(error, text)
        return "spec"
    if rng.random() < 0.1:
        again = laid_out(Source("net.yaml", text), path=path.parent / "net.yaml")
        assert loads(again, base=path.parent) == spec
    if spec.variants:
        spec = variant(spec, rng.choice(sorted(spec.variants)))
    try:
        graph = expand(spec)
    except SpecError as error:
        _check(error, text)
        return "graph"
    graph.check()
    assert cost(graph).params >= 0
    return "network"


def _check(error: SpecError, text: str) -> None:
    """Every finding says where it is, in this text or in a file that it uses."""
    assert error.findings
    lines = text.splitlines()
    for finding in error.findings:
        at = finding.at
        assert at is not None, f"a mistake without its place: {finding.message}"
        if at.source.name == "net.yaml":
            assert 1 <= at.line <= max(1, len(lines)), finding
            assert 1 <= at.col <= len(lines[at.line - 1] if lines else "") + 1, finding
    assert str(error)
