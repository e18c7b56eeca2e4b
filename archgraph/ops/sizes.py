"""Reading input shapes: which axes an op works on, and what it says where they are not there."""

from __future__ import annotations

from archgraph.errors import RuleError
from archgraph.shape import Shape, T, show


def spatial(shape: Shape, op: str) -> tuple[int, ...]:
    """The sizes after the channels, one or two of them. Raises RuleError for a vector."""
    if len(shape) in (2, 3):
        return shape[1:]
    raise RuleError(
        f"{op} takes a map (C, H, W) or a sequence (C, L), given {_kind(shape)}",
        hint="put it above the layer that flattens, or make a map with `reshape`",
        argument="from",
    )


def vector(shape: Shape, op: str) -> int:
    """The size of a vector. Raises RuleError for a map."""
    if len(shape) == 1:
        return shape[0]
    raise RuleError(
        f"{op} takes a vector, given {_kind(shape)}",
        hint="put `flatten` or `global_avg_pool` before it",
        argument="from",
    )


def axis_of(shape: Shape, axis: int) -> int:
    """An axis counted from the front: 0 is the channels. Raises RuleError where the shape has no such axis."""
    if -len(shape) <= axis < len(shape):
        return axis % len(shape)
    hint = f"its axes are 0 to {len(shape) - 1}, or -1 for the last"
    raise RuleError(f"axis {axis} is none of {show(shape)}", hint=hint, argument="axis")


def sizes_like(inputs: tuple[Shape, ...], place: int, op: str) -> tuple[int, ...]:
    """The sizes after the channels of the node that `like` names, which is input number `place`."""
    if len(inputs) <= place:
        raise RuleError(f"{op} was not given the node that like names", argument="like")
    if len(inputs[place]) != len(inputs[0]):
        raise RuleError(
            f"like names {_kind(inputs[place])}, the input is {_kind(inputs[0])}",
            hint="it names a node with as many axes, whose size is taken and not its channels",
            argument="like",
        )
    return inputs[place][1:]


def one_of(op: str, **given: object) -> str:
    """The name of the argument that has a value. Raises RuleError where none has, or several have."""
    names = [name for name, value in given.items() if value is not None]
    if len(names) == 1:
        return names[0]
    said = " and ".join(names) if names else "none of them"
    raise RuleError(f"{op} takes one of {', '.join(given)}, given {said}", argument=names[-1] if names else None)


def listed(shapes: tuple[Shape, ...]) -> str:
    """`64x56x56 and 128x28x28`."""
    *most, last = map(show, shapes)
    return f"{', '.join(most)} and {last}" if most else last


def one_if_equal(values: tuple[T, ...]) -> T | tuple[T, ...]:
    """`(3, 3)` as 3: the shorter way to write sizes in a call."""
    return values[0] if len(set(values)) == 1 else values


def _kind(shape: Shape) -> str:
    if len(shape) == 1:
        return f"a vector of {show(shape)}"
    return f"{ {2: 'the sequence', 3: 'the map'}.get(len(shape), 'the shape') } {show(shape)}"
