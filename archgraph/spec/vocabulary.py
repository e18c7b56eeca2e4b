"""What the parser needs to know of the ops, without knowing the ops: their arguments, in order."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
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

    `outputs` are the names that a block gives its outputs. `nodes` are the arguments that hold a node, `columns` those
    that hold columns.
    """

    op: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    rest: bool = False
    free: bool = False
    outputs: Collection[str] = ()
    nodes: tuple[str, ...] = field(init=False, compare=False)
    columns: tuple[str, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        holding = [(argument.holds, name) for name, argument in self.arguments.items() if argument.holds != "value"]
        object.__setattr__(self, "nodes", tuple(name for holds, name in holding if holds == "node"))
        object.__setattr__(self, "columns", tuple(name for holds, name in holding if holds == "columns"))


Vocabulary: TypeAlias = Mapping[str, Signature]

USE = "use"
"""The node that puts another spec in."""
BUILT_IN: Vocabulary = {
    USE: Signature(USE, {"spec": Argument("spec", True), "take": Argument("take", False)}, free=True)
}
"""Words that are no ops: they belong to the language itself."""
_TORCH = re.compile(r"nn\.[A-Za-z_][A-Za-z0-9_]{0,99}")


def signature(op: str, words: Vocabulary) -> Signature | None:
    """The word `op`; any `nn.<Class>` is one, whose arguments only torch knows."""
    known = words.get(op)
    if known is None and _TORCH.fullmatch(op):
        return Signature(op, free=True)
    return known
