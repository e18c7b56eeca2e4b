"""Built modules against a node-by-node run of the graph, on random graphs with random scopes.

The reference keeps every value, works out of place, and knows nothing of scopes, locals, guards or the order of parts.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sketch import Sketch

from archgraph.emit.module import GeneratedModule, build
from archgraph.emit.plan import attribute
from archgraph.graph.model import Graph, Node
from archgraph.ops.base import Ref

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")]

SHAPE = (4, 5, 5)
UNARY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("conv", {"out": 4, "kernel": 3}), ("batch_norm", {}), ("relu", {}), ("sigmoid", {}), ("leaky_relu", {}),
    ("max_pool", {"kernel": 3, "stride": 1, "pad": 1}), ("dropout", {"p": 0.0}), ("identity", {}),
)  # fmt: skip
JOINS = ("add", "mul", "concat")
SEVERAL = ("halves", "indexed")
"""Ops with two outputs; another op makes `SHAPE` of them again, or nobody uses them."""
SCOPES = ("", "a", "a.b", "a.b.c", "d", "0", "0.half")


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    names = draw(st.sampled_from((("in",), ("left", "right"), ("x", "in", "lambda"))))
    net = Sketch(dict.fromkeys(names, SHAPE))
    past = [Ref(name) for name in names]
    for number in range(draw(st.integers(2, 14))):
        # Mostly the value made last, so that long chains and works in place are common.
        picks = st.one_of(st.just(past[-1]), st.sampled_from(past))
        op, args = draw(st.sampled_from((*UNARY, *((name, {}) for name in (*JOINS, *SEVERAL)))))
        inputs = draw(st.lists(picks, min_size=2, max_size=3)) if op in JOINS else [draw(picks)]
        scopes = iter(lambda: draw(st.sampled_from(SCOPES)), None)
        own = [
            node.name
            for node in net.nodes.values()
            if node.op.op == op and not (node.shares or node.name.endswith("c"))
        ]
        shares = draw(st.sampled_from(own)) if own and op in ("conv", "batch_norm") and draw(st.booleans()) else None
        node = net.add(_named(next(scopes), f"n{number}"), op, args, *inputs, shares=shares)
        if op == "concat":  # back to four channels
            node = net.add(_named(next(scopes), f"n{number}c"), "conv", {"out": 4, "kernel": 1}, node)
        elif op == "halves" and draw(st.booleans()):
            node = net.add(
                _named(next(scopes), f"n{number}c"), "concat", {}, *draw(st.permutations([node, Ref(node.node, 1)]))
            )
        elif op == "indexed" and draw(st.booleans()):
            node = net.add(_named(next(scopes), f"n{number}u"), "unpooled", {}, node, Ref(node.node, 1))
            node = net.add(_named(next(scopes), f"n{number}r"), "resized", {}, node, draw(picks))
        past += [node] if net.shape(node) == SHAPE else []
    made = [Ref(name, n) for name, node in net.nodes.items() for n in range(1 + len(node.facts.further))]
    chosen = draw(st.lists(st.sampled_from([*made, *past[:1]]), min_size=0, max_size=3, unique=True))
    outputs = {f"out{n}": ref for n, ref in enumerate([made[-1], *chosen])}
    train_only = frozenset(draw(st.lists(st.sampled_from(list(outputs)), max_size=len(outputs) - 1, unique=True)))
    features = {"tap": draw(st.sampled_from(made))} if draw(st.booleans()) else {}
    kinds = {scope: draw(st.sampled_from(("block", "macro", "body", "copies"))) for scope in SCOPES if scope}
    return net.graph(kinds=kinds, train_only=train_only, features=features, **outputs)


def _named(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name


def leaf(module: torch.nn.Module, graph: Graph, node: Node) -> torch.nn.Module:
    """The module of a node in the tree, or of the one whose weights it uses."""
    name = node.shares or node.name
    return reduce(lambda inside, part: inside._modules[attribute(part)], name.split("."), module)  # type: ignore[arg-type, return-value]


def reference(graph: Graph, module: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Every value of the graph, by lowerings that overwrite nothing and leaves that have the module's weights."""
    values = {Ref(name): tensor for name, tensor in inputs.items()}
    for node in graph:
        lowering = node.op.lower(*graph.input_shapes(node))
        names: dict[str, Any] = {"torch": torch}
        if lowering.module:
            target, args, kwargs = lowering.module
            own = names["leaf"] = getattr(torch.nn, target.removeprefix("nn."))(*args, **kwargs).double()
            own.load_state_dict(leaf(module, graph, node).state_dict())
            own.train(module.training)
        given = [f"v{n}" for n in range(len(node.inputs))]
        names.update(zip(given, (values[ref] for ref in node.inputs), strict=True))
        text = lowering.forward.replace("{self}", "leaf").format(*given, inputs=", ".join(given))
        found = eval(text, names)
        values |= {Ref(node.name, n): value for n, value in enumerate(found if node.facts.further else [found])}
    return {name: values[ref] for name, ref in graph.outputs.items()}


def drawn(graph: Graph, *, dtype: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    return {name: torch.randn(2, *shape, dtype=dtype) for name, shape in graph.inputs.items()}


@given(graphs(), st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_outputs_and_gradients_are_those_of_a_plain_run(graph: Graph, training: bool) -> None:
    torch.manual_seed(0)
    module = build(graph).double().train(training)
    inputs = drawn(graph, dtype=torch.float64)
    one, other = ({name: x.clone().requires_grad_() for name, x in inputs.items()} for _ in range(2))
    expected = reference(graph, module, other)
    given = module(*one.values())
    if len(expected) == 1:
        given = dict(zip(expected, [given], strict=True))
    absent = set() if training or len(expected) == 1 else graph.train_only
    assert list(given) == [name for name in expected if name not in absent]
    for name, tensor in given.items():
        torch.testing.assert_close(tensor, expected[name])
    if any(tensor.requires_grad for tensor in given.values()):
        sum((tensor.sin().sum() for tensor in given.values()), torch.zeros(())).backward()
        sum((expected[name].sin().sum() for name in given), torch.zeros(())).backward()
        for name in inputs:
            torch.testing.assert_close(one[name].grad, other[name].grad)


@given(graphs())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_eval_mode_runs_no_module_that_only_training_needs(graph: Graph) -> None:
    module = build(graph).eval()
    ran: set[torch.nn.Module] = set()
    for part in module.modules():
        part.register_forward_hook(lambda part, *_: ran.add(part))
    module(*drawn(graph).values())
    needed = (graph.nodes[name] for name in graph.needed(training=len(graph.outputs) == 1))
    expected = {leaf(module, graph, node) for node in needed if node.op.lower(*graph.input_shapes(node)).module}
    assert {part for part in ran if not isinstance(part, GeneratedModule)} == expected


@given(graphs())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_torchscript_follows(graph: Graph) -> None:
    module = build(graph)
    inputs = drawn(graph).values()
    for training in (True, False):
        module.train(training)
        torch.testing.assert_close(torch.jit.script(module)(*inputs), module(*inputs))
