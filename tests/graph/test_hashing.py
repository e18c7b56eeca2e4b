"""The hash is blind to names and order, and to nothing else."""

from __future__ import annotations

import pytest

import archgraph
from archgraph.graph.hashing import canonical_hash
from archgraph.graph.signature import call
from archgraph.ops import OPS, make
from archgraph.ops.base import Primitive

HEAD = "archgraph: 1\nname: net\ninput: [3, 16, 16]\n"
BASE = "graph: [{conv: [8, 3], id: a}, {conv: [8, 5], from: in, id: b}, {add: , from: [a, b]}, relu: {}]"


def digest(graph: str) -> str:
    return canonical_hash(archgraph.expand(archgraph.loads(HEAD + graph)))


@pytest.mark.parametrize(
    "same",
    [
        "graph: [{conv: [8, 3], id: x}, {conv: [8, 5], from: in, id: y}, {add: , from: [x, y]}, relu: {}]",
        "graph: [{conv: [8, 5], id: b}, {conv: [8, 3], from: in, id: a}, {add: , from: [b, a]}, relu: {}]",
        "graph: [branches: {paths: [[conv: [8, 3]], [conv: [8, 5]]], merge: add}, relu: {}]",
        "graph: [{conv: [8, 3], id: a}, {identity: {}, id: i}, {conv: [8, 5], from: in, id: b}, "
        "{add: , from: [i, b]}, relu]",
    ],
)
def test_isomorphic_graphs_have_one_hash(same: str) -> None:
    assert digest(same) == digest(BASE)


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("[8, 5]", "[8, 7]"),
        BASE.replace("relu", "gelu"),
        BASE.replace("add", "mul"),
        BASE.replace(", relu: {}", ""),
        BASE.replace("[8, 3], id: a", "{out: 8, kernel: 3, bias: false}, id: a"),
        BASE.replace("from: [a, b]", "from: [a, a, b]"),
    ],
)
def test_a_difference_in_function_is_a_difference_in_hash(other: str) -> None:
    assert digest(other) != digest(BASE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("conv: [8, 3]", "conv: {out: 8, kernel: [3, 3], bias: true, stride: 1, groups: 1, pad: same, act: none}"),
        ("conv: [8, 3]", "conv: {out: 8, kernel: 3, pad: 1}"),
        ("conv: [8, 1]", "conv: {out: 8, kernel: 1, pad: valid, dilation: [1, 1]}"),
        ("conv: {out: 8, kernel: 3, norm: batch}", "conv: {out: 8, kernel: 3, norm: batch, bias: false}"),
        (
            "conv: {out: 8, kernel: 3, stride: 2, pad: tf_same}",
            "conv: {out: 8, kernel: 3, stride: [2, 2], pad: tf_same}",
        ),
        ("max_pool: 2", "max_pool: {kernel: 2, stride: 2, pad: 0, ceil: false}"),
        ("avg_pool: [3, 2]", "avg_pool: {kernel: [3, 3], stride: [2, 2], count_include_pad: true}"),
        ("adaptive_avg_pool: 2", "adaptive_avg_pool: [[2, 2]]"),
        ("global_avg_pool, linear: 8", "global_avg_pool, linear: {out: 8, bias: true}"),
        ("batch_norm", "batch_norm: {eps: 1.0e-5, momentum: 0.1, affine: true}"),
        ("leaky_relu", "leaky_relu: 0.01"),
        ("se: {reduction: 3}", "se: {reduction: 3, act: relu, gate: sigmoid}"),
        ("nn.Conv2d: [3, 8, 3]", "nn.Conv2d: {in_channels: 3, out_channels: 8, kernel_size: 3, bias: true, stride: 1}"),
        ("residual: {body: [conv: [3, 3]]}", "residual: {body: [conv: [3, 3]], shortcut: auto, act: none}"),
    ],
)
@pytest.mark.torch
def test_how_an_argument_is_written_is_not_in_the_hash(one: str, other: str) -> None:
    assert digest(f"graph: [{one}]") == digest(f"graph: [{other}]")


@pytest.mark.parametrize("name", sorted(name for name, op in OPS.items() if issubclass(op, Primitive)))
def test_a_default_that_is_written_is_not_in_the_signature(name: str) -> None:
    for example in OPS[name].examples:
        short = make(name, example.args)
        assert isinstance(short, Primitive)
        resolved = {"bias": short.has_bias} if hasattr(short, "has_bias") else {}
        full = make(name, {**dict(short), **resolved})
        assert isinstance(full, Primitive)
        assert call(full, example.inputs) == call(short, example.inputs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("conv: [8, 3]", "conv: {out: 8, kernel: 3, pad: 0}"),
        ("conv: [8, 3]", "conv: {out: 8, kernel: 3, padding_mode: reflect}"),
        ("max_pool: 2", "max_pool: {kernel: 2, stride: 1}"),
        ("avg_pool: {kernel: 3, pad: 1}", "avg_pool: {kernel: 3, pad: 1, count_include_pad: false}"),
        ("dropout: 0.1", "dropout: 0.2"),
        ("global_avg_pool: {keep: true}", "global_max_pool: {keep: true}"),
        ("upsample: {factor: 2}", "upsample: {factor: 2, mode: bilinear}"),
        ("reduce: {by: mean, over: channels}", "reduce: {by: mean, over: space}"),
    ],
)
def test_an_argument_that_counts_is_in_the_hash(one: str, other: str) -> None:
    assert digest(f"graph: [{one}]") != digest(f"graph: [{other}]")


def test_which_output_is_read_is_in_the_hash_where_it_is_the_only_one() -> None:
    read = "graph: [{conv: [8, 3]}, {split: 2, id: half}, {relu: , from: half/%d}]"
    assert digest(read % 0) != digest(read % 1)


def test_what_is_known_of_the_readers_alone_is_not_enough() -> None:
    paths = "{gelu: , from: a, id: p}, {silu: , from: a, id: q}, {gelu: , from: b, id: r}, {silu: , from: b, id: s}"
    text = "graph: [{conv: [8, 3], id: a}, {conv: [8, 5], from: in, id: b}, %s, %s, {add: , from: [x, y]}]"
    joined, crossed = (
        digest(text % (paths, f"{{mul: , from: [p, {one}], id: x}}, {{mul: , from: [r, {other}], id: y}}"))
        for one, other in ("qs", "sq")
    )
    assert joined != crossed


def test_one_that_shares_with_nobody_needed_is_like_any_other() -> None:
    unneeded = "graph: [{conv: [3, 3], id: a}, {conv: , share: a, from: in}, relu: {}]"
    assert digest(unneeded) == digest("graph: [{conv: [3, 3]}, relu: {}]")


def test_concat_keeps_the_order_of_its_inputs() -> None:
    text = "graph: [{conv: [8, 3], id: a}, {conv: [8, 5], from: in, id: b}, {concat: , from: [%s]}]"
    assert digest(text % "a, b") != digest(text % "b, a")


def test_two_equal_branches_differ_from_one_used_twice() -> None:
    two = "graph: [{conv: [8, 3], id: a}, {conv: [8, 3], from: in, id: b}, {add: , from: [a, b]}]"
    one = "graph: [{conv: [8, 3], id: a}, {add: , from: [a, a]}]"
    assert digest(two) != digest(one)


def test_every_network_of_the_zoo_has_its_own_hash() -> None:
    from archgraph.verifying import networks

    same: dict[str, list[str]] = {}
    for name, spec in networks():
        assert isinstance(spec, archgraph.Spec), spec
        same.setdefault(canonical_hash(archgraph.expand(spec)), []).append(name)
    twice = [names for names in same.values() if len(names) > 1]
    assert twice == [["act_relu", "norm_before_act"]]  # two pages of techniques begin with the same network


def test_another_input_size_is_another_network() -> None:
    spec = archgraph.loads(HEAD + BASE)
    sizes = {canonical_hash(archgraph.expand(spec, input=(3, size, size))) for size in (16, 32)}
    assert len(sizes) == 2
