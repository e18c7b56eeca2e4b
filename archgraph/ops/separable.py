"""The depthwise separable convolution."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from archgraph.ops.arguments import ActOrDefault, ConvPad, Dilation, Flag, Kernel, NormOrDefault, Stride, Width
from archgraph.ops.base import Builder, Example, Macro, Ref


class Separable(Macro):
    """A conv of each channel on its own, then a 1x1 conv that mixes them.

    `(C, H, W) -> (out, H', W')`; a sequence likewise.
    Both convs are followed by the file's default norm and activation, or by those given here; with
    `between: false` they follow the 1x1 conv alone, and the depthwise one has no bias.
    Source: arXiv:1704.04861 (MobileNet); without norm and activation between: arXiv:1610.02357 (Xception).
    """

    op = "separable"
    out: Width = Field(description="Output channels.")
    kernel: Kernel = Field(description="Kernel of the depthwise conv, in pixels.")
    stride: Stride = Field(1, description="Step of the depthwise conv, in pixels.")
    pad: ConvPad = Field("same", description="Padding of the depthwise conv, as conv's.")
    dilation: Dilation = Field(1, description="Dilation of the depthwise conv, in pixels.")
    norm: NormOrDefault = Field(
        None, description="Normalisation after each conv; the file's default for conv where it is not given."
    )
    act: ActOrDefault = Field(
        None, description="Activation after each norm; the file's default for conv where it is not given."
    )
    between: Flag = Field(True, description="Put the norm and the activation between the two convs too.")

    examples = (
        Example({"out": 64, "kernel": 3}, ((32, 112, 112),)),
        Example({"out": 16, "kernel": 5, "stride": 2, "norm": "batch", "act": "relu6"}, ((8, 15, 14),)),
        Example({"out": 16, "kernel": 3, "norm": "batch", "act": "relu", "between": False}, ((8, 9, 9),)),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        (x,) = inputs
        channels = build.shape(x)[0]
        given = {"norm": self.norm, "act": self.act}
        around: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        window = {"kernel": self.kernel, "stride": self.stride, "pad": self.pad, "dilation": self.dilation}
        alone = {"norm": "none", "act": "none", "bias": False}
        depth = {"out": channels, "groups": channels, **window, **(around if self.between else alone)}
        x = build.add("depthwise", "conv", depth, x)
        point = {"out": self.out, "kernel": 1, "stride": 1, "pad": "valid", "dilation": 1, "groups": 1}
        return build.add("pointwise", "conv", {**point, **around}, x)
