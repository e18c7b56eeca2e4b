"""Convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import (
    Act,
    Bias,
    ConvPad,
    Dilation,
    Groups,
    Kernel,
    Norm,
    Stride,
    Takes,
    Width,
)
from archgraph.ops.base import Call, Example, Lowering, Primitive, Wrapped
from archgraph.ops.boxes import boxed
from archgraph.ops.sizes import one_if_equal, spatial
from archgraph.shape import Shape, numel, per_axis, tf_same, window

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class Conv(Primitive):
    """Convolution, with the normalisation and activation that go with it.

    `(C, H, W) -> (out, H', W')`, or `(C, L) -> (out, L')`.
    With `norm` or `act` it stands for a box of up to three nodes: conv, norm, act, or norm, act, conv with
    `order: pre`. The bias is left out where the box has a norm.
    Source: torch.nn.Conv1d, torch.nn.Conv2d.
    """

    op = "conv"
    out: Width = Field(description="Output channels.")
    kernel: Kernel = Field(description="Kernel size in pixels, one for all axes or one an axis (height, width).")
    stride: Stride = Field(1, description="Step in pixels, one for all axes or one an axis.")
    pad: ConvPad = Field(
        "same",
        description="Pixels added at each side: `same` is dilation * (kernel - 1) // 2, so that stride 1 and "
        "an odd kernel keep the size; `valid` is 0; `tf_same` gives ceil(size / stride) as TensorFlow does, "
        "the odd pixel after the input; or a number, or one an axis.",
    )
    dilation: Dilation = Field(1, description="Distance in pixels between the kernel's elements.")
    groups: Groups = Field(
        1, description="Groups of channels that do not mix; it divides the input's and the output's channels."
    )
    bias: Bias = Field(None, description="Add a trainable number a channel; on where there is no norm.")
    padding_mode: Annotated[
        Literal["zeros", "reflect", "replicate", "circular"], Takes("zeros, reflect, replicate or circular")
    ] = Field("zeros", description="What the padding holds.")
    norm: Norm = Field("none", description="Normalisation after it (before it with `order: pre`).")
    act: Act = Field("none", description="Activation after norm, by its name.")
    order: Annotated[Literal["post", "pre"], Takes("post or pre")] = Field(
        "post", description="`post` is conv, norm, act; `pre` is norm, act, conv."
    )

    examples = (
        Example({"out": 64, "kernel": 7, "stride": 2}, ((3, 224, 224),)),
        Example({"out": 16, "kernel": (3, 5), "stride": (2, 1), "dilation": (1, 2), "pad": (0, 4)}, ((4, 15, 17),)),
        Example({"out": 12, "kernel": 3, "groups": 4, "bias": False, "padding_mode": "reflect"}, ((8, 9, 9),)),
        Example({"out": 8, "kernel": 3, "stride": 2, "pad": "tf_same"}, ((4, 14, 13),)),
        Example({"out": 1, "kernel": 5, "bias": False}, ((1, 64),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        sizes = spatial(x, self.op)
        axes = len(sizes)
        if x[0] % self.groups or self.out % self.groups:
            raise RuleError(
                f"groups {self.groups} does not divide {x[0]} input and {self.out} output channels",
                hint="groups divides both: 1 mixes all channels, one group an input channel is depthwise",
                argument="groups",
            )
        stride = per_axis(self.stride, axes, "stride")
        pads = self._pads(sizes)
        self._check_padding(sizes, pads)
        kernel, dilation = per_axis(self.kernel, axes, "kernel"), per_axis(self.dilation, axes, "dilation")
        return self.out, *map(window, sizes, kernel, stride, pads, dilation)

    def _pads(self, sizes: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        """Pixels before and after, per axis."""
        axes = len(sizes)
        if self.pad == "valid":
            return ((0, 0),) * axes
        kernel, dilation = per_axis(self.kernel, axes, "kernel"), per_axis(self.dilation, axes, "dilation")
        if self.pad == "same":
            return tuple((d * (k - 1) // 2,) * 2 for k, d in zip(kernel, dilation, strict=True))
        if self.pad == "tf_same":
            stride = per_axis(self.stride, axes, "stride")
            return tuple(map(tf_same, sizes, kernel, stride, dilation))
        return tuple((n, n) for n in per_axis(self.pad, axes, "pad"))

    def _check_padding(self, sizes: tuple[int, ...], pads: tuple[tuple[int, int], ...]) -> None:
        """Reflections and wraps take their pixels from the input, which must have enough of them."""
        spare = {"reflect": 1, "circular": 0}.get(self.padding_mode)
        for size, pad in zip(sizes, pads, strict=True):
            if spare is not None and max(pad) > size - spare:
                raise RuleError(
                    f"padding_mode {self.padding_mode} adds {max(pad)} pixels to an input of {size}",
                    hint=f"it adds at most {size - spare} there; zeros and replicate add any number",
                    argument="padding_mode",
                )

    def macs(self, *inputs: Shape) -> int:
        return numel(self.shape(*inputs)) * numel(self.weights(*inputs)["weight"][1:])

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        (x,) = inputs
        weight = {"weight": (self.out, x[0] // self.groups, *per_axis(self.kernel, len(x) - 1, "kernel"))}
        return {**weight, "bias": (self.out,)} if self.has_bias else weight

    @property
    def has_bias(self) -> bool:
        """Whether it has a bias, given or not."""
        return self.norm == "none" if self.bias is None else self.bias

    def lower(self, *inputs: Shape) -> Lowering:
        (x,) = inputs
        axes = len(x) - 1
        stride, dilation = (per_axis(v, axes, "") for v in (self.stride, self.dilation))
        kwargs: dict[str, Any] = {"stride": one_if_equal(stride), "dilation": one_if_equal(dilation)}
        kwargs |= {"groups": self.groups, "bias": self.has_bias, "padding_mode": self.padding_mode}
        usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True, "padding_mode": "zeros"}
        target = f"nn.Conv{axes}d"
        pads = self._pads(x[1:])
        # With stride 1 the padding is one for all sizes, as Conv2d has it, unless a pixel of it is odd.
        if self.pad == "tf_same" and (set(stride) != {1} or any(before != after for before, after in pads)):
            target = f"archgraph.nn.conv_same.Conv{axes}dSame"
        else:
            kwargs["padding"] = one_if_equal(tuple(before for before, _ in pads))
        kwargs = {name: kwargs[name] for name in usual if kwargs.get(name, usual[name]) != usual[name]}
        kernel = one_if_equal(per_axis(self.kernel, axes, "kernel"))
        return Lowering(module=Call(target, (x[0], self.out, kernel), kwargs), overwritable=True)

    def wrapped(self) -> Wrapped | None:
        return (
            None
            if self.norm == self.act == "none"
            else boxed(self, self.norm, self.act, self.order, bias=self.has_bias)
        )
