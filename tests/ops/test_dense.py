"""What the layers of a dense stage see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import archgraph
from archgraph.graph.model import Graph

TEXT = """
archgraph: 1
name: stage
input: [5, 8, 8]
graph:
  - dense: {layers: 9, growth: 3, connect: CONNECT}
"""


def stage(connect: str) -> Graph:
    return archgraph.expand(archgraph.loads(TEXT.replace("CONNECT", connect)))


def sources(graph: Graph, node: str) -> list[str]:
    return [ref.node.rpartition(".")[2] for ref in graph.nodes[node].inputs]


def aggregated(number: int) -> Iterator[str]:
    """Layers that layer `number` (from 1) of SparseNet takes; layer 0 is the input. arXiv:1801.05895, equation 4."""
    distance = 1
    while distance <= number:
        yield str(number - distance - 1) if number > distance else "in"
        distance *= 2


def test_a_layer_of_a_sparse_stage_sees_what_is_a_power_of_two_back() -> None:
    graph = stage("log")
    for number in range(2, 10):
        assert sources(graph, f"dense1.concat{number - 1}") == list(aggregated(number))
    assert sources(graph, "dense1.concat") == list(aggregated(10)) == ["8", "7", "5", "1"]
    assert graph.nodes["dense1.concat"].shape == (4 * 3, 8, 8)


def test_a_stage_gives_its_input_on_where_that_is_a_power_of_two_back() -> None:
    text = TEXT.replace("layers: 9", "layers: 7").replace("CONNECT", "log")
    assert archgraph.cost(archgraph.loads(text)).outputs == {"output": (3 * 3 + 5, 8, 8)}


def test_a_layer_of_a_dense_stage_sees_all_above_it() -> None:
    graph = stage("all")
    assert sources(graph, "dense1.concat4") == ["in", "0", "1", "2", "3"]
    assert graph.nodes["dense1.concat"].shape == (5 + 9 * 3, 8, 8)


def test_a_stage_connects_in_no_third_way() -> None:
    with pytest.raises(archgraph.SpecError, match="connect is 'some', it takes all or log"):
        stage("some")
