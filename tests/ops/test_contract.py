"""Every op against torch itself: shape, parameters, buffers, multiply-adds, and what is refused.

An op is in these tests by being in the table; its author writes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from lowered import lowered
from random_arguments import arguments, input_shapes
from torch.utils.flop_counter import FlopCounterMode

import archgraph
from archgraph.errors import RuleError
from archgraph.ops import OPS, make
from archgraph.ops.base import Example, Primitive
from archgraph.ops.facts import facts
from archgraph.shape import Shape, numel
from archgraph.spec.model import Body, NodeSpec, Spec

pytestmark = pytest.mark.torch

PRIMITIVES = sorted(name for name, op in OPS.items() if issubclass(op, Primitive))
MACROS = sorted(OPS.keys() - set(PRIMITIVES))
EXAMPLES = [(name, example) for name in PRIMITIVES for example in OPS[name].examples]
RANDOM = settings(max_examples=50, deadline=None, derandomize=True)


def primitive(name: str, args: Mapping[str, Any]) -> Primitive:
    op = make(name, args)
    assert isinstance(op, Primitive)
    return op


def assert_agrees(op: Primitive, inputs: tuple[Shape, ...], device: str) -> None:
    """The op's rules say what torch does with its lowering."""
    with torch.device(device), torch.no_grad():
        module = lowered(op, inputs).eval()
        tensors = [torch.ones(2, *shape) for shape in inputs]
        counter = FlopCounterMode(display=False)
        with counter:
            out = module(*tensors)
    buffers = {name: tuple(value.shape) for name, value in module.named_buffers() if value.dim()}
    assert tuple(out.shape) == (2, *op.shape(*inputs))
    assert _named(module.named_parameters()) == dict(op.weights(*inputs))
    assert {name.removeprefix("inner."): shape for name, shape in buffers.items()} == dict(op.buffers(*inputs))
    assert 2 * op.macs(*inputs) * len(out) == counter.get_total_flops()
    assert facts(op, inputs) == (
        op.shape(*inputs),
        numel(op.shape(*inputs)),
        sum(parameter.numel() for parameter in module.parameters()),
        sum(numel(shape) for shape in buffers.values()),
        op.macs(*inputs),
    )


def _named(parameters: Any) -> dict[str, Shape]:
    return {name.removeprefix("inner."): tuple(value.shape) for name, value in parameters}


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_examples_agree_with_torch(name: str, example: Example) -> None:
    assert_agrees(primitive(name, example.args), example.inputs, "meta")


@pytest.mark.parametrize(("name", "example"), [(n, e) for n in MACROS for e in OPS[n].examples])
def test_examples_of_macros_agree_with_torch(name: str, example: Example) -> None:
    (shape,) = example.inputs
    graph = archgraph.expand(Spec("example", shape, Body((NodeSpec(name, example.args),))))
    with torch.device("meta"), torch.no_grad():
        module = archgraph.build(graph, init=False).eval()
        with FlopCounterMode(display=False) as counter:
            out = module(torch.empty(2, *shape))
    cost = archgraph.cost(graph)
    assert cost.outputs == {"output": tuple(out.shape[1:])}
    assert cost.params == sum(parameter.numel() for parameter in module.parameters())
    assert 2 * cost.macs * len(out) == counter.get_total_flops()


@pytest.mark.parametrize("name", PRIMITIVES)
def test_random_arguments_agree_with_torch_or_both_refuse(name: str) -> None:
    @RANDOM
    @given(arguments(OPS[name]), input_shapes(OPS[name]))
    def check(args: Mapping[str, Any], inputs: tuple[Shape, ...]) -> None:
        op = primitive(name, args)
        try:
            op.shape(*inputs)
        except RuleError as refused:
            # Which inputs go together is for the language to say; torch would repeat some of them to fit.
            if refused.argument != "from":
                with pytest.raises((RuleError, RuntimeError, ValueError, AssertionError)):
                    lowered(op, inputs).eval()(*(torch.ones(2, *shape) for shape in inputs))
            return
        assert_agrees(op, inputs, "cpu")

    check()


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_in_place_gives_the_same_and_memory_is_shared_as_said(name: str, example: Example) -> None:
    op = primitive(name, example.args)
    inputs = tuple((shape[0], *(min(size, 17) for size in shape[1:])) for shape in example.inputs)
    lowering = op.lower(*inputs)
    torch.manual_seed(0)
    leaves = [torch.randn(2, *shape, requires_grad=True) for shape in inputs]
    module = lowered(op, inputs).eval()

    first, *others = (leaf * 1 for leaf in leaves)
    expected = module(first, *others)
    gradients = torch.autograd.grad(expected.sum(), leaves, retain_graph=True)
    shared = expected.untyped_storage().data_ptr() == first.untyped_storage().data_ptr()
    assert lowering.aliases or not shared

    if lowering.in_place is not None:
        first, *others = (leaf * 1 for leaf in leaves)
        out = lowered(op, inputs, in_place=True).eval()(first, *others)
        assert out.data_ptr() == first.data_ptr()
        torch.testing.assert_close(out, expected)
        torch.testing.assert_close(torch.autograd.grad(out.sum(), leaves), gradients)
    if lowering.overwritable:
        out = module(*(leaf * 1 for leaf in leaves)).mul_(2)
        doubled = tuple(2 * gradient for gradient in gradients)
        torch.testing.assert_close(torch.autograd.grad(out.sum(), leaves), doubled)
