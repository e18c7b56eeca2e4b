"""One way to write what torch can be asked for in several: names and arguments of ops that mean the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from math import prod
from typing import Any, Literal, NamedTuple, TypeAlias

from torch import Tensor

UNORDERED = frozenset({"add", "mul", "maximum", "minimum"})
UNARY = frozenset({
    "abs", "clamp", "elu", "exp", "gelu", "hardshrink", "leaky_relu", "log_sigmoid_forward", "mish", "neg", "pow",
    "relu", "rsqrt", "sigmoid", "softplus", "sqrt", "tanh",
})  # fmt: skip
"""Ops that do the same to each element, whatever the shape."""
BINARY = frozenset({"add", "div", "maximum", "minimum", "mul", "rsub", "sub"})
BY_ROW = frozenset({"linear", "native_layer_norm", "softmax"})
"""Ops that do the same to each row of the last axis, whatever the other axes."""
_SILENT = frozenset({
    "ceil_mode", "cudnn_enabled", "device", "dtype", "half_to_float", "input_scale", "keepdim", "layout",
    "memory_format", "momentum", "non_blocking", "output_size", "pin_memory", "size", "training",
})  # fmt: skip
"""Arguments that say nothing about a weight's place: they show in the shapes, or only matter while training."""
_NAMES = {
    "_safe_softmax": "softmax", "_softmax": "softmax", "_adaptive_avg_pool2d": "adaptive_avg_pool2d", "amax": "max",
    "bmm": "matmul", "mm": "matmul", "hardtanh": "clamp", "relu6": "clamp",
    "max_pool2d_with_indices": "max_pool2d", "max_pool1d_with_indices": "max_pool1d",
}  # fmt: skip

Rest: TypeAlias = tuple[tuple[str, Hashable], ...]
Feed: TypeAlias = Literal["operands", "above"]


class Operation(NamedTuple):
    """An op that ran: its name, all it was given by argument name, the tensors among that, its (first) output."""

    op: str
    given: Mapping[str, Any]
    operands: tuple[Tensor, ...]
    gave: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its first operand."""
        return tuple(self.operands[0].shape) if self.operands else ()


class Step(NamedTuple):
    """What is to be said of an op (or of a part of it): its name and its other arguments, what it is fed (the
    operands, or the step above), and a factor on what it gives. `over` are the axes that it reduces.
    """

    name: str
    rest: Rest = ()
    feeds: tuple[Feed, ...] = ("operands",)
    factor: float = 1.0
    over: tuple[int, ...] = ()


def canonical(operation: Operation) -> list[Step]:
    """The steps that an op stands for; none where it gives what it is given."""
    name = _NAMES.get(operation.op, operation.op)
    rule = _RULES.get(name)
    found = rule(operation) if rule else None
    return [Step(name, _rest(operation))] if found is None else found


def _rest(operation: Operation, *but: str) -> Rest:
    """The arguments that are no tensors, and how many tensors the others hold."""
    found: list[tuple[str, Hashable]] = []
    for name, value in operation.given.items():
        parts = value if isinstance(value, (list, tuple)) else (value,)
        tensors = sum(isinstance(part, Tensor) for part in parts)
        if name in _SILENT or name in but or (name == "alpha" and value == 1):
            continue
        if not tensors:
            found.append((name, tuple(parts) if parts is value else value))
        elif tensors > 1 or name not in ("self", "input", "other", "tensors"):
            found.append((name, tensors))
    return tuple(sorted((name, value) for name, value in found if value is not None and value != ()))


def spans(shape: Sequence[int], axes: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Axes by how many elements stand behind one step along them, and how many steps there are; axes that follow one
    another are one.
    """
    found: list[tuple[int, int]] = []
    for axis in sorted(axis % len(shape) for axis in axes):
        behind = prod(shape[axis + 1 :])
        if shape[axis] == 1:
            continue
        if found and found[-1][0] == behind * shape[axis]:
            found[-1] = (behind, found[-1][1] * shape[axis])
        else:
            found.append((behind, shape[axis]))
    return tuple(found)


def _reduced(name: str) -> Callable[[Operation], list[Step] | None]:
    def rule(operation: Operation) -> list[Step] | None:
        if "dim" not in operation.given:
            return None
        dims = operation.given["dim"]
        axes = tuple(dims) if isinstance(dims, (list, tuple)) else (dims,)
        return [Step(name, over=axes or tuple(range(len(operation.shape))))]

    return rule


def _softmax(operation: Operation) -> list[Step]:
    return [Step("softmax", (("span", spans(operation.shape, [operation.given["dim"]])),))]


def _cat(operation: Operation) -> list[Step]:
    behind = prod(operation.gave.shape[operation.given["dim"] % operation.gave.dim() + 1 :])
    return [Step("cat", (("behind", behind),))] if len(operation.operands) > 1 else []


def _convolution(operation: Operation) -> list[Step]:
    shape, kernel = operation.shape[2:], tuple(operation.operands[1].shape[2:])
    given = operation.given
    if {*shape, *kernel} == {1} and given["groups"] == 1 and not given["transposed"]:
        return [Step("linear", (("bias", len(operation.operands) - 2),))]
    name = ("conv_transpose" if given["transposed"] else "conv") + f"{len(shape)}d"
    but = ("transposed", "dilation") if given["transposed"] else ("transposed", "dilation", "output_padding")
    apart = tuple(1 if size == 1 else step for size, step in zip(kernel, given["dilation"], strict=True))
    return [Step(name, (*_rest(operation, *but), ("dilation", apart)))]


def _linear(operation: Operation) -> list[Step]:
    return [Step("linear", (("bias", len(operation.operands) - 2),))]


def _layer_norm(operation: Operation) -> list[Step]:
    return [Step("native_layer_norm", (("eps", operation.given["eps"]), ("tensors", len(operation.operands))))]


def _pool(operation: Operation) -> list[Step]:
    """A pool of windows: a mean where the window is the whole map."""
    given = dict(operation.given)
    kernel = tuple(given["kernel_size"])
    padded = any(given["padding"])
    average = operation.op.startswith("avg")
    if kernel == operation.shape[-len(kernel) :] and not padded:
        return [Step("mean" if average else "max", over=tuple(range(-len(kernel), 0)))]
    found: list[tuple[str, Hashable]] = [("kernel", kernel), ("stride", tuple(given.get("stride") or kernel))]
    found += [("padding", tuple(given["padding"]))]
    for name in ("dilation", "divisor_override"):
        found += [(name, str(given[name]))] if given.get(name) is not None else []
    if average and (padded or given["ceil_mode"]):
        found.append(("count_include_pad", given["count_include_pad"]))
    return [Step(f"{'avg' if average else 'max'}_pool{len(kernel)}d", tuple(found))]


def _adaptive(operation: Operation) -> list[Step] | None:
    """A pool to a size: one of windows where they are all alike."""
    size = tuple(operation.given["output_size"])
    before = operation.shape[-len(size) :]
    if before == size:
        return []
    average = "avg" in operation.op
    if set(size) == {1}:
        return [Step("mean" if average else "max", over=tuple(range(-len(size), 0)))]
    if any(wide % narrow for wide, narrow in zip(before, size, strict=True)):
        return None
    window = tuple(wide // narrow for wide, narrow in zip(before, size, strict=True))
    found: list[tuple[str, Hashable]] = [("kernel", window), ("stride", window), ("padding", (0,) * len(size))]
    found += [] if average else [("dilation", str([1] * len(size)))]
    return [Step(f"{'avg' if average else 'max'}_pool{len(size)}d", tuple(found))]


def _pad(operation: Operation) -> list[Step]:
    sides = list(operation.given["pad"])
    while sides[-2:] == [0, 0]:
        sides = sides[:-2]
    return [Step("pad", (("sides", tuple(sides)), ("value", operation.given.get("value", 0))))] if sides else []


def _upsample(operation: Operation) -> list[Step]:
    """To a size, or by the factors that give it; of other factors torch keeps the fraction."""
    given = operation.given
    factors = given.get("scale_factors") or [given.get(name) for name in ("scales_d", "scales_h", "scales_w", "scales")]
    factors = [factor for factor in factors if factor is not None]
    exact = all(
        (size * factor).is_integer() for size, factor in zip(operation.shape[-len(factors) :], factors, strict=False)
    )
    rest = (("align_corners", bool(given.get("align_corners"))), ("factors", () if exact else tuple(factors)))
    return [Step(operation.op, rest)]


def _clamp(operation: Operation) -> list[Step]:
    given = operation.given
    if operation.op == "relu6":
        low, high = 0, 6
    else:
        low, high = (given.get(one, given.get(other)) for one, other in (("min_val", "min"), ("max_val", "max")))
    return [Step("clamp", (("low", low), ("high", high)))]


_UP_3, _TO_6 = Step("add", (("other", 3),)), Step("clamp", (("low", 0), ("high", 6)), ("above",))


def _hardsigmoid(operation: Operation) -> list[Step]:
    return [_UP_3, _TO_6._replace(factor=1 / 6)]


def _hardswish(operation: Operation) -> list[Step]:
    return [_UP_3, _TO_6, Step("mul", (), ("operands", "above"), 1 / 6)]


def _silu(operation: Operation) -> list[Step]:
    return [Step("sigmoid"), Step("mul", (), ("operands", "above"))]


_RULES: Mapping[str, Callable[[Operation], list[Step] | None]] = {
    "mean": _reduced("mean"),
    "max": _reduced("max"),
    "sum": _reduced("sum"),
    "softmax": _softmax,
    "cat": _cat,
    "convolution": _convolution,
    "linear": _linear,
    "native_layer_norm": _layer_norm,
    "avg_pool1d": _pool,
    "avg_pool2d": _pool,
    "max_pool1d": _pool,
    "max_pool2d": _pool,
    "adaptive_avg_pool2d": _adaptive,
    "adaptive_max_pool2d": _adaptive,
    "constant_pad_nd": _pad,
    "clamp": _clamp,
    **{f"upsample_{kind}": _upsample for kind in ("nearest1d", "nearest2d", "linear1d", "bilinear2d", "bicubic2d")},
    "hardsigmoid": _hardsigmoid,
    "hardswish": _hardswish,
    "silu": _silu,
}
