"""Nodes with several outputs, graphs with several inputs, blocks whose weights are another's: read and run."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable

import pytest
import torch
from sketch import Sketch
from torch import Tensor, nn
from torch.nn import functional as F

from archgraph.emit.module import build
from archgraph.emit.plan import plan
from archgraph.graph.model import Graph
from archgraph.ops.base import Ref

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*torch.jit.trace:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),  # of torch's `max_unpool2d`, which compares sizes
]


def unpooling() -> Graph:
    """Two inputs, pooling with indices inside a block, unpooled outside, a split whose first half nobody uses."""
    net = Sketch({"image": (3, 9, 9), "lambda": (2, 9, 9)})
    net.add("stem", "conv", {"out": 4, "kernel": 3}, "image")
    net.add("down.conv", "conv", {"out": 6, "kernel": 3}, "stem")
    net.add("down.pool", "indexed", {}, "down.conv")
    net.add("down.relu", "relu", {}, "down.pool")
    net.add("up", "unpooled", {}, "down.relu", "down.pool/1")
    net.add("same", "resized", {}, "up", "stem")
    net.add("half", "halves", {}, "same")
    net.add("join", "concat", {}, "half/1", "lambda")
    net.add("last", "conv", {"out": 4, "kernel": 1}, "join")
    return net.graph("last")


@pytest.fixture
def module() -> nn.Module:
    torch.manual_seed(0)
    return build(unpooling())


@pytest.fixture
def inputs() -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(1)
    return torch.randn(2, 3, 9, 9, generator=draw), torch.randn(2, 2, 9, 9, generator=draw)


def test_parameters_are_the_inputs_names_and_unused_values_have_none() -> None:
    assert plan(unpooling()).source.splitlines() == [
        "def forward(self, image: Tensor, lambda_: Tensor) -> Tensor:",
        "    image = self.stem(image)",
        "    down_pool_1, x = self.down(image)",
        "    x = torch.nn.functional.max_unpool2d(x, down_pool_1, 2, output_size=[9, 9])",
        "    del down_pool_1",
        "    x = torch.nn.functional.interpolate(x, image.shape[2:])",
        "    del image",
        "    _, half_1 = torch.split(x, 3, 1)",
        "    del x",
        "    x = torch.cat([half_1, lambda_], 1)",
        "    del half_1",
        "    return self.last(x)",
    ]


def test_it_gives_what_torch_gives(module: nn.Module, inputs: tuple[Tensor, Tensor]) -> None:
    image, other = inputs
    stem = F.conv2d(image, module.stem.weight, module.stem.bias, padding=1)
    conv = F.conv2d(stem, module.down.conv.weight, module.down.conv.bias, padding=1)
    pooled, where = F.max_pool2d(conv, 2, return_indices=True)
    up = F.max_unpool2d(pooled.relu(), where, 2, output_size=[9, 9])
    expected = F.conv2d(torch.cat([up[:, 3:], other], 1), module.last.weight, module.last.bias)
    torch.testing.assert_close(module(image, other), expected)
    torch.testing.assert_close(module(lambda_=other, image=image), expected)


WAYS: dict[str, Callable[[nn.Module, tuple[Tensor, ...]], Callable[..., Tensor]]] = {
    "deepcopy": lambda module, x: copy.deepcopy(module),
    "pickle": lambda module, x: pickle.loads(pickle.dumps(module)),
    "compile": lambda module, x: torch.compile(module, fullgraph=True, backend="aot_eager"),  # type: ignore[return-value]
    "export": lambda module, x: torch.export.export(module, x).module(),
    "trace": lambda module, x: torch.jit.trace(module, x),
    "script": lambda module, x: _saved(torch.jit.script(module)),
    "fx": lambda module, x: torch.fx.symbolic_trace(module),
    "meta": lambda module, x: build(unpooling(), init=False).to("meta").to_empty(device="cpu"),
}


def _saved(module: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    saved = io.BytesIO()
    torch.jit.save(module, saved)
    saved.seek(0)
    return torch.jit.load(saved)


@pytest.mark.parametrize("way", WAYS)
def test_modules_of_several_inputs_and_outputs_are_ordinary(
    module: nn.Module, inputs: tuple[Tensor, Tensor], way: str
) -> None:
    expected = module(*inputs)
    other = WAYS[way](module, inputs)
    if way == "meta":
        other.load_state_dict(module.state_dict())  # type: ignore[attr-defined]
    torch.testing.assert_close(other(*inputs), expected)


def test_every_output_of_a_node_may_be_an_output_of_its_block_and_of_the_network() -> None:
    net = Sketch({"in": (4, 6, 6)})
    net.add("cut.conv", "conv", {"out": 4, "kernel": 1}, "in")
    net.add("cut.halves", "halves", {}, "cut.conv")
    graph = net.graph(low="cut.halves/0", high="cut.halves/1", again="cut.halves/1", raw="in")
    module = build(graph)
    x = torch.randn(2, 4, 6, 6)
    for made in (module, torch.jit.script(module)):
        found = made(x)
        assert list(found) == ["low", "high", "again", "raw"]
        whole = module.cut.conv(x)
        torch.testing.assert_close(torch.cat([found["low"], found["high"]], 1), whole)
        torch.testing.assert_close(found["again"], whole[:, 2:])
        torch.testing.assert_close(found["raw"], x)


def test_streams_keep_their_names_from_block_to_block() -> None:
    net = Sketch({"in": (4, 6, 6)})
    net.add("halves", "halves", {}, "in")
    streams = ["halves", "halves/1"]
    for block in ("one", "two"):
        for n in range(2):
            net.add(f"{block}.conv{n}", "conv", {"out": 2, "kernel": 3}, streams[n])
        streams = [f"{block}.conv0", f"{block}.conv1"]
    net.add("join", "concat", {}, *streams)
    tree = plan(net.graph("join"))
    assert tree.source.splitlines()[1:] == [
        "    x, halves_1 = torch.split(x, 2, 1)",
        "    x, halves_1 = self.one(x, halves_1)",
        "    x, halves_1 = self.two(x, halves_1)",
        "    return torch.cat([x, halves_1], 1)",
    ]


def test_an_input_that_nothing_reads_may_be_given_and_is_not_missed() -> None:
    net = Sketch({"left": (3, 4, 4), "right": (3, 4, 4)})
    net.add("conv", "conv", {"out": 2, "kernel": 1}, "right")
    module = build(net.graph("conv"))
    x = torch.randn(1, 3, 4, 4)
    torch.testing.assert_close(module(torch.zeros(0), x), module.conv(x))


@pytest.mark.parametrize("output", ["in", "a", "b.c"])
def test_a_network_may_do_nothing(output: str) -> None:
    net = Sketch({"in": (3, 4, 4)})
    net.add("a", "identity", {}, "in")
    net.add("b.c", "identity", {}, "a")
    module = build(net.graph(output))
    x = torch.randn(1, 3, 4, 4)
    assert module(x) is x
    torch.testing.assert_close(torch.jit.script(module)(x), x)
    torch.testing.assert_close(torch.export.export(module, (x,)).module()(x), x)


def test_an_output_of_training_may_be_the_second_of_a_node() -> None:
    net = Sketch({"in": (4, 7, 7)})
    net.add("body.halves", "halves", {}, "in")
    net.add("body.conv", "conv", {"out": 4, "kernel": 1}, "body.halves")
    net.add("aux.pool", "indexed", {}, "body.halves/1")
    net.add("aux.up", "unpooled", {}, "aux.pool", "aux.pool/1")
    graph = net.graph(main="body.conv", where="aux.pool/1", up="aux.up", train_only=frozenset({"where", "up"}))
    module = build(graph)
    x = torch.randn(2, 4, 7, 7)
    for made in (module, torch.jit.script(module)):
        assert list(made.eval()(x)) == ["main"]
        found = made.train()(x)
        pooled, where = F.max_pool2d(x[:, 2:], 2, return_indices=True)
        torch.testing.assert_close(found["where"], where)
        torch.testing.assert_close(found["up"], F.max_unpool2d(pooled, where, 2, output_size=[7, 7]))


def siamese() -> Graph:
    """Two inputs through one block's weights: the second block is node by node the first."""
    net = Sketch({"left": (3, 5, 5), "right": (3, 5, 5)})
    for side, owner in (("left", None), ("right", "left")):
        inside = ""
        for name, op, args in (
            ("conv", "conv", {"out": 4, "kernel": 3}),
            ("norm", "batch_norm", {}),
            ("act", "relu", {}),
        ):
            here = f"{side}_net.body.{name}"
            shares = here.replace("right", owner) if owner else None
            net.add(here, op, args, inside or side, shares=shares)
            inside = here
    net.add("sub", "sub", {}, "left_net.body.act", "right_net.body.act")
    return net.graph("sub")


def test_a_block_shared_as_a_whole_holds_the_other_ones_modules() -> None:
    module = build(siamese())
    left, right = module.left_net.body, module.right_net.body
    assert left.conv is right.conv and left.norm is right.norm
    assert type(left) is type(right)
    assert [name for name, _ in module.named_parameters()] == [
        f"left_net.body.{name}" for name in ("conv.weight", "conv.bias", "norm.weight", "norm.bias")
    ]
    assert len(module.state_dict()) == 2 * 7
    x = torch.randn(2, 3, 5, 5)
    assert module.eval()(x, x).abs().max() == 0
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module)), build(siamese(), init=False)):
        assert other.left_net.body.conv is other.right_net.body.conv
    y = torch.randn(2, 3, 5, 5)
    torch.testing.assert_close(torch.jit.script(module)(x, y), module(x, y))


def test_shared_blocks_may_still_work_in_place() -> None:
    assert "inplace=True" in str(build(siamese()).right_net)


@pytest.mark.parametrize("name", ["half", "training", "forward", "train", "to", "modules", "_apply"])
def test_a_node_or_block_may_be_called_as_a_method_of_modules(name: str) -> None:
    net = Sketch({"in": (3, 4, 4)})
    net.add(f"{name}.conv", "conv", {"out": 3, "kernel": 1}, "in")
    net.add(f"b.{name}", "conv", {"out": 3, "kernel": 1}, f"{name}.conv")
    net.add(f"{name}_.c", "conv", {"out": 3, "kernel": 1}, f"b.{name}", shares=f"{name}.conv")
    module = build(net.graph(f"{name}_.c")).eval()
    x = torch.randn(1, 3, 4, 4)
    ways: list[nn.Module] = [copy.deepcopy(module), pickle.loads(pickle.dumps(module))]
    if name != "_apply":
        ways += [torch.jit.script(module), torch.fx.symbolic_trace(module)]
    for other in ways:
        torch.testing.assert_close(other(x), module(x))
    assert len(list(module.parameters())) == 4


def test_features_are_a_dict_of_values_from_inside_blocks() -> None:
    net = Sketch({"in": (3, 8, 8)})
    above = "in"
    for n in range(3):
        net.add(f"stage.{n}.conv", "conv", {"out": 4, "kernel": 3, "stride": 2}, above)
        net.add(f"stage.{n}.relu", "relu", {}, f"stage.{n}.conv")
        above = f"stage.{n}.relu"
    graph = net.graph(c2="stage.0.relu", c3="stage.1.relu", c4="stage.2.relu", kinds={"stage": "copies"})
    found = build(graph)(torch.randn(1, 3, 8, 8))
    assert {name: tuple(tensor.shape[1:]) for name, tensor in found.items()} == {
        name: graph.shape(ref) for name, ref in graph.outputs.items()
    }


def test_kept_features_are_not_overwritten() -> None:
    net = Sketch({"in": (3, 8, 8)})
    net.add("halves", "indexed", {}, "in")
    net.add("relu", "relu", {}, "halves")
    kept: list[Tensor] = []
    module = build(net.graph("relu", features={"tap": Ref("halves")}))
    module.halves.register_forward_hook(lambda m, i, out: kept.append(out[0]))
    module(-torch.ones(1, 3, 8, 8))
    assert kept[0].min() < 0
