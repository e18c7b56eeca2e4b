"""Activations by their torch names: each element on its own, shapes unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Flag, NotNegative, Number, Positive, Takes
from archgraph.ops.base import Call, Example, Lowering, Primitive
from archgraph.shape import Shape

_MAP = ((8, 6, 5),)


class Activation(Primitive):
    """An op on every element. Its fields are arguments of its torch class, names and defaults the same.

    `in_place` is how torch overwrites the input: by the module's `inplace`, or by a method. It is None where
    the gradient needs the input, so that torch would keep a copy and nothing would be saved.
    """

    torch_class: ClassVar[str]
    in_place: ClassVar[str | None] = None

    examples = (Example({}, _MAP), Example({}, ((10,),)))

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return 0

    def lower(self, *inputs: Shape) -> Lowering:
        fields = type(self).model_fields
        kwargs = {name: value for name, value in self if value != fields[name].default}
        call = Call(f"nn.{self.torch_class}", (), kwargs)
        if self.in_place is None:
            return Lowering(module=call, overwritable=True)
        if self.in_place == "module":
            over = Lowering(module=call._replace(kwargs={**kwargs, "inplace": True}))
        else:
            over = Lowering(self.in_place)
        return Lowering(module=call, in_place=over)


class ReLU(Activation):
    """max(0, x).

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.ReLU.
    """

    op = "relu"
    torch_class = "ReLU"
    in_place = "module"


class ReLU6(Activation):
    """min(max(0, x), 6).

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: arXiv:1704.04861; torch.nn.ReLU6.
    """

    op = "relu6"
    torch_class = "ReLU6"


class LeakyReLU(Activation):
    """x where it is positive, else negative_slope * x.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.LeakyReLU.
    """

    op = "leaky_relu"
    torch_class = "LeakyReLU"
    in_place = "module"
    negative_slope: NotNegative = Field(0.01, description="Slope below 0.")

    examples = (Example({}, _MAP), Example({"negative_slope": 0.2}, ((10,),)))


class PReLU(Activation):
    """x where it is positive, else a trainable slope times x.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: arXiv:1502.01852; torch.nn.PReLU.
    """

    op = "prelu"
    torch_class = "PReLU"
    per_channel: Flag = Field(False, description="A slope for each channel, in place of one for all.")
    init: Number = Field(0.25, description="The slope before training.")

    examples = (
        Example({}, _MAP),
        Example({"per_channel": True, "init": 0.1}, _MAP),
    )

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        return {"weight": (inputs[0][0] if self.per_channel else 1,)}

    def lower(self, *inputs: Shape) -> Lowering:
        kwargs = {} if self.init == 0.25 else {"init": self.init}
        call = Call("nn.PReLU", (inputs[0][0],) if self.per_channel else (), kwargs)
        return Lowering(module=call, overwritable=True)


class ELU(Activation):
    """x where it is positive, else alpha * (exp(x) - 1).

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: arXiv:1511.07289; torch.nn.ELU.
    """

    op = "elu"
    torch_class = "ELU"
    in_place = "module"
    alpha: NotNegative = Field(1.0, description="The value far below 0, with its sign turned.")

    examples = (Example({}, _MAP), Example({"alpha": 0.5}, ((10,),)))


class SELU(Activation):
    """The elu whose constants keep mean 0 and variance 1 from layer to layer.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: arXiv:1706.02515; torch.nn.SELU.
    """

    op = "selu"
    torch_class = "SELU"
    in_place = "module"


class CELU(Activation):
    """x where it is positive, else alpha * (exp(x / alpha) - 1).

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: arXiv:1704.07483; torch.nn.CELU.
    """

    op = "celu"
    torch_class = "CELU"
    in_place = "module"
    alpha: Positive = Field(1.0, description="The value far below 0, with its sign turned.")

    examples = (Example({}, _MAP), Example({"alpha": 0.5}, ((10,),)))


class GELU(Activation):
    """x times the normal distribution's share below x.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: arXiv:1606.08415; torch.nn.GELU.
    """

    op = "gelu"
    torch_class = "GELU"
    approximate: Annotated[Literal["none", "tanh"], Takes("none or tanh")] = Field(
        "none", description="`tanh` is the faster formula of the first transformers."
    )

    examples = (Example({}, _MAP), Example({"approximate": "tanh"}, ((10,),)))


class SiLU(Activation):
    """x * sigmoid(x), also called swish.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: arXiv:1702.03118; torch.nn.SiLU.
    """

    op = "silu"
    torch_class = "SiLU"


class Mish(Activation):
    """x * tanh(softplus(x)).

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: arXiv:1908.08681; torch.nn.Mish.
    """

    op = "mish"
    torch_class = "Mish"


class Sigmoid(Activation):
    """1 / (1 + exp(-x)).

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Sigmoid.
    """

    op = "sigmoid"
    torch_class = "Sigmoid"
    in_place = "{0}.sigmoid_()"


class Tanh(Activation):
    """The hyperbolic tangent.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Tanh.
    """

    op = "tanh"
    torch_class = "Tanh"
    in_place = "{0}.tanh_()"


class Softplus(Activation):
    """log(1 + exp(beta * x)) / beta, a smooth relu.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Softplus.
    """

    op = "softplus"
    torch_class = "Softplus"
    beta: Positive = Field(1.0, description="Sharpness of the bend.")
    threshold: Number = Field(20.0, description="Above this value of beta * x it is x itself.")

    examples = (
        Example({}, _MAP),
        Example({"beta": 2.0, "threshold": 10.0}, ((10,),)),
    )


class Softsign(Activation):
    """x / (1 + abs(x)).

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Softsign.
    """

    op = "softsign"
    torch_class = "Softsign"


class Hardswish(Activation):
    """x * min(max(0, x + 3), 6) / 6.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: arXiv:1905.02244; torch.nn.Hardswish.
    """

    op = "hardswish"
    torch_class = "Hardswish"


class Hardsigmoid(Activation):
    """min(max(0, x + 3), 6) / 6.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Hardsigmoid.
    """

    op = "hardsigmoid"
    torch_class = "Hardsigmoid"


class Hardtanh(Activation):
    """x between two limits, the limits beyond them.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Hardtanh.
    """

    op = "hardtanh"
    torch_class = "Hardtanh"
    min_val: Number = Field(-1.0, description="The least value given.")
    max_val: Number = Field(1.0, description="The greatest value given, above min_val.")

    examples = (
        Example({}, _MAP),
        Example({"min_val": 0.0, "max_val": 2.0}, ((10,),)),
    )

    def shape(self, *inputs: Shape) -> Shape:
        if self.max_val <= self.min_val:
            raise RuleError(f"max_val {self.max_val} is not above min_val {self.min_val}", argument="max_val")
        return inputs[0]


class LogSigmoid(Activation):
    """log(1 / (1 + exp(-x))).

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.LogSigmoid.
    """

    op = "logsigmoid"
    torch_class = "LogSigmoid"


class Hardshrink(Activation):
    """x where abs(x) is above lambd, else 0.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Hardshrink.
    """

    op = "hardshrink"
    torch_class = "Hardshrink"
    lambd: NotNegative = Field(0.5, description="Half the width of the flat part.")

    examples = (Example({}, _MAP), Example({"lambd": 0.1}, ((10,),)))


class Softshrink(Activation):
    """x brought nearer to 0 by lambd, 0 where it would pass it.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Softshrink.
    """

    op = "softshrink"
    torch_class = "Softshrink"
    lambd: NotNegative = Field(0.5, description="Half the width of the flat part.")

    examples = (Example({}, _MAP), Example({"lambd": 0.1}, ((10,),)))


class Tanhshrink(Activation):
    """x - tanh(x).

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Tanhshrink.
    """

    op = "tanhshrink"
    torch_class = "Tanhshrink"


class RReLU(Activation):
    """x where it is positive, else x times a slope drawn at random; in eval mode times the mean slope.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: arXiv:1505.00853; torch.nn.RReLU.
    """

    op = "rrelu"
    torch_class = "RReLU"
    least: Number = Field(1 / 8, description="The least slope.")
    most: Number = Field(1 / 3, description="The greatest slope, not below the least.")

    examples = (Example({}, _MAP), Example({"least": 0.1, "most": 0.2}, ((10,),)))

    def shape(self, *inputs: Shape) -> Shape:
        if self.most < self.least:
            raise RuleError(f"most {self.most} is below least {self.least}", argument="most")
        return inputs[0]

    def lower(self, *inputs: Shape) -> Lowering:
        kwargs = {} if (self.least, self.most) == (1 / 8, 1 / 3) else {"lower": self.least, "upper": self.most}
        return Lowering(module=Call("nn.RReLU", (), kwargs), overwritable=True)


class Threshold(Activation):
    """x where it is above a threshold, else a value.

    `(C, H, W) -> (C, H, W)`, any shape.
    Source: torch.nn.Threshold.
    """

    op = "threshold"
    torch_class = "Threshold"
    in_place = "module"
    threshold: Number = Field(description="Where x begins to pass.")
    value: Number = Field(0.0, description="What is given below it.")

    examples = (Example({"threshold": 0.1}, _MAP), Example({"threshold": -1.0, "value": 20.0}, ((10,),)))

    def lower(self, *inputs: Shape) -> Lowering:
        call = Call("nn.Threshold", (self.threshold, self.value))
        return Lowering(module=call, in_place=Lowering(module=call._replace(kwargs={"inplace": True})))
