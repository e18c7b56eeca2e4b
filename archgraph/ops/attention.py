"""Attention over channels and pixels: a gate from 0 to 1 made of the map, and the map times the gate."""

from __future__ import annotations

from math import log
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import Field

from archgraph.ops.arguments import Act, Count, Role, Takes
from archgraph.ops.base import Builder, Example, Macro, Ref
from archgraph.ops.sizes import spatial
from archgraph.spec.operators import divisible

_BARE = {"norm": "none", "act": "none", "order": "post"}
_PLAIN = {**_BARE, "stride": 1, "dilation": 1, "groups": 1, "pad": "same"}
"""What the convs of a gate are, whatever the file's defaults say."""


class SqueezeExcite(Macro):
    """A gate for each channel, from the means of all channels through a narrow layer and a wide one.

    `(C, H, W) -> (C, H, W)`; a sequence likewise.
    The two layers are 1x1 convs with a bias and without a norm.
    Source: arXiv:1709.01507; torchvision.ops.SqueezeExcitation.
    """

    op = "se"
    reduction: Count = Field(16, description="The narrow layer has the channels divided by it, at least one.")
    act: Act = Field("relu", description="Activation between the two layers.")
    gate: Act = Field("sigmoid", description="Activation that gives the gate.")
    squeeze: Annotated[int | None, Ge(1), Takes("a positive integer"), Role("width")] = Field(
        None, description="Channels of the narrow layer, in place of reduction."
    )
    divisor: Count = Field(
        1, description="The narrow layer's channels are rounded to a multiple of it, losing at most a tenth."
    )

    examples = (
        Example({}, ((256, 14, 14),)),
        Example({"reduction": 4, "act": "silu", "gate": "hardsigmoid", "divisor": 8}, ((72, 7, 7),)),
        Example({"squeeze": 6}, ((24, 7, 7),)),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        (x,) = inputs
        channels = build.shape(x)[0]
        layer = {"kernel": 1, "bias": True, **_PLAIN}
        narrow = divisible(self.squeeze or max(1, channels // self.reduction), self.divisor)
        gate = build.add("pool", "global_avg_pool", {"keep": True}, x)
        gate = build.add("squeeze", "conv", {**layer, "out": narrow}, gate)
        gate = gate if self.act == "none" else build.add("act", self.act, {}, gate)
        gate = build.add("excite", "conv", {**layer, "out": channels}, gate)
        gate = gate if self.gate == "none" else build.add("gate", self.gate, {}, gate)
        return build.add("mul", "mul", {}, x, gate)


class EfficientChannelAttention(Macro):
    """A gate for each channel, from the means of its neighbours by one small conv along the channels.

    `(C, H, W) -> (C, H, W)`; a sequence likewise.
    Source: arXiv:1910.03151; timm's EcaModule.
    """

    op = "eca"
    kernel: Annotated[int | None, Ge(1), Takes("a positive integer"), Role("kernel")] = Field(
        None,
        description="Neighbours that a gate sees, an odd number; where it is not given, log2(C) / 2 + 1 / 2 "
        "rounded down, made odd, at least 3: 5 for 256 channels, 7 for 2048.",
    )

    examples = (
        Example({}, ((256, 14, 14),)),
        Example({"kernel": 7}, ((16, 7, 7),)),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        (x,) = inputs
        channels, *sizes = build.shape(x)
        if self.kernel is not None and self.kernel % 2 == 0:
            build.fail(f"kernel is {self.kernel}, it takes an odd number", argument="kernel")
        kernel = self.kernel or _eca_kernel(channels)
        gate = build.add("pool", "global_avg_pool", {"keep": False}, x)
        gate = build.add("row", "reshape", {"to": (1, channels)}, gate)
        gate = build.add("conv", "conv", {**_PLAIN, "out": 1, "kernel": kernel, "bias": False}, gate)
        gate = build.add("gate", "sigmoid", {}, gate)
        gate = build.add("column", "reshape", {"to": (channels, *(1 for _ in sizes))}, gate)
        return build.add("mul", "mul", {}, x, gate)


class Cbam(Macro):
    """A gate for each channel and a gate for each pixel, both from means and maxima.

    `(C, H, W) -> (C, H, W)`; a sequence likewise.
    The channel gate puts the mean and the maximum of each channel through the same two linear layers and adds
    the results; the pixel gate is a conv with batch norm over the maximum and the mean of all channels.
    Source: arXiv:1807.06521; pytorchcv's cbam_resnet18.
    """

    op = "cbam"
    reduction: Count = Field(16, description="The narrow layer has the channels divided by it, at least one.")
    kernel: Annotated[int, Ge(1), Takes("a positive integer"), Role("kernel")] = Field(
        7, description="Kernel of the pixel gate, in pixels, an odd number."
    )
    order: Annotated[
        Literal["channel_first", "pixel_first", "parallel"], Takes("channel_first, pixel_first or parallel")
    ] = Field("channel_first", description="Which gate works first; with `parallel` both are made of what comes in.")

    examples = (
        Example({}, ((64, 14, 14),)),
        Example({"reduction": 4, "kernel": 3}, ((24, 7, 6),)),
        Example({"order": "pixel_first"}, ((32, 7, 7),)),
        Example({"order": "parallel"}, ((32, 7, 7),)),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        (x,) = inputs
        if self.kernel % 2 == 0:
            build.fail(f"kernel is {self.kernel}, it takes an odd number", argument="kernel")
        if self.order == "parallel":
            return build.add("mul", "mul", {}, x, self._channel_gate(build, x), self._pixel_gate(build, x))
        gates = [("channel", self._channel_gate), ("pixel", self._pixel_gate)]
        for name, gate in gates if self.order == "channel_first" else reversed(gates):
            x = build.add(f"{name}_mul", "mul", {}, x, gate(build, x))
        return x

    def _channel_gate(self, build: Builder, x: Ref) -> Ref:
        channels, *sizes = build.shape(x)
        squeeze = {"out": max(1, channels // self.reduction), "bias": True, **_BARE}
        excite = {"out": channels, "bias": True, **_BARE}
        narrow: Ref | None = None
        wide: Ref | None = None
        outs = []
        for kind in ("avg", "max"):
            pooled = build.add(f"{kind}_pool", f"global_{kind}_pool", {"keep": False}, x)
            squeezed = build.add(f"{kind}_squeeze", "linear", squeeze, pooled, shares=narrow)
            active = build.add(f"{kind}_act", "relu", {}, squeezed)
            excited = build.add(f"{kind}_excite", "linear", excite, active, shares=wide)
            narrow, wide = narrow or squeezed, wide or excited
            outs.append(excited)
        gate = build.add("channel_add", "add", {}, *outs)
        gate = build.add("channel_gate", "sigmoid", {}, gate)
        return build.add("channel_column", "reshape", {"to": (channels, *(1 for _ in sizes))}, gate)

    def _pixel_gate(self, build: Builder, x: Ref) -> Ref:
        spatial(build.shape(x), self.op)
        conv = {**_PLAIN, "out": 1, "kernel": self.kernel, "bias": False}
        over_channels = [build.add(f"pixel_{by}", "reduce", {"by": by}, x) for by in ("max", "mean")]
        gate = build.add("pixel_concat", "concat", {}, *over_channels)
        gate = build.add("pixel_conv", "conv", conv, gate)
        gate = build.add("pixel_norm", "batch_norm", {}, gate)
        return build.add("pixel_gate", "sigmoid", {}, gate)


def _eca_kernel(channels: int) -> int:
    """The paper's kernel with gamma 2 and b 1, as timm rounds it."""
    kernel = int(abs(log(channels, 2) + 1) / 2)
    return max(kernel if kernel % 2 else kernel + 1, 3)
