"""Is each network of the zoo what its `expect:` says, figure by figure?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archgraph import zoo
from archgraph.checking import Compared, compared
from archgraph.errors import SpecError
from archgraph.graph.cost import Cost, cost
from archgraph.graph.expand import expand
from archgraph.graph.inventory import layers, param_shapes
from archgraph.loading import load
from archgraph.spec.model import Spec
from archgraph.spec.variants import variant

NEEDED = ("params", "macs", "output")
"""What every network of the zoo has to expect; of the rest, what its reference knows."""
DIGITS = 16
"""Digits that are shown of a hash."""


@dataclass(frozen=True)
class Verified:
    """One network of the zoo: what it costs and how many layers it has, each beside what its `expect:` says.

    `compared` has the keys of `expect:`, `missing` those of `NEEDED` that it lacks; `error` is why there is no network.
    """

    name: str
    cost: Cost | None = None
    layers: tuple[int, ...] = ()
    shapes: str = ""
    compared: tuple[Compared, ...] = ()
    missing: tuple[str, ...] = ()
    error: str = ""

    @property
    def wrong(self) -> tuple[str, ...]:
        """What is not as it should be, in words."""
        said = [line.message for line in self.compared if line.message]
        lacks = [f"`expect` lacks {', '.join(self.missing)}"] if self.missing else []
        return tuple(filter(None, [self.error, *said, *lacks]))

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, for JSON."""
        figures = {line.key: {"found": line.found, "expected": line.expected} for line in self.compared}
        return {"name": self.name, "ok": not self.wrong, "figures": figures, "wrong": list(self.wrong)}


def networks(names: Collection[str] = ()) -> Iterator[tuple[str, Spec | SpecError]]:
    """The networks of the zoo by name, all or some, sorted; a file with many of them is read once.

    In place of a spec is what is wrong with its file. Raises UsageError for a name that the zoo does not have.
    """
    wanted = {name: zoo.find(name) for name in sorted(names or zoo.names())}
    files = {path: _read(path) for path in {where.path: None for where in wanted.values()}}
    for name, where in wanted.items():
        spec = files[where.path]
        yield name, variant(spec, where.variant) if where.variant and isinstance(spec, Spec) else spec


def _read(path: Path) -> Spec | SpecError:
    try:
        return load(path)
    except SpecError as error:
        return error


def verify(name: str, spec: Spec | SpecError) -> Verified:
    """Compare a network with its `expect:`."""
    try:
        if isinstance(spec, SpecError):
            raise spec
        graph = expand(spec)
    except SpecError as error:
        return Verified(name, error=str(error))
    found = cost(graph)
    lines = compared(spec, graph, found)
    known = next((str(line.found) for line in lines if line.key == "param_shapes"), "")
    missing = tuple(key for key in NEEDED if key not in spec.expect)
    shapes = (known or param_shapes(graph))[:DIGITS]
    return Verified(name, found, tuple(layers(graph).values()), shapes, lines, missing)
