"""Pictures as they are drawn: nothing overlaps, no text is cut, stages and lanes are where a reader looks for them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import pytest
from picture_layout import Layout, read

import archgraph
from archgraph.graph.model import Graph
from archgraph.pictures.dot import dot
from archgraph.pictures.levels import parts_of
from archgraph.pictures.picture import Drawing
from archgraph.pictures.wiring import Wiring
from archgraph.zoo import names

LEVELS = {"stages": {"depth": 1}, "blocks": {"depth": 2}, "flat": {"flat": True}}


@lru_cache(maxsize=8)
def graph(name: str) -> Graph:
    return archgraph.expand(archgraph.load(name))


def drawn(name: str, **look: object) -> Layout:
    return read(Drawing(dot(graph(name), **look)).render("svg").decode())  # type: ignore[arg-type]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", names())
def test_nothing_overlaps_and_no_text_is_cut(name: str, level: str) -> None:
    layout = drawn(name, **LEVELS[level])
    assert list(layout.faults()) == []
    flat, depth = level == "flat", LEVELS[level].get("depth")
    assert len(layout.boxes) == len(Wiring(graph(name), parts_of(graph(name), depth=depth, flat=flat)).shown) + len(
        graph(name).inputs
    ) + len(graph(name).outputs)


@pytest.mark.parametrize(
    "look",
    [{}, {"direction": "right"}, {"theme": "paper"}, {"theme": "dark", "heat": "params"}, {"legend": False}],
    ids=str,
)
@pytest.mark.parametrize("name", ["resnet18", "hrnetv2_w18", "cbam_resnet18"])
def test_no_look_cuts_or_overlaps(name: str, look: dict[str, object]) -> None:
    assert list(drawn(name, **look).faults()) == []


def test_the_reader_of_layouts_sees_faults() -> None:
    """It would be of no use else: each of these is a picture with one fault."""
    svg = Drawing(dot(graph("lenet5"))).render("svg").decode()
    assert list(read(svg).faults()) == []
    wider = svg.replace(">conv1<", ">conv1 and much more than fits in its box, to be sure<")
    assert ["leaves its box" in fault for fault in read(wider).faults()][:1] == [True]
    title = "<title>conv1</title>"
    start = svg.index('d="M', svg.index(title)) + 3
    end = svg.index('"', start)
    tall = read(svg[:start] + "M0,0C0,0 500,-500 500,-500" + svg[end:])
    assert any("lies on" in fault or "leaves the page" in fault for fault in tall.faults())


def test_the_first_level_of_resnet50_is_six_boxes_with_how_many_blocks_each_stage_has() -> None:
    boxes = {box.name: " ".join(box.texts) for box in drawn("resnet50", depth=1).boxes}
    stages = [text for name, text in boxes.items() if name.startswith("stage.")]
    assert len(boxes) == 10
    assert [count for text in stages for count in ("× 3", "× 4", "× 6") if count in text] == [
        "× 3",
        "× 4",
        "× 6",
        "× 3",
    ]


def lanes(name: str, **look: object) -> Iterator[tuple[int, list[float]]]:
    """Of the streams in a picture of HRNet: height of their maps, and the middles of what is drawn of each."""
    levels = {"depth": look.get("depth"), "flat": bool(look.get("flat"))}
    wiring = Wiring(graph(name), parts_of(graph(name), **levels))  # type: ignore[arg-type]
    streams = [scope for scope, what in graph(name).scopes.items() if what.op == "parallel"]
    found: dict[int, list[float]] = {}
    for box in drawn(name, **look).boxes:
        part = wiring.shown.get(box.name)
        if part and any(box.name.startswith(f"{scope}.") for scope in streams):
            found.setdefault(part.shape[1], []).append((box.area.left + box.area.right) / 2)
    yield from sorted(found.items(), reverse=True)


@pytest.mark.parametrize("look", [{"depth": 4}, {"flat": True}], ids=str)
def test_the_streams_of_a_network_are_lanes_the_finest_first(look: dict[str, object]) -> None:
    found = list(lanes("hrnetv2_w18", **look))
    assert [height for height, _ in found] == [56, 28, 14, 7]
    for (_, left), (_, right) in pairwise(found):
        assert max(left) < min(right)


@pytest.mark.parametrize("depth", [1, 2])
def test_closed_boxes_show_the_lanes_they_carry_one_below_the_other(depth: int) -> None:
    places: dict[str, set[int]] = {}
    for box in drawn("hrnetv2_w18", depth=depth).boxes:
        if "stage." in box.name:
            for text, area in box.texts.items():
                channels, _, size = text.partition(": ")[2].partition("×")
                if channels.isdigit() and size:
                    places.setdefault(size, set()).add(round((area.left + area.right) / 2))
    assert {size: max(xs) - min(xs) <= 1 for size, xs in places.items()} == dict.fromkeys(
        ["56×56", "28×28", "14×14", "7×7"], True
    )
    middles = [max(places[size]) for size in ("56×56", "28×28", "14×14", "7×7")]
    assert middles == sorted(middles)


def test_far_arrows_of_a_dense_network_are_told_where_they_lead_to() -> None:
    dense = graph("densenet121")
    wiring = Wiring(dense, parts_of(dense, depth=None, flat=True))
    drawn_ones = {(wire.tail, wire.head) for wire in wiring.wires}
    told = {(tail, head) for head, tails in wiring.told.items() for tail in tails}
    every = {(ref.node, node.name) for node in dense for ref in node.inputs}
    ends = {("input in", node) for tail, node in every if tail == "in"} | {("linear1", "output output")}
    assert drawn_ones | told == {(tail, head) for tail, head in every if tail != "in"} | ends
    assert told and not drawn_ones & told
    assert "boxes further up" in dot(dense, flat=True)
