"""nn.Module -> its wiring: the ops of one forward, what each is fed, and the weights it reads.

The wiring leaves out what two implementations of one network do differently. A tensor is followed as what it is made of:
a vertex, a factor, and where each element stands in the vertex. So moves of elements (views, permutations, slices, rolls,
windows, shuffles) are one map however they are written, and none where the order stays; a factor before a product
of matrices is one behind it. The rest is in `canonical.py`. Sizes of 1 are left out of shapes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from archgraph.interop.canonical import UNORDERED, Operation, canonical
from archgraph.interop.recording import Event, Example, Recording, record

_SAME = frozenset({"alias", "as_strided", "clone", "contiguous", "detach", "_to_copy", "lift_fresh", "native_dropout"})
_MOVES = frozenset({
    "_reshape_alias", "_unsafe_view", "chunk", "diagonal", "expand", "flip", "narrow", "native_channel_shuffle", "permute",
    "pixel_shuffle", "pixel_unshuffle", "repeat", "roll", "select", "slice", "split", "split_with_sizes", "squeeze", "t",
    "transpose", "unbind", "unfold", "unsqueeze", "view",
})  # fmt: skip
"""Ops whose outputs are elements of their input."""
_RESHAPES = frozenset({"_reshape_alias", "_unsafe_view", "squeeze", "unsqueeze", "view"})
"""Moves that keep the order of the elements."""
_NOISE = frozenset({"bernoulli", "rand", "rand_like"})
_PRODUCTS = frozenset({"bmm", "mm", "mul"})
"""Ops in which a factor of an operand is one of the result."""


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


def wiring(module: nn.Module, example: Example, *, training: bool = True) -> list[Vertex]:
    """The wiring of a module, every vertex below those that feed it."""
    return _Reader(record(module, example, training=training)).read()


class _Reader:
    """Follows the tensors of a recording."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._vertices: list[Vertex] = []
        self._number: dict[Hashable, int] = {}
        self._sizes: dict[int, int] = {}  # how many elements a vertex has
        self._values: dict[int, Value] = {}
        self._real = dict(recording.constants)  # the elements of tensors that are the same in every forward
        self._noise: set[int] = set()
        self._sharing: dict[int, list[Tensor]] = {}  # tensors by the memory that they are views of

    def read(self) -> list[Vertex]:
        for place, tensor in enumerate(self._recording.inputs):
            shape = squeezed(tensor)
            vertex = Vertex(("input", place, shape), (), f"the input {show(shape)}")
            self._values[id(tensor)] = Value(self._add(vertex, tensor.numel()))
            self._remember(tensor)
        for event in self._recording.events:
            self._event(event)
        outputs = [self._vertex(self._value(tensor)) for tensor in self._recording.outputs]
        return self._reaching(outputs)

    def _reaching(self, outputs: Sequence[int]) -> list[Vertex]:
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

    def _event(self, event: Event) -> None:
        operands = [leaf for leaf in pytree.tree_leaves(list(event.given.values())) if isinstance(leaf, Tensor)]
        if not event.gave:
            return
        before = self._values.get(id(event.gave[0])) if event.overwrites else None
        if self._is_noise(event, operands):
            self._noise.update(map(id, event.gave))
        else:
            self._set(event, operands)
        if event.overwrites and before != self._values.get(id(event.gave[0])):
            self._overwritten(event.gave[0])
        for tensor in event.gave:
            self._remember(tensor)

    def _is_noise(self, event: Event, operands: Sequence[Tensor]) -> bool:
        """Whether it gives a mask of dropped paths, by which nothing is told apart."""
        if event.op in _NOISE:
            return True
        return bool(operands) and all(id(tensor) in self._noise for tensor in operands)

    def _set(self, event: Event, operands: Sequence[Tensor]) -> None:
        out = event.gave[0]
        kept = [tensor for tensor in operands if id(tensor) not in self._noise]
        if event.op in _SAME or (event.op in ("mul", "div") and len(kept) < len(operands)):
            self._values[id(out)] = self._value(kept[0])
        elif event.op == "copy":
            self._values[id(out)] = self._value(operands[-1])
        elif event.op in _MOVES:
            self._move(event, operands[0])
        elif event.op == "index" and all(id(tensor) in self._real for tensor in operands[1:]):
            self._move(event, operands[0])
        elif (factor := _factor(event, operands)) is not None:
            value = self._value(operands[0])
            self._values[id(out)] = value._replace(factor=value.factor * factor)
        else:
            self._op(event, operands)

    def _move(self, event: Event, source: Tensor) -> None:
        """Outputs that are elements of the input, in another order or some of them."""
        value = self._value(source)
        if value.places is None and _in_order(event, source):
            self._values[id(event.gave[0])] = value
            return
        places = torch.arange(source.numel(), device="cpu") if value.places is None else value.places
        places = places.reshape(source.shape)
        if event.op in _RESHAPES:
            made: Any = places.reshape(event.gave[0].shape)
        else:
            given = {name: self._real_of(part) for name, part in event.given.items()} | {"self": places}
            made = getattr(torch.ops.aten, event.op)(**given)
        count = self._sizes[value.vertex]
        for tensor, found in zip(event.gave, made if isinstance(made, (list, tuple)) else [made], strict=True):
            self._values[id(tensor)] = value._replace(places=_unless_in_order(found, count))

    def _real_of(self, part: Any) -> Any:
        return pytree.tree_map_only(Tensor, lambda tensor: self._real.get(id(tensor), tensor), part)

    def _op(self, event: Event, operands: Sequence[Tensor]) -> None:
        values = [self._value(tensor) for tensor in operands]
        factor = 1.0
        if event.op in _PRODUCTS:
            for value in values:
                factor *= value.factor
            values = [value._replace(factor=1.0) for value in values]
        feeds = [self._vertex(value) for value in values]
        operation = Operation(event.op, event.given, tuple(operands), event.gave[0])
        steps = canonical(operation)
        number = feeds[0] if feeds else -1
        for step in steps:
            fed = tuple(feeds if part == "operands" else [number] for part in step.feeds)
            flat = self._flattened(step.name, step.rest, [feed for part in fed for feed in part])
            shapes = " and ".join(show(squeezed(x)) for x in operands if not self._weight_of(x))
            place = f" in {event.place!r}" if event.place else ""
            text = f"{step.name if len(steps) == 1 else event.op} {shapes} -> {show(squeezed(event.gave[0]))}{place}"
            label = (step.name, squeezed(event.gave[0]), step.rest)
            number = self._add(Vertex(label, flat, text, ordered=step.name not in UNORDERED), event.gave[0].numel())
            factor *= step.factor
        self._values[id(event.gave[0])] = Value(number, factor)
        for place_of, tensor in enumerate(event.gave[1:], start=1):
            further = Vertex(("further", place_of), (number,), f"output {place_of} of {self._vertices[number].text}")
            self._values[id(tensor)] = Value(self._add(further, tensor.numel()))

    def _flattened(self, name: str, rest: Hashable, feeds: Sequence[int]) -> tuple[int, ...]:
        """Feeds of a sum of sums, or of a concat of concats, as of a single one."""
        if name not in ("add", "cat") or (name == "add" and rest):
            return tuple(feeds)
        found: list[int] = []
        for feed in feeds:
            label = self._vertices[feed].label
            inner = isinstance(label, tuple) and label[0] == name and label[2] == rest
            found.extend(self._vertices[feed].feeds if inner else [feed])
        return tuple(found)

    def _value(self, tensor: Tensor) -> Value:
        found = self._values.get(id(tensor))
        if found is None:
            found = self._values[id(tensor)] = Value(self._leaf(tensor))
            self._remember(tensor)
        return found

    def _leaf(self, tensor: Tensor) -> int:
        """The vertex of a tensor that no op made."""
        shape = squeezed(tensor)
        weight = self._weight_of(tensor)
        if weight is not None:
            vertex = Vertex(("weight", shape), (), f"weight {weight!r} {show(shape)}", weight=weight)
            return self._add(vertex, tensor.numel())
        real = self._real.get(id(tensor))
        content = _hash(real) if real is not None else "?"
        return self._add(Vertex(("constant", shape, content), (), f"a constant {show(shape)}"), tensor.numel())

    def _weight_of(self, tensor: Tensor) -> str | None:
        return self._recording.weights.get(id(tensor))

    def _vertex(self, value: Value) -> int:
        """The vertex of a value with its factor and its order of elements."""
        number = value.vertex
        if value.factor != 1.0:
            factor = f"{value.factor:.6g}"
            number = self._add(Vertex(("factor", factor), (number,), f"a factor {factor}"), self._sizes[number])
        if value.places is not None:
            shape = tuple(size for size in value.places.shape if size != 1)
            label = ("move", shape, _hash(value.places))
            number = self._add(Vertex(label, (number,), f"a move of elements to {show(shape)}"), value.places.numel())
        return number

    def _overwritten(self, tensor: Tensor) -> None:
        """Tensors that share memory with one that was written are no longer what they were."""
        for other in self._sharing.get(tensor.untyped_storage()._cdata, ()):
            if other is not tensor and id(other) in self._values:
                feeds = (self._vertex(self._values[id(other)]), self._vertex(self._value(tensor)))
                written = Vertex(("written", squeezed(other)), feeds, f"a write into {show(squeezed(other))}")
                self._values[id(other)] = Value(self._add(written, other.numel()))

    def _remember(self, tensor: Tensor) -> None:
        known = self._sharing.setdefault(tensor.untyped_storage()._cdata, [])
        if not any(tensor is other for other in known):
            known.append(tensor)

    def _add(self, vertex: Vertex, size: int) -> int:
        """The number of a vertex; one that is made of the same in the same way is the same."""
        key = vertex.weight or (vertex.label, vertex.feeds if vertex.ordered else tuple(sorted(vertex.feeds)))
        number = self._number.setdefault(key, len(self._vertices))
        if number == len(self._vertices):
            self._vertices.append(vertex)
            self._sizes[number] = size
        return number


def _factor(event: Event, operands: Sequence[Tensor]) -> float | None:
    """By which number an op multiplies a tensor; None where it does something else."""
    other = event.given.get("other")
    if len(operands) != 1 or not isinstance(other, (int, float)) or event.given.get("rounding_mode"):
        return None
    if event.op == "mul":
        return float(other)
    if event.op == "div" and other:
        return 1 / other
    return 1.0 if event.op in ("add", "sub") and other == 0 else None


def _in_order(event: Event, source: Tensor) -> bool:
    """Whether a move leaves all elements where they are, as far as its arguments tell."""
    if event.op in _RESHAPES:
        return True
    if event.op in ("permute", "transpose", "t"):
        order = list(range(source.dim()))
        if event.op == "permute":
            order = [axis % source.dim() for axis in event.given["dims"]]
        else:
            one, other = (event.given["dim0"], event.given["dim1"]) if event.op == "transpose" else (0, 1)
            order[one], order[other] = order[other], order[one]
        moving = [axis for axis in order if source.shape[axis] != 1]
        return moving == sorted(moving)
    return event.op in ("expand", "select", "slice") and event.gave[0].numel() == source.numel()


def _unless_in_order(places: Tensor, count: int) -> Tensor | None:
    """The places, or None where they are all of so many elements in order."""
    whole = places.numel() == count and bool((places.reshape(-1) == torch.arange(count, device="cpu")).all())
    return None if whole else places


def _hash(tensor: Tensor) -> str:
    whole = tensor.detach().to("cpu").contiguous()
    data = whole.reshape(-1).view(torch.uint8).numpy().tobytes() if whole.numel() else b""
    return hashlib.sha256(data).hexdigest()[:16]


def squeezed(tensor: Tensor) -> tuple[int, ...]:
    return tuple(size for size in tensor.shape if size != 1)


def show(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape)) or "scalar"
