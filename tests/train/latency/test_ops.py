"""A network's nodes one by one: each runs once, as in the network, and gives what the graph says it gives."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from archgraph import build, expand, load, override  # noqa: E402
from archgraph.graph.model import Graph  # noqa: E402
from archgraph.train.latency.nodes import run_nodes  # noqa: E402
from archgraph.train.latency.ops import Pace, bench  # noqa: E402
from archgraph.train.latency.settings import Timing  # noqa: E402

pytestmark = pytest.mark.torch

NETS = {
    "lenet5": {},
    "cifar_resnet8": {},
    "mobilenet_v2": {"input": (3, 64, 64)},  # activations in place
    "googlenet": {"input": (3, 224, 224)},  # heads for training, branches
    "densenet121": {"input": (3, 64, 64)},
    "shufflenet_v2_x0_5": {"input": (3, 64, 64)},  # nodes with several outputs
    "hrnetv2_w18": {"input": (3, 64, 64)},  # bundles
    "vit_tiny": {},
    "unet_resnet34": {"input": (3, 64, 64)},
}


def graph(name: str) -> Graph:
    return expand(override(load(name), NETS[name]))


@pytest.mark.parametrize("name", NETS)
def test_nodes_one_by_one_give_what_the_module_gives(name: str) -> None:
    net = graph(name)
    module = build(net).eval()
    (shape,) = net.inputs.values()
    x = torch.randn(2, *shape)
    ran, values = [], {}
    with torch.inference_mode():
        for one in run_nodes(net, module, {next(iter(net.inputs)): x.clone()}):
            ran.append(one.node.name)
            assert [tuple(tensor.shape[1:]) for tensor in one.inputs] == list(net.input_shapes(one.node))
            found = one.call(*(tensor.clone() for tensor in one.inputs))
            outputs = found if isinstance(found, (tuple, list)) else (found,)
            assert [tuple(t.shape) for t in outputs] == [(2, *s) for s in (one.node.shape, *one.node.facts.further)]
            values[one.node.name] = outputs
        wanted = module(x)
    assert sorted(ran) == sorted(net.needed(training=False))
    wanted = wanted if isinstance(wanted, dict) else dict.fromkeys(net.outputs, wanted)
    for output, ref in net.outputs.items():
        if output in wanted:
            torch.testing.assert_close(values[ref.node][ref.output], wanted[output])


@pytest.mark.parametrize("name", ["cifar_resnet8", "shufflenet_v2_x0_5"])
def test_every_node_that_runs_is_in_the_table_once(name: str) -> None:
    net = graph(name)
    found = bench(net, on=Timing(batch=2), pace=Pace((0.0, 5), (0.0, 5)))
    named = [node for line in found.ops for node in line.nodes]
    assert sorted(named) == sorted(net.needed(training=False))
    for line in found.ops:
        for node in map(net.nodes.__getitem__, line.nodes):
            assert (node.op.op, net.input_shapes(node), node.shape) == (line.op, line.inputs, line.output)
    assert len({(line.op, str(line.arguments), line.inputs) for line in found.ops}) <= len(found.ops) < len(named)
    assert found.error == pytest.approx(sum(line.sum for line in found.ops) / found.whole.time.median - 1)
    assert sum(map(found.share, found.ops)) == pytest.approx(1)
    assert [line.sum for line in found.ops] == sorted((line.sum for line in found.ops), reverse=True)


def test_weights_that_are_shared_are_those_of_their_owner() -> None:
    spec = """\
archgraph: 1
name: twice
input: [4]
graph:
  - {linear: 4, id: one}
  - {linear: 4, id: two, share: one}
"""
    from archgraph import loads

    net = expand(loads(spec))
    module = build(net).eval()
    x = torch.randn(1, 4)
    *_, last = run_nodes(net, module, {"in": x})
    torch.testing.assert_close(last.call(*last.inputs), module(x))


def test_half_precision_reaches_every_node() -> None:
    net = graph("cifar_resnet8")
    module = build(net).to(torch.bfloat16).eval()
    with torch.inference_mode():
        for one in run_nodes(net, module, {"in": torch.randn(1, 3, 32, 32, dtype=torch.bfloat16)}):
            assert {tensor.dtype for tensor in one.inputs} == {torch.bfloat16}
