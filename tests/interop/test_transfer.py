"""What a changed network inherits: outputs of the child against the parent's, and shares counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from archgraph import build, expand, load, loads, override  # noqa: E402
from archgraph.graph.model import Graph  # noqa: E402
from archgraph.interop.transfer import Inherited, pair, transfer  # noqa: E402

NET = """\
archgraph: 1
name: net
input: [3, 8, 8]
graph:
  - {conv: {out: 8, kernel: 3, norm: batch, act: relu}, id: one}
  - {conv: {out: 16, kernel: 3, norm: batch, act: relu}, id: two}
  - global_avg_pool
  - {linear: 10, id: head}
"""


def graph(text: str = NET) -> Graph:
    return expand(loads(text))


def trained(net: Graph) -> Any:
    """A module whose every tensor differs from what a new one has."""
    torch.manual_seed(1)
    module = build(net)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) + 0.5 if "running" in name or "norm" in name else tensor * 1.5)
    return module.eval()


def child(parent: Graph, net: Graph) -> tuple[Any, Any, Inherited]:
    """The parent's and the child's outputs for the same images, and what the child inherited."""
    source = trained(parent)
    torch.manual_seed(2)
    module = build(net)
    found = transfer(source.state_dict(), parent, module, net)
    x = torch.randn(4, *net.inputs["in"], generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        return source(x), module.eval()(x), found


@pytest.mark.parametrize("name", ["cifar_resnet8", "mobilenet_v2"])
def test_the_same_network_inherits_everything(name: str) -> None:
    net = expand(override(load(name), {"input": (3, 32, 32)}))
    before, after, found = child(net, net)
    assert found.share == 1 and torch.equal(before, after)


def test_a_wider_child_begins_as_its_parent() -> None:
    before, after, found = child(graph(), graph(NET.replace("out: 8,", "out: 12,")))
    assert torch.allclose(before, after, atol=1e-6)
    # one: 8 of 12 filters of 27, scales and shifts; two: 16 filters read 8 of 12 channels; the head is as it was.
    kept = 8 * 27 + 2 * 8 + 16 * 8 * 9 + 2 * 16 + 170
    assert found.share == kept / (12 * 27 + 2 * 12 + 16 * 12 * 9 + 2 * 16 + 170)


def test_a_larger_kernel_begins_as_its_parent() -> None:
    before, after, found = child(graph(), graph(NET.replace("out: 16, kernel: 3", "out: 16, kernel: 5")))
    assert torch.allclose(before, after, atol=1e-6) and found.share < 1


def test_a_narrower_child_has_the_first_channels_and_the_middle_of_the_kernels() -> None:
    parent, net = graph(), graph(NET.replace("out: 16, kernel: 3", "out: 6, kernel: 1"))
    source, module = trained(parent), build(net)
    found = transfer(source.state_dict(), parent, module, net)
    assert found.share == 1
    mine, theirs = module.state_dict(), source.state_dict()
    assert torch.equal(mine["two.conv.weight"], theirs["two.conv.weight"][:6, :, 1:2, 1:2])
    assert torch.equal(mine["two.norm.running_var"], theirs["two.norm.running_var"][:6])
    assert torch.equal(mine["head.weight"], theirs["head.weight"][:, :6])


def test_a_deeper_child_has_all_of_its_parent() -> None:
    added = NET.replace("  - global", "  - {conv: {out: 16, kernel: 3, norm: batch, act: relu}, id: three}\n  - global")
    net = graph(added)
    source, module = trained(graph()), build(net)
    found = transfer(source.state_dict(), graph(), module, net)
    assert all(torch.equal(module.state_dict()[name], tensor) for name, tensor in source.state_dict().items())
    assert found.share == pytest.approx(1 - (16 * 16 * 9 + 32) / sum(p.numel() for p in module.parameters()))


def test_a_node_with_another_name_is_found_by_its_place() -> None:
    before, after, found = child(graph(), graph(NET.replace("id: one", "id: first").replace("id: two", "id: second")))
    assert found.share == 1 and torch.equal(before, after)
    assert found.pairs["first.conv"] == "one.conv" and found.pairs["second.norm"] == "two.norm"


def test_two_nodes_that_could_be_the_one_are_neither() -> None:
    two = NET.replace("  - {conv: {out: 8, kernel: 3, norm: batch, act: relu}, id: one}\n", "TWO")
    parallel = "".join(
        f"  - {{conv: {{out: 8, kernel: 3, norm: batch, act: relu}}, id: {name}, from: in}}\n" for name in ("a", "b")
    )
    net = graph(two.replace("TWO", parallel + "  - {add: , from: [a, b]}\n"))
    assert not {"a.conv", "b.conv"} & set(pair(graph(), net))


def test_weights_of_another_op_or_other_groups_stay_new() -> None:
    net = graph(NET.replace("out: 16, kernel: 3", "out: 16, kernel: 3, groups: 4"))
    before, after, found = child(graph(), net)
    assert found.share == pytest.approx(1 - 16 * 2 * 9 / sum(node.facts.params for node in net))
    assert not torch.allclose(before, after)
