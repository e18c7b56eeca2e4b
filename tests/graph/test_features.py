"""The taps of a backbone, and a network cut down to them."""

from __future__ import annotations

import pytest

import archgraph
from archgraph.graph.features import pyramid

HEAD = "archgraph: 1\nname: net\ninput: [3, 299, 224]\n"
NET = (
    HEAD + "graph:\n"
    "  - {conv: {out: 8, kernel: 3, stride: 2, pad: valid}, id: a}\n"
    "  - {max_pool: {kernel: 3, stride: 2}, id: b}\n"
    "  - {conv: {out: 16, kernel: 3, stride: 2}, id: c}\n"
    "  - {upsample: 2, id: d}\n"
    "  - global_avg_pool\n"
    "  - {linear: 10, id: head}\n"
    "features: {one: a, two: b, three: c, up: d}\n"
)


def test_a_reduction_is_the_product_of_strides_whatever_the_border_cuts_off() -> None:
    found = pyramid(archgraph.expand(archgraph.loads(NET)))
    assert {name: tap.reduction for name, tap in found.items()} == {"one": 2, "two": 4, "three": 8, "up": 4}
    assert [tap.channels for tap in found.values()] == [8, 8, 16, 16]
    assert found["one"].shape == (8, 149, 111)


def test_taking_the_features_leaves_out_the_head() -> None:
    spec = archgraph.loads(NET)
    graph = archgraph.expand(spec, take="features")
    graph.check()
    assert "head" not in graph.nodes
    assert list(graph.outputs) == ["one", "two", "three", "up"]
    assert archgraph.cost(spec, take="features").params == archgraph.cost(spec).params - (16 * 10 + 10)
    assert list(archgraph.expand(spec, take="two").nodes) == ["a", "b"]


def test_what_a_network_does_not_have_cannot_be_taken() -> None:
    spec = archgraph.loads(NET)
    with pytest.raises(archgraph.UsageError, match=r"'thre'.*three"):
        archgraph.expand(spec, take="thre")
    plain = archgraph.loads(HEAD + "graph: [conv: [8, 1]]")
    with pytest.raises(archgraph.UsageError, match="names no features"):
        archgraph.expand(plain, take="features")
