"""What `when` does to the outputs and features of a network: they go with the node that they name."""

from __future__ import annotations

import pytest

import archgraph
from archgraph.errors import SpecError

TEXT = """
archgraph: 1
name: heads
input: [3, 8, 8]
vars: {aux: true, deep: true}
graph:
  - {conv: [4, 3], id: low}
  - {conv: [6, 3], repeat: 2, id: high, when: $deep}
  - {conv: [2, 1], id: head}
  - {conv: [2, 1], id: aux, from: low, when: $aux}
outputs: {main: head, aux: aux}
train_only: [aux]
features: {c1: low, c2: high.1}
"""


def test_an_output_goes_with_its_node() -> None:
    graph = archgraph.expand(archgraph.override(archgraph.loads(TEXT), {"aux": False}))
    assert list(graph.outputs) == ["main"] and not graph.train_only
    assert archgraph.cost(graph).params == sum(
        node.facts.params for node in archgraph.expand(archgraph.loads(TEXT)) if node.name != "aux"
    )


def test_a_feature_goes_with_its_node() -> None:
    graph = archgraph.expand(archgraph.override(archgraph.loads(TEXT), {"deep": False}))
    assert list(graph.features) == ["c1"] and list(graph.outputs) == ["main", "aux"]


def test_a_network_keeps_one_of_its_outputs() -> None:
    text = TEXT.replace("main: head, ", "").replace("train_only: [aux]\n", "").replace("aux: true", "aux: false")
    with pytest.raises(SpecError, match=r"(?s)heads: all of its outputs are left out by `when`.*outputs: \{aux: aux\}"):
        archgraph.expand(archgraph.loads(text))


def test_an_unknown_name_is_still_a_mistake() -> None:
    with pytest.raises(SpecError, match="unknown node 'conv1'"):
        archgraph.expand(archgraph.loads(TEXT.replace("c2: high.1", "c2: conv1")))


@pytest.mark.torch
def test_a_module_without_its_head_for_training_gives_the_tensor_that_is_left() -> None:
    import torch

    spec = archgraph.loads(TEXT)
    x = torch.randn(1, 3, 8, 8)
    assert list(archgraph.build(spec).train()(x)) == ["main", "aux"]
    assert archgraph.build(archgraph.override(spec, {"aux": False})).train()(x).shape == (1, 2, 8, 8)
