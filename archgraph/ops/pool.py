"""Pooling: a window or a whole map made one value, channel by channel."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Dilation, Flag, GridSizes, Kernel, PoolPad, PoolStride, Positive
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.sizes import one_if_equal, spatial
from archgraph.shape import Shape, per_axis, window


class MaxPool(Primitive):
    """The greatest value in each window.

    `(C, H, W) -> (C, H', W')`, or `(C, L) -> (C, L')`; with `indices` a second output of the same shape.
    The padding never wins: it counts as minus infinity.
    Source: torch.nn.MaxPool1d, torch.nn.MaxPool2d.
    """

    op = "max_pool"
    kernel: Kernel = Field(description="Window in pixels, one for all axes or one an axis (height, width).")
    stride: PoolStride = Field(None, description="Step in pixels; the kernel where it is not given.")
    pad: PoolPad = Field(
        0,
        description="Pixels added at each side, at most half of the kernel; `tf_same` gives ceil(size / stride) as "
        "TensorFlow does, the odd pixel after the input.",
    )
    dilation: Dilation = Field(1, description="Distance in pixels between the window's elements.")
    ceil: Flag = Field(False, description="Count a last window that the input fills in part.")
    indices: Flag = Field(False, description="Give where each value was too, as output 1, for `max_unpool`.")

    examples = (
        Example({"kernel": 3, "stride": 2, "pad": 1}, ((64, 112, 112),)),
        Example({"kernel": 3, "stride": 2, "ceil": True}, ((4, 8, 8),)),
        Example({"kernel": (2, 3), "dilation": (1, 2)}, ((4, 9, 9),)),
        Example({"kernel": 2}, ((4, 9),)),
        Example({"kernel": 2, "indices": True}, ((4, 9, 8),)),
        Example({"kernel": 3, "stride": 2, "pad": "tf_same"}, ((4, 9, 8),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self._check_indices()
        return _windows(x, self.op, self.kernel, self.stride, self.pad, self.dilation, ceil=self.ceil)

    def further(self, *inputs: Shape) -> tuple[Shape, ...]:
        return (self.shape(*inputs),) if self.indices else ()

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        self._check_indices()
        axes = len(inputs[0]) - 1
        target, pad = _target("Max", axes, self.pad, self.kernel, self.stride, self.dilation)
        kwargs = _sizes(axes, kernel_size=self.kernel, stride=self.stride, padding=pad, dilation=self.dilation)
        kwargs |= {"ceil_mode": True} if self.ceil else {}
        kwargs |= {"return_indices": True} if self.indices else {}
        call = Call(target, (kwargs.pop("kernel_size"),), kwargs)
        return Lowering(module=call, overwritable=not self.indices)

    def _check_indices(self) -> None:
        if self.pad == "tf_same" and self.indices:
            hint = "give the pad in pixels"
            raise RuleError("indices would count the pixels that tf_same adds", hint=hint, argument="indices")


class AvgPool(Primitive):
    """The mean of each window.

    `(C, H, W) -> (C, H', W')`, or `(C, L) -> (C, L')`.
    Source: torch.nn.AvgPool1d, torch.nn.AvgPool2d.
    """

    op = "avg_pool"
    kernel: Kernel = Field(description="Window in pixels, one for all axes or one an axis (height, width).")
    stride: PoolStride = Field(None, description="Step in pixels; the kernel where it is not given.")
    pad: PoolPad = Field(
        0,
        description="Pixels of 0 added at each side, at most half of the kernel; `tf_same` gives ceil(size / stride) "
        "as TensorFlow does, the odd pixel after the input.",
    )
    ceil: Flag = Field(False, description="Count a last window that the input fills in part.")
    count_include_pad: Flag = Field(True, description="Count the padding among the elements of the mean.")

    examples = (
        Example({"kernel": 2}, ((6, 28, 28),)),
        Example({"kernel": 3, "stride": 2, "pad": 1, "ceil": True, "count_include_pad": False}, ((4, 8, 9),)),
        Example({"kernel": 3, "stride": 1, "pad": 1}, ((4, 9),)),
        Example({"kernel": 3, "stride": 2, "pad": "tf_same", "count_include_pad": False}, ((4, 9, 8),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return _windows(x, self.op, self.kernel, self.stride, self.pad, 1, ceil=self.ceil)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        axes = len(inputs[0]) - 1
        target, pad = _target("Avg", axes, self.pad, self.kernel, self.stride)
        kwargs = _sizes(axes, kernel_size=self.kernel, stride=self.stride, padding=pad)
        kwargs |= {"ceil_mode": True} if self.ceil else {}
        kwargs |= {} if self.count_include_pad else {"count_include_pad": False}
        return Lowering(module=Call(target, (kwargs.pop("kernel_size"),), kwargs), overwritable=True)


class LPPool(Primitive):
    """The p-norm of each window: p = 1 is its sum, a large p is near its greatest value.

    `(C, H, W) -> (C, H', W')`, or `(C, L) -> (C, L')`.
    The root of the sum of x ** p over the window.
    Source: arXiv:1204.3968; torch.nn.LPPool1d, torch.nn.LPPool2d.
    """

    op = "lp_pool"
    kernel: Kernel = Field(description="Window in pixels, one for all axes or one an axis (height, width).")
    p: Positive = Field(2.0, description="Exponent.")
    stride: PoolStride = Field(None, description="Step in pixels; the kernel where it is not given.")
    ceil: Flag = Field(False, description="Count a last window that the input fills in part.")

    examples = (
        Example({"kernel": 2}, ((16, 28, 28),)),
        Example({"kernel": (3, 2), "p": 4.0, "stride": 2, "ceil": True}, ((4, 8, 9),)),
        Example({"kernel": 3, "stride": 1}, ((4, 9),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return _windows(inputs[0], self.op, self.kernel, self.stride, 0, 1, ceil=self.ceil)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        axes = len(inputs[0]) - 1
        kwargs = _sizes(axes, kernel_size=self.kernel, stride=self.stride)
        kwargs |= {"ceil_mode": True} if self.ceil else {}
        return Lowering(module=Call(f"nn.LPPool{axes}d", (self.p, kwargs.pop("kernel_size")), kwargs))


class AdaptiveAvgPool(Primitive):
    """The mean of each cell of a grid laid over the map.

    `(C, H, W) -> (C, size, size)`, or `(C, L) -> (C, size)`.
    Cells overlap by a pixel where the grid does not divide the map.
    Source: torch.nn.AdaptiveAvgPool1d, torch.nn.AdaptiveAvgPool2d.
    """

    op = "adaptive_avg_pool"
    size: GridSizes = Field(
        description="Output size in pixels, one for all axes or one an axis (height, width); null keeps an axis."
    )

    examples = (
        Example({"size": 6}, ((256, 13, 13),)),
        Example({"size": (3, None)}, ((4, 7, 8),)),
        Example({"size": 5}, ((4, 12),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return _grid(inputs[0], self.op, self.size)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return _adaptive("Avg", inputs[0], self.size)


class AdaptiveMaxPool(Primitive):
    """The greatest value of each cell of a grid laid over the map.

    `(C, H, W) -> (C, size, size)`, or `(C, L) -> (C, size)`.
    Cells overlap by a pixel where the grid does not divide the map.
    Source: torch.nn.AdaptiveMaxPool1d, torch.nn.AdaptiveMaxPool2d.
    """

    op = "adaptive_max_pool"
    size: GridSizes = Field(
        description="Output size in pixels, one for all axes or one an axis (height, width); null keeps an axis."
    )

    examples = (
        Example({"size": 4}, ((256, 13, 13),)),
        Example({"size": (3, None)}, ((4, 7, 8),)),
        Example({"size": 5}, ((4, 12),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return _grid(inputs[0], self.op, self.size)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        return _adaptive("Max", inputs[0], self.size)


class GlobalAvgPool(Primitive):
    """The mean of each channel.

    `(C, H, W) -> (C,)`, or `(C, 1, 1)` with `keep`; a sequence likewise.
    Source: arXiv:1312.4400; torch.nn.AdaptiveAvgPool2d(1).
    """

    op = "global_avg_pool"
    keep: Flag = Field(False, description="Keep the axes of height and width, with size 1.")

    examples = (
        Example({}, ((2048, 7, 7),)),
        Example({"keep": True}, ((8, 5, 4),)),
        Example({"keep": True}, ((8, 5),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return _global(inputs[0], self.op, keep=self.keep)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        pooled = _adaptive("Avg", inputs[0], 1)
        return pooled if self.keep else pooled._replace(forward="torch.flatten({self}({0}), 1)")


class GlobalMaxPool(Primitive):
    """The greatest value of each channel.

    `(C, H, W) -> (C,)`, or `(C, 1, 1)` with `keep`; a sequence likewise.
    Source: torch.nn.AdaptiveMaxPool2d(1).
    """

    op = "global_max_pool"
    keep: Flag = Field(False, description="Keep the axes of height and width, with size 1.")

    examples = (
        Example({}, ((512, 7, 7),)),
        Example({"keep": True}, ((8, 5, 4),)),
        Example({}, ((8, 5),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return _global(inputs[0], self.op, keep=self.keep)

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        pooled = _adaptive("Max", inputs[0], 1)
        return pooled if self.keep else pooled._replace(forward="torch.flatten({self}({0}), 1)")


_Given = int | tuple[int, ...]
_Pad = Literal["tf_same"] | _Given


def _windows(
    x: Shape, op: str, kernel: _Given, stride: _Given | None, pad: _Pad, dilation: _Given, *, ceil: bool
) -> Shape:
    sizes = spatial(x, op)
    axes = len(sizes)
    kernels = per_axis(kernel, axes, "kernel")
    strides = per_axis(kernel if stride is None else stride, axes, "stride")
    dilations = per_axis(dilation, axes, "dilation")
    if pad == "tf_same":
        return x[0], *(-(-size // stride) for size, stride in zip(sizes, strides, strict=True))
    pads = per_axis(pad, axes, "pad")
    for k, p in zip(kernels, pads, strict=True):
        if p > k // 2:
            raise RuleError(
                f"pad {p} is more than half of a kernel of {k}",
                hint=f"it is at most {k // 2}, so that each window sees a pixel of the input",
                argument="pad",
            )
    both = tuple((p, p) for p in pads)
    rows = zip(sizes, kernels, strides, both, dilations, strict=True)
    return x[0], *(window(size, k, s, p, d, ceil=ceil) for size, k, s, p, d in rows)


def _target(
    kind: str, axes: int, pad: _Pad, kernel: _Given, stride: _Given | None, dilation: _Given = 1
) -> tuple[str, _Given]:
    """The class that pools with this padding, and the padding to give it."""
    if pad != "tf_same":
        return f"nn.{kind}Pool{axes}d", pad
    kernels = per_axis(kernel, axes, "kernel")
    steps = {*per_axis(kernel if stride is None else stride, axes, "stride"), *per_axis(dilation, axes, "dilation")}
    if steps == {1} and all(k % 2 for k in kernels):
        return f"nn.{kind}Pool{axes}d", tuple(k // 2 for k in kernels)  # the same for all sizes
    return f"archgraph.nn.pool_same.{kind}Pool{axes}dSame", 0


def _grid(x: Shape, op: str, size: int | tuple[int | None, ...]) -> Shape:
    sizes = spatial(x, op)
    wanted = _cells(size, len(sizes))
    return x[0], *(kept if given is None else given for given, kept in zip(wanted, sizes, strict=True))


def _cells(size: int | tuple[int | None, ...], axes: int) -> tuple[int | None, ...]:
    """Cells along each axis; None keeps the input's size."""
    wanted: tuple[int | None, ...] = per_axis(size, axes, "size")
    if set(wanted) == {None}:
        raise RuleError("size keeps every axis", hint="leave the pool out, or give one of them", argument="size")
    return wanted


def _global(x: Shape, op: str, *, keep: bool) -> Shape:
    axes = len(spatial(x, op))
    return (x[0], *(1,) * axes) if keep else x[:1]


def _adaptive(kind: str, x: Shape, size: int | tuple[int | None, ...]) -> Lowering:
    axes = len(x) - 1
    wanted = _cells(size, axes)
    if None in wanted:
        # The classes take None too, but TorchScript does not.
        sizes = ", ".join(f"{{0}}.shape[{n}]" if given is None else str(given) for n, given in enumerate(wanted, 2))
        return Lowering(f"torch.nn.functional.adaptive_{kind.lower()}_pool{axes}d({{0}}, [{sizes}])", overwritable=True)
    call = Call(f"nn.Adaptive{kind}Pool{axes}d", (one_if_equal(wanted),))
    return Lowering(module=call, overwritable=True)


def _sizes(axes: int, **given: _Given | None) -> dict[str, Any]:
    """Keyword arguments of a pooling class, without those at its defaults."""
    usual = {"padding": 0, "dilation": 1}
    known = ((name, size) for name, size in given.items() if size is not None)
    sizes = {name: one_if_equal(per_axis(size, axes, name)) for name, size in known}
    if sizes.get("stride") == sizes["kernel_size"]:
        del sizes["stride"]
    return {name: size for name, size in sizes.items() if size != usual.get(name)}
