"""The vertices of a wiring, put together: what is made of the same in the same way is one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from torch import Tensor

from archgraph.interop.canonical import UNORDERED
from archgraph.interop.places import digest, unless_in_order


class Vertex(NamedTuple):
    """A tensor of a forward: an input, a weight, or what an op gives.

    `label` is all that can be said of it alone; `feeds` are the vertices it is made from, by their number,
    in the order of the arguments where `ordered`. `weight` is its name in the state_dict, `text` words for
    an error.
    """

    label: Hashable
    feeds: tuple[int, ...]
    text: str
    ordered: bool = True
    weight: str | None = None


class Value(NamedTuple):
    """What a tensor holds: elements of a vertex times a factor. `places` says which element stands where, None that
    they are in order.
    """

    vertex: int
    factor: float = 1.0
    places: Tensor | None = None


class Vertices:
    """Vertices in order, every one below those that feed it."""

    def __init__(self) -> None:
        self._vertices: list[Vertex] = []
        self._number: dict[Hashable, int] = {}
        self.sizes: dict[int, int] = {}
        """How many elements a vertex has."""
        self._moves: dict[int, tuple[int, Tensor]] = {}  # of a vertex that is a move: of what, and where to
        self._contents: dict[int, Tensor] = {}  # the elements of a vertex that is a constant

    def __getitem__(self, number: int) -> Vertex:
        return self._vertices[number]

    def reaching(self, outputs: Sequence[int]) -> list[Vertex]:
        """The vertices that reach an output."""
        needed: set[int] = set()
        waiting = list(outputs)
        while waiting:
            number = waiting.pop()
            if number not in needed:
                needed.add(number)
                waiting.extend(self._vertices[number].feeds)
        place = {number: n for n, number in enumerate(sorted(needed))}
        found = []
        for number in place:
            vertex = self._vertices[number]
            label = ("output", vertex.label) if number in outputs else vertex.label
            found.append(vertex._replace(label=label, feeds=tuple(place[feed] for feed in vertex.feeds)))
        return found

    def add(self, vertex: Vertex, size: int) -> int:
        """The number of a vertex; one that is made of the same in the same way is the same."""
        key = vertex.weight or (vertex.label, vertex.feeds if vertex.ordered else tuple(sorted(vertex.feeds)))
        number = self._number.setdefault(key, len(self._vertices))
        if number == len(self._vertices):
            self._vertices.append(vertex)
            self.sizes[number] = size
        return number

    def of(self, value: Value) -> int:
        """The vertex of a value with its factor and its order of elements."""
        number = value.vertex
        if value.places is not None and number in self._contents:
            moved = self._contents[number].reshape(-1)[value.places]
            return self.of(Value(self.constant(moved), value.factor))
        if value.factor != 1.0:
            factor = f"{value.factor:.6g}"
            number = self.add(Vertex(("factor", factor), (number,), f"a factor {factor}"), self.sizes[number])
        if value.places is not None:
            shape = [size for size in value.places.shape if size != 1]
            label = ("move", value.places.numel(), digest(value.places))
            source = number
            text = f"a move of elements to {show(shape)}"
            number = self.add(Vertex(label, (source,), text), value.places.numel())
            self._moves[number] = (source, value.places)
        return number

    def step(self, name: str, shape: Hashable, rest: Hashable, fed: Sequence[int], text: str, size: int) -> int:
        """The vertex of what an op gives."""
        flat = self._flattened(name, rest, fed)
        return self.add(Vertex((name, shape, rest), flat, text, ordered=name not in UNORDERED), size)

    def constant(self, real: Tensor) -> int:
        """The vertex of a tensor that is the same in every forward."""
        content = real.double() + 0.0 if real.is_floating_point() else real.long()  # so that -0.0 is 0.0
        vertex = Vertex(("constant", real.numel(), digest(content)), (), f"a constant {show(squeezed(real))}")
        number = self.add(vertex, real.numel())
        self._contents[number] = real
        return number

    def _flattened(self, name: str, rest: Hashable, feeds: Sequence[int]) -> tuple[int, ...]:
        """Feeds of a sum of sums, or of a concat of concats, as of a single one."""
        if name not in ("add", "cat") or (name == "add" and rest):
            return tuple(feeds)
        found: list[int] = []
        for feed in feeds:
            source, places = self._moves.get(feed, (feed, None))
            label = self._vertices[source].label
            inner = self._vertices[source].feeds if isinstance(label, tuple) and label[::2] == (name, rest) else ()
            if inner and places is not None and name == "add":
                found.extend(self._moved(part, places) for part in inner)
            else:
                found.extend(inner if inner and places is None else [feed])
        return tuple(found)

    def _moved(self, number: int, places: Tensor) -> int:
        """A vertex with its elements moved, once more where it is a move itself."""
        source, before = self._moves.get(number, (number, None))
        both = places if before is None else before.reshape(-1)[places]
        return self.of(Value(source, 1.0, unless_in_order(both, self.sizes[source])))


def squeezed(tensor: Tensor) -> tuple[int, ...]:
    """The shape without sizes of 1."""
    return tuple(size for size in tensor.shape if size != 1)


def show(shape: Iterable[int]) -> str:
    """A shape for people."""
    return "x".join(map(str, shape)) or "scalar"
