"""The zoo against measurements of public implementations, from our graph alone and again from the built module."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import archgraph
from archgraph import zoo
from archgraph.checking import unmet
from archgraph.graph.cost import node_costs, parameter_shapes
from archgraph.graph.features import pyramid
from archgraph.shape import Shape

Record = Mapping[str, Any]

REFERENCE: Mapping[str, Record] = json.loads(Path(__file__).with_name("reference.json").read_text("utf-8"))["networks"]
NETWORKS = [name for name in zoo.names() if zoo.find(name).path.parent.name != "techniques"]
"""The zoo without the small specs that show one technique each, which have tests of their own."""

WRITTEN = [name for name in REFERENCE if name in set(NETWORKS)]
HEADS = ("deeplabv3", "deeplabv3plus")
ALSO = {
    "cifar_resnet8": "a small relative of cifar_resnet20 that nobody published",
    "cifar_resnet44": "between two depths that are measured",
    "resnet101": "torchvision builds it",
    "densenet169": "torchvision builds it",
    "vgg13_bn": "torchvision builds it",
    "airbench94": "counted by hand from its paper, in test_written_out.py",
    "nasbench201": "the cell of the best validation; the table of the benchmark has it",
    **{f"{head}_hrnetv2_w{w}": "the parts are published, not the whole" for head in HEADS for w in (18, 48)},
}
"""Networks of the zoo without a measurement."""

PUBLISHED = {"resnet101": 44_549_160, "densenet169": 14_149_480, "vgg13_bn": 133_053_736, "nasbench201": 1_073_466}
"""Parameters that torchvision's documentation states, and the table of NAS-Bench-201."""

COUNTS = {"n_conv": "convs", "n_linear": "linears", "n_bn": "batch_norms"}
"""Layers, by their names in a measurement and in `expect`."""


def shapes_hash(shapes: Iterable[Shape]) -> str:
    text = json.dumps(sorted(map(list, shapes)), separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def squeezed(shapes: Iterable[Shape]) -> list[Shape]:
    return [tuple(size for size in shape if size != 1) for shape in shapes]


def as_measured(outputs: Mapping[str, Iterable[int]], measured: Any) -> Any:
    """Output shapes in the form of a measurement: by name, in order, or the only one."""
    if isinstance(measured, dict):
        return {name: list(shape) for name, shape in outputs.items()}
    shapes = [list(shape) for shape in outputs.values()]
    return shapes if isinstance(measured[0], list) or len(shapes) > 1 else shapes[0]


@pytest.mark.parametrize("name", WRITTEN)
def test_the_graph_of_a_spec_equals_the_measurement(name: str) -> None:
    expected = REFERENCE[name]
    graph = archgraph.expand(archgraph.load(name))
    cost = archgraph.cost(graph)
    layers = Counter(node.op.op for node in graph if node.shares is None)
    shapes = parameter_shapes(graph)
    found = {
        "input": [list(shape) for shape in graph.inputs.values()],
        "output": as_measured(cost.outputs, expected["output"]),
        "params": cost.params,
        "macs": cost.macs,
        "macs_train": sum(node.macs for node in node_costs(graph).values()),
        "buffers": cost.buffers,
        "n_conv": layers["conv"],
        "n_linear": layers["linear"],
        "n_bn": layers["batch_norm"],
        "param_shapes_sha256": shapes_hash(shapes),
        "param_shapes_sq_sha256": shapes_hash(squeezed(shapes)),
    }
    measured = {key: expected[key] for key in found if key in expected}
    measured |= {"input": [expected["input"]], "macs_train": expected.get("macs_train", expected["macs"])}
    assert {key: found[key] for key in measured} == measured


@pytest.mark.torch
@pytest.mark.parametrize("name", WRITTEN)
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
    shapes = [tuple(parameter.shape) for parameter in module.parameters()]
    buffers = [buffer for part, buffer in module.named_buffers() if not part.endswith("num_batches_tracked")]
    # A module with one output gives it as it is.
    outputs = out if isinstance(out, dict) else dict.fromkeys(archgraph.expand(archgraph.load(name)).outputs, out)
    found = {
        "output": as_measured({part: tensor.shape[1:] for part, tensor in outputs.items()}, expected["output"]),
        "params": sum(parameter.numel() for parameter in module.parameters()),
        "macs": counter.get_total_flops() // 2,
        "buffers": sum(buffer.numel() for buffer in buffers),
        "n_conv": sum(isinstance(part, (nn.Conv1d, nn.Conv2d)) for part in module.modules()),
        "n_linear": sum(isinstance(part, nn.Linear) for part in module.modules()),
        "n_bn": sum(isinstance(part, nn.BatchNorm2d) for part in module.modules()),
        "param_shapes_sha256": shapes_hash(shapes),
    }
    measured = {key: expected[key] for key in found if key in expected}
    assert {key: found[key] for key in measured} == measured


@pytest.mark.parametrize("name", [name for name in WRITTEN if "pyramid" in REFERENCE[name]])
def test_the_features_of_a_spec_are_timms(name: str) -> None:
    expected = REFERENCE[name]["pyramid"]
    # Beside c1, c2, ... a spec may name what another network takes of it.
    taps = pyramid(archgraph.expand(archgraph.load(name)))
    found = {tap: feature for tap, feature in taps.items() if re.fullmatch(r"c[0-9]", tap)}
    first = int(next(iter(found)).removeprefix("c"))
    assert list(found) == [f"c{number}" for number in range(first, first + len(found))]
    assert [feature.channels for feature in found.values()] == expected["channels"]
    assert [feature.reduction for feature in found.values()] == expected["reduction"]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_spec_promises_what_is_measured(name: str) -> None:
    measured = REFERENCE[name]
    expect: dict[str, Any] = dict(archgraph.load(name).expect)
    output = expect.pop("output")
    digits = expect.pop("param_shapes", "")
    outputs = output if isinstance(output, Mapping) else {"output": output}
    counts = {ours: measured[theirs] for theirs, ours in COUNTS.items() if theirs in measured}
    assert expect == {key: measured[key] for key in ("params", "buffers", "macs")} | counts
    assert as_measured(outputs, measured["output"]) == measured["output"]
    assert len(digits) >= 16 or "param_shapes_sha256" not in measured
    assert measured.get("param_shapes_sha256", "").startswith(digits)


@pytest.mark.parametrize("name", ALSO)
def test_a_spec_without_a_measurement_keeps_its_promises(name: str) -> None:
    spec = archgraph.load(name)
    graph = archgraph.expand(spec)
    cost = archgraph.cost(graph)
    assert unmet(spec, graph, cost) == ()
    assert {"params", "buffers", "macs", "output"} <= set(spec.expect)
    assert cost.params == PUBLISHED.get(name, cost.params)


@pytest.mark.torch
@pytest.mark.parametrize("name", ALSO)
def test_torch_counts_what_a_spec_without_a_measurement_promises(name: str) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    spec = archgraph.load(name)
    with torch.device("meta"):
        module = archgraph.build(spec, init=False).eval()
        image = torch.empty(1, *spec.input)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = module(image)
    shapes = [tuple(parameter.shape) for parameter in module.parameters()]
    assert sum(parameter.numel() for parameter in module.parameters()) == spec.expect["params"]
    assert counter.get_total_flops() == 2 * spec.expect["macs"]
    given = (
        {name: tuple(part.shape[1:]) for name, part in out.items()} if isinstance(out, dict) else tuple(out.shape[1:])
    )
    assert given == spec.expect["output"]
    assert shapes_hash(shapes).startswith(spec.expect.get("param_shapes", ""))


def test_each_depth_of_a_table_adds_the_same() -> None:
    """cifar_resnet44, which is not measured, is to 32 layers what 32 layers are to 20."""
    measured = [REFERENCE[f"cifar_resnet{depth}"] for depth in (20, 32, 56)]
    expect = archgraph.load("cifar_resnet44").expect
    for key in ("params", "buffers", "macs"):
        twenty, thirty_two, fifty_six = (record[key] for record in measured)
        assert expect[key] == 2 * thirty_two - twenty == (thirty_two + fifty_six) // 2


def test_every_network_of_the_zoo_is_measured_or_says_why_not() -> None:
    assert sorted([*WRITTEN, *ALSO]) == NETWORKS


def test_every_measured_network_is_in_the_zoo() -> None:
    assert set(REFERENCE) <= set(WRITTEN)


@pytest.mark.parametrize("name", zoo.names())
def test_a_spec_says_what_it_is_and_where_it_is_from(name: str) -> None:
    spec = archgraph.load(name)
    assert spec.name == name
    assert spec.about and spec.source


@pytest.mark.parametrize("path", zoo.files(), ids=lambda path: path.stem)
def test_a_file_is_read_in_one_look(path: Path) -> None:
    network, _, variants = path.read_text("utf-8").partition("\nvariants:\n")
    assert len(network.splitlines()) <= 90
    assert len(variants.splitlines()) <= 60
    assert max(map(len, (*network.splitlines(), *variants.splitlines()))) <= 120


@pytest.mark.parametrize("size", [(1, 8, 8), (3, 8, 8), (3, 32, 32), (3, 64, 64)])
def test_cifar_resnet8_takes_small_images(size: Shape) -> None:
    spec = archgraph.load("cifar_resnet8")
    assert archgraph.cost(spec, input=size).outputs == {"output": (10,)}
