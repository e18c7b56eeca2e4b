"""Reading input shapes: which axes an op works on, and what it says where they are not there."""

from __future__ import annotations

from archgraph.errors import RuleError
from archgraph.shape import Shape, show


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


def same_rank(shapes: tuple[Shape, ...], op: str) -> None:
    """Raises RuleError where the inputs are not all vectors, or all sequences, or all maps."""
    if len({len(shape) for shape in shapes}) > 1:
        raise RuleError(f"{op} takes inputs with as many axes each, given {listed(shapes)}", argument="from")


def listed(shapes: tuple[Shape, ...]) -> str:
    """`64x56x56 and 128x28x28`."""
    *most, last = map(show, shapes)
    return f"{', '.join(most)} and {last}" if most else last


def one_if_equal(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """`(3, 3)` as 3: the shorter way to write sizes in a call."""
    return values[0] if len(set(values)) == 1 else values


def _kind(shape: Shape) -> str:
    if len(shape) == 1:
        return f"a vector of {show(shape)}"
    return f"{ {2: 'the sequence', 3: 'the map'}.get(len(shape), 'the shape') } {show(shape)}"
