"""What may name a node, a block, an output, a variable or a path."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from archgraph.errors import Mark
from archgraph.spec.findings import Findings, quoted

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
NAME_RULE = "letters, digits, '_' and '-', not a digit first, 100 at most"
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
VARIABLE_RULE = "letters, digits and '_', not a digit first, 100 at most"
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
PATH_RULE = "letters, digits, '_' and '-', 100 at most"

INPUT, ABOVE = "in", "prev"
"""The graph's input, and the node above, in `from`."""
COPY = "i"
"""The variable that holds a copy's number under `repeat`."""


class Known:
    """The variables known where a value stands: of the file, of its block, of `each` and `repeat` around it.

    Kept in layers: to join them at every node would take quadratic time in a file made for that.
    """

    __slots__ = ("_layers",)

    def __init__(self, *layers: Collection[str]) -> None:
        self._layers = layers

    def plus(self, names: Collection[str]) -> Known:
        """These and some more; a dict that is still being filled adds its names as they come."""
        return Known(*self._layers, names)

    def __contains__(self, name: str) -> bool:
        return any(name in layer for layer in self._layers)

    def __iter__(self) -> Iterator[str]:
        return (name for layer in self._layers for name in layer)


def check_variable(name: str, at: Mark, findings: Findings) -> None:
    """Report a name that cannot be a variable's, an argument's or one of `each`."""
    if name == COPY:
        findings.add("'i' cannot be given to a variable", at, "$i is the number of a copy under `repeat`")
    elif not VARIABLE.fullmatch(name):
        findings.add(f"{quoted(name)} cannot name a variable", at, f"a variable's name has {VARIABLE_RULE}")
