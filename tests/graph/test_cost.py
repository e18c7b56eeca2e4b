"""Costs against arithmetic done by hand and against a plain simulation."""

from __future__ import annotations

import archgraph
from archgraph.graph.cost import node_costs, parameter_shapes, peak_elements
from archgraph.shape import numel

LENET = """
archgraph: 1
name: lenet
input: [1, 32, 32]
graph:
  - conv: {out: 6, kernel: 5, pad: 0, act: tanh}
  - avg_pool: 2
  - conv: {out: 16, kernel: 5, pad: 0, act: tanh}
  - avg_pool: 2
  - flatten
  - linear: {out: 120, act: tanh}
  - linear: {out: 84, act: tanh}
  - linear: 10
"""

TWO_HEADS = """
archgraph: 1
name: heads
input: [2, 8, 8]
graph:
  - {conv: {out: 4, kernel: 3}, id: trunk}
  - {conv: {out: 16, kernel: 1}, id: aux}
  - {conv: {out: 2, kernel: 1}, from: trunk, id: head}
outputs: {head: head, aux: aux}
train_only: [aux]
"""


def test_lenet_equals_the_figures_worked_out_by_hand() -> None:
    cost = archgraph.cost(archgraph.loads(LENET))
    assert cost.params == 156 + 2416 + 48120 + 10164 + 850
    assert cost.macs == 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 840
    assert cost.flops == 2 * cost.macs
    sizes = [4704, 4704, 1176, 1600, 1600, 400, 400, 120, 120, 84, 84, 10]
    assert cost.activation_bytes == 4 * sum(sizes)
    assert cost.peak_activation_bytes == 4 * (4704 + 4704)
    assert cost.weights_bytes == 4 * cost.params
    assert cost.outputs == {"output": (10,)}


def test_memory_grows_with_the_batch_and_work_is_for_one_input() -> None:
    spec = archgraph.loads(LENET)
    one, many = archgraph.cost(spec), archgraph.cost(spec, batch=32)
    assert many.activation_bytes == 32 * one.activation_bytes
    assert many.peak_activation_bytes == 32 * one.peak_activation_bytes
    assert (many.macs, many.weights_bytes) == (one.macs, one.weights_bytes)


def test_a_train_only_head_has_parameters_and_activations_but_no_work_at_inference() -> None:
    graph = archgraph.expand(archgraph.loads(TWO_HEADS))
    cost = archgraph.cost(graph)
    trunk, aux, head = (2 * 9 * 4, 4), (4 * 16, 16), (4 * 2, 2)
    assert cost.params == sum(map(sum, (trunk, aux, head)))
    assert cost.macs == 64 * (2 * 9 * 4 + 4 * 2)
    assert cost.activation_bytes == 4 * 64 * (4 + 16 + 2)
    assert cost.peak_activation_bytes == 4 * 64 * (4 + 2)
    assert cost.outputs == {"head": (2, 8, 8)}


def test_node_costs_add_up_to_the_cost() -> None:
    graph = archgraph.expand(archgraph.loads(LENET))
    cost, nodes = archgraph.cost(graph), node_costs(graph).values()
    assert sum(node.params for node in nodes) == cost.params == sum(map(numel, parameter_shapes(graph)))
    assert sum(node.macs for node in nodes) == cost.macs
    assert sum(node.activation_bytes for node in nodes) == cost.activation_bytes


def test_peak_equals_a_simulation_that_frees_each_output_after_its_last_use() -> None:
    for name in ("resnet18", "densenet121", "googlenet"):
        graph = archgraph.expand(archgraph.load(name))
        needed = graph.needed(training=False)
        order = [node for node in graph if node.name in needed]
        results = {ref.node for out, ref in graph.outputs.items() if out not in graph.train_only}
        alive: dict[str, int] = {}
        peak = 0
        for position, node in enumerate(order):
            alive[node.name] = numel(node.shape)
            peak = max(peak, sum(alive.values()))
            later = {ref.node for after in order[position + 1 :] for ref in after.inputs} | results
            alive = {name: size for name, size in alive.items() if name in later}
        assert peak_elements(graph) == peak
