"""Atrous spatial pyramid pooling."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Len
from pydantic import Field

from archgraph.ops.arguments import OTHER, ActOrDefault, Count, Flag, NormOrDefault, Probability, Takes, Width
from archgraph.ops.base import Builder, Example, Macro, Ref


class AtrousSpatialPyramidPool(Macro):
    """A 1x1 conv, dilated 3x3 convs and the mean of the map side by side, concatenated and projected by a 1x1 conv.

    `(C, H, W) -> (out, H, W)`; a sequence likewise.
    Every branch has `out` channels; the mean is brought back to the map's size. Norm and activation follow each
    conv: the file's defaults for conv, or those given here.
    Source: arXiv:1706.05587 (DeepLabV3); separable: arXiv:1802.02611 (DeepLabV3+).
    """

    op = "aspp"
    out: Width = Field(description="Channels of each branch and of the output.")
    rates: Annotated[tuple[Count, ...], Len(1), Takes("a list of positive integers")] = Field(
        (12, 24, 36), description="Dilations of the 3x3 convs in pixels; [6, 12, 18] at an output stride of 16."
    )
    separable: Flag = Field(False, description="Depthwise separable 3x3 convs, with norm and activation at their end.")
    dropout: Probability = Field(0.5, description="Share of the elements that the end of it drops in training.")
    norm: NormOrDefault = Field(
        None, description="Normalisation after each conv; the file's default for conv where it is not given."
    )
    act: ActOrDefault = Field(
        None, description="Activation after each norm; the file's default for conv where it is not given."
    )

    examples = (
        Example({"out": 256}, ((2048, 28, 28),)),
        Example(
            {"out": 16, "rates": (2, 3), "separable": True, "dropout": 0, "norm": "batch", "act": "relu"},
            ((32, 9, 8),),
        ),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        (x,) = inputs
        given = {"norm": self.norm, "act": self.act}
        around: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        plain = {"out": self.out, "stride": 1, "pad": "same", **around}
        point = {**plain, "kernel": 1, "dilation": 1, "groups": 1}
        branches = [build.add("point", "conv", point, x)]
        for number, rate in enumerate(self.rates, start=1):
            dilated = {**plain, "kernel": 3, "dilation": rate}
            if self.separable:
                branch = build.add(f"dilated{number}", "separable", {**dilated, "between": False}, x)
            else:
                branch = build.add(f"dilated{number}", "conv", {**dilated, "groups": 1}, x)
            branches.append(branch)
        mean = build.add("pool", "global_avg_pool", {"keep": True}, x)
        mean = build.add("pooled", "conv", point, mean)
        spread = {"like": OTHER, "mode": "bilinear" if len(build.shape(x)) == 3 else "linear", "align_corners": False}
        branches.append(build.add("spread", "upsample", spread, mean, x))
        out = build.add("concat", "concat", {}, *branches)
        out = build.add("project", "conv", point, out)
        return build.add("dropout", "dropout", {"p": self.dropout}, out) if self.dropout else out
