"""Networks with other inputs drawn as one: what reads an input still finds it, under one name or the other."""

from __future__ import annotations

from itertools import permutations

import pytest

import archgraph
from archgraph.compare.difference import difference
from archgraph.compare.union import union
from archgraph.graph.model import Graph
from archgraph.pictures.dot import dot
from archgraph.pictures.explorer.page import page

NETWORKS = {
    "one": "input: [3, 8, 8]\ngraph: [conv: [4, 3], relu]",
    "two": "input: {a: [3, 8, 8], b: [3, 8, 8]}\ngraph: [{concat: , from: [a, b]}, conv: [8, 3], relu]",
    "three": (
        "input: {b: [3, 8, 8], x: [3, 8, 8], c: [3, 8, 8]}\n"
        "graph: [{add: , from: [x, c]}, {add: , from: [add1, b]}, conv: [8, 3]]"
    ),
}


def graph(name: str) -> Graph:
    return archgraph.expand(archgraph.loads(f"archgraph: 1\nname: {name}\n{NETWORKS[name]}\n"))


@pytest.mark.parametrize("old, new", list(permutations(NETWORKS, 2)))
def test_everything_that_is_read_is_there(old: str, new: str) -> None:
    both, marks = union(graph(old), graph(new), difference(graph(old), graph(new)))
    known = {*both.inputs, *both.nodes}
    assert {ref.node for node in both for ref in node.inputs} <= known
    assert {ref.node for ref, _ in marks.added | marks.removed} <= known
    assert list(graph(new).inputs) == [name for name in both.inputs if marks.of(name) != "removed"]
    assert dot(both, marks=marks) and page(both, marks=marks)
