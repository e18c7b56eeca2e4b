"""What a network costs, exactly, from its graph alone.

MACs are multiply-adds of conv, linear, matmul and attention for one input in eval mode; `flops` is twice that.
Activation memory counts every node's output in fp32, exact for the graph: it knows neither in-place ops nor views.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from archgraph.graph.model import Graph
from archgraph.shape import Shape
from archgraph.showing import Tabled

BYTES = 4
"""Bytes of one fp32 element."""


@dataclass(frozen=True)
class Cost(Tabled):
    """Cost of one forward pass.

    params: trainable parameters, train-only heads included. buffers: elements kept but not trained (running
    statistics). macs, flops: for one input in eval mode. activation_bytes: all node outputs of a forward in
    training mode, which is what training keeps. peak_activation_bytes: the largest sum of node outputs alive at
    once in eval mode, each freed after its last use, which is what inference needs beside input and weights.
    weights_bytes: parameters and buffers in fp32. outputs: shapes in eval mode, without the batch.
    """

    params: int
    buffers: int
    macs: int
    flops: int
    activation_bytes: int
    peak_activation_bytes: int
    weights_bytes: int
    outputs: Mapping[str, Shape]

    def as_dict(self) -> dict[str, Any]:
        """The cost as plain data, for JSON."""
        return {**asdict(self), "outputs": {name: list(shape) for name, shape in self.outputs.items()}}


class NodeCost(NamedTuple):
    """Cost of one node for one input; parameters of a node that shares another's weights are 0."""

    params: int
    macs: int
    activation_bytes: int


def cost(graph: Graph, *, batch: int = 1) -> Cost:
    """Cost of a graph; `macs` is for one input, the memory figures are for `batch` inputs."""
    params = buffers = activations = 0
    # By position: a search costs thousands of nodes a second.
    for _, _, _, (_, numel, trained, kept, _, _, _), shares, _ in graph.nodes.values():
        activations += numel
        if shares is None:
            params += trained
            buffers += kept
    macs, peak = _inference(graph)
    return Cost(
        params=params,
        buffers=buffers,
        macs=macs,
        flops=2 * macs,
        activation_bytes=BYTES * batch * activations,
        peak_activation_bytes=BYTES * batch * peak,
        weights_bytes=BYTES * (params + buffers),
        outputs={n: graph.shape(ref) for n, ref in graph.outputs.items() if n not in graph.train_only},
    )


def node_costs(graph: Graph) -> dict[str, NodeCost]:
    """Cost of each node for one input, by name; train-only nodes have the MACs they cost in training."""
    costs = {}
    for node in graph:
        known = node.facts
        costs[node.name] = NodeCost(0 if node.shares else known.params, known.macs, BYTES * known.numel)
    return costs


def peak_elements(graph: Graph) -> int:
    """The most elements of node outputs alive at once in eval mode, run in order, each freed after its last use."""
    return _inference(graph)[1]


def _inference(graph: Graph) -> tuple[int, int]:
    """MACs of the nodes that run in eval mode, and the most elements of their outputs alive at once.

    From the last node to the first: what a node reads that nothing after it reads is alive until there.
    """
    nodes = graph.nodes
    seen = {ref.node for name, ref in graph.outputs.items() if name not in graph.train_only}
    alive = sum(nodes[name].facts.numel for name in seen if name in nodes)
    macs = peak = 0
    for name, _, inputs, (_, numel, _, _, counted, _, _), _, _ in reversed(tuple(nodes.values())):
        if name not in seen:
            continue
        for read, _ in inputs:
            if read not in seen:
                seen.add(read)
                if read in nodes:
                    alive += nodes[read][3][1]
        if alive > peak:
            peak = alive
        alive -= numel
        macs += counted
    return macs, peak


def parameter_shapes(graph: Graph) -> list[Shape]:
    """Shapes of all trainable tensors, in graph order."""
    return [shape for node in graph if node.shares is None for shape in node.facts.weights]
