"""Normalisations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Gt
from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Count, Flag, Groups, Number, Positive, Probability, Takes
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.sizes import spatial
from archgraph.shape import Shape, numel, show

Over: TypeAlias = Annotated[Literal["channels", "last", "all"] | None, Takes("channels, last or all")]
_OVER = (
    "What is brought together: `channels`, at each pixel; `last`, the last axis, as of tokens (N, C); `all` axes; "
    "where it is not given, the channels of a map and the last axis of tokens. A conv's norm is over channels."
)


class BatchNorm(Primitive):
    """Each channel brought to mean 0 and variance 1 over the batch, then scaled and shifted.

    `(C, H, W) -> (C, H, W)`, and the same for `(C, L)` and `(N,)`.
    In eval mode it uses the running mean and variance, which are its buffers.
    Source: arXiv:1502.03167; torch.nn.BatchNorm1d, torch.nn.BatchNorm2d.
    """

    op = "batch_norm"
    eps: Positive = Field(1e-5, description="Added to the variance.")
    momentum: Probability = Field(0.1, description="Share of the new batch in the running statistics.")
    affine: Flag = Field(True, description="Scale and shift by trainable numbers a channel.")

    examples = (
        Example({}, ((64, 56, 56),)),
        Example({"eps": 1e-3, "affine": False}, ((8, 20),)),
        Example({"momentum": 0.01}, ((10,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        channels = inputs[0][:1]
        return {"weight": channels, "bias": channels} if self.affine else {}

    def buffers(self, *inputs: Shape) -> Mapping[str, Shape]:
        channels = inputs[0][:1]
        return {"running_mean": channels, "running_var": channels}

    def lower(self, *inputs: Shape) -> Lowering:
        (x,) = inputs
        kwargs = _unusual(dict(self), {"eps": 1e-5, "momentum": 0.1, "affine": True})
        call = Call("nn.BatchNorm2d" if len(x) == 3 else "nn.BatchNorm1d", (x[0],), kwargs)
        return Lowering(module=call, overwritable=True)


class LocalResponseNorm(Primitive):
    """Each pixel divided by a power of the mean square of the neighbouring channels.

    `(C, H, W) -> (C, H, W)`, and the same for `(C, L)`.
    x / (k + alpha * mean(x ** 2 over `size` channels)) ** beta. `alpha` multiplies the mean, as in torch
    and Caffe, and not the sum, as in the paper.
    Source: AlexNet (2012), section 3.3; torch.nn.LocalResponseNorm.
    """

    op = "local_response_norm"
    size: Count = Field(description="Neighbouring channels in the mean.")
    alpha: Number = Field(1e-4, description="Factor of the mean square.")
    beta: Number = Field(0.75, description="Exponent.")
    k: Number = Field(1.0, description="Added to the scaled mean square.")

    examples = (
        Example({"size": 5, "k": 2.0}, ((96, 27, 27),)),
        Example({"size": 4, "alpha": 1e-3, "beta": 0.5}, ((6, 9),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        spatial(inputs[0], self.op)
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        call = Call("nn.LocalResponseNorm", (self.size, self.alpha, self.beta, self.k))
        return Lowering(module=call, overwritable=True)


class GroupNorm(Primitive):
    """Each group of channels brought to mean 0 and variance 1, then each channel scaled and shifted.

    `(C, H, W) -> (C, H, W)`, and the same for `(C, L)` and `(N,)`.
    Source: arXiv:1803.08494; torch.nn.GroupNorm.
    """

    op = "group_norm"
    groups: Groups = Field(32, description="Groups, 32 in the paper; it divides the channels.")
    eps: Positive = Field(1e-5, description="Added to the variance.")
    affine: Flag = Field(True, description="Scale and shift by trainable numbers a channel.")

    examples = (
        Example({}, ((64, 56, 56),)),
        Example({"groups": 1, "eps": 1e-6}, ((8, 20),)),
        Example({"groups": 5, "affine": False}, ((10,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if x[0] % self.groups:
            hint = "1 normalises all channels together, as many as the channels each on its own"
            raise RuleError(f"groups {self.groups} does not divide {x[0]} channels", hint=hint, argument="groups")
        return x

    def macs(self, *inputs: Shape) -> int:
        return 0

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        channels = inputs[0][:1]
        return {"weight": channels, "bias": channels} if self.affine else {}

    def lower(self, *inputs: Shape) -> Lowering:
        kwargs = _unusual({"eps": self.eps, "affine": self.affine}, {"eps": 1e-5, "affine": True})
        return Lowering(module=Call("nn.GroupNorm", (self.groups, inputs[0][0]), kwargs), overwritable=True)


class InstanceNorm(Primitive):
    """Each channel brought to mean 0 and variance 1 over its own pixels.

    `(C, H, W) -> (C, H, W)`, and the same for `(C, L)`; more than one pixel.
    Source: arXiv:1607.08022; torch.nn.InstanceNorm1d, torch.nn.InstanceNorm2d.
    """

    op = "instance_norm"
    eps: Positive = Field(1e-5, description="Added to the variance.")
    momentum: Probability = Field(0.1, description="Share of the new batch in the running statistics.")
    affine: Flag = Field(False, description="Scale and shift by trainable numbers a channel.")
    track_running_stats: Flag = Field(
        False, description="Keep a running mean and variance as buffers, and use these in eval mode."
    )

    examples = (
        Example({}, ((64, 56, 56),)),
        Example({"eps": 1e-3, "affine": True}, ((8, 20),)),
        Example({"momentum": 0.2, "track_running_stats": True}, ((8, 6, 5),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if numel(spatial(x, self.op)) == 1:
            raise RuleError(
                f"instance_norm takes more than one pixel, given {show(x)}",
                hint="the variance of one value is 0; put it above the layer that shrinks the map so far",
                argument="from",
            )
        return x

    def macs(self, *inputs: Shape) -> int:
        return 0

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        channels = inputs[0][:1]
        return {"weight": channels, "bias": channels} if self.affine else {}

    def buffers(self, *inputs: Shape) -> Mapping[str, Shape]:
        channels = inputs[0][:1]
        return {"running_mean": channels, "running_var": channels} if self.track_running_stats else {}

    def lower(self, *inputs: Shape) -> Lowering:
        usual = {"eps": 1e-5, "momentum": 0.1, "affine": False, "track_running_stats": False}
        kwargs = _unusual(dict(self), usual)
        call = Call(f"nn.InstanceNorm{len(inputs[0]) - 1}d", (inputs[0][0],), kwargs)
        return Lowering(module=call, overwritable=True)


class LayerNorm(Primitive):
    """Each pixel or token brought to mean 0 and variance 1 over its channels, then each channel scaled and shifted.

    `(C, H, W) -> (C, H, W)` over C, `(N, C) -> (N, C)` over C, and the same for `(N,)`.
    Source: arXiv:1607.06450; torch.nn.LayerNorm; for maps arXiv:2201.03545 (ConvNeXt).
    """

    op = "layer_norm"
    eps: Positive = Field(1e-5, description="Added to the variance.")
    over: Over = Field(None, description=_OVER)
    affine: Flag = Field(True, description="Scale by trainable numbers, one for each normalised value.")
    bias: Flag = Field(True, description="Shift by trainable numbers too; none without affine.")

    examples = (
        Example({"eps": 1e-6}, ((96, 56, 56),)),
        Example({}, ((197, 192),)),
        Example({"over": "channels", "bias": False}, ((8, 20),)),
        Example({"over": "all"}, ((8, 6, 5),)),
        Example({"affine": False}, ((10,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        normalised = _normalised(inputs[0], self.over)
        names = ("weight", "bias") if self.bias else ("weight",)
        return dict.fromkeys(names if self.affine else (), normalised)

    def lower(self, *inputs: Shape) -> Lowering:
        given = {"eps": self.eps, "elementwise_affine": self.affine, "bias": self.bias}
        kwargs = _unusual(given, {"eps": 1e-5, "elementwise_affine": True, "bias": True})
        return _normaliser("LayerNorm", inputs[0], self.over, kwargs)


class RMSNorm(Primitive):
    """Each pixel or token divided by the root of the mean square of its channels, then each channel scaled.

    `(C, H, W) -> (C, H, W)` over C, `(N, C) -> (N, C)` over C, and the same for `(N,)`.
    Source: arXiv:1910.07467; torch.nn.RMSNorm.
    """

    op = "rms_norm"
    eps: Annotated[float | None, Gt(0), Takes("a number above 0")] = Field(
        None, description="Added to the mean square; the smallest step from 1 of the number format if not given."
    )
    over: Over = Field(None, description=_OVER)
    affine: Flag = Field(True, description="Scale by trainable numbers, one for each normalised value.")

    examples = (
        Example({"eps": 1e-6}, ((96, 14, 14),)),
        Example({}, ((197, 192),)),
        Example({"over": "channels"}, ((8, 20),)),
        Example({"over": "last", "affine": False}, ((10,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        return {"weight": _normalised(inputs[0], self.over)} if self.affine else {}

    def lower(self, *inputs: Shape) -> Lowering:
        given = {"eps": self.eps, "elementwise_affine": self.affine}
        kwargs = _unusual(given, {"eps": None, "elementwise_affine": True})
        return _normaliser("RMSNorm", inputs[0], self.over, kwargs)


def _axes(x: Shape, over: str | None) -> str:
    """What a norm is over at this shape."""
    return over or ("channels" if len(x) == 3 else "last")


def _normalised(x: Shape, over: str | None) -> Shape:
    """Shape of the values that are brought together."""
    return {"channels": x[:1], "last": x[-1:], "all": x}[_axes(x, over)]


def _normaliser(kind: str, x: Shape, over: str | None, kwargs: Mapping[str, Any]) -> Lowering:
    # torch's are over the last axes, which are the channels where there is no other axis.
    channels = _axes(x, over) == "channels" and len(x) > 1
    target = f"archgraph.nn.channel_norm.Channel{kind}" if channels else f"nn.{kind}"
    normalised = _normalised(x, over)
    sizes = normalised[0] if len(normalised) == 1 else normalised
    return Lowering(module=Call(target, (sizes,), kwargs), overwritable=True)


def _unusual(given: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments that are not at their defaults."""
    return {name: value for name, value in given.items() if value != usual[name]}
