"""Shapes and the arithmetic of sizes. A shape has no batch axis: `(C, H, W)`, `(C, L)` or `(N,)`."""

from __future__ import annotations

from typing import TypeVar

from archgraph.errors import RuleError

Shape = tuple[int, ...]
T = TypeVar("T")


def show(shape: Shape) -> str:
    """`(64, 56, 56)` as `64x56x56`."""
    return "x".join(str(size) for size in shape) or "scalar"


def numel(shape: Shape) -> int:
    """How many elements a tensor of this shape has (batch 1)."""
    total = 1
    for size in shape:
        total *= size
    return total


def per_axis(value: T | tuple[T, ...], axes: int, argument: str) -> tuple[T, ...]:
    """One value for each spatial axis: `3` becomes `(3, 3)`; a tuple must have the right length."""
    if not isinstance(value, tuple):
        return (value,) * axes
    if len(value) != axes:
        raise RuleError(f"{argument} has {len(value)} values, its input has {axes} spatial axes", argument=argument)
    return value


def window(size: int, kernel: int, stride: int, pad: tuple[int, int], dilation: int, *, ceil: bool = False) -> int:
    """Output size of a sliding window along one axis, as torch computes it.

    `pad` is what is added before and after. Raises RuleError where the kernel is larger than the padded
    input; with `ceil` it may reach past it by less than a stride.
    """
    reach = dilation * (kernel - 1) + 1
    padded = size + pad[0] + pad[1]
    if reach > padded + (stride - 1 if ceil else 0):
        spread = f" (dilation {dilation}: spans {reach})" if dilation > 1 else ""
        raise RuleError(f"a kernel of {kernel}{spread} is larger than its padded input of {padded}", argument="kernel")
    steps = padded - reach
    if not ceil:
        return steps // stride + 1
    out = -(-steps // stride) + 1
    # The last window must start inside the input or its left padding, else torch drops it.
    return out - 1 if (out - 1) * stride >= size + pad[0] else out


def tf_same(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Pixels before and after along one axis that give ceil(size / stride) out, as TensorFlow pads."""
    total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2
