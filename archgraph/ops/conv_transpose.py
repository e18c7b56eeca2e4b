"""The transposed convolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Act, Bias, Groups, Norm, Pads, Sizes, Takes, Width
from archgraph.ops.base import Call, Example, Lowering, Primitive, Wrapped
from archgraph.ops.boxes import boxed
from archgraph.ops.sizes import one_if_equal, spatial
from archgraph.shape import Shape, numel, per_axis


class ConvTranspose(Primitive):
    """The transposed convolution, which makes a map larger, with the norm and activation that go with it.

    `(C, H, W) -> (out, (H - 1) * stride - 2 * pad + dilation * (kernel - 1) + 1 + output_pad, ...)`; a sequence
    likewise.
    Each pixel is spread over a window. With `norm` or `act` it stands for a box, as conv does; the bias is left
    out where the box has a norm.
    Source: arXiv:1411.4038 (FCN), section 3.3; torch.nn.ConvTranspose1d, torch.nn.ConvTranspose2d.
    """

    op = "conv_transpose"
    out: Width = Field(description="Output channels.")
    kernel: Sizes = Field(description="Kernel size in pixels, one for all axes or one an axis (height, width).")
    stride: Sizes = Field(1, description="How many times as large, in pixels of the output for one of the input.")
    pad: Pads = Field(0, description="Pixels of the output taken off at each side.")
    output_pad: Pads = Field(0, description="Pixels added after the output, less than the stride or the dilation.")
    dilation: Sizes = Field(1, description="Distance in pixels between the kernel's elements.")
    groups: Groups = Field(
        1, description="Groups of channels that do not mix; it divides the input's and the output's channels."
    )
    bias: Bias = Field(None, description="Add a trainable number a channel; on where there is no norm.")
    norm: Norm = Field("none", description="Normalisation after it (before it with `order: pre`).")
    act: Act = Field("none", description="Activation after norm, by its name.")
    order: Annotated[Literal["post", "pre"], Takes("post or pre")] = Field(
        "post", description="`post` is conv_transpose, norm, act; `pre` is norm, act, conv_transpose."
    )

    examples = (
        Example({"out": 256, "kernel": 2, "stride": 2}, ((512, 14, 14),)),
        Example({"out": 21, "kernel": 4, "stride": 2, "pad": 1, "bias": False}, ((21, 7, 9),)),
        Example({"out": 8, "kernel": 3, "stride": 2, "pad": 1, "output_pad": 1, "groups": 4}, ((12, 5, 6),)),
        Example({"out": 5, "kernel": (3, 2), "dilation": (2, 3)}, ((4, 5, 6),)),
        Example({"out": 8, "kernel": 4, "stride": 2}, ((4, 9),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        sizes = spatial(x, self.op)
        if x[0] % self.groups or self.out % self.groups:
            raise RuleError(
                f"groups {self.groups} does not divide {x[0]} input and {self.out} output channels",
                hint="groups divides both: 1 mixes all channels, one group an input channel is depthwise",
                argument="groups",
            )
        return self.out, *map(_spread, sizes, *self._per_axis(len(sizes)).values())

    def _per_axis(self, axes: int) -> dict[str, tuple[int, ...]]:
        names = ("kernel", "stride", "pad", "output_pad", "dilation")
        return {name: per_axis(getattr(self, name), axes, name) for name in names}

    def macs(self, *inputs: Shape) -> int:
        # Each pixel of the input meets each element of the kernel once.
        return numel(inputs[0][1:]) * numel(self.weights(*inputs)["weight"])

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        (x,) = inputs
        weight = {"weight": (x[0], self.out // self.groups, *per_axis(self.kernel, len(x) - 1, "kernel"))}
        return {**weight, "bias": (self.out,)} if self.has_bias else weight

    @property
    def has_bias(self) -> bool:
        """Whether it has a bias, given or not."""
        return self.norm == "none" if self.bias is None else self.bias

    def lower(self, *inputs: Shape) -> Lowering:
        (x,) = inputs
        sizes = {name: one_if_equal(given) for name, given in self._per_axis(len(x) - 1).items()}
        kwargs: dict[str, Any] = {
            "stride": sizes["stride"], "padding": sizes["pad"], "output_padding": sizes["output_pad"],
            "groups": self.groups, "bias": self.has_bias, "dilation": sizes["dilation"],
        }  # fmt: skip
        usual = {"stride": 1, "padding": 0, "output_padding": 0, "groups": 1, "bias": True, "dilation": 1}
        kwargs = {name: value for name, value in kwargs.items() if value != usual[name]}
        call = Call(f"nn.ConvTranspose{len(x) - 1}d", (x[0], self.out, sizes["kernel"]), kwargs)
        return Lowering(module=call, overwritable=True)

    def wrapped(self) -> Wrapped | None:
        return (
            None
            if self.norm == self.act == "none"
            else boxed(self, self.norm, self.act, self.order, bias=self.has_bias)
        )


def _spread(size: int, kernel: int, stride: int, pad: int, output_pad: int, dilation: int) -> int:
    """Output size along one axis."""
    if output_pad >= max(stride, dilation):
        raise RuleError(
            f"output_pad {output_pad} is not less than the stride {stride} or the dilation {dilation}",
            hint="a larger output_pad would be pixels that no window reaches",
            argument="output_pad",
        )
    out = (size - 1) * stride - 2 * pad + dilation * (kernel - 1) + output_pad + 1
    if out < 1:
        raise RuleError(f"pad {pad} takes away all {out + 2 * pad} pixels of the output", argument="pad")
    return out
