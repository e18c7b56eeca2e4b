"""Macros against other people's modules with the same weights, and what they stand for."""

from __future__ import annotations

from typing import Any

import pytest

import archgraph
from archgraph.graph.model import Graph
from archgraph.shape import Shape


def expanded(nodes: str, shape: Shape, *, defaults: str = "{}") -> Graph:
    """The graph of one node per line."""
    listed = "\n".join(f"  - {node}" for node in nodes.strip().splitlines())
    text = f"archgraph: 1\nname: net\ninput: {list(shape)}\ndefaults: {defaults}\ngraph:\n{listed}\n"
    return archgraph.expand(archgraph.loads(text))


def rows(graph: Graph) -> list[str]:
    """`name: op(inputs) -> shape`, node by node."""
    return [
        f"{node.name}: {node.op.op}({', '.join(ref.node for ref in node.inputs)}) -> {list(node.shape)}"
        for node in graph
    ]


def test_a_residual_of_equal_shapes_adds_its_input() -> None:
    assert rows(expanded("residual: {body: [conv: [8, 3]], act: relu}", (8, 4, 4))) == [
        "residual1.body.conv1: conv(in) -> [8, 4, 4]",
        "residual1.add: add(residual1.body.conv1, in) -> [8, 4, 4]",
        "residual1.act: relu(residual1.add) -> [8, 4, 4]",
    ]


def test_a_residual_of_other_shapes_gets_a_1x1_conv_with_the_default_norm_alone() -> None:
    graph = expanded(
        "residual: {body: [conv: {out: 6, kernel: 3, stride: [3, 1]}]}",
        (8, 7, 4),
        defaults="{conv: {norm: batch, act: relu, order: pre}}",
    )
    assert rows(graph)[3:] == [
        "residual1.shortcut.conv: conv(in) -> [6, 3, 4]",
        "residual1.shortcut.norm: batch_norm(residual1.shortcut.conv) -> [6, 3, 4]",
        "residual1.add: add(residual1.body.conv1.conv, residual1.shortcut.norm) -> [6, 3, 4]",
    ]
    shortcut: Any = graph.nodes["residual1.shortcut.conv"].op
    assert (shortcut.kernel, shortcut.stride, shortcut.bias) == (1, (3, 1), False)


@pytest.mark.parametrize(
    ("shortcut", "ops"),
    [
        ("conv", ["conv", "conv", "add"]),
        ("none", ["conv"]),
        ("identity", ["conv", "add"]),
        ("pool", ["conv", "add"]),
        ("[identity]", ["conv", "identity", "add"]),
        ("[]", ["conv", "add"]),
    ],
)
def test_shortcuts_of_equal_shapes(shortcut: str, ops: list[str]) -> None:
    graph = expanded(f"residual: {{body: [conv: [8, 3]], shortcut: {shortcut}}}", (8, 4, 4))
    assert [node.op.op for node in graph] == ops


def test_a_pool_shortcut_pools_for_the_size_and_projects_for_the_channels() -> None:
    graph = expanded("residual: {body: [conv: {out: 6, kernel: 3, stride: 2}], shortcut: pool}", (8, 7, 7))
    assert rows(graph)[1:3] == [
        "residual1.shortcut_pool: avg_pool(in) -> [8, 4, 4]",
        "residual1.shortcut: conv(residual1.shortcut_pool) -> [6, 4, 4]",
    ]
    graph = expanded("residual: {body: [conv: {out: 8, kernel: 3, stride: 2}], shortcut: pool}", (8, 7, 7))
    assert [node.op.op for node in graph] == ["conv", "avg_pool", "add"]


@pytest.mark.parametrize("merge", ["add", "mul", "max", "mean", "concat"])
def test_branches_merge_in_the_order_of_their_paths(merge: str) -> None:
    graph = expanded(f"branches: {{paths: {{a: [conv: [8, 1]], b: []}}, merge: {merge}}}", (8, 4, 4))
    channels = 16 if merge == "concat" else 8
    assert rows(graph) == [
        "branches1.a.conv1: conv(in) -> [8, 4, 4]",
        f"branches1.{merge}: {merge}(branches1.a.conv1, in) -> [{channels}, 4, 4]",
    ]


def test_each_dense_layer_sees_all_above_it_at_once() -> None:
    assert rows(expanded("dense: [3, 4]", (8, 4, 4))) == [
        "dense1.0: conv(in) -> [4, 4, 4]",
        "dense1.concat1: concat(in, dense1.0) -> [12, 4, 4]",
        "dense1.1: conv(dense1.concat1) -> [4, 4, 4]",
        "dense1.concat2: concat(in, dense1.0, dense1.1) -> [16, 4, 4]",
        "dense1.2: conv(dense1.concat2) -> [4, 4, 4]",
        "dense1.concat: concat(in, dense1.0, dense1.1, dense1.2) -> [20, 4, 4]",
    ]


def test_separable_takes_the_default_norm_and_activation_unless_told() -> None:
    usual = "{conv: {norm: batch, act: relu}}"
    graph = expanded("separable: {out: 6, kernel: 3, stride: 2}", (8, 7, 7), defaults=usual)
    assert rows(graph) == [
        "separable1.depthwise.conv: conv(in) -> [8, 4, 4]",
        "separable1.depthwise.norm: batch_norm(separable1.depthwise.conv) -> [8, 4, 4]",
        "separable1.depthwise.act: relu(separable1.depthwise.norm) -> [8, 4, 4]",
        "separable1.pointwise.conv: conv(separable1.depthwise.act) -> [6, 4, 4]",
        "separable1.pointwise.norm: batch_norm(separable1.pointwise.conv) -> [6, 4, 4]",
        "separable1.pointwise.act: relu(separable1.pointwise.norm) -> [6, 4, 4]",
    ]
    graph = expanded("separable: {out: 6, kernel: 3, norm: none, act: silu}", (8, 7, 7), defaults=usual)
    assert [node.op.op for node in graph] == ["conv", "silu", "conv", "silu"]


def test_separable_has_norm_and_activation_at_its_end_alone_without_between() -> None:
    graph = expanded(
        "separable: {out: 6, kernel: 3, between: false}", (8, 7, 7), defaults="{conv: {norm: batch, act: relu}}"
    )
    assert [node.op.op for node in graph] == ["conv", "conv", "batch_norm", "relu"]
    assert [node.facts.params for node in graph] == [8 * 9, 8 * 6, 12, 0]


def test_a_box_has_the_norm_it_names_over_the_channels() -> None:
    given = {"layer": ["layer_norm"], "group": ["group_norm"], "instance": ["instance_norm"], "rms": ["rms_norm"]}
    for name, ops in given.items():
        graph = expanded(f"conv: {{out: 32, kernel: 1, norm: {name}}}", (8, 9))
        assert [node.op.op for node in graph] == ["conv", *ops]
        norm: Any = graph.nodes["conv1.norm"]
        assert norm.facts.params == {"layer": 64, "group": 64, "instance": 0, "rms": 32}[name]
    defaults = "{layer_norm: {eps: 1.0e-6}, group_norm: {groups: 4}}"
    layer = expanded("conv: {out: 8, kernel: 1, norm: layer}", (8, 9), defaults=defaults).nodes["conv1.norm"].op
    assert (layer.eps, layer.over) == (1e-6, "channels")  # type: ignore[attr-defined]
    group = expanded("conv: {out: 8, kernel: 1, norm: group}", (8, 9), defaults=defaults).nodes["conv1.norm"].op
    assert group.groups == 4  # type: ignore[attr-defined]
    linear = expanded("linear: {out: 6, norm: layer}", (9, 8)).nodes["linear1.norm"]
    assert linear.facts.params == 12


def test_aspp_has_a_branch_a_rate_and_the_mean_of_the_map() -> None:
    usual = "{conv: {norm: batch, act: relu}}"
    graph = expanded("aspp: {out: 4, rates: [2, 3], dropout: 0}", (8, 7, 6), defaults=usual)
    assert [row for row in rows(graph) if "conv(" in row or "concat" in row or "upsample" in row] == [
        "aspp1.point.conv: conv(in) -> [4, 7, 6]",
        "aspp1.dilated1.conv: conv(in) -> [4, 7, 6]",
        "aspp1.dilated2.conv: conv(in) -> [4, 7, 6]",
        "aspp1.pooled.conv: conv(aspp1.pool) -> [4, 1, 1]",
        "aspp1.spread: upsample(aspp1.pooled.act, in) -> [4, 7, 6]",
        "aspp1.concat: concat(aspp1.point.act, aspp1.dilated1.act, aspp1.dilated2.act, aspp1.spread) -> [16, 7, 6]",
        "aspp1.project.conv: conv(aspp1.concat) -> [4, 7, 6]",
    ]


def test_attention_is_not_changed_by_the_defaults_of_the_file() -> None:
    defaults = "{conv: {norm: batch, act: relu, pad: valid, order: pre}, linear: {norm: batch, bias: false}}"
    for node in ("se", "eca", "cbam"):
        plain, other = expanded(node, (32, 7, 7)), expanded(node, (32, 7, 7), defaults=defaults)
        assert rows(plain) == rows(other)
        assert [node.op for node in plain] == [node.op for node in other]


def test_attention_takes_sequences() -> None:
    for node in ("se", "eca", "cbam"):
        assert expanded(node, (32, 9)).shape(expanded(node, (32, 9)).outputs["output"]) == (32, 9)


@pytest.mark.parametrize(("channels", "kernel"), [(16, 3), (64, 3), (128, 5), (256, 5), (512, 5), (1024, 5), (2048, 7)])
def test_the_kernel_of_eca_follows_the_channels(channels: int, kernel: int) -> None:
    (conv,) = [node.op for node in expanded("eca", (channels, 2, 2)) if node.op.op == "conv"]
    assert conv.kernel == kernel  # type: ignore[attr-defined]


def test_a_choice_takes_what_it_is_told() -> None:
    graphs = "narrow: [conv: [4, 1]], wide: [conv: [9, 1]]"
    for given, channels in (("", 4), ("default: wide, ", 9), ("pick: wide, default: narrow, ", 9)):
        graph = expanded(f"choice: {{{given}{graphs}}}", (8, 4, 4))
        assert graph.shape(graph.outputs["output"]) == (channels, 4, 4)


def equal_outputs(graph: Graph, peer: Any, *, flipped: str = "") -> None:
    """The built graph and another module give the same with the same weights, taken in the order of both.

    `flipped` names a weight whose input channels the other module has the other way round.
    """
    import torch

    torch.manual_seed(0)
    ours, theirs = archgraph.build(graph).double().eval(), peer.double().eval()
    for (name, mine), other in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        if mine.dim():
            mine.uniform_(0.1, 1)
            other.copy_((mine.flip(1) if name == flipped else mine).reshape(other.shape))
    (shape,) = graph.inputs.values()
    x = torch.randn(2, *shape, dtype=torch.float64)
    torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.torch
def test_se_equals_torchvision() -> None:
    from torchvision_models import torchvision_models

    torchvision_models()
    from torchvision.ops import SqueezeExcitation

    equal_outputs(expanded("se: 4", (24, 5, 6)), SqueezeExcitation(24, 6))


@pytest.mark.torch
def test_se_eca_and_cbam_equal_timm() -> None:
    from torchvision_models import torchvision_models

    torchvision_models()
    layers = pytest.importorskip("timm.layers")
    equal_outputs(expanded("se", (64, 5, 6)), layers.SEModule(64, rd_ratio=1 / 16, rd_divisor=1))
    for channels in (64, 128, 512, 2048):
        equal_outputs(expanded("eca", (channels, 3, 2)), layers.EcaModule(channels))
    cbam = pytest.importorskip("timm.layers.cbam").CbamModule(64, rd_divisor=1, mlp_bias=True)
    equal_outputs(expanded("cbam", (64, 9, 8)), cbam, flipped="cbam1.pixel_conv.weight")


@pytest.mark.torch
def test_dense_equals_torchvision() -> None:
    from torchvision_models import torchvision_models

    torchvision_models()
    from torchvision.models.densenet import _DenseBlock

    body = "[conv: {out: 16, kernel: 1}, conv: {out: 4, kernel: 3}]"
    graph = expanded(
        f"dense: {{layers: 3, body: {body}}}", (8, 5, 5), defaults="{conv: {norm: batch, act: relu, order: pre}}"
    )
    equal_outputs(graph, _DenseBlock(3, 8, 4, 4, 0.0))


@pytest.mark.torch
def test_aspp_equals_torchvision() -> None:
    from torchvision_models import torchvision_models

    torchvision_models()
    from torchvision.models.segmentation.deeplabv3 import ASPP

    usual = "{conv: {norm: batch, act: relu}}"
    graph = expanded("aspp: {out: 4, rates: [1, 2, 3]}", (6, 9, 8), defaults=usual)
    equal_outputs(graph, ASPP(6, [1, 2, 3], 4))


@pytest.mark.torch
def test_separable_aspp_equals_segmentation_models() -> None:
    from torchvision_models import torchvision_models

    torchvision_models()
    decoder = pytest.importorskip("segmentation_models_pytorch.decoders.deeplabv3.decoder")
    usual = "{conv: {norm: batch, act: relu}}"
    graph = expanded("aspp: {out: 4, rates: [1, 2, 3], separable: true}", (6, 9, 8), defaults=usual)
    equal_outputs(graph, decoder.ASPP(6, 4, [1, 2, 3], separable=True, dropout=0.5))
