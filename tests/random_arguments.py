"""Arguments at random from nothing but the fields of an op's class, and input shapes that mostly go with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from annotated_types import Ge, Gt, Interval, Len
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from archgraph.ops.arguments import AreGraphs, IsGraph
from archgraph.ops.base import Op
from archgraph.ops.signatures import node_arguments
from archgraph.shape import Shape, numel
from archgraph.spec.model import Body, NodeSpec

Args: TypeAlias = dict[str, Any]
Shapes: TypeAlias = tuple[Shape, ...]
Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

ONE_OF = {
    "upsample": ("factor", "size", "like"),
    "crop": ("size", "like", "box"),
    "split": ("parts", "sizes"),
    "untokens": ("size", "like"),
    "dense": ("growth", "body"),
    "parallel": ("body", "paths"),
}
"""Arguments of which an op takes one."""


@st.composite
def cases(draw: Draw, op: type[Op]) -> tuple[Args, Shapes]:
    """Arguments that the op's fields take, with input shapes; whether its rules take them too is another matter."""
    args = dict(draw(arguments(op)))
    if draw(st.integers(0, 7)) == 0:
        return args, draw(input_shapes(op, args))
    if op.op in ONE_OF:
        kept = draw(st.sampled_from(ONE_OF[op.op]))
        args = {name: value for name, value in args.items() if name not in ONE_OF[op.op]}
        args[kept] = draw(_given(op, kept))
    if op.op in FITTING:
        return FITTING[op.op](draw, args)
    return _fitting(draw, op, args)


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
    shape = _any_shape
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


_channels = st.sampled_from([12, 6, 4, 8, 3, 2, 1])
_sizes = st.integers(1, 13)
_ranks = st.sampled_from([3, 3, 3, 2, 2, 3, 3, 1])


@cache
def _shape_of(rank: int) -> st.SearchStrategy[Shape]:
    return st.tuples(_channels, *[_sizes] * (rank - 1))


_any_shape = _ranks.flatmap(_shape_of)


@cache
def _given(op: type[Op], argument: str) -> st.SearchStrategy[Any]:
    """Values of an argument, without null."""
    return _values(_annotation(op.model_fields[argument])).filter(lambda value: value is not None)


def _fitting(draw: Draw, op: type[Op], args: Args) -> tuple[Args, Shapes]:
    """Shapes with as many axes as the arguments speak of, and channels that the groups divide."""
    lengths = {len(value) for value in args.values() if isinstance(value, tuple)}
    shapes: list[Shape] = list(draw(input_shapes(op, args)))
    if lengths and max(lengths) <= 2:
        shapes = [draw(_shape_of(max(lengths) + 1)) if len(x) != max(lengths) + 1 else x for x in shapes]
    groups = args.get("groups", args.get("heads"))
    if groups:
        shapes = [(groups * draw(st.integers(1, 3)), *x[1:]) for x in shapes]
        if "out" in args:
            args["out"] = groups * draw(st.integers(1, 3))
    return args, tuple(shapes)


def _pair(value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """One value an axis, as far as it has them."""
    return (value,) * axes if isinstance(value, int) else tuple(value)[:axes]


def _map(draw: Draw, args: Args) -> Shape:
    """A map, or a sequence where the arguments speak of one axis."""
    short = any(isinstance(value, tuple) and len(value) == 1 for value in args.values())
    return draw(_shape_of(2 if short else 3))


def _max_unpool(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    x = _map(draw, args)
    kernel, pad = (_pair(args.get(name, 0), len(x) - 1) for name in ("kernel", "pad"))
    stride = kernel if args.get("stride") is None else _pair(args["stride"], len(x) - 1)
    sizes = [
        max(1, (size - 1) * step - 2 * before + reach + draw(st.integers(-step, step)))
        for size, step, before, reach in zip(x[1:], stride, pad, kernel, strict=False)
    ]
    given = draw(st.sampled_from(["size", "like", "neither"]))
    args = {name: value for name, value in args.items() if name not in ("size", "like")}
    if given == "size":
        args["size"] = tuple(sizes)
    if given == "like":
        return {**args, "like": "other"}, (x, x, (draw(_channels), *sizes))
    return args, (x, x)


def _crop(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    x = _map(draw, args) if "box" not in args else draw(st.sampled_from([2, 3]).flatmap(_shape_of))
    if "box" in args:
        starts = [draw(st.integers(0, size - 1)) for size in x[1:]]
        args["box"] = (*starts, *(draw(st.integers(1, size - at + 1)) for at, size in zip(starts, x[1:], strict=True)))
    if "like" in args:
        return args, (x, (draw(_channels), *(draw(st.integers(1, size + 1)) for size in x[1:])))
    return args, (x,)


def _matmul(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    rows, inner, columns, lead = (draw(_sizes) for _ in range(4))
    first, second = (rows, inner), (inner, columns)
    if args.get("transpose_first"):
        first = first[::-1]
    if args.get("transpose_second"):
        second = second[::-1]
    kind = draw(st.sampled_from(["plain", "lead", "one"]))
    if kind == "plain":
        return args, (first, second)
    return args, ((lead, *first), (1 if kind == "one" else lead, *second))


def _split(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    shape = list(draw(_any_shape))
    axis = args["axis"] = draw(st.integers(-len(shape), len(shape) - 1))
    shape[axis] = sum(args["sizes"]) if "sizes" in args else args["parts"] * draw(st.integers(1, 4))
    return args, (tuple(shape),)


def _slice(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    shape = draw(_any_shape)
    args["axis"] = draw(st.integers(-len(shape), len(shape) - 1))
    return args, (shape,)


def _along(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    shape = tuple(2 * size for size in draw(_any_shape))
    args["axis"] = draw(st.integers(-len(shape), len(shape) - 1))
    return args, (shape,)


def _permute(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    shape = draw(_any_shape)
    return {"order": tuple(draw(st.permutations(range(len(shape)))))}, (shape,)


def _reshape(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    shape = draw(_any_shape)
    first = draw(st.sampled_from([n for n in range(1, numel(shape) + 1) if numel(shape) % n == 0]))
    to = list(draw(st.sampled_from([(first, numel(shape) // first), (numel(shape),), (1, first, -1)])))
    if draw(st.booleans()):
        to[draw(st.integers(0, len(to) - 1))] = -1
    return {"to": tuple(to)}, (shape,)


def _pixel_shuffle(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    channels = draw(st.integers(1, 3)) * args["factor"] ** 2
    return args, ((channels, draw(_sizes), draw(_sizes)),)


def _pixel_unshuffle(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    return args, ((draw(_channels), *(args["factor"] * draw(st.integers(1, 4)) for _ in range(2))),)


def _vector(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    return args, (draw(_shape_of(draw(st.integers(1, 2)))),)


def _tokens(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    return args, (draw(_shape_of(2)),)


def _untokens(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    features = draw(_channels)
    if "like" in args:
        like = draw(_shape_of(draw(st.integers(2, 3))))
        return args, ((numel(like[1:]), features), like)
    size = args["size"]
    return args, ((size**2 if isinstance(size, int) else numel(size), features),)


def _of_windows(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    like = draw(_shape_of(3))
    window = _pair(args["window"], 2)
    sides = (*window, *window)[:2]
    rows, columns = (-(-size // side) * side for size, side in zip(like[1:], sides, strict=True))
    if "shift" in args:
        args["shift"] = tuple(draw(st.integers(0, side)) for side in sides)
    features = 3 * args["heads"] * draw(st.integers(1, 3)) if "heads" in args else draw(_channels)
    return args, ((rows * columns, features), like)


def _attention(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    heads, asked, others = args["heads"], draw(_sizes), draw(_sizes)
    key, value = (heads * draw(st.integers(1, 3)) for _ in range(2))
    count = draw(st.integers(1, 3))
    if args.get("value") is None:
        args.pop("value", None)
        value = key if count == 1 else value
    else:
        args["value"] = value
    widths = {1: (2 * key + value,), 2: (key, key + value), 3: (key, key, value)}[count]
    return args, tuple((n, width) for n, width in zip((asked, others, others), widths, strict=False))


FITTING: Mapping[str, Callable[[Draw, Args], tuple[Args, Shapes]]] = {
    "max_unpool": _max_unpool,
    "crop": _crop,
    "matmul": _matmul,
    "split": _split,
    "slice": _slice,
    "permute": _permute,
    "reshape": _reshape,
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "linear": _vector,
    "rbf": _vector,
    "class_token": _tokens,
    "untokens": _untokens,
    "unwindows": _of_windows,
    "window_attention": _of_windows,
    "dot_product_attention": _attention,
    **dict.fromkeys(("glu", "softmax", "softmin", "log_softmax"), _along),
}
"""Arguments and shapes that go together, for ops whose fields alone seldom give any."""


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
    if origin is tuple:
        length = next((item for item in constraints if isinstance(item, Len)), Len(0))
        return st.lists(_values(inner[0]), min_size=length.min_length, max_size=length.max_length or 3).map(tuple)
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
