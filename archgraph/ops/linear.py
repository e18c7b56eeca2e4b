"""The fully connected layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Act, Bias, Count, Norm, Takes
from archgraph.ops.base import Call, Example, Lowering, Primitive, Wrapped
from archgraph.ops.boxes import boxed
from archgraph.shape import Shape, numel, show


class Linear(Primitive):
    """Fully connected layer, with the normalisation and activation that go with it.

    `(C,) -> (out,)`, and tokens `(N, C) -> (N, out)`.
    A map is not flattened silently: put `flatten` or a global pool before it. With `norm` or `act` it stands
    for a box of up to three nodes, as conv does; the bias is left out where the box has a norm.
    Source: torch.nn.Linear.
    """

    op = "linear"
    out: Count = Field(description="Output features.")
    bias: Bias = Field(None, description="Add a trainable number a feature; on where there is no norm.")
    norm: Norm = Field("none", description="Normalisation after it (before it with `order: pre`).")
    act: Act = Field("none", description="Activation after norm, by its name.")
    order: Annotated[Literal["post", "pre"], Takes("post or pre")] = Field(
        "post", description="`post` is linear, norm, act; `pre` is norm, act, linear."
    )

    examples = (
        Example({"out": 1000}, ((2048,),)),
        Example({"out": 7, "bias": False}, ((5,),)),
        Example({"out": 576}, ((197, 192),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        features(inputs[0], self.op)
        return *inputs[0][:-1], self.out

    def macs(self, *inputs: Shape) -> int:
        return numel(self.shape(*inputs)) * inputs[0][-1]

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        weight = {"weight": (self.out, inputs[0][-1])}
        return {**weight, "bias": (self.out,)} if self.has_bias else weight

    @property
    def has_bias(self) -> bool:
        """Whether it has a bias, given or not."""
        return self.norm == "none" if self.bias is None else self.bias

    def lower(self, *inputs: Shape) -> Lowering:
        kwargs = {} if self.has_bias else {"bias": False}
        call = Call("nn.Linear", (inputs[0][-1], self.out), kwargs)
        return Lowering(module=call, overwritable=True)

    def wrapped(self) -> Wrapped | None:
        return (
            None
            if self.norm == self.act == "none"
            else boxed(self, self.norm, self.act, self.order, bias=self.has_bias)
        )


def features(shape: Shape, op: str) -> int:
    """The features of a vector or of tokens. Raises RuleError for a map."""
    if len(shape) in (1, 2):
        return shape[-1]
    raise RuleError(
        f"{op} takes a vector (C,) or tokens (N, C), given the map {show(shape)}",
        hint="put `flatten`, `global_avg_pool` or `tokens` before it",
        argument="from",
    )
