"""Types of arguments: what a value may be, how an error says so, and what a search may do with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Gt, Interval, Len
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from archgraph.spec.model import Body
from archgraph.spec.vocabulary import Holds

RoleName: TypeAlias = Literal["width", "depth", "kernel", "stride", "dilation", "groups", "activation", "norm"]
ActName: TypeAlias = Literal[
    "none", "relu", "relu6", "leaky_relu", "prelu", "elu", "selu", "celu", "gelu", "silu", "mish",
    "sigmoid", "tanh", "softplus", "softsign", "hardswish", "hardsigmoid", "hardtanh", "logsigmoid",
    "hardshrink", "softshrink", "tanhshrink", "rrelu",
]  # fmt: skip
NormName: TypeAlias = Literal["none", "batch", "layer", "group", "instance", "rms"]

NORMS: Mapping[str, str] = {
    "batch": "batch_norm",
    "layer": "layer_norm",
    "group": "group_norm",
    "instance": "instance_norm",
    "rms": "rms_norm",
}
"""The op that a `norm:` stands for."""

OTHER = "other"
"""What an op sees in place of a node's name: that node's output is one of its inputs, after those of `from`."""


@dataclass(frozen=True, slots=True)
class Role:
    """What an argument means to a search: which mutation may change it."""

    name: RoleName


@dataclass(frozen=True, slots=True)
class Takes:
    """What an argument takes, in words that an error can say after "it takes"."""

    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """How the parser reads a list given to an argument; see `archgraph.spec.vocabulary.Argument`."""

    holds: Holds


class IsGraph:
    """Accepts a graph of the spec as it is."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.is_instance_schema(Body)


class AreGraphs:
    """Accepts a list of graphs, or a mapping of names to graphs, that is not empty."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_graphs)


def _graphs(value: Any) -> Any:
    graphs = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else ()
    if not graphs or not all(isinstance(graph, Body) for graph in graphs):
        raise ValueError("not graphs")
    return value


Count: TypeAlias = Annotated[int, Ge(1), Takes("a positive integer")]
Number: TypeAlias = Annotated[float, Takes("a number")]
Positive: TypeAlias = Annotated[float, Gt(0), Takes("a number above 0")]
NotNegative: TypeAlias = Annotated[float, Ge(0), Takes("a number from 0 up")]
Probability: TypeAlias = Annotated[float, Interval(ge=0, le=1), Takes("a number from 0 to 1")]
Flag: TypeAlias = Annotated[bool, Takes("true or false")]

_Size: TypeAlias = Annotated[int, Ge(1)]
_Sizes: TypeAlias = _Size | Annotated[tuple[_Size, ...], Len(1, 2)]
_Pad: TypeAlias = Annotated[int, Ge(0)]
_Pads: TypeAlias = _Pad | Annotated[tuple[_Pad, ...], Len(1, 2)]
_ONE_OR_PAIR = Takes("a positive integer or a pair of them")
_Kept: TypeAlias = Annotated[int | None, Ge(1)]

Width: TypeAlias = Annotated[int, Ge(1), Takes("a positive integer"), Role("width")]
Depth: TypeAlias = Annotated[int, Ge(1), Takes("a positive integer"), Role("depth")]
Groups: TypeAlias = Annotated[int, Ge(1), Takes("a positive integer"), Role("groups")]
Sizes: TypeAlias = Annotated[_Sizes, _ONE_OR_PAIR]
OptionalSizes: TypeAlias = Annotated[_Sizes | None, _ONE_OR_PAIR]
GridSizes: TypeAlias = Annotated[
    _Size | Annotated[tuple[_Kept, ...], Len(1, 2)],
    Takes("a positive integer or a pair of them, where null keeps the input's size"),
]
Axis: TypeAlias = Annotated[int, Interval(ge=-3, le=2), Takes("an axis: 0 is the channels, -1 the last")]
Kernel: TypeAlias = Annotated[_Sizes, _ONE_OR_PAIR, Role("kernel")]
Stride: TypeAlias = Annotated[_Sizes, _ONE_OR_PAIR, Role("stride")]
PoolStride: TypeAlias = Annotated[_Sizes | None, _ONE_OR_PAIR, Role("stride")]
Dilation: TypeAlias = Annotated[_Sizes, _ONE_OR_PAIR, Role("dilation")]
Pads: TypeAlias = Annotated[_Pads, Takes("an integer from 0 up or a pair of them")]
PoolPad: TypeAlias = Annotated[Literal["tf_same"] | _Pads, Takes("tf_same, an integer from 0 up or a pair of them")]
ConvPad: TypeAlias = Annotated[
    Literal["same", "valid", "tf_same"] | _Pads,
    Takes("same, valid, tf_same, an integer from 0 up or a pair of them"),
]
Act: TypeAlias = Annotated[ActName, Takes("none or the name of an activation"), Role("activation")]
Norm: TypeAlias = Annotated[NormName, Takes("none, batch, layer, group, instance or rms"), Role("norm")]
NormOrDefault: TypeAlias = Annotated[NormName | None, Takes("none, batch, layer, group, instance or rms"), Role("norm")]
ActOrDefault: TypeAlias = Annotated[ActName | None, Takes("none or the name of an activation"), Role("activation")]
Bias: TypeAlias = Annotated[bool | None, Takes("true or false")]
NodeName: TypeAlias = Annotated[Literal["other"] | None, Held("node"), Takes("the name of a node above")]
Graph: TypeAlias = Annotated[Body, IsGraph(), Held("graph"), Takes("a list of nodes")]
Graphs: TypeAlias = Annotated[
    tuple[Body, ...] | Mapping[str, Body],
    AreGraphs(),
    Held("graphs"),
    Takes("a list of graphs, or graphs by name"),
]
