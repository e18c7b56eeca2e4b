"""What the parser needs to know of the ops, without knowing the ops: their arguments, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Holds: TypeAlias = Literal["value", "graph", "graphs", "node", "columns"]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an op.

    `holds` says how a list is to be read: as values; as a `graph` (a list of nodes; a text stays a value);
    as `graphs` (a list of graphs, or a mapping of names to graphs); as the name of a `node` above, which becomes a
    further input; or as `columns` (names with lists, known as variables in the graphs of the same op).
    """

    name: str
    required: bool
    holds: Holds = "value"


@dataclass(frozen=True, slots=True)
class Signature:
    """An op as the parser sees it. With `rest`, every further key is a named graph (as in `choice`); with `free`, a
    value (as in `use`, whose further keys are variables of the used spec), values by position being `0`, `1`, ...
    """

    op: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    rest: bool = False
    free: bool = False


Vocabulary: TypeAlias = Mapping[str, Signature]
