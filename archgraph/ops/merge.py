"""Several tensors made one."""

from __future__ import annotations

from archgraph.errors import RuleError
from archgraph.ops.base import Example, Lowering, Primitive
from archgraph.ops.sizes import listed
from archgraph.shape import Shape

_TWO = (Example({}, ((8, 6, 5), (8, 6, 5))),)
_MORE = (*_TWO, Example({}, ((8, 6),) * 3), Example({}, ((10,),)))


class Add(Primitive):
    """The sum of its inputs.

    `(C, H, W), (C, H, W), ... -> (C, H, W)`, any shape, the same for all.
    """

    op = "add"
    arity = None
    examples = _MORE

    def shape(self, *inputs: Shape) -> Shape:
        return _same(inputs, self.op)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        if len(inputs) == 1:
            return Lowering("{0}", aliases=True)
        rest = range(1, len(inputs))
        in_place = "{0}" + "".join(f".add_({{{n}}})" for n in rest)
        return Lowering("{0}" + "".join(f" + {{{n}}}" for n in rest), in_place=Lowering(in_place), overwritable=True)


class Sub(Primitive):
    """The first input less the second.

    `(C, H, W), (C, H, W) -> (C, H, W)`, any shape, the same for both.
    """

    op = "sub"
    arity = 2
    examples = _TWO

    def shape(self, *inputs: Shape) -> Shape:
        return _same(inputs, self.op)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering("{0} - {1}", in_place=Lowering("{0}.sub_({1})"), overwritable=True)


class Mul(Primitive):
    """The product of its inputs, element by element.

    `(C, H, W), (C, H, W), ... -> (C, H, W)`; a size of 1 is repeated to fit the others.
    So a gate of a number a channel `(C, 1, 1)` or a pixel `(1, H, W)` multiplies a whole map.
    """

    op = "mul"
    arity = None
    examples = (
        Example({}, ((8, 6, 5), (8, 1, 1))),
        Example({}, ((8, 6, 5), (1, 6, 5), (8, 6, 5))),
        Example({}, ((10,), (10,))),
    )

    def shape(self, *inputs: Shape) -> Shape:
        sizes = [set(axis) - {1} for axis in zip(*inputs, strict=False)]
        if len({len(shape) for shape in inputs}) > 1 or any(len(axis) > 1 for axis in sizes):
            raise RuleError(
                f"mul takes inputs of one shape, given {listed(inputs)}",
                hint="a size may also be 1, as in the gate (C, 1, 1) of `global_avg_pool: {keep: true}`",
                argument="from",
            )
        return tuple(axis.pop() if axis else 1 for axis in sizes)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        if len(inputs) == 1:
            return Lowering("{0}", aliases=True)
        return Lowering(" * ".join(f"{{{n}}}" for n in range(len(inputs))), overwritable=True)


class Max(Primitive):
    """The greatest of its inputs, element by element.

    `(C, H, W), (C, H, W), ... -> (C, H, W)`, any shape, the same for all.
    """

    op = "max"
    arity = None
    examples = _MORE

    def shape(self, *inputs: Shape) -> Shape:
        return _same(inputs, self.op)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        forward = "{0}" + "".join(f".maximum({{{n}}})" for n in range(1, len(inputs)))
        return Lowering(forward, aliases=len(inputs) == 1, overwritable=len(inputs) > 1)


class Mean(Primitive):
    """The mean of its inputs, element by element.

    `(C, H, W), (C, H, W), ... -> (C, H, W)`, any shape, the same for all.
    """

    op = "mean"
    arity = None
    examples = _MORE

    def shape(self, *inputs: Shape) -> Shape:
        return _same(inputs, self.op)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        if len(inputs) == 1:
            return Lowering("{0}", aliases=True)
        total = " + ".join(f"{{{n}}}" for n in range(len(inputs)))
        return Lowering(f"({total}) / {len(inputs)}", overwritable=True)


class Concat(Primitive):
    """Its inputs one behind the other, along the channels.

    `(C1, H, W), (C2, H, W), ... -> (C1 + C2 + ..., H, W)`; sequences and vectors likewise.
    Source: torch.cat.
    """

    op = "concat"
    arity = None
    examples = (
        Example({}, ((64, 28, 28), (128, 28, 28), (32, 28, 28), (32, 28, 28))),
        Example({}, ((3, 9), (4, 9))),
        Example({}, ((10,), (20,))),
        Example({}, ((8, 6, 5),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        if any(shape[1:] != first[1:] or len(shape) != len(first) for shape in inputs):
            raise RuleError(
                f"concat takes inputs that differ in channels alone, given {listed(inputs)}",
                hint="make the sizes equal before it, with the stride or the pad of the paths",
                argument="from",
            )
        return sum(shape[0] for shape in inputs), *first[1:]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering("torch.cat([{inputs}], 1)", overwritable=True)


def _same(inputs: tuple[Shape, ...], op: str) -> Shape:
    if len(set(inputs)) > 1:
        raise RuleError(
            f"{op} takes inputs of one shape, given {listed(inputs)}",
            hint="make them equal before it, with a conv 1x1 for the channels and a stride for the size",
            argument="from",
        )
    return inputs[0]
