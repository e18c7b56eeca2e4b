"""What a network looks like in numbers, against networkx's paths and counting by hand."""

from __future__ import annotations

import math
from collections import Counter

import networkx
import pytest

from archgraph import cost, expand, load, loads, override
from archgraph.graph.likeness import LONGEST, likeness
from archgraph.graph.model import Graph

HEAD = "archgraph: 1\nname: t\ninput: [3, 8, 8]\n"


def _likeness(graph: Graph) -> dict[str, dict[str, float]]:
    return likeness(graph, cost(graph))


def _ways(graph: Graph) -> list[list[str]]:
    """Every way from an input to an output, by networkx; none leads through a zero."""
    wires = networkx.MultiDiGraph()
    for node in graph:
        if node.op.op != "zero":
            wires.add_edges_from((ref.node, node.name) for ref in node.inputs)
    ends = [ref.node for ref in graph.outputs.values()]
    return [way for start in graph.inputs for end in ends for way in networkx.all_simple_paths(wires, start, end)]


CELLS = [
    {"e10": "conv3", "e20": "skip", "e21": "conv1", "e30": "none", "e31": "pool", "e32": "conv3"},
    {"e10": "skip", "e20": "skip", "e21": "skip", "e30": "conv3", "e31": "conv1", "e32": "pool"},
    {"e10": "none", "e20": "none", "e21": "conv1", "e30": "conv3", "e31": "conv3", "e32": "conv3"},
]


@pytest.mark.parametrize("ops", CELLS)
def test_ways_and_depths_are_those_of_networkx(ops: dict[str, str]) -> None:
    graph = expand(override(load("nasbench201"), {**ops, "cells": 1}))
    ways = [way for way in _ways(graph) if way[-1] == graph.outputs["logits"].node]
    layers = [sum(graph.nodes[name].op.op in ("conv", "linear") for name in way[1:]) for way in ways]
    depth = _likeness(graph)["depth"]
    assert depth["ways"] == pytest.approx(math.log1p(len(ways)))
    assert depth["longest"] == max(layers)
    assert depth["mean"] == pytest.approx(sum(layers) / len(layers))


def test_sequences_are_those_along_the_ways_to_each_node() -> None:
    graph = expand(
        loads(
            HEAD
            + """\
graph:
  - {conv: [4, 3], id: a}
  - {conv: [4, 1], id: b, from: a}
  - {relu: , id: c, from: a}
  - {add: , id: d, from: [b, c]}
  - {conv: [4, 5], id: e}
"""
        )
    )
    assert _likeness(graph)["paths"] == {
        "conv3": 1, "conv1": 1, "conv3 conv1": 1,
        "conv5": 1, "conv1 conv5": 1, "conv3 conv5": 1, "conv3 conv1 conv5": 1,
    }  # fmt: skip
    assert all(len(name.split()) <= LONGEST for name in _likeness(expand(load("resnet18")))["paths"])


def test_counts_and_costs_are_the_graphs() -> None:
    graph = expand(load("resnet18"))
    found, total = _likeness(graph), cost(graph)
    convs = Counter(node.op.kernel for node in graph if node.op.op == "conv")  # type: ignore[attr-defined]
    assert {f"conv{kernel}": count for kernel, count in convs.items()}.items() <= found["counts"].items()
    assert found["costs"]["macs"] == pytest.approx(math.log(total.macs + 1))


def test_a_network_without_a_way_to_its_output_has_depth_nothing() -> None:
    nothing = dict.fromkeys(("e10", "e20", "e21", "e30", "e31", "e32"), "none")
    found = _likeness(expand(override(load("nasbench201"), {**nothing, "cells": 1})))
    assert set(found["depth"].values()) == {0.0}
    assert set(found["paths"]) == {"conv3"}, "what comes before the first cell"
