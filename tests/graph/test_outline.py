"""What a reader of a graph sees: boxes to a depth, equal copies as one."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

import archgraph
from archgraph.graph.model import Graph
from archgraph.graph.outline import Part, everything, glance, outline, shown, stages

HEAD = "archgraph: 1\nname: net\ninput: [8, 16, 16]\n"
RESIDUAL = (
    HEAD
    + """
defaults: {conv: {norm: batch, act: relu}}
blocks:
  basic:
    args: {planes: int, stride: 1}
    graph:
      - residual:
          body:
            - conv: {out: $planes, kernel: 3, stride: $stride}
            - conv: {out: $planes, kernel: 3, act: none}
          act: relu
graph:
  - conv: {out: 8, kernel: 3}
  - basic: {planes: $w, stride: $s if $i == 0 else 1}
    each: {w: [8, 16], s: [1, 2]}
    repeat: 3
    id: stage
  - global_avg_pool
"""
)


def graph(text: str) -> Graph:
    return archgraph.expand(archgraph.loads(text))


def names(parts: Iterable[Part]) -> list[str]:
    return [part.name if part.count == 1 else f"{part.name}..{part.last}" for part in parts]


def test_depth_one_closes_every_block_and_opens_copies() -> None:
    found = outline(graph(RESIDUAL))
    assert names(found) == ["conv1", "stage.0.0..stage.0.2", "stage.1.0", "stage.1.1..stage.1.2", "global_avg_pool1"]
    assert [part.shape for part in found] == [(8, 16, 16), (8, 16, 16), (16, 8, 8), (16, 8, 8), (16,)]


def test_a_block_that_is_one_macro_opens_with_it_and_bodies_are_no_level() -> None:
    first = outline(graph(RESIDUAL), depth=2)[1]
    assert names(first.parts) == [
        "stage.0.0.residual1.body.conv1",
        "stage.0.0.residual1.body.conv2",
        "stage.0.0.residual1.add",
        "stage.0.0.residual1.act",
    ]
    assert all(len(part.copies) == 3 for part in first.parts)


def test_a_conv_stays_closed_with_its_norm_unless_everything_is_open() -> None:
    deep, flat = outline(graph(RESIDUAL), depth=9)[0], everything(graph(RESIDUAL))[0]
    assert deep.parts == ()
    assert names(flat.parts) == ["conv1.conv", "conv1.norm", "conv1.act"]


@pytest.mark.parametrize("depth", [1, 2, 3, 50])
def test_every_node_is_in_exactly_one_box_at_any_depth(depth: int) -> None:
    net = graph(RESIDUAL)
    for parts in (outline(net, depth=depth), everything(net), glance(net, most=depth)):
        assert sorted(node.name for part in shown(parts) for node in part.nodes) == sorted(net.nodes)


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "densenet121", "cbam_resnet18", "vgg16"])
def test_nothing_is_lost_or_doubled_in_networks_of_the_zoo(name: str) -> None:
    net = archgraph.expand(archgraph.load(name))
    for parts in (outline(net), outline(net, depth=3), everything(net), glance(net, most=48)):
        assert sorted(node.name for part in shown(parts) for node in part.nodes) == sorted(net.nodes)


def test_copies_of_a_plain_node_are_folded_where_they_are_equal() -> None:
    found = outline(graph(HEAD + "graph: [{conv: [16, 3], repeat: 4, id: c}, relu]"))
    assert names(found) == ["c.0", "c.1..c.3", "relu1"]


def test_copies_that_another_node_looks_into_are_not_folded() -> None:
    text = HEAD + "graph: [{conv: [8, 3], repeat: 3, id: c}, {add: , from: [c.1, c.2]}]"
    assert names(outline(graph(text))) == ["c.0..c.1", "c.2", "add1"]


def test_copies_that_differ_in_an_argument_are_not_folded() -> None:
    text = HEAD + "graph: [{conv: {out: 8, kernel: 3, dilation: $i + 1, pad: $i + 1}, repeat: 3, id: c}]"
    assert names(outline(graph(text))) == ["c.0", "c.1", "c.2"]


def test_a_glance_opens_the_first_of_each_kind() -> None:
    found = glance(graph(RESIDUAL), most=48)
    assert {part.name: bool(part.parts) for part in found} == {
        "conv1": False,
        "stage.0.0": True,  # the identity for a shortcut
        "stage.1.0": True,  # a conv for a shortcut
        "stage.1.1": False,  # the same as stage.0.0 in other sizes
        "global_avg_pool1": False,
    }


def test_a_glance_keeps_boxes_closed_where_they_would_be_too_many() -> None:
    assert not any(part.parts for part in glance(graph(RESIDUAL), most=8))


def test_copies_of_one_width_are_a_stage_before_its_blocks() -> None:
    net = graph(RESIDUAL)
    assert names(stages(net)) == ["conv1", "stage.0", "stage.1", "global_avg_pool1"]
    blocks = stages(net, depth=2)
    assert names(blocks) == ["conv1", "stage.0.0..stage.0.2", "stage.1", "global_avg_pool1"]
    assert names(blocks[2].parts) == ["stage.1.0", "stage.1.1..stage.1.2"]


@pytest.mark.parametrize(
    ("name", "stage_names"),
    [
        ("resnet50", ["stage.0", "stage.1", "stage.2", "stage.3"]),
        ("mobilenet_v2", [f"stage.{n}" for n in range(7)]),
        ("vgg16", [f"stage{n}" for n in range(1, 6)]),
        ("deeplabv3_resnet50", [f"net.stage.{n}" for n in range(4)]),
    ],
)
def test_the_first_level_of_a_network_is_its_stages(name: str, stage_names: list[str]) -> None:
    seen = [part.name for part in shown(stages(archgraph.expand(archgraph.load(name))))]
    assert [part for part in seen if "stage" in part] == stage_names


def test_copies_that_are_not_like_one_another_are_not_folded() -> None:
    net = graph(RESIDUAL)
    changed = "stage.0.1.residual1.body.conv1.conv"
    found = outline(net, unlike={changed: "changed"})
    assert names(found)[1:4] == ["stage.0.0", "stage.0.1", "stage.0.2"]
