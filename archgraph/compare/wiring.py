"""Which nodes of two networks read something else now, and whether anybody said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archgraph.graph.hashing import COMMUTATIVE
from archgraph.graph.model import Graph
from archgraph.ops.base import Ref


class Wiring:
    """The arrows of two networks: `names` has for each old node that is kept its new name, `boxes` for each box."""

    def __init__(self, old: Graph, new: Graph, names: Mapping[str, str], boxes: Mapping[str, str]) -> None:
        self.old, self.new, self.names, self.boxes = old, new, names, boxes
        self.kept = frozenset(names.values())
        self.behind: dict[tuple[bool, str], frozenset[Ref]] = {}

    def differs(self, old: Sequence[Ref], new: Sequence[Ref], *, op: str = "") -> bool:
        """Whether the new list reads something else than the old one; the order counts but for sums and the like."""
        one, other = [self.now(ref) for ref in old], list(new)
        return sorted(one, key=str) != sorted(other, key=str) if op in COMMUTATIVE else one != other

    def follows(self, old: Sequence[Ref], new: Sequence[Ref], *, reader: tuple[str, str] = ("", "")) -> bool:
        """Whether another list of inputs only says that something came between, or that something went.

        It does where, seen through what came and went, one reads nothing that the other does not; and where what is
        read is still what the same box gives. `reader` is who reads, by its old name and its new one.
        """
        if len(old) == len(new) and all(self._one_box(*pair, reader) for pair in zip(old, new, strict=True)):
            return True
        came = any(ref.node not in self.kept for ref in new)
        went = any(ref.node not in self.names for ref in old)
        if not came and not went:
            return False
        one = frozenset().union(*(self._sources(ref, is_new=False) for ref in old))
        other = frozenset().union(*(self._sources(ref, is_new=True) for ref in new))
        return one <= other or other <= one

    def _one_box(self, old: Ref, new: Ref, reader: tuple[str, str]) -> bool:
        """Whether two outputs are one, or those of one box in which the reader is not."""
        if self.now(old) == new:
            return True
        one, other = (_boxes(ref.node, name) for ref, name in zip((old, new), reader, strict=True))
        return any(self.boxes.get(box) in other for box in one)

    def now(self, ref: Ref) -> Ref | None:
        """What an old node's output is called now; None where it is gone."""
        name = self.names.get(ref.node)
        return None if name is None else Ref(name, ref.output)

    def _sources(self, ref: Ref, *, is_new: bool) -> frozenset[Ref]:
        """The kept outputs that a node's output is made of, seen through nodes that are only in its own network."""
        if is_new and ref.node in self.kept:
            return frozenset([ref])
        if not is_new and (now := self.now(ref)) is not None:
            return frozenset([now])
        known = self.behind.get((is_new, ref.node))
        if known is None:
            self._walk(ref.node, is_new=is_new)
            known = self.behind[is_new, ref.node]
        return known

    def _walk(self, start: str, *, is_new: bool) -> None:
        """Fill `behind` for a node and those it needs; without recursion, for chains may be long."""
        graph = self.new if is_new else self.old
        stack = [start]
        while stack:
            name = stack[-1]
            inputs = graph.nodes[name].inputs if name in graph.nodes else ()
            own = self.kept if is_new else self.names
            missing = [r.node for r in inputs if r.node not in own and (is_new, r.node) not in self.behind]
            if missing:
                stack += missing
                continue
            found = (self._sources(ref, is_new=is_new) for ref in inputs)
            self.behind[is_new, name] = frozenset().union(*found)
            stack.pop()


def _boxes(name: str, reader: str) -> list[str]:
    """The boxes around a node that are not around another."""
    steps = name.split(".")
    found = (".".join(steps[:n]) for n in range(1, len(steps)))
    return [box for box in found if not reader.startswith(f"{box}.")]
