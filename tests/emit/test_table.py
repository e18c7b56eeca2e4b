"""Rows against the costs of the whole, and against what a person would count."""

from __future__ import annotations

import json

import pytest

import archgraph
from archgraph.emit.table import rows, sums
from archgraph.graph.wording import human, human_bytes

ZOO = ["lenet5", "resnet50", "googlenet", "densenet121", "cbam_resnet18", "spp_net_zf5"]


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_rows_of_one_level_add_up_to_the_whole(name: str, depth: int) -> None:
    graph = archgraph.expand(archgraph.load(name))
    total = archgraph.cost(graph)
    top = [row for row in rows(graph, depth=depth) if row.level == 0]
    assert sum(row.params for row in top) == total.params
    assert sum(row.macs for row in top) == total.macs
    assert sum(row.activation_bytes for row in top) == total.activation_bytes
    assert sum(row.share for row in top) == pytest.approx(1)


def test_rows_below_a_box_add_up_to_it() -> None:
    found = rows(archgraph.expand(archgraph.load("resnet18")), depth=2)
    for number, box in enumerate(found):
        inside = []
        for row in found[number + 1 :]:
            if row.level <= box.level:
                break
            inside.append(row)
        if inside:
            assert sum(row.params for row in inside) == box.params
            assert sum(row.macs for row in inside) == box.macs


def test_flat_rows_are_the_nodes_by_their_full_names() -> None:
    graph = archgraph.expand(archgraph.load("resnet18"))
    found = rows(graph, flat=True)
    assert [row.name for row in found] == list(graph.nodes)
    assert {row.label for row in found} == set(graph.nodes)


def test_full_rows_have_every_argument_and_others_only_what_was_changed() -> None:
    text = "archgraph: 1\nname: n\ninput: [3, 8, 8]\ngraph: [conv: {out: 4, kernel: 3, stride: 2}]"
    graph = archgraph.expand(archgraph.loads(text))
    assert dict(rows(graph)[0].arguments) == {"out": 4, "kernel": 3, "stride": 2}
    assumed = rows(graph, flat=True, full=True)[0].arguments
    assert assumed["pad"] == "same" and assumed["groups"] == 1 and assumed["padding_mode"] == "zeros"


def test_a_unit_tells_its_norm_and_activation_but_not_the_bias_that_follows_from_them() -> None:
    text = "archgraph: 1\nname: n\ninput: [3, 8, 8]\ngraph: [conv: {out: 4, kernel: 3, norm: batch, act: relu}]"
    (row,) = rows(archgraph.expand(archgraph.loads(text)))
    assert dict(row.arguments) == {"out": 4, "kernel": 3, "norm": "batch", "act": "relu"}


def test_a_bias_that_was_asked_for_is_told() -> None:
    text = "archgraph: 1\nname: n\ninput: [3, 8, 8]\ngraph: [conv: {out: 4, kernel: 3, norm: batch, bias: true}]"
    (row,) = rows(archgraph.expand(archgraph.loads(text)))
    assert row.arguments["bias"] is True


def test_what_exists_in_training_alone_counts_parameters_and_no_macs() -> None:
    found = {row.name: row for row in rows(archgraph.expand(archgraph.load("googlenet")))}
    assert found["aux1"].train_only and found["aux1"].params > 3_000_000 and found["aux1"].macs == 0
    assert not found["conv1"].train_only


@pytest.mark.parametrize("by", ["op", "block", "node"])
def test_sums_add_up_to_the_whole(by: str) -> None:
    graph = archgraph.expand(archgraph.load("resnet50"))
    total = archgraph.cost(graph)
    found = sums(graph, by)  # type: ignore[arg-type]
    assert sum(line.params for line in found) == total.params
    assert sum(line.macs for line in found) == total.macs
    assert sum(line.activation_bytes for line in found) == total.activation_bytes


def test_sums_count_what_they_are_of() -> None:
    graph = archgraph.expand(archgraph.load("resnet50"))
    assert {line.name: line.count for line in sums(graph, "block")}["bottleneck"] == 16
    assert {line.name: line.count for line in sums(graph, "op")}["conv"] == 53


def test_rows_and_sums_are_json() -> None:
    graph = archgraph.expand(archgraph.load("densenet121"))
    data = [line.as_dict() for line in (*rows(graph, depth=3), *rows(graph, flat=True, full=True), *sums(graph, "op"))]
    assert json.loads(json.dumps(data)) == data


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"), (999, "999"), (1000, "1.00k"), (25_557_032, "25.6M"), (4_089_184_256, "4.09G"), (999_949, "1.00M"),
        (123_456, "123k"), (9_995, "10.0k"), (10**15, "1000T"),
    ],
)  # fmt: skip
def test_counts_have_three_digits(number: int, text: str) -> None:
    assert human(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (104_857_600, "100 MiB"), (2**31, "2.00 GiB")],
)
def test_memory_is_in_units_of_1024(number: int, text: str) -> None:
    assert human_bytes(number) == text


def test_a_box_that_gives_several_tensors_has_the_shapes_of_those_that_are_taken() -> None:
    graph = archgraph.expand(archgraph.load("hrnetv2_w18"))
    (net, wide, *_) = rows(graph)
    assert net.shapes == ((64, 112, 112), (18, 56, 56), (36, 28, 28), (72, 14, 14), (144, 7, 7))
    assert wide.shapes == ((128, 56, 56), (256, 28, 28), (512, 14, 14), (1024, 7, 7))
    assert wide.shape == wide.shapes[-1]


def test_a_box_says_whose_weights_it_uses() -> None:
    text = (
        "archgraph: 1\nname: twins\ninput: {left: [3, 8, 8], right: [3, 8, 8]}\n"
        "blocks: {net: {graph: [{conv: {out: 4, kernel: 3, norm: batch}}, relu, {conv: [4, 1]}]}}\n"
        "graph:\n  - {net: , id: a, from: left}\n  - {net: , id: b, from: right, share: a}\n"
        "  - {conv: [4, 1], id: c, from: a}\n  - {conv: [4, 1], id: d, from: b, share: c}\n  - {sub: , from: [c, d]}\n"
    )
    found = {row.name: row for row in rows(archgraph.expand(archgraph.loads(text)), depth=1)}
    assert {name: row.arguments.get("share") for name, row in found.items()} == {
        "a": None, "b": "a", "c": None, "d": "c", "sub1": None,
    }  # fmt: skip
    assert found["b"].params == 0 and found["a"].params > 0
