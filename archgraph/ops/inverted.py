"""The inverted bottleneck of the mobile networks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge
from pydantic import Field

from archgraph.ops.arguments import (
    ActOrDefault,
    ConvPad,
    Dilation,
    Kernel,
    NormOrDefault,
    Positive,
    Probability,
    Role,
    Stride,
    Takes,
    Width,
)
from archgraph.ops.base import Builder, Example, Macro, Ref


class Inverted(Macro):
    """A 1x1 conv to more channels, a conv of each channel on its own, a 1x1 conv back; its input added if it fits.

    `(C, H, W) -> (out, H', W')`; a sequence likewise.
    The first conv is left out where it would widen nothing. The last one has the norm and no activation. The input is
    added where its shape is the output's and no axis has a stride.
    Source: arXiv:1801.04381 (MobileNetV2); with `se` arXiv:1905.02244 (MobileNetV3), arXiv:1905.11946 (EfficientNet).
    """

    op = "inverted"
    out: Width = Field(description="Output channels.")
    kernel: Kernel = Field(description="Kernel of the depthwise conv, in pixels.")
    stride: Stride = Field(1, description="Step of the depthwise conv, in pixels.")
    expansion: Positive = Field(6.0, description="Channels of the depthwise conv, as a multiple of the input's.")
    width: Annotated[int | None, Ge(1), Takes("a positive integer"), Role("width")] = Field(
        None, description="Channels of the depthwise conv, in place of expansion."
    )
    se: Annotated[int, Ge(0), Takes("an integer from 0 up")] = Field(
        0,
        description="Reduction of an `se` before the last conv, which takes the file's defaults for `se`; 0 puts "
        "none there.",
    )
    se_of: Annotated[Literal["width", "input"], Takes("width or input")] = Field(
        "width", description="The channels that `se` divides: those of the depthwise conv or those of the input."
    )
    pad: ConvPad = Field("same", description="Padding of the depthwise conv, as conv's.")
    dilation: Dilation = Field(1, description="Dilation of the depthwise conv, in pixels.")
    norm: NormOrDefault = Field(
        None, description="Normalisation after each conv; the file's default for conv where it is not given."
    )
    act: ActOrDefault = Field(
        None, description="Activation after the first two norms; the file's default for conv where it is not given."
    )
    drop_path: Probability = Field(
        0.0, description="Stochastic depth where the input is added: the chance in training that only it goes on."
    )

    examples = (
        Example({"out": 24, "kernel": 3, "stride": 2, "norm": "batch", "act": "relu6"}, ((16, 112, 112),)),
        Example({"out": 40, "kernel": 5, "width": 120, "se": 4, "norm": "batch", "act": "relu"}, ((40, 28, 28),)),
        Example({"out": 8, "kernel": 3, "expansion": 1, "se": 4, "se_of": "input", "drop_path": 0.1}, ((8, 7, 6),)),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        (x,) = inputs
        given = {"norm": self.norm, "act": self.act}
        around: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        point = {"kernel": 1, "stride": 1, "pad": "valid", "dilation": 1, "groups": 1, "order": "post", **around}
        window = {"kernel": self.kernel, "stride": self.stride, "pad": self.pad, "dilation": self.dilation}

        channels = build.shape(x)[0]
        width = self.width or max(1, round(channels * self.expansion))
        out = x if width == channels else build.add("expand", "conv", {**point, "out": width}, x)
        depthwise = {"out": width, "groups": width, "order": "post", **window, **around}
        out = build.add("depthwise", "conv", depthwise, out)
        if self.se:
            narrow = {"squeeze": max(1, channels // self.se)} if self.se_of == "input" else {"reduction": self.se}
            out = build.add("se", "se", narrow, out)
        out = build.add("project", "conv", {**point, "out": self.out, "act": "none"}, out)
        if self.stride not in (1, (1,), (1, 1)) or build.shape(out) != build.shape(x):
            return out
        if self.drop_path:
            out = build.add("drop_path", "drop_path", {"p": self.drop_path}, out)
        return build.add("add", "add", {}, out, x)
