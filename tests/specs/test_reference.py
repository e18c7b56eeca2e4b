"""The zoo against measurements of public implementations, from our graph alone and again from the built module."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import archgraph
from archgraph import zoo
from archgraph.graph.cost import node_costs, parameter_shapes
from archgraph.shape import Shape

REFERENCE: Mapping[str, Mapping[str, Any]] = json.loads(Path(__file__).with_name("reference.json").read_text("utf-8"))[
    "networks"
]
ALSO = {"cifar_resnet8": "a small relative of cifar_resnet20 that nobody published"}
"""Networks of the zoo without a measurement."""


def shapes_hash(shapes: Iterable[Shape]) -> str:
    text = json.dumps(sorted(map(list, shapes)), separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def squeezed(shapes: Iterable[Shape]) -> list[Shape]:
    return [tuple(size for size in shape if size != 1) for shape in shapes]


@pytest.mark.parametrize("name", REFERENCE)
def test_the_graph_of_a_spec_equals_the_measurement(name: str) -> None:
    expected = REFERENCE[name]
    graph = archgraph.expand(archgraph.load(name))
    cost = archgraph.cost(graph)
    modules = Counter(node.op.op for node in graph if node.shares is None)
    shapes = parameter_shapes(graph)
    found = {
        "input": [list(shape) for shape in graph.inputs.values()],
        "output": [list(shape) for shape in cost.outputs.values()],
        "params": cost.params,
        "macs": cost.macs,
        "macs_train": sum(node.macs for node in node_costs(graph).values()),
        "buffers": cost.buffers,
        "n_conv": modules["conv"],
        "n_linear": modules["linear"],
        "n_bn": modules["batch_norm"],
        "param_shapes_sha256": shapes_hash(shapes),
        "param_shapes_sq_sha256": shapes_hash(squeezed(shapes)),
    }
    assert found == {
        **{key: expected[key] for key in found if key in expected},
        "input": [expected["input"]],
        "output": [expected["output"]],
        "macs_train": expected.get("macs_train", expected["macs"]),
    }


@pytest.mark.torch
@pytest.mark.parametrize("name", REFERENCE)
def test_the_module_of_a_spec_equals_the_measurement(name: str) -> None:
    import torch
    from torch import nn
    from torch.utils.flop_counter import FlopCounterMode

    expected = REFERENCE[name]
    with torch.device("meta"):
        module = archgraph.build(archgraph.load(name), init=False).eval()
        image = torch.empty(1, *expected["input"])
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = module(image)
    kinds = Counter(type(part) for part in module.modules())
    shapes = [tuple(parameter.shape) for parameter in module.parameters()]
    buffers = [buffer for part, buffer in module.named_buffers() if not part.endswith("num_batches_tracked")]
    (out,) = out.values() if isinstance(out, dict) else (out,)
    found = {
        "output": list(out.shape[1:]),
        "params": sum(parameter.numel() for parameter in module.parameters()),
        "macs": counter.get_total_flops() // 2,
        "buffers": sum(buffer.numel() for buffer in buffers),
        "n_conv": kinds[nn.Conv2d] + kinds[nn.Conv1d],
        "n_linear": kinds[nn.Linear],
        "n_bn": kinds[nn.BatchNorm2d],
        "param_shapes_sha256": shapes_hash(shapes),
    }
    assert found == {key: expected[key] for key in found}


def test_every_network_of_the_zoo_is_measured_or_says_why_not() -> None:
    assert sorted([*REFERENCE, *ALSO]) == zoo.names()


@pytest.mark.parametrize("name", zoo.names())
def test_a_spec_is_short_and_says_what_it_is_and_costs(name: str) -> None:
    path = zoo.find(name).path
    spec = archgraph.load(name)
    assert len(path.read_text("utf-8").splitlines()) <= 60
    assert spec.name == path.stem == name
    assert spec.about and spec.source
    cost = archgraph.cost(spec)
    assert dict(spec.expect) == {"params": cost.params, "macs": cost.macs, "output": next(iter(cost.outputs.values()))}


@pytest.mark.parametrize("size", [(1, 8, 8), (3, 8, 8), (3, 32, 32), (3, 64, 64)])
def test_cifar_resnet8_takes_small_images(size: Shape) -> None:
    spec = archgraph.load("cifar_resnet8")
    assert archgraph.cost(spec, input=size).outputs == {"output": (10,)}
