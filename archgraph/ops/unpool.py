"""Pooling undone."""

from __future__ import annotations

from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import NodeName, OptionalSizes, Pads, Sizes
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.sizes import listed, sizes_like, spatial
from archgraph.shape import Shape, per_axis, show


class MaxUnpool(Primitive):
    """Each value put where a max pool took it from, zeros everywhere else.

    `(C, H, W), indices (C, H, W) -> (C, (H - 1) * stride - 2 * pad + kernel, ...)`; a sequence likewise.
    The second input is the second output of a `max_pool` with `indices: true`. Several sizes are pooled to one:
    with `size` or `like` it gives another one, less than a stride away.
    Source: arXiv:1511.00561 (SegNet); torch.nn.MaxUnpool1d, torch.nn.MaxUnpool2d.
    """

    op = "max_unpool"
    arity = 2
    kernel: Sizes = Field(description="Window of the max pool in pixels.")
    stride: OptionalSizes = Field(None, description="Step of the max pool in pixels; the kernel if not given.")
    pad: Pads = Field(0, description="Padding of the max pool in pixels.")
    size: OptionalSizes = Field(None, description="Output size in pixels, less than a stride from the plain one.")
    like: NodeName = Field(None, description="A node whose size it takes: the one that was pooled.")

    examples = (
        Example({"kernel": 2}, ((64, 14, 14), (64, 14, 14))),
        Example({"kernel": 2, "size": (9, 8)}, ((4, 4, 4), (4, 4, 4))),
        Example({"kernel": 3, "stride": 2, "pad": 1, "like": "other"}, ((4, 4, 5), (4, 4, 5), (8, 8, 9))),
        Example({"kernel": 2}, ((4, 9), (4, 9))),
    )

    def shape(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        sizes = spatial(x, self.op)
        if inputs[1] != x:
            message = f"max_unpool takes values and as many indices, given {listed(inputs[:2])}"
            raise RuleError(message, hint="from: [x, pool/1], where pool has `indices: true`", argument="from")
        kernel, stride, pad = self._pool(len(sizes))
        plain = tuple((n - 1) * s - 2 * p + k for n, k, s, p in zip(sizes, kernel, stride, pad, strict=True))
        wanted = self._wanted(inputs) or plain
        for usual, given, step in zip(plain, wanted, stride, strict=True):
            if abs(given - usual) >= step or given < 1:
                raise RuleError(
                    f"a size of {show(wanted)} was not pooled to {show(sizes)}",
                    hint=f"the plain size is {show(plain)}; one less than a stride away is pooled to it too",
                    argument="pad" if wanted is plain else "like" if self.like else "size",
                )
        return x[0], *wanted

    def _pool(self, axes: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Kernel, stride and padding, one value an axis."""
        kernel, pad = per_axis(self.kernel, axes, "kernel"), per_axis(self.pad, axes, "pad")
        return kernel, kernel if self.stride is None else per_axis(self.stride, axes, "stride"), pad

    def _wanted(self, inputs: tuple[Shape, ...]) -> tuple[int, ...]:
        """The size that an argument gives; empty where none does."""
        if self.like is not None and self.size is not None:
            raise RuleError("max_unpool takes one of size, like, given size and like", argument="like")
        if self.like is not None:
            return sizes_like(inputs, 2, self.op)
        return () if self.size is None else per_axis(self.size, len(inputs[0]) - 1, "size")

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        wanted = self._wanted(inputs)
        pool = tuple(map(list, self._pool(len(inputs[0]) - 1)))
        file = "archgraph.nn.unpool"
        if self.like is not None:
            return Lowering("{self}({0}, {1}, {2})", Call(f"{file}.MaxUnpoolLike"), overwritable=True)
        if wanted:
            return Lowering("{self}({0}, {1})", Call(f"{file}.MaxUnpoolTo", wanted), overwritable=True)
        return Lowering("{self}({0}, {1})", Call(f"{file}.MaxUnpool", pool), overwritable=True)
