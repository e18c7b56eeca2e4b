"""Arguments at random from nothing but the fields of an op's class, and input shapes."""

from __future__ import annotations

from collections import abc
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from annotated_types import Ge, Gt, Interval, Len, MinLen
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from archgraph.ops.arguments import AreGraphs, IsGraph
from archgraph.ops.base import Op
from archgraph.ops.signatures import node_arguments
from archgraph.shape import Shape
from archgraph.spec.model import Body, NodeSpec

Args: TypeAlias = dict[str, Any]
Shapes: TypeAlias = tuple[Shape, ...]


@cache
def arguments(op: type[Op]) -> st.SearchStrategy[Mapping[str, Any]]:
    """Arguments that the op's fields take."""
    fields = {name: _values(_annotation(field)) for name, field in op.model_fields.items()}
    if op.model_config.get("extra") == "allow":
        fields |= {"plain": _bodies, "wide": _bodies}
    required = {name: fields[name] for name, field in op.model_fields.items() if field.is_required()}
    optional = {name: values for name, values in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def input_shapes(op: type[Op], args: Args) -> st.SearchStrategy[Shapes]:
    """Shapes for its inputs: mostly alike, at times each on its own; and for the nodes that arguments name."""
    return _input_shapes(op, sum(args.get(name) is not None for name in node_arguments(op)))


@cache
def _input_shapes(op: type[Op], named: int) -> st.SearchStrategy[Shapes]:
    shape = any_shape
    others = st.tuples(*[shape] * named)
    if op.arity == 1:
        given = st.tuples(shape)
    else:
        count = st.integers(1, 4) if op.arity is None else st.just(op.arity)
        alike = st.tuples(shape, count).map(lambda drawn: (drawn[0],) * drawn[1])
        unlike = count.flatmap(lambda n: st.tuples(*[shape] * n))
        gated = shape.map(lambda x: (x, (x[0], *(1,) * (len(x) - 1)), (1, *x[1:])))
        given = st.one_of(alike, unlike, gated) if op.arity is None else st.one_of(alike, unlike)
    return st.tuples(given, others).map(lambda drawn: drawn[0] + drawn[1])


CHANNELS = st.sampled_from([12, 6, 4, 8, 3, 2, 1])
SIZES = st.integers(1, 13)
_ranks = st.sampled_from([3, 3, 3, 2, 2, 3, 3, 1])


@cache
def shape_of(rank: int) -> st.SearchStrategy[Shape]:
    return st.tuples(CHANNELS, *[SIZES] * (rank - 1))


any_shape = _ranks.flatmap(shape_of)


@cache
def value_of(op: type[Op], argument: str) -> st.SearchStrategy[Any]:
    """Values of an argument, without null."""
    return _values(_annotation(op.model_fields[argument])).filter(lambda value: value is not None)


def _annotation(field: FieldInfo) -> Any:
    """The annotation with its constraints, which pydantic takes apart."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


_NODES = (
    NodeSpec("conv", {"out": 8, "kernel": 3}),
    NodeSpec("conv", {"out": 4, "kernel": 1, "norm": "batch", "act": "relu"}),
    NodeSpec("max_pool", {"kernel": 3, "stride": 2, "pad": 1}),
    NodeSpec("gelu"),
    NodeSpec("se", {"reduction": 2}),
)
_bodies = st.lists(st.sampled_from(_NODES), max_size=2).map(lambda nodes: Body(tuple(nodes)))


def _values(annotation: Any, constraints: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if any(isinstance(item, AreGraphs) for item in constraints):
        lists = st.lists(_bodies, min_size=1, max_size=3).map(tuple)
        return lists | st.dictionaries(st.sampled_from(["left", "right", "down"]), _bodies, min_size=1)
    if origin is Annotated:
        return _values(inner[0], (*constraints, *inner[1:]))
    if origin in (Union, UnionType):
        return st.one_of(*(_values(member, constraints) for member in inner))
    if origin is Literal:
        return st.sampled_from(inner)
    if annotation is Body or (any(isinstance(item, IsGraph) for item in constraints) and annotation is not NoneType):
        return _bodies
    if origin is abc.Mapping:
        return st.dictionaries(st.just("c"), st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple))
    if origin is tuple:
        length = next((item for item in constraints if isinstance(item, (Len, MinLen))), Len(0))
        return st.lists(
            _values(inner[0]), min_size=length.min_length, max_size=getattr(length, "max_length", None) or 3
        ).map(tuple)
    return _scalars(annotation, constraints)


def _scalars(annotation: Any, constraints: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if annotation is NoneType:
        return st.none()
    if annotation is bool:
        return st.booleans()
    if annotation is str:
        return st.sampled_from(["plain", "wide"])
    low = next((item.ge for item in constraints if isinstance(item, (Ge, Interval)) and item.ge is not None), None)
    if annotation is int:
        low = -3 if low is None else int(low)
        high = next((item.le for item in constraints if isinstance(item, Interval) and item.le is not None), low + 6)
        return st.integers(low, min(low + 2, high)) | st.integers(low, high)
    assert annotation is float, annotation
    above = any(isinstance(item, Gt) for item in constraints)
    high = 1.0 if any(isinstance(item, Interval) for item in constraints) else 3.0
    return st.floats(-3.0 if low is None and not above else 0.0, high, exclude_min=above, width=16)
