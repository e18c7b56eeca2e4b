"""Two networks in one picture: only what changed is open, and what is far from it is one box."""

from __future__ import annotations

import re
from random import Random

import pytest

import archgraph
from archgraph.compare.difference import difference
from archgraph.compare.marks import Marks
from archgraph.compare.union import union
from archgraph.graph.model import Graph
from archgraph.graph.outline import Part, shown
from archgraph.graph.wording import human
from archgraph.pictures.comparison import difference_drawing
from archgraph.pictures.explorer.contents import contents
from archgraph.pictures.surroundings import is_several, says_instead, surroundings
from archgraph.pictures.theme import STATUS
from archgraph.search.mutations import Mutated, mutate

STAGES = """\
archgraph: 1
name: stages
input: [3, 16, 16]
blocks:
  unit:
    args: {planes: int}
    graph:
      - conv: [$planes, 3]
      - %s
graph:
  - {conv: [8, 3], id: stem}
  - {unit: $w, each: {w: [8, 16, 24, 32, 40]}, id: stage}
  - %s
  - linear: 2
"""


def stages(inner: str = "conv: [$planes, 1]", last: str = "global_avg_pool") -> Graph:
    """Five stages of a block, unlike in their widths alone."""
    return archgraph.expand(archgraph.loads(STAGES % (inner, last)))


def child_of(name: str, operator: str, seed: int = 0) -> tuple[Graph, Graph]:
    """A network and a child of it."""
    spec = archgraph.load(name)
    made = mutate(spec, operator, Random(seed))
    assert isinstance(made, Mutated)
    return archgraph.expand(spec), archgraph.expand(made.spec)


def both(old: Graph, new: Graph) -> tuple[Graph, Marks]:
    return union(old, new, difference(old, new))


def opened(parts: tuple[Part, ...]) -> list[Part]:
    """The boxes that are open, from the outermost."""
    return [one for part in parts if part.parts for one in (part, *opened(part.parts))]


@pytest.mark.parametrize("operator", ["attention", "kernel", "skip", "depth"])
@pytest.mark.parametrize("beside", [None, 0, 2])
def test_every_node_is_drawn_once_and_only_boxes_with_a_change_are_open(operator: str, beside: int | None) -> None:
    graph, marks = both(*child_of("resnet50", operator))
    parts = surroundings(graph, marks, beside=beside)
    drawn = sorted(node.name for part in shown(parts) for node in part.nodes)
    assert drawn == sorted(graph.nodes)
    for part in opened(parts):
        assert len({marks.of(node.name) for node in part.nodes}) > 1, part.name
    several = [part for part in shown(parts) if is_several(part)]
    assert bool(several) is (beside is not None)


def test_a_change_in_the_middle_leaves_its_neighbours_and_one_box_on_either_side() -> None:
    lines = [f"  - {{conv: [{width}, 3], id: n{width}}}" for width in range(10, 31)]
    text = "archgraph: 1\nname: line\ninput: [3, 8, 8]\ngraph:\n{}"
    old = archgraph.expand(archgraph.loads(text.format("\n".join(lines))))
    lines[10] = "  - {conv: [20, 5], id: n20}"
    new = archgraph.expand(archgraph.loads(text.format("\n".join(lines))))
    graph, marks = both(old, new)
    parts = surroundings(graph, marks, beside=2)
    assert [says_instead(part) or part.name for part in parts] == [
        "8 boxes that are the same", "n18", "n19", "n20", "n21", "n22", "8 boxes that are the same",
    ]  # fmt: skip


def test_what_changed_as_a_box_before_it_did_is_one_box_that_says_so() -> None:
    graph, marks = both(stages(), stages(inner="conv: [$planes, 3]"))
    seen = surroundings(graph, marks, beside=0)
    assert [says_instead(part) or part.name for part in seen] == [
        "stem", "stage.0", "4 boxes with the same change", "2 boxes that are the same",
    ]  # fmt: skip
    assert [part.name for part in opened(seen)] == ["stage.0"]


def fills(drawn: str) -> dict[str, str]:
    """What each closed box that is named in a picture is filled with."""
    names = {colours.fill: status for status, colours in STATUS.items()}
    rows = (line for line in drawn.splitlines() if "<b>" in line and "fillcolor" in line)
    found = ((re.search(r"<b>(.*?)</b>", row), re.search(r'fillcolor="(.*?)"', row)) for row in rows)
    return {name[1]: names[fill[1]] for name, fill in found if name and fill}


def test_colours_are_those_of_what_came_went_and_changed() -> None:
    old, new = stages(), stages(inner="se", last="global_max_pool")
    there, back = (fills(difference_drawing(*pair).dot) for pair in ((old, new), (new, old)))
    assert (there["se1"], there["conv2"], there["stem"]) == ("added", "removed", "same")
    assert (back["se1"], back["conv2"], back["stem"]) == ("removed", "added", "same")
    assert there["global_max_pool1"] == back["global_avg_pool1"] == "changed"


def test_a_picture_of_a_small_change_to_a_large_network_is_small() -> None:
    old, new = child_of("hrnetv2_w18", "width", 2)
    assert difference_drawing(old, new).dot.count("fillcolor") < 60


def test_another_input_size_is_marked_at_the_input() -> None:
    spec = archgraph.load("cifar_resnet8")
    old, new = archgraph.expand(spec), archgraph.expand(spec, input=(3, 40, 40))
    graph, marks = both(old, new)
    assert dict(marks.status) == {"in": "changed"} and set(graph.nodes) == set(new.nodes)
    (line,) = [
        line for line in difference_drawing(old, new).dot.splitlines() if "3×40×40" in line and "[label=" in line
    ]
    assert STATUS["changed"].fill in line


def test_totals_of_both_stand_above_the_picture_and_in_its_description() -> None:
    old, new = stages(), stages(inner="conv: [$planes, 3]")
    text = difference_drawing(old, new).dot
    before, after = archgraph.cost(old).params, archgraph.cost(new).params
    assert text.count(f"{human(before)} → {human(after)} parameters") == 2


def test_a_norm_that_came_is_told_in_the_box_of_its_conv() -> None:
    old, new = (archgraph.expand(archgraph.load(name)) for name in ("vgg11", "vgg11_bn"))
    assert "norm: added" in difference_drawing(old, new).dot
    assert "norm: removed" in difference_drawing(new, old).dot


def test_the_explorer_counts_the_new_network_alone() -> None:
    old, new = stages(last="global_max_pool"), stages(inner="se")
    graph, marks = both(old, new)
    assert any(marks.of(name) == "removed" for name in graph.nodes)
    total = contents(graph, marks=marks)["total"]
    assert {key: total[key] for key in ("params", "macs")} == {
        "params": archgraph.cost(new).params, "macs": archgraph.cost(new).macs
    }  # fmt: skip


def test_what_is_gone_stands_below_what_it_read_though_others_changed_places() -> None:
    head = "archgraph: 1\nname: net\ninput: [3, 8, 8]\ngraph:\n"
    old = head + (
        "  - {conv: [8, 3], id: one}\n  - {conv: [8, 5], id: gone}\n  - {conv: [8, 1], id: two, from: in}\n"
        "  - {add: , id: sum, from: [gone, two]}\n  - {concat: , from: [one, sum]}\n  - {conv: [2, 1], id: last}\n"
    )
    new = head + (
        "  - {conv: [8, 1], id: two}\n  - {conv: [8, 3], id: one, from: in}\n  - {concat: , from: [one, two]}\n"
        "  - {conv: [2, 1], id: last}\n"
    )
    graph, marks = both(*(archgraph.expand(archgraph.loads(text)) for text in (old, new)))
    assert [name for name in graph.nodes if marks.of(name) == "removed"] == ["gone", "sum"]
    places = {name: number for number, name in enumerate([*graph.inputs, *graph.nodes])}
    assert all(places[ref.node] < places[node.name] for node in graph for ref in node.inputs)
