"""Every macro: what it expands to builds, runs, and has the shapes and costs that the graph says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from random_cases import cases
from torch.utils.flop_counter import FlopCounterMode

import archgraph
from archgraph.errors import SpecError
from archgraph.ops import OPS
from archgraph.ops.base import Example, Macro
from archgraph.shape import Shape
from archgraph.spec.model import Body, NodeSpec, Spec

pytestmark = pytest.mark.torch

MACROS = sorted(name for name, op in OPS.items() if issubclass(op, Macro))
RANDOM = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
LEAST = 40
"""Of 200 random argument sets, how many must be ones that make a network."""


def assert_agrees(name: str, args: Mapping[str, Any], inputs: tuple[Shape, ...]) -> None:
    """The network of this one node is what its cost says. Raises SpecError where there is none."""
    shapes = {f"x{number}": shape for number, shape in enumerate(inputs)}
    given_shapes = shapes if len(shapes) > 1 else inputs[0]
    node = NodeSpec(name, args, inputs=tuple(shapes) if len(shapes) > 1 else None)
    graph = archgraph.expand(Spec("example", given_shapes, Body((node,))))
    with torch.device("meta"), torch.no_grad():
        module = archgraph.build(graph, init=False).eval()
        with FlopCounterMode(display=False) as counter:
            out = module(*(torch.empty(2, *shape) for shape in inputs))
    outs = out if isinstance(out, dict) else {"output": out}
    cost = archgraph.cost(graph)
    assert cost.outputs == {key: tuple(value.shape[1:]) for key, value in outs.items()}
    assert cost.params == sum(parameter.numel() for parameter in module.parameters())
    assert 2 * cost.macs * 2 == counter.get_total_flops()


@pytest.mark.parametrize(("name", "example"), [(name, example) for name in MACROS for example in OPS[name].examples])
def test_examples_of_macros_agree_with_torch(name: str, example: Example) -> None:
    assert_agrees(name, example.args, example.inputs)


@pytest.mark.parametrize("name", MACROS)
def test_random_arguments_make_a_network_that_agrees_with_torch_or_a_mistake(name: str) -> None:
    seen: Counter[bool] = Counter()

    @RANDOM
    @given(cases(OPS[name]))
    def check(case: tuple[Mapping[str, Any], tuple[Shape, ...]]) -> None:
        try:
            assert_agrees(name, *case)
            seen[True] += 1
        except SpecError:
            seen[False] += 1

    check()
    assert seen.total() >= 200
    assert seen[True] >= LEAST, "give it arguments and shapes that go together in random_cases.py"
