"""Networks with other inputs and outputs drawn as one: what is read is there, under one name or the other."""

from __future__ import annotations

import re
from itertools import permutations

import pytest

import archgraph
from archgraph.compare.difference import difference
from archgraph.compare.union import union
from archgraph.graph.model import Graph
from archgraph.pictures.dot import dot
from archgraph.pictures.explorer.contents import contents
from archgraph.pictures.explorer.page import page
from archgraph.pictures.theme import THEMES

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
    assert {arrow.carries.node for arrow in marks.added | marks.removed} <= known
    assert list(graph(new).inputs) == [name for name in both.inputs if marks.of(name) != "removed"]
    assert dot(both, marks=marks) and page(both, marks=marks)


def test_an_output_that_is_taken_elsewhere_has_an_arrow_from_either_place() -> None:
    nodes = "input: [3, 8, 8]\ngraph: [{conv: [4, 3], id: a}, {relu: , id: b}, {conv: [4, 3], id: c}]\n"
    old, new = (
        archgraph.expand(archgraph.loads(f"archgraph: 1\nname: net\n{nodes}outputs: {{x: {taken}, y: c}}"))
        for taken in "ab"
    )
    both, marks = union(old, new, difference(old, new))
    known = contents(both, marks=marks)
    places = {part["name"]: number for number, part in enumerate(known["parts"])}
    x = len(known["parts"]) + len(known["inputs"])  # The page counts outputs after inputs, and those after the parts.
    assert known["removed"] == [[places["a"], 0, x]] and known["added"] == [[places["b"], 0, x]]
    assert page(both, marks=marks)


def test_an_output_with_the_name_of_a_node_is_not_taken_for_it() -> None:
    old, new = (
        archgraph.expand(
            archgraph.loads(
                "archgraph: 1\nname: net\ninput: [3, 8, 8]\n"
                f"graph: [{{conv: [4, {kernel}], id: a}}, {{relu: , id: b}}]\noutputs: {{{outputs}}}"
            )
        )
        for kernel, outputs in ((1, "a: b"), (3, "a: b, b: a"))
    )
    both, marks = union(old, new, difference(old, new))
    assert dict(marks.status) == {"a": "changed"} and dict(marks.outputs) == {"b": "added"}
    known = contents(both, marks=marks)
    assert [part.get("status") for part in known["parts"]] == ["changed", None]
    assert [output.get("status") for output in known["outputs"]] == [None, "added"]
    drawn = dot(both, marks=marks)
    fills = {end: re.search(rf'"output {end}" \[.*fillcolor="(.*?)"', drawn) for end in "ab"}
    assert fills["a"] is None and (found := fills["b"]) and found[1] == THEMES["colour"].status["added"].fill
    assert ">added</font>" in drawn and ">changed</font>" in drawn, "the legend tells both"
