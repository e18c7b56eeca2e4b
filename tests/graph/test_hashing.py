"""The hash is blind to names and order, and to nothing else."""

from __future__ import annotations

import pytest

import archgraph
from archgraph.graph.hashing import canonical_hash

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
