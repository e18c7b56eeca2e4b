"""Every primitive against torch itself: shapes, parameters, buffers, multiply-adds, and what is refused.

An op is in these tests by being in the table; its author writes none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from lowered import lowered
from random_cases import cases
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from archgraph.errors import RuleError
from archgraph.ops import OPS, make
from archgraph.ops.base import Example, Primitive
from archgraph.ops.facts import facts
from archgraph.shape import Shape, numel

pytestmark = pytest.mark.torch

PRIMITIVES = sorted(name for name, op in OPS.items() if issubclass(op, Primitive))
EXAMPLES = [(name, example) for name in PRIMITIVES for example in OPS[name].examples]
RANDOM = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
LEAST = 50
"""Of 200 random argument sets, how many must be ones that the op takes."""

STRICTER = {
    ("slice", "start"): "torch gives no elements",
    ("slice", "stop"): "torch gives no elements, or stops at the end of the axis",
    **dict.fromkeys(
        [("max_unpool", "size"), ("max_unpool", "like"), ("max_unpool", "pad")],
        "its module does not look; tests/nn/test_unpool.py holds it to torch's",
    ),
    ("upsample", "factor"): "torch's area mode gives no pixels",
    **dict.fromkeys(
        [("windows", "shift"), ("unwindows", "shift"), ("window_attention", "shift")],
        "torch.roll goes round any number of times",
    ),
}
"""What an op refuses and torch takes, beside inputs that do not go together, by op and argument."""

INDICES = {"max_unpool": 1}
"""Inputs that are whole numbers."""


def primitive(name: str, args: Mapping[str, Any]) -> Primitive:
    op = make(name, args)
    assert isinstance(op, Primitive)
    return op


def tensors(op: Primitive, inputs: tuple[Shape, ...]) -> list[Tensor]:
    """Ones at a batch of two; indices of a max pool are all different."""
    found = [torch.ones(2, *shape) for shape in inputs]
    if op.op in INDICES:
        shape = inputs[INDICES[op.op]]
        found[INDICES[op.op]] = torch.arange(numel(shape[1:])).expand(2, *shape[:1], -1).reshape(2, *shape)
    return found


def given_by(module: Any, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """All outputs, in order."""
    out = module(*inputs)
    return (out,) if isinstance(out, Tensor) else tuple(out)


def smaller(op: Primitive, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """Shapes of an example with less to do, where the op takes them."""
    less = tuple((shape[0], *(min(size, 17) for size in shape[1:])) for shape in inputs)
    try:
        op.shape(*less)
    except RuleError:
        return inputs
    return less


def assert_agrees(op: Primitive, inputs: tuple[Shape, ...]) -> None:
    """The op's rules say what torch does with its lowering, on the meta device and at work."""
    shapes = (op.shape(*inputs), *op.further(*inputs))
    with torch.device("meta"), torch.no_grad():
        module = lowered(op, inputs).eval()
        with FlopCounterMode(display=False) as counter:
            outs = given_by(module, tensors(op, inputs))
    assert tuple(tuple(out.shape) for out in outs) == tuple((2, *shape) for shape in shapes)
    parameters = {name.removeprefix("inner."): tuple(value.shape) for name, value in module.named_parameters()}
    buffers = {name.removeprefix("inner."): tuple(value.shape) for name, value in module.named_buffers() if value.dim()}
    assert parameters == dict(op.weights(*inputs))
    assert buffers == dict(op.buffers(*inputs))
    assert 2 * op.macs(*inputs) * 2 == counter.get_total_flops()
    known = facts(op, inputs)
    assert (known.shape, *known.further) == shapes
    assert known.numel == sum(map(numel, shapes))
    assert known.params == sum(map(numel, parameters.values()))
    assert known.buffers == sum(map(numel, buffers.values()))
    assert known.macs == op.macs(*inputs)


def assert_torch_refuses(op: Primitive, inputs: tuple[Shape, ...]) -> None:
    """There is no torch call for it, or the call fails: on the meta device, or else at work."""
    refusals = (RuleError, RuntimeError, ValueError, AssertionError, TypeError, IndexError)
    with torch.no_grad():
        try:
            with torch.device("meta"):
                lowered(op, inputs).eval()(*tensors(op, inputs))
        except refusals:
            return
        with pytest.raises(refusals):
            lowered(op, inputs).eval()(*tensors(op, inputs))


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_examples_agree_with_torch(name: str, example: Example) -> None:
    assert_agrees(primitive(name, example.args), example.inputs)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_random_arguments_agree_with_torch_or_both_refuse(name: str) -> None:
    seen: Counter[bool] = Counter()

    @RANDOM
    @given(cases(OPS[name]))
    def check(case: tuple[Mapping[str, Any], tuple[Shape, ...]]) -> None:
        args, inputs = case
        op = primitive(name, args)
        try:
            op.shape(*inputs)
            taken = True
        except RuleError as refused:
            taken = False
            # Which inputs go together is for the language to say; torch would repeat some of them to fit.
            if refused.argument != "from" and (name, refused.argument) not in STRICTER:
                assert_torch_refuses(op, inputs)
        if taken:
            assert_agrees(op, inputs)
        seen[taken] += 1

    check()
    assert seen.total() >= 200
    assert seen[True] >= LEAST, "give it arguments and shapes that go together in random_cases.py"


@pytest.mark.parametrize(("name", "example"), [case for case in EXAMPLES if case[0] not in INDICES])
def test_in_place_gives_the_same_and_memory_is_shared_as_said(name: str, example: Example) -> None:
    op = primitive(name, example.args)
    inputs = smaller(op, example.inputs)
    lowering = op.lower(*inputs)
    torch.manual_seed(0)
    leaves = [torch.randn(2, *shape, requires_grad=True) for shape in inputs]
    module = lowered(op, inputs).eval()

    def gradients_of(*outs: Tensor) -> tuple[Tensor, ...]:
        total = torch.stack([out.sum() for out in outs if out.requires_grad]).sum()
        return torch.autograd.grad(total, leaves, retain_graph=True, allow_unused=True, materialize_grads=True)

    first, *others = (leaf * 1 for leaf in leaves)
    expected = given_by(module, [first, *others])
    gradients = gradients_of(*expected)
    places = {first.untyped_storage().data_ptr()}
    assert lowering.aliases or not places & {out.untyped_storage().data_ptr() for out in expected}

    if lowering.in_place is not None:
        first, *others = (leaf * 1 for leaf in leaves)
        out = lowered(op, inputs, in_place=True).eval()(first, *others)
        assert out.data_ptr() == first.data_ptr()
        torch.testing.assert_close(out, expected[0])
        torch.testing.assert_close(gradients_of(out), gradients)
    if lowering.overwritable:
        out = module(*(leaf * 1 for leaf in leaves)).mul_(2)
        torch.testing.assert_close(gradients_of(out), tuple(2 * gradient for gradient in gradients))
