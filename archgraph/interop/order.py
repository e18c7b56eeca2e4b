"""Which weight of one module is which of another, by the order in which a forward reads them.

For two that compute the same in ways whose wirings differ. It says less than the wirings do: what is
paired has equal shapes and equal turns, and whether the networks are the same has to be seen from what they give.
"""

from __future__ import annotations

from torch import nn

from archgraph.errors import MatchError
from archgraph.interop.match import completed
from archgraph.interop.recording import Example
from archgraph.interop.wiring import wiring


def match_in_order(source: nn.Module, target: nn.Module, example: Example, *, training: bool = True) -> dict[str, str]:
    """For every weight and buffer of `source`, the name of the one that `target` reads as the so-manieth.

    Raises MatchError, which names the first two that differ in shape (but for sizes of 1).
    """
    one, other = (
        [vertex for vertex in wiring(module, example, training=training) if vertex.weight is not None]
        for module in (source, target)
    )
    mapping: dict[str, str] = {}
    for place, (mine, theirs) in enumerate(zip(one, other, strict=False), start=1):
        if mine.label != theirs.label:
            raise MatchError(f"of the weights in the order of use, number {place} is {mine.text} and {theirs.text}")
        mapping[str(mine.weight)] = str(theirs.weight)
    if len(one) != len(other):
        raise MatchError(f"the source uses {len(one)} weights, the target {len(other)}")
    return completed(source, target, mapping)
