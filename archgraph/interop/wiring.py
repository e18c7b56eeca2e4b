"""nn.Module -> its wiring: the ops of one forward, what each is fed, and the weights it reads.

The wiring leaves out what two implementations of one network do differently. A tensor is followed as what it is made
of: a vertex, a factor, and where each element stands in the vertex. So moves of elements (views, permutations, slices,
rolls, windows, shuffles) are one map however they are written, and none where the order stays; they go behind what
works element by element or row by row; a factor before a product is one behind it. What only depends on constants is
worked out. The rest is in `canonical.py`. Sizes of 1 are left out of shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from archgraph.interop.canonical import BINARY, BY_ROW, UNARY, Operation, Step, canonical
from archgraph.interop.places import grouped, in_order, of_rows, rows, unless_in_order
from archgraph.interop.recording import Event, Example, Recording, record
from archgraph.interop.vertices import Value, Vertex, Vertices, show, squeezed

_SAME = frozenset({"alias", "as_strided", "clone", "contiguous", "detach", "_to_copy", "lift_fresh", "native_dropout"})
_MOVES = frozenset({
    "_reshape_alias", "_unsafe_view", "channel_shuffle", "chunk", "diagonal", "expand", "flip", "narrow",
    "native_channel_shuffle", "permute", "pixel_shuffle", "pixel_unshuffle", "repeat", "roll", "select", "slice",
    "split", "split_with_sizes", "squeeze", "t", "transpose", "unbind", "unfold", "unsqueeze", "view",
})  # fmt: skip
"""Ops whose outputs are elements of their input."""
_RESHAPES = frozenset({"_reshape_alias", "_unsafe_view", "squeeze", "unsqueeze", "view"})
"""Moves that keep the order of the elements."""
_NOISE = frozenset({"bernoulli", "rand", "rand_like"})
_UNKNOWN = _NOISE | {"empty", "empty_like", "new_empty", "randn", "randint", "randperm"}
_FILLED = frozenset({"new_full", "new_ones", "new_zeros", "full_like", "ones_like", "zeros_like"})
"""Ops that read nothing but the shape of their input."""
_PRODUCTS = frozenset({"bmm", "mm", "mul"})
"""Ops in which a factor of an operand is one of the result."""
_ANY_SHAPE = UNARY | BINARY | BY_ROW | {"cat", "max", "mean", "softmax", "sum"}
"""Ops of which the number of elements and their own arguments say all."""


def wiring(module: nn.Module, example: Example, *, training: bool = True) -> list[Vertex]:
    """The wiring of a module, every vertex below those that feed it."""
    return _Reader(record(module, example, training=training)).read()


class _Reader:
    """Follows the tensors of a recording."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._vertices = Vertices()
        self._values: dict[int, Value] = {}
        self._real = dict(recording.constants)  # the elements of tensors that are the same in every forward
        self._noise: set[int] = set()
        self._sharing: dict[int, list[Tensor]] = {}  # tensors by the memory that they are views of

    def read(self) -> list[Vertex]:
        for place, tensor in enumerate(self._recording.inputs):
            shape = squeezed(tensor)
            vertex = Vertex(("input", place, shape), (), f"the input {show(shape)}")
            self._values[id(tensor)] = Value(self._vertices.add(vertex, tensor.numel()))
            self._remember(tensor)
        for event in self._recording.events:
            self._event(event)
        outputs = [self._vertices.of(self._value(tensor)) for tensor in self._recording.outputs]
        return self._vertices.reaching(outputs)

    def _event(self, event: Event) -> None:
        operands = [leaf for leaf in pytree.tree_leaves(list(event.given.values())) if isinstance(leaf, Tensor)]
        if not event.gave:
            return
        before = self._values.get(id(event.gave[0])) if event.overwrites else None
        if self._is_noise(event, operands):
            self._noise.update(map(id, event.gave))
        elif self._is_constant(event, operands):
            self._work_out(event)
            return
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

    def _is_constant(self, event: Event, operands: Sequence[Tensor]) -> bool:
        if event.op in _FILLED:
            return True
        return event.op not in _UNKNOWN and all(id(tensor) in self._real for tensor in operands)

    def _work_out(self, event: Event) -> None:
        """What constants give, with real tensors: views of them too, so that writing into one works."""
        given = {name: self._real_of(part) for name, part in event.given.items()}
        if event.op in _FILLED:
            given["self"] = torch.empty(event.given["self"].shape, dtype=event.given["self"].dtype, device="cpu")
        if given.get("device") is not None:
            given["device"] = "cpu"
        made = getattr(torch.ops.aten, event.op + "_" * event.overwrites)(**given)
        leaves = [leaf for leaf in pytree.tree_leaves(made) if isinstance(leaf, Tensor)]
        self._real.update(zip(map(id, event.gave), leaves, strict=True))

    def _set(self, event: Event, operands: Sequence[Tensor]) -> None:
        out = event.gave[0]
        kept = [tensor for tensor in operands if id(tensor) not in self._noise]
        if event.op in _SAME or (event.op in ("mul", "div") and len(kept) < len(operands)):
            self._values[id(out)] = self._value(kept[0])
        elif event.op == "copy":
            self._values[id(out)] = self._value(operands[-1])
        elif event.op in _MOVES or (event.op == "index" and all(id(x) in self._real for x in operands[1:])):
            self._move(event, operands[0])
        elif (factor := _factor(event, operands)) is not None:
            value = self._value(operands[0])
            self._values[id(out)] = value._replace(factor=value.factor * factor)
        else:
            self._op(event, operands)

    def _move(self, event: Event, source: Tensor) -> None:
        """Outputs that are elements of the input, in another order or some of them."""
        value = self._value(source)
        if value.places is None and _stays(event, source):
            self._values[id(event.gave[0])] = value
            return
        places = self._places(value, source)
        if event.op in _RESHAPES:
            made: Any = places.reshape(event.gave[0].shape)
        else:
            given = {name: self._real_of(part) for name, part in event.given.items()} | {"self": places}
            made = getattr(torch.ops.aten, event.op)(**given)
        count = self._vertices.sizes[value.vertex]
        for tensor, found in zip(event.gave, made if isinstance(made, (list, tuple)) else [made], strict=True):
            self._values[id(tensor)] = value._replace(places=unless_in_order(found, count))

    def _places(self, value: Value, tensor: Tensor) -> Tensor:
        return in_order(tensor.numel(), tensor.shape) if value.places is None else value.places.reshape(tensor.shape)

    def _real_of(self, part: Any) -> Any:
        return pytree.tree_map_only(Tensor, lambda tensor: self._real.get(id(tensor), tensor), part)

    def _op(self, event: Event, operands: Sequence[Tensor]) -> None:
        values = [self._value(tensor) for tensor in operands]
        gave = event.gave[0]
        steps = canonical(Operation(event.op, event.given, tuple(operands), gave))
        if not steps:
            self._values[id(gave)] = values[0]
        elif event.op == "cat" and len({value[:2] for value in values}) == 1:
            parts = [self._places(value, x) for value, x in zip(values, operands, strict=True)]
            places = unless_in_order(torch.cat(parts, event.given["dim"]), self._vertices.sizes[values[0].vertex])
            self._values[id(gave)] = values[0]._replace(places=places)
        else:
            self._made(event, operands, values, steps)

    def _made(self, event: Event, operands: Sequence[Tensor], values: list[Value], steps: Sequence[Step]) -> None:
        """The vertices of an op."""
        gave, factor = event.gave[0], 1.0
        if event.op in _PRODUCTS or (steps[0].over and steps[0].name != "max"):
            for value in values:
                factor *= value.factor
            values = [value._replace(factor=1.0) for value in values]
        values, places = self._late(Operation(event.op, event.given, tuple(operands), gave), steps, values)
        count = gave.numel()
        if places is not None and len(values) == 1:
            count = self._vertices.sizes[values[0].vertex]
        if places is not None and steps[0].name in BY_ROW:
            count = self._vertices.sizes[values[0].vertex] // operands[0].shape[-1] * gave.shape[-1]
        feeds = [self._vertices.of(value) for value in values]
        number = feeds[0] if feeds else -1
        for step in steps:
            fed = [feed for part in step.feeds for feed in (feeds if part == "operands" else [number])]
            number = self._vertex_of(event, operands, step, fed, count, len(steps))
            factor *= step.factor
        self._values[id(gave)] = Value(number, factor, places)
        for place_of, tensor in enumerate(event.gave[1:], start=1):
            further = Vertex(("further", place_of), (number,), f"output {place_of} of {self._vertices[number].text}")
            self._values[id(tensor)] = Value(self._vertices.add(further, tensor.numel()))

    def _vertex_of(
        self, event: Event, operands: Sequence[Tensor], step: Step, fed: Sequence[int], count: int, of: int
    ) -> int:
        """The vertex of a step, which is one of so many of its op."""
        shapes = " and ".join(show(squeezed(x)) for x in operands if not self._weight_of(x))
        place = f" in {event.place!r}" if event.place else ""
        text = f"{step.name if of == 1 else event.op} {shapes} -> {show(squeezed(event.gave[0]))}{place}"
        shape = count if step.name in _ANY_SHAPE else squeezed(event.gave[0])
        return self._vertices.step(step.name, shape, step.rest, fed, text, count)

    def _late(
        self, operation: Operation, steps: Sequence[Step], values: list[Value]
    ) -> tuple[list[Value], Tensor | None]:
        """The operands with their moves put behind the op where that is the same, and the moves."""
        if not values:
            return values, None
        first, gave = values[0], operation.gave
        if steps[0].over:
            places = self._places(first, operation.operands[0])
            return [first._replace(places=grouped(places, steps[0].over))], None
        if all(step.name in UNARY | BINARY for step in steps):
            if len(values) > 1:
                return self._aligned(operation, values)
            return [first._replace(places=None)], first.places
        if operation.op == "bmm":
            return self._batched(operation, values)
        if steps[0].name in BY_ROW and first.places is not None and _by_row(operation):
            width = operation.operands[0].shape[-1]
            moved = rows(first.places.reshape(operation.operands[0].shape), width)
            if moved is not None and self._vertices.sizes[first.vertex] % width == 0:
                return [first._replace(places=None), *values[1:]], of_rows(moved, gave.shape)
        return values, None

    def _aligned(self, operation: Operation, values: Sequence[Value]) -> tuple[list[Value], Tensor | None]:
        """Operands of an op that works element by element, all in the order of the elements of the first whole one."""
        shape = operation.gave.shape
        whole = [
            n for n, tensor in enumerate(operation.operands) if tensor.shape == shape and self._is_whole(values[n])
        ]
        lead = values[whole[0]].places if whole else None
        order = None if lead is None else lead.reshape(-1).argsort()
        found = []
        for value, tensor in zip(values, operation.operands, strict=True):
            places = value.places
            if tensor.shape != shape or order is not None:
                places = self._places(value, tensor).broadcast_to(shape).reshape(-1)
                places = unless_in_order(places if order is None else places[order], self._vertices.sizes[value.vertex])
            found.append(value._replace(places=places))
        return found, None if lead is None else lead.reshape(shape)

    def _is_whole(self, value: Value) -> bool:
        """Whether it has every element of its vertex once."""
        places, count = value.places, self._vertices.sizes[value.vertex]
        return places is None or (places.numel() == count and torch.unique(places).numel() == count)

    def _batched(self, operation: Operation, values: Sequence[Value]) -> tuple[list[Value], Tensor | None]:
        """Operands of a product of many matrices, in the order of the first elements of the first ones."""
        both = [self._places(value, x) for value, x in zip(values, operation.operands, strict=True)]
        order = both[0].flatten(1).min(1).values.argsort(stable=True)
        if bool((order == in_order(len(order), [-1])).all()):
            return list(values), None
        found = []
        for value, places in zip(values, both, strict=True):
            found.append(value._replace(places=unless_in_order(places[order], self._vertices.sizes[value.vertex])))
        back = order.argsort()
        return found, in_order(operation.gave.numel(), operation.gave.shape)[back]

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
            return self._vertices.add(vertex, tensor.numel())
        real = self._real.get(id(tensor))
        if real is not None:
            return self._vertices.constant(real)
        return self._vertices.add(
            Vertex(("unknown", shape), (), f"a tensor {show(shape)} of no known origin"), tensor.numel()
        )

    def _weight_of(self, tensor: Tensor) -> str | None:
        return self._recording.weights.get(id(tensor))

    def _overwritten(self, tensor: Tensor) -> None:
        """Tensors that share memory with one that was written are no longer what they were."""
        for other in self._sharing.get(tensor.untyped_storage()._cdata, ()):
            if other is not tensor and id(other) in self._values:
                feeds = (self._vertices.of(self._values[id(other)]), self._vertices.of(self._value(tensor)))
                written = Vertex(("written", squeezed(other)), feeds, f"a write into {show(squeezed(other))}")
                self._values[id(other)] = Value(self._vertices.add(written, other.numel()))

    def _remember(self, tensor: Tensor) -> None:
        known = self._sharing.setdefault(tensor.untyped_storage()._cdata, [])
        if not any(tensor is other for other in known):
            known.append(tensor)


def _by_row(operation: Operation) -> bool:
    """Whether it works along the last axis, as ops by row do (a softmax may have another)."""
    last = operation.operands[0].dim() - 1
    return bool(operation.given.get("dim", -1) in (-1, last))


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


def _stays(event: Event, source: Tensor) -> bool:
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
