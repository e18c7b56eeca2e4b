"""What every op keeps, as one function for the authors of plug-ins: `check_op` compares an op with torch itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from archgraph.graph.expand import expand
from archgraph.graph.model import Graph, Node
from archgraph.ops import make
from archgraph.ops.arguments import OTHER, Takes
from archgraph.ops.base import Example, Op, Primitive, Ref
from archgraph.ops.facts import facts
from archgraph.shape import Shape, show
from archgraph.spec.model import Body, NodeSpec, Spec

_NODE = "op"


def check_op(op: type[Op]) -> None:
    """Assert that an op, which is in the vocabulary, says what it does: for a test of the package that it comes from.

    It documents itself and its arguments. At each of its examples the output shapes, weights, buffers and
    multiply-adds are those that torch has on the meta device, at two batch sizes, and the module gives finite
    numbers of these shapes at work. Raises AssertionError with the op, the example and what differs. Needs torch.
    """
    _check_documented(op)
    assert op.examples, f"{op.op} has no examples"
    for example in op.examples:
        where = f"{op.op} at {dict(example.args)} and {', '.join(map(show, example.inputs))}"
        _check_example(_graph(op, example), where)


def _check_documented(op: type[Op]) -> None:
    first, *rest = inspect.cleandoc(op.__doc__ or "").splitlines() or [""]
    assert first.endswith("."), f"{op.op}: its docstring begins with one sentence"
    assert rest and not rest[0] and "->" in rest[1], f"{op.op}: its shapes stand below the first sentence, as `a -> b`"
    for name, field in op.model_fields.items():
        assert field.description, f"{op.op}.{name} has no description"
        takes = [item for item in field.metadata if isinstance(item, Takes)]
        assert takes, f"{op.op}.{name} does not say what it takes: a type of archgraph.ops.arguments, or Takes(...)"


def _graph(op: type[Op], example: Example) -> Graph:
    """A network of the op alone, its inputs by their number."""
    names = [f"x{number}" for number in range(len(example.inputs))]
    inputs = dict(zip(names, example.inputs, strict=True))
    made = make(op.op, example.args)
    if isinstance(made, Primitive):
        node = Node(_NODE, made, tuple(map(Ref, names)), facts(made, example.inputs))
        outputs = {f"y{number}": Ref(_NODE, number) for number in range(len(node.facts.further) + 1)}
        return Graph("contract", inputs, {_NODE: node}, outputs)
    nodes = [name for name, value in example.args.items() if value == OTHER]
    count = len(names) - len(nodes)
    args = {**example.args, **dict(zip(nodes, names[count:], strict=True))}
    return expand(Spec("contract", inputs, Body((NodeSpec(op.op, args, id=_NODE, inputs=tuple(names[:count])),))))


def _check_example(graph: Graph, where: str) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from archgraph.emit.module import build

    said = {name: graph.shape(ref) for name, ref in graph.outputs.items()}
    macs = sum(node.facts.macs for node in graph)
    for batch in (2, 3):
        with torch.device("meta"), torch.no_grad():
            module = build(graph, init=False).eval()
            with FlopCounterMode(display=False) as counter:
                out = module(*(torch.empty(batch, *shape) for shape in graph.inputs.values()))
        _equal(f"{where}: output shapes", said, {name: shape[1:] for name, shape in _shapes(out, said).items()})
        assert all(shape[0] == batch for shape in _shapes(out, said).values()), f"{where}: it loses the batch axis"
        _equal(f"{where}: macs", macs, counter.get_total_flops() / 2 / batch)
    _check_tensors(graph, module, where)
    torch.manual_seed(0)
    with torch.no_grad():
        out = build(graph).eval()(*(torch.rand(2, *shape) for shape in graph.inputs.values()))
    values = out.values() if isinstance(out, dict) else [out]
    assert all(value.isfinite().all() for value in values), f"{where}: not all numbers that it gives are finite"


def _check_tensors(graph: Graph, module: Any, where: str) -> None:
    """Names and shapes of all weights and buffers."""
    for what, found in (("weights", module.named_parameters()), ("buffers", module.named_buffers())):
        said: dict[str, Shape] = {}
        for node in graph:
            if node.shares is None:
                rule: Mapping[str, Shape] = getattr(node.op, what)(*graph.input_shapes(node))
                said |= {f"{node.name}.{name}": tuple(shape) for name, shape in rule.items()}
        tensors = {name: tuple(value.shape) for name, value in found if not name.endswith("num_batches_tracked")}
        _equal(f"{where}: {what}", said, tensors)


def _shapes(out: Any, said: Mapping[str, Shape]) -> dict[str, Shape]:
    outputs = out if isinstance(out, dict) else dict.fromkeys(said, out)
    return {name: tuple(value.shape) for name, value in outputs.items()}


def _equal(what: str, said: Any, found: Any) -> None:
    assert said == found, f"{what}: the op says {said}, torch has {found}"
