"""Arguments and input shapes at random, from nothing but the fields of an op's class."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Interval, Len
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from archgraph.ops.base import Op
from archgraph.shape import Shape


def arguments(op: type[Op]) -> st.SearchStrategy[Mapping[str, Any]]:
    """Arguments that the op's fields take; whether its rules take them too is another matter."""
    fields = {name: _values(_annotation(field)) for name, field in op.model_fields.items()}
    required = {name: values for name, values in fields.items() if op.model_fields[name].is_required()}
    optional = {name: values for name, values in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def input_shapes(op: type[Op]) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Shapes for its inputs: mostly alike, at times each on its own."""
    rank = st.sampled_from([3, 3, 3, 2, 2, 3, 3, 1])
    shape = rank.flatmap(lambda axes: st.tuples(_channels, *[_sizes] * (axes - 1)))
    if op.arity == 1:
        return st.tuples(shape)
    count = st.integers(1, 4) if op.arity is None else st.just(op.arity)
    alike = st.tuples(shape, count).map(lambda drawn: (drawn[0],) * drawn[1])
    unlike = count.flatmap(lambda n: st.tuples(*[shape] * n))
    gated = shape.map(lambda x: (x, (x[0], *(1,) * (len(x) - 1)), (1, *x[1:])))
    return st.one_of(alike, unlike, gated) if op.arity is None else st.one_of(alike, unlike)


_channels = st.sampled_from([12, 6, 4, 8, 3, 2, 1])
_sizes = st.integers(1, 13)


def _annotation(field: FieldInfo) -> Any:
    """The annotation with its constraints, which pydantic takes apart."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _values(annotation: Any, constraints: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(inner[0], (*constraints, *inner[1:]))
    if origin in (Union, UnionType):
        return st.one_of(*(_values(member, constraints) for member in inner))
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is tuple:
        length = next((item for item in constraints if isinstance(item, Len)), Len(0))
        return st.lists(_values(inner[0]), min_size=length.min_length, max_size=length.max_length or 3).map(tuple)
    if annotation is NoneType:
        return st.none()
    if annotation is bool:
        return st.booleans()
    low = next((item.ge for item in constraints if isinstance(item, (Ge, Interval)) and item.ge is not None), None)
    if annotation is int:
        low = -3 if low is None else int(low)
        return st.integers(low, low + 2) | st.integers(low, low + 6)
    assert annotation is float, annotation
    above = any(isinstance(item, Gt) for item in constraints)
    high = 1.0 if any(isinstance(item, Interval) for item in constraints) else 3.0
    return st.floats(-3.0 if low is None and not above else 0.0, high, exclude_min=above, width=16)
