"""Tokens, attention and what stands around it, against torch's, torchvision's and the papers' words."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode
from torchvision_models import torchvision_models

import archgraph
from archgraph.errors import SpecError
from archgraph.graph.model import Graph
from archgraph.shape import Shape

pytestmark = pytest.mark.torch


def expanded(nodes: str, input: Shape | Mapping[str, Shape], *, defaults: str = "{}") -> Graph:
    """The graph of one node a line."""
    listed = "\n".join(f"  - {node}" for node in nodes.strip().splitlines())
    shape = {name: list(value) for name, value in input.items()} if isinstance(input, Mapping) else list(input)
    return archgraph.expand(
        archgraph.loads(f"archgraph: 1\nname: net\ninput: {shape}\ndefaults: {defaults}\ngraph:\n{listed}\n")
    )


def built(graph: Graph) -> nn.Module:
    """The module in double precision, all weights at random, in eval mode."""
    torch.manual_seed(0)
    module = archgraph.build(graph).double().eval()
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_()
    return module


def copied(source: nn.Module, to: nn.Module, names: Mapping[str, str] | None = None) -> nn.Module:
    """`to` with the weights of `source`: by `names` where they are given, else in order."""
    to.double().eval()
    given, wanted = source.state_dict(), to.state_dict()
    keys = names or dict(zip(wanted, given, strict=True))
    to.load_state_dict({name: given[keys[name]].reshape(wanted[name].shape) for name in wanted})
    return to


def close(one: Tensor, other: Tensor) -> None:
    torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("bias", [True, False])
def test_attention_is_torchs_with_the_same_weights(bias: bool) -> None:
    module = built(expanded(f"attention: {{heads: 3, bias: {str(bias).lower()}}}", (7, 12)))
    names = {"in_proj_weight": "qkv.weight", "out_proj.weight": "proj.weight", "out_proj.bias": "proj.bias"}
    names |= {"in_proj_bias": "qkv.bias"} if bias else {}
    theirs = nn.MultiheadAttention(12, 3, bias=True, batch_first=True)
    if not bias:
        theirs.in_proj_bias = None
    theirs = copied(module.attention1, theirs, names)
    x = random(2, 7, 12)
    close(module(x), theirs(x, x, x)[0])


def test_attention_between_two_inputs_is_torchs() -> None:
    graph = expanded("{attention: {heads: 2, dim: 8}, from: [left, right]}", {"left": (5, 8), "right": (9, 6)})
    module = built(graph)
    state = module.attention1.state_dict()
    theirs = nn.MultiheadAttention(8, 2, kdim=6, vdim=6, batch_first=True).double().eval()
    theirs.load_state_dict(
        {
            "q_proj_weight": state["q.weight"],
            "k_proj_weight": state["kv.weight"][:8],
            "v_proj_weight": state["kv.weight"][8:],
            "in_proj_bias": torch.cat([state["q.bias"], state["kv.bias"]]),
            "out_proj.weight": state["proj.weight"],
            "out_proj.bias": state["proj.bias"],
        }
    )
    left, right = random(2, 5, 8), random(2, 9, 6)
    close(module(left, right), theirs(left, right, right)[0])


def test_a_map_attends_as_its_tokens() -> None:
    on_map = built(expanded("attention: {heads: 2, value_dim: 4, out: 10}", (6, 4, 5)))
    on_tokens = copied(on_map, built(expanded("attention: {heads: 2, value_dim: 4, out: 10}", (20, 6))))
    x = random(2, 6, 4, 5)
    close(on_map(x).flatten(2), on_tokens(x.flatten(2).mT).mT)


@pytest.mark.parametrize("shift", [0, 3])
@pytest.mark.parametrize("size", [(14, 14), (10, 17), (7, 20), (5, 6)])
def test_attention_in_windows_is_torchvisions(size: tuple[int, int], shift: int) -> None:
    torchvision_models()
    from torchvision.models.swin_transformer import ShiftedWindowAttention

    module = built(expanded(f"attention: {{heads: 3, window: 7, shift: {shift}}}", (12, *size)))
    names = {
        "relative_position_bias_table": "heads.relative_position_bias_table",
        "relative_position_index": "heads.relative_position_index",
        **{f"{part}.{kind}": f"{part}.{kind}" for part in ("qkv", "proj") for kind in ("weight", "bias")},
    }
    theirs = copied(module.attention1, ShiftedWindowAttention(12, [7, 7], [shift, shift], 3), names)
    x = random(2, 12, *size)
    close(module(x), theirs(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))


def test_windows_need_no_map_of_one_size() -> None:
    """One module serves maps of every size, as torchvision's does."""
    module = built(expanded("attention: {heads: 3, window: 4, shift: 2}", (12, 8, 8)))
    other = copied(module, built(expanded("attention: {heads: 3, window: 4, shift: 2}", (12, 9, 15))))
    x = random(2, 12, 9, 15)
    close(module(x), other(x))


@pytest.mark.parametrize("tokens", [12, 48, 80])
def test_attention_in_windows_takes_the_tokens_of_its_map_alone(tokens: int) -> None:
    """Fewer or more than the 64 of an 8x8 map, in whole windows, would be attended to in windows that are not there."""
    from archgraph.nn.windows import WindowAttention

    module = WindowAttention(1, (2, 2), (0, 0))
    assert module(random(1, 64, 9), random(1, 1, 8, 8)).shape == (1, 64, 3)
    with pytest.raises(RuntimeError, match="shape"):
        module(random(1, tokens, 9), random(1, 1, 8, 8))


def test_space_to_depth_has_the_order_of_swins_patch_merging() -> None:
    torchvision_models()
    from torchvision.models.swin_transformer import _patch_merging_pad

    for size in ((6, 8), (5, 7)):
        x = random(2, 3, *size)
        module = archgraph.build(expanded("space_to_depth: 2", (3, *size)))
        close(module(x).permute(0, 2, 3, 1), _patch_merging_pad(x.permute(0, 2, 3, 1)))


def test_a_transformer_is_torchs_encoder_layer_with_the_same_weights() -> None:
    module = built(expanded("transformer: {heads: 2, mlp: 3}", (7, 8)))
    names = {
        "self_attn.in_proj_weight": "attention.qkv.weight",
        "self_attn.in_proj_bias": "attention.qkv.bias",
        "self_attn.out_proj.weight": "attention.proj.weight",
        "self_attn.out_proj.bias": "attention.proj.bias",
        **{f"{a}.{kind}": f"{b}.{kind}" for a, b in LAYERS.items() for kind in ("weight", "bias")},
    }
    layer = nn.TransformerEncoderLayer(8, 2, 24, activation="gelu", batch_first=True, norm_first=True)
    theirs = copied(module.transformer1, layer, names)
    x = random(3, 7, 8).requires_grad_()  # a gradient keeps torch off its fused path
    close(module(x), theirs(x))


LAYERS = {"norm1": "norm1", "norm2": "norm2", "linear1": "expand", "linear2": "reduce"}


def test_class_token_and_positions_start_as_in_the_paper() -> None:
    torch.manual_seed(0)
    module = archgraph.build(expanded("class_token\nembed_position", (196, 192)))
    token, position = module.parameters()
    assert token.shape == (1, 1, 192) and not token.any()
    assert position.shape == (1, 197, 192)
    assert 0.0195 < position.std() < 0.0205 and position.mean().abs() < 1e-3
    x = torch.randn(2, 196, 192)
    out = module(x)
    torch.testing.assert_close(out[:, 1:], x + position[:, 1:])
    torch.testing.assert_close(out[:, 0], position[:, 0].expand(2, -1))


def test_layer_scale_starts_at_its_value_a_channel() -> None:
    module = archgraph.build(expanded("residual: {body: [identity], scale: 1e-3}", (4, 5, 6)))
    (weight,) = module.parameters()
    assert weight.shape == (4, 1, 1) and (weight == 1e-3).all()
    x = torch.randn(2, 4, 5, 6)
    torch.testing.assert_close(module(x), x + 1e-3 * x)
    with torch.no_grad():
        weight.copy_(torch.arange(4.0).reshape(4, 1, 1))
    torch.testing.assert_close(module(x)[:, 2], 3 * x[:, 2])


def test_a_fixed_factor_has_no_weight() -> None:
    module = archgraph.build(expanded("residual: {body: [identity], factor: 0.17, act: relu}", (4, 5, 6)))
    assert not list(module.parameters())
    x = torch.randn(2, 4, 5, 6)
    torch.testing.assert_close(module(x), F.relu(x + 0.17 * x))


def test_drop_path_drops_whole_inputs_and_keeps_the_mean() -> None:
    module = archgraph.build(expanded("residual: {body: [identity], drop_path: 0.25}", (3, 2, 2)))
    x = torch.rand(20_000, 3, 2, 2) + 1
    torch.testing.assert_close(module.eval()(x), 2 * x)
    torch.manual_seed(0)
    branch = (module.train()(x) - x) / x
    kept = branch.flatten(1)
    assert torch.allclose(kept, kept[:, :1].expand_as(kept), atol=1e-5), "all elements of an input share a fate"
    assert set((branch * 3).round().unique().tolist()) == {0.0, 4.0}, "what is kept is divided by 1 - 0.25"
    assert abs(float(branch.mean()) - 1) < 0.02


def test_drop_path_of_one_drops_all() -> None:
    module = archgraph.build(expanded("drop_path: 1.0", (3,)))
    assert not module.train()(torch.ones(4, 3)).any()


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize(
    ("nodes", "shape"),
    [
        ("transformer: {heads: 2, dropout: 0.5, attention_dropout: 0.5, drop_path: 0.5, scale: 0.1}", (9, 8)),
        ("transformer: {heads: 2, window: 4, shift: 2, attention_dropout: 0.5, norm: none, act: none}", (8, 9, 6)),
    ],
)
def test_modules_script_and_train(nodes: str, shape: Shape) -> None:
    module = archgraph.build(expanded(nodes, shape))
    x = torch.randn(2, *shape)
    assert not torch.equal(module.train()(x), module(x)), "dropout is at work"
    module(x).sum().backward()
    assert all(weight.grad is not None for weight in module.parameters())
    module.eval()
    torch.testing.assert_close(torch.jit.script(copy.deepcopy(module))(x), module(x))


def test_the_work_of_windows_is_that_of_torch_at_any_size() -> None:
    spec = archgraph.load("swin_tiny")
    cost = archgraph.cost(spec, input=(3, 250, 190))
    with torch.device("meta"):
        theirs = torchvision_models().swin_t().eval()
        with FlopCounterMode(display=False) as counter:
            theirs(torch.empty(1, 3, 250, 190))
    assert 2 * cost.macs == counter.get_total_flops()


@pytest.mark.parametrize(
    ("nodes", "shape", "message"),
    [
        ("attention: 5", (7, 12), "heads 5 does not divide keys of 12 and values of 12 features"),
        ("attention: 5", (12,), "attention takes tokens (N, C), given a vector of 12"),
        ("attention: {heads: 2, window: 4}", (7, 12), "windows are parts of a map, the input is 7x12"),
        ("attention: {heads: 2, window: 4, shift: 4}", (4, 8, 8), "shift 4 is not less than the window of 4"),
        ("attention: {heads: 2, window: 4, value_dim: 2}", (4, 8, 8), "value_dim is 2; in windows values are as wide"),
        ("attention: {heads: 2, proj: false, out: 3}", (7, 12), "out is the width of proj, which is false"),
        ("untokens: 3", (10, 4), "size gives 3x3 pixels, the input has 10 tokens"),
        ("untokens", (9, 4), "untokens takes size or like, given neither"),
        ("class_token", (4, 3, 3), "class_token takes tokens (N, C), given the map 4x3x3"),
        ("linear: 4", (4, 3, 3), "linear takes a vector (C,) or tokens (N, C), given the map 4x3x3"),
        ("windows: 4", (9, 4), "windows takes a map (C, H, W), given 9x4"),
    ],
)
def test_what_does_not_fit_says_so(nodes: str, shape: Shape, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        expanded(nodes, shape)
    assert any(message in finding.message for finding in caught.value.findings), str(caught.value)


def test_a_variant_of_vit_with_other_patches_has_other_positions() -> None:
    spec = archgraph.override(archgraph.load("vit_tiny"), {"patch": 32})
    graph = archgraph.expand(spec)
    weights: Any = graph.nodes["embed_position1"].op.weights((50, 192))
    assert weights == {"weight": (1, 50, 192)}
