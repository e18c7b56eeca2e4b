"""The nodes of a network one by one, each as the function that the generated forward calls for it in eval mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from archgraph.emit.module import child
from archgraph.emit.plan import calls
from archgraph.graph.model import Graph, Node
from archgraph.ops.base import Ref


class NodeCall(NamedTuple):
    """A node about to run: `call(*inputs)` gives its output, or the tuple of them.

    `overwrites` says that the result is in the memory of the first input, which then cannot be used again.
    """

    node: Node
    call: Callable[..., Any]
    inputs: tuple[Tensor, ...]
    overwrites: bool


def run_nodes(graph: Graph, module: nn.Module, inputs: Mapping[str, Tensor]) -> Iterator[NodeCall]:
    """Run a graph node by node on the weights of its module; every node is given before it runs.

    Whoever calls it sees each node's inputs as they are in the network: values, strides, type of numbers.
    """
    needed = graph.needed(training=False)
    order = [node for node in graph if node.name in needed]
    values = {Ref(name): tensor for name, tensor in inputs.items()}
    last_use = {ref: number for number, node in enumerate(order) for ref in node.inputs}
    planned = calls(graph)
    for number, node in enumerate(order):
        plan = planned[node.name]
        layer = child(module, plan.module) if plan.module is not None else None
        function = _function(plan.template, len(node.inputs))

        def call(*given: Tensor, function: Callable[..., Any] = function, layer: nn.Module | None = layer) -> Any:
            return function(layer, *given)

        taken = tuple(values[ref] for ref in node.inputs)
        yield NodeCall(node, call, taken, plan.overwrites)
        found = call(*taken)
        outputs = found if isinstance(found, (tuple, list)) else (found,)
        values |= {Ref(node.name, place): tensor for place, tensor in enumerate(outputs)}
        for ref in node.inputs:
            if last_use[ref] == number:
                values.pop(ref, None)


@lru_cache(maxsize=1000)
def _function(template: str, inputs: int) -> Callable[..., Any]:
    """The expression of a node, as its forward has it, as a function of its module and its inputs."""
    names = [f"x{number}" for number in range(inputs)]
    expression = template.replace("{self}", "self").format(*names, inputs=", ".join(names))
    function: Callable[..., Any] = eval(f"lambda {', '.join(['self', *names])}: {expression}", {"torch": torch})
    return function  # the text is an op's own, as in `emit/module`
