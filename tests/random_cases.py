"""Arguments and input shapes at random that mostly go together, for the contract tests.

An op whose fields alone seldom give any that do has a line in `FITTING`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from hypothesis import strategies as st
from random_arguments import CHANNELS, SIZES, Args, Shapes, any_shape, arguments, input_shapes, shape_of, value_of

from archgraph.ops.base import Op
from archgraph.shape import Shape, numel

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
        args[kept] = draw(value_of(op, kept))
    if op.op in FITTING:
        return FITTING[op.op](draw, args)
    return _fitting(draw, op, args)


def _fitting(draw: Draw, op: type[Op], args: Args) -> tuple[Args, Shapes]:
    """Shapes with as many axes as the arguments speak of, and channels that the groups divide."""
    lengths = {len(value) for value in args.values() if isinstance(value, tuple)}
    shapes: list[Shape] = list(draw(input_shapes(op, args)))
    if lengths and max(lengths) <= 2:
        shapes = [draw(shape_of(max(lengths) + 1)) if len(x) != max(lengths) + 1 else x for x in shapes]
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
    return draw(shape_of(2 if short else 3))


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
        return {**args, "like": "other"}, (x, x, (draw(CHANNELS), *sizes))
    return args, (x, x)


def _crop(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    x = _map(draw, args) if "box" not in args else draw(st.sampled_from([2, 3]).flatmap(shape_of))
    if "box" in args:
        starts = [draw(st.integers(0, size - 1)) for size in x[1:]]
        args["box"] = (*starts, *(draw(st.integers(1, size - at + 1)) for at, size in zip(starts, x[1:], strict=True)))
    if "like" in args:
        return args, (x, (draw(CHANNELS), *(draw(st.integers(1, size + 1)) for size in x[1:])))
    return args, (x,)


def _matmul(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    rows, inner, columns, lead = (draw(SIZES) for _ in range(4))
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
    shape = list(draw(any_shape))
    axis = args["axis"] = draw(st.integers(-len(shape), len(shape) - 1))
    shape[axis] = sum(args["sizes"]) if "sizes" in args else args["parts"] * draw(st.integers(1, 4))
    return args, (tuple(shape),)


def _slice(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    shape = draw(any_shape)
    args["axis"] = draw(st.integers(-len(shape), len(shape) - 1))
    return args, (shape,)


def _along(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    shape = tuple(2 * size for size in draw(any_shape))
    args["axis"] = draw(st.integers(-len(shape), len(shape) - 1))
    return args, (shape,)


def _permute(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    shape = draw(any_shape)
    return {"order": tuple(draw(st.permutations(range(len(shape)))))}, (shape,)


def _reshape(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    shape = draw(any_shape)
    first = draw(st.sampled_from([n for n in range(1, numel(shape) + 1) if numel(shape) % n == 0]))
    to = list(draw(st.sampled_from([(first, numel(shape) // first), (numel(shape),), (1, first, -1)])))
    if draw(st.booleans()):
        to[draw(st.integers(0, len(to) - 1))] = -1
    return {"to": tuple(to)}, (shape,)


def _pixel_shuffle(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    channels = draw(st.integers(1, 3)) * args["factor"] ** 2
    return args, ((channels, draw(SIZES), draw(SIZES)),)


def _pixel_unshuffle(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    return args, ((draw(CHANNELS), *(args["factor"] * draw(st.integers(1, 4)) for _ in range(2))),)


def _vector(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    return args, (draw(shape_of(draw(st.integers(1, 2)))),)


def _tokens(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    return args, (draw(shape_of(2)),)


def _untokens(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    features = draw(CHANNELS)
    if "like" in args:
        like = draw(shape_of(draw(st.integers(2, 3))))
        return args, ((numel(like[1:]), features), like)
    size = args["size"]
    return args, ((size**2 if isinstance(size, int) else numel(size), features),)


def _of_windows(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    like = draw(shape_of(3))
    window = _pair(args["window"], 2)
    sides = (*window, *window)[:2]
    rows, columns = (-(-size // side) * side for size, side in zip(like[1:], sides, strict=True))
    if "shift" in args:
        args["shift"] = tuple(draw(st.integers(0, side)) for side in sides)
    features = 3 * args["heads"] * draw(st.integers(1, 3)) if "heads" in args else draw(CHANNELS)
    return args, ((rows * columns, features), like)


def _attention(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    heads, asked, others = args["heads"], draw(SIZES), draw(SIZES)
    key, value = (heads * draw(st.integers(1, 3)) for _ in range(2))
    count = draw(st.integers(1, 3))
    if args.get("value") is None:
        args.pop("value", None)
        value = key if count == 1 else value
    else:
        args["value"] = value
    widths = {1: (2 * key + value,), 2: (key, key + value), 3: (key, key, value)}[count]
    return args, tuple((n, width) for n, width in zip((asked, others, others), widths, strict=False))


def _streams(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    """Streams each of half the size of the one before."""
    channels, height, width = draw(shape_of(3))
    shapes: list[Shape] = []
    for _ in range(draw(st.integers(1, 3))):
        shapes.append((channels * 2 ** len(shapes), height, width))
        height, width = -(-height // 2), -(-width // 2)
    if "widths" in args:
        args["widths"] = tuple(x[0] for x in shapes)
        args["widths"] += (5,) * draw(st.integers(0, 1))
    return args, tuple(shapes)


def _self_attention(draw: Draw, args: Args) -> tuple[Args, Shapes]:
    """Tokens or a map, with features that the heads divide."""
    features = args["heads"] * draw(st.integers(1, 3))
    for name in ("dim", "value_dim"):
        if args.get(name):
            args[name] *= args["heads"]
    if args.get("window") or draw(st.booleans()):
        return args, ((features, draw(SIZES), draw(SIZES)),)
    return args, ((draw(SIZES), features),)


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
    "attention": _self_attention,
    "transformer": _self_attention,
    "parallel": _streams,
    "hr_transition": _streams,
    "hr_fusion": _streams,
    **dict.fromkeys(("glu", "softmax", "softmin", "log_softmax"), _along),
}
"""Arguments and shapes that go together, for ops whose fields alone seldom give any."""
