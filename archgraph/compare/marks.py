"""What became of each node of a drawing that shows two networks at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from archgraph.ops.base import Ref

Status: TypeAlias = Literal["same", "added", "removed", "changed"]


class Arrow(NamedTuple):
    """What is read, and the node that reads it, or, for an `output`, the network's output that it is.

    An output may have the name of a node.
    """

    carries: Ref
    head: str
    output: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """Goes with a graph of the nodes of both networks: those of the new one, wired as there, and the removed ones.

    `status` has the nodes and inputs that are not the same in both, `outputs` the outputs, `notes` what changed in
    nodes, in lines to be shown (`kernel 3 → 5`, `was conv2`). `added` and `removed` are the arrows that only the new
    network has and only the old one; the graph itself has no removed arrow that leads into a node of the new one.
    `totals` is what both cost, in a line.
    """

    status: Mapping[str, Status] = field(default_factory=dict)
    outputs: Mapping[str, Status] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    added: frozenset[Arrow] = frozenset()
    removed: frozenset[Arrow] = frozenset()
    totals: str = ""

    def of(self, name: str) -> Status:
        """What became of a node or an input."""
        return self.status.get(name, "same")
