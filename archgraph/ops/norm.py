"""Normalisations."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from archgraph.ops.arguments import Count, Flag, Number, Positive, Probability
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.ops.sizes import spatial
from archgraph.shape import Shape


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
        given = {"eps": self.eps, "momentum": self.momentum, "affine": self.affine}
        usual = {"eps": 1e-5, "momentum": 0.1, "affine": True}
        kwargs = {name: value for name, value in given.items() if value != usual[name]}
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
