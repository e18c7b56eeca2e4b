"""Built modules against a node-by-node run of the graph, on random graphs with random scopes.

The reference keeps every value, works out of place, and knows nothing of scopes, locals, guards or the order of parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archgraph.emit.module import build
from archgraph.graph.model import Graph, Node, Scope
from archgraph.ops import make
from archgraph.ops.base import Primitive, Ref
from archgraph.ops.facts import facts

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")]

SHAPE = (4, 5, 5)
UNARY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("conv", {"out": 4, "kernel": 3}), ("batch_norm", {}), ("relu", {}), ("sigmoid", {}), ("leaky_relu", {}),
    ("max_pool", {"kernel": 3, "stride": 1, "pad": 1}), ("dropout", {"p": 0.0}), ("identity", {}),
)  # fmt: skip
SCOPES = ("", "a", "a.b", "a.b.c", "d", "0", "0.half")


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    nodes: dict[str, Node] = {}
    for number in range(draw(st.integers(2, 14))):
        scope = draw(st.sampled_from(SCOPES))
        name = f"{scope}.n{number}" if scope else f"n{number}"
        # Mostly the value made last, so that long chains and works in place are common.
        past = ["in", *(made for made in nodes if nodes[made].shape == SHAPE)]
        picks = st.one_of(st.just(past[-1]), st.sampled_from(past))
        op, args = draw(st.sampled_from((*UNARY, ("add", {}), ("mul", {}), ("concat", {}))))
        inputs = draw(st.lists(picks, min_size=2, max_size=3)) if op in ("add", "mul", "concat") else [draw(picks)]
        nodes[name] = _node(name, op, args, inputs, nodes)
        if op == "concat":  # back to four channels
            nodes[name + "c"] = _node(name + "c", "conv", {"out": 4, "kernel": 1}, [name], nodes)
    made = list(nodes)
    chosen = draw(st.lists(st.sampled_from(made), min_size=0, max_size=3, unique=True))
    outputs = {f"out{n}": Ref(name) for n, name in enumerate([made[-1], *chosen])}
    train_only = frozenset(draw(st.lists(st.sampled_from(list(outputs)), max_size=len(outputs) - 1, unique=True)))
    features = {"tap": Ref(draw(st.sampled_from(made)))} if draw(st.booleans()) else {}
    kinds = {scope: draw(st.sampled_from(("block", "macro", "body", "copies"))) for scope in SCOPES if scope}
    scopes = {scope: Scope("box", kind) for scope, kind in kinds.items()}  # type: ignore[arg-type]
    graph = Graph("random", {"in": SHAPE}, nodes, outputs, train_only, features, scopes)
    graph.check()
    return graph


def _node(name: str, op: str, args: Mapping[str, Any], inputs: list[str], nodes: Mapping[str, Node]) -> Node:
    made = make(op, args)
    assert isinstance(made, Primitive)
    shapes = tuple(SHAPE if i == "in" else nodes[i].shape for i in inputs)
    return Node(name, made, tuple(Ref(i) for i in inputs), facts(made, shapes))


def reference(graph: Graph, module: torch.nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every value of the graph, by lowerings that overwrite nothing and leaves that have the module's weights."""
    values = {"in": x}
    leaves = {name: leaf for name, leaf in module.named_modules() if name in graph.nodes}
    for node in graph:
        lowering = node.op.lower(*graph.input_shapes(node))
        names: dict[str, Any] = {"torch": torch}
        if lowering.module:
            target, args, kwargs = lowering.module
            leaf = names["leaf"] = getattr(torch.nn, target.removeprefix("nn."))(*args, **kwargs).double()
            leaf.load_state_dict(leaves[node.name].state_dict())
            leaf.train(module.training)
        given = [f"v{n}" for n in range(len(node.inputs))]
        names.update(zip(given, (values[ref.node] for ref in node.inputs), strict=True))
        text = lowering.forward.replace("{self}", "leaf").format(*given, inputs=", ".join(given))
        values[node.name] = eval(text, names)
    return {name: values[ref.node] for name, ref in graph.outputs.items()}


@given(graphs(), st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_outputs_and_gradients_are_those_of_a_plain_run(graph: Graph, training: bool) -> None:
    torch.manual_seed(0)
    module = build(graph).double().train(training)
    x = torch.randn(2, *SHAPE, dtype=torch.float64)
    one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    expected = reference(graph, module, other)
    given = module(one)
    if len(expected) == 1:
        given = dict(zip(expected, [given], strict=True))
    absent = set() if training or len(expected) == 1 else graph.train_only
    assert list(given) == [name for name in expected if name not in absent]
    for name, tensor in given.items():
        torch.testing.assert_close(tensor, expected[name])
    if any(tensor.requires_grad for tensor in given.values()):
        sum((tensor.sin().sum() for tensor in given.values()), torch.zeros(())).backward()
        sum((expected[name].sin().sum() for name in given), torch.zeros(())).backward()
        torch.testing.assert_close(one.grad, other.grad)


def _has_module(graph: Graph, name: str) -> bool:
    node = graph.nodes[name]
    return node.op.lower(*graph.input_shapes(node)).module is not None


@given(graphs())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_eval_mode_runs_no_module_that_only_training_needs(graph: Graph) -> None:
    module = build(graph).eval()
    ran: set[str] = set()
    for name, part in module.named_modules():
        part.register_forward_hook(lambda *_, name=name: ran.add(name))
    module(torch.randn(2, *SHAPE))
    needed = graph.needed(training=len(graph.outputs) == 1)
    assert ran & graph.nodes.keys() == {name for name in needed if _has_module(graph, name)}


@given(graphs())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_torchscript_follows(graph: Graph) -> None:
    if any("half" in name for name in graph.nodes):
        return  # a child named like a method of nn.Module is beyond TorchScript
    module = build(graph)
    x = torch.randn(2, *SHAPE)
    for training in (True, False):
        module.train(training)
        torch.testing.assert_close(torch.jit.script(module)(x), module(x))
