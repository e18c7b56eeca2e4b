"""What the parser needs to know of the ops, without knowing the ops: their arguments, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Holds: TypeAlias = Literal["value", "graph", "graphs"]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an op.

    `holds` says how a list is to be read: as values; as a `graph` (a list of nodes; a text stays a value);
    or as `graphs` (a list of graphs, or a mapping of names to graphs).
    """

    name: str
    required: bool
    holds: Holds = "value"


@dataclass(frozen=True, slots=True)
class Signature:
    """An op as the parser sees it. With `rest`, every further key is a named graph (as in `choice`)."""

    op: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    rest: bool = False


Vocabulary: TypeAlias = Mapping[str, Signature]
