"""A built module is ordinary PyTorch: everything that is done with modules works on it."""

from __future__ import annotations

import copy
import gc
import io
import linecache
import pickle
import subprocess
import sys
import traceback
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import archgraph
from archgraph.emit.module import GeneratedModule, build
from archgraph.emit.plan import MODULE_ATTRIBUTES, plan
from archgraph.graph.model import Graph

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*torch.jit.trace:DeprecationWarning"),
]

HEAD = "archgraph: 1\nname: tiny\ninput: [3, 16, 16]\ndefaults: {conv: {norm: batch, act: relu}}\n"
TINY = """
blocks:
  unit:
    args: {w: int}
    graph:
      - residual: {body: [conv: [$w, 3], conv: {out: $w, kernel: 3, act: none}, se: 4], act: relu}
  head: {graph: [global_avg_pool, linear: 5]}
graph:
  - conv: [8, 3]
  - {unit: 8, repeat: 2, id: stage}
  - branches: {paths: [[conv: [4, 1]], [conv: [4, 3]], [max_pool: {kernel: 3, stride: 1, pad: 1}]]}
  - cbam: {reduction: 4}
  - {head: {}, id: head}
  - {head: {}, id: aux, from: stage.0}
outputs: {logits: head, aux: aux}
train_only: [aux]
"""


def graph(text: str = TINY) -> Graph:
    return archgraph.expand(archgraph.loads(HEAD + text, name="tiny.yaml"))


@pytest.fixture
def module() -> nn.Module:
    torch.manual_seed(0)
    return build(graph())


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def same(one: nn.Module, other: nn.Module, x: Tensor) -> None:
    """Both give the same in both modes."""
    for training in (True, False):
        given, expected = one.train(training)(x), other.train(training)(x)
        assert list(given) == list(expected) == (["logits", "aux"] if training else ["logits"])
        for name in expected:
            torch.testing.assert_close(given[name], expected[name])


def test_names_are_those_of_the_graph(module: nn.Module) -> None:
    expected = {}
    for node in graph():
        shapes = graph().input_shapes(node)
        weights = {**node.op.weights(*shapes), **node.op.buffers(*shapes)}
        expected |= {f"{node.name}.{name}": shape for name, shape in weights.items() if node.shares is None}
    found = {name: tuple(t.shape) for name, t in module.state_dict().items() if "num_batches" not in name}
    assert found == expected
    assert sum(p.numel() for p in module.parameters()) == archgraph.cost(graph()).params


def test_it_survives_copying_and_pickling(module: nn.Module, x: Tensor) -> None:
    same(copy.deepcopy(module), module, x)
    same(pickle.loads(pickle.dumps(module)), module, x)
    part = module.stage
    torch.testing.assert_close(pickle.loads(pickle.dumps(part)).eval()(torch.ones(1, 8, 4, 4))[1].shape, (1, 8, 4, 4))
    assert type(copy.deepcopy(module).stage) is type(part)


def test_a_copy_has_weights_of_its_own(module: nn.Module) -> None:
    other = copy.deepcopy(module)
    nn.init.zeros_(other.head.linear1.weight)
    assert module.head.linear1.weight.abs().sum() > 0


def test_a_fresh_process_loads_it(module: nn.Module, x: Tensor, tmp_path: Path) -> None:
    torch.save({"module": module.eval(), "x": x, "y": module(x)["logits"]}, tmp_path / "saved.pt")
    code = (
        "import sys, torch; saved = torch.load(sys.argv[1], weights_only=False); "
        "torch.testing.assert_close(saved['module'](saved['x'])['logits'], saved['y'])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "saved.pt")], check=True)


def test_a_pickle_holds_no_program_text(module: nn.Module) -> None:
    assert b"def forward" not in pickle.dumps(module) and b"self." not in pickle.dumps(module)


def test_torch_compile_takes_it_whole(module: nn.Module, x: Tensor) -> None:
    expected = copy.deepcopy(module)
    same(torch.compile(module, fullgraph=True, backend="aot_eager"), expected, x)  # type: ignore[arg-type]


def test_torch_export_takes_it_in_both_modes(module: nn.Module, x: Tensor) -> None:
    for training in (True, False):
        expected = copy.deepcopy(module).train(training)(x)
        exported = torch.export.export(module.train(training), (x,)).module()
        torch.testing.assert_close(exported(x), expected)


def test_jit_traces_it(module: nn.Module, x: Tensor) -> None:
    traced = torch.jit.trace(module.eval(), x, strict=False)
    torch.testing.assert_close(traced(x), module(x))


def test_jit_scripts_it_with_both_modes(module: nn.Module, x: Tensor) -> None:
    saved = io.BytesIO()
    torch.jit.save(torch.jit.script(module), saved)
    saved.seek(0)
    same(torch.jit.load(saved), module, x)


def test_fx_traces_it(module: nn.Module, x: Tensor) -> None:
    torch.testing.assert_close(torch.fx.symbolic_trace(module.eval())(x), module(x))


@pytest.fixture
def process_group(tmp_path: Path) -> Iterator[None]:
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.usefixtures("process_group")
def test_ddp_finds_a_gradient_for_every_weight(module: nn.Module, x: Tensor) -> None:
    wrapped = nn.parallel.DistributedDataParallel(module)
    sum(output.sum() for output in wrapped(x).values()).backward()
    assert all(p.grad is not None for p in module.parameters())


@pytest.mark.usefixtures("process_group")
def test_fsdp_shards_its_blocks(module: nn.Module, x: Tensor) -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    expected = copy.deepcopy(module).eval()(x)
    mesh = init_device_mesh("cpu", (1,))
    for unit in module.stage.children():
        fully_shard(unit, mesh=mesh)
    fully_shard(module, mesh=mesh)
    torch.testing.assert_close(module.eval()(x), expected)


def test_an_ensemble_runs_under_vmap(x: Tensor) -> None:
    members = [build(graph()).eval() for _ in range(3)]
    params, buffers = torch.func.stack_module_state(members)
    base = copy.deepcopy(members[0]).to("meta")

    def call(params: dict[str, Tensor], buffers: dict[str, Tensor]) -> Tensor:
        found: Tensor = torch.func.functional_call(base, (params, buffers), (x,))["logits"]
        return found

    together = torch.func.vmap(call)(params, buffers)
    torch.testing.assert_close(together, torch.stack([member(x)["logits"] for member in members]))


def test_it_follows_devices_types_and_layouts(module: nn.Module, x: Tensor) -> None:
    module.eval()
    expected = module(x)["logits"]
    last = torch.channels_last
    torch.testing.assert_close(module.to(memory_format=last)(x.to(memory_format=last))["logits"], expected)
    assert module.double()(x.double())["logits"].dtype == torch.float64
    with torch.device("meta"):
        assert build(graph())(x.to("meta"))["logits"].shape == (2, 5)


def test_it_prints_the_words_of_the_spec(module: nn.Module) -> None:
    shown = str(module)
    assert shown.startswith("Tiny(\n  (conv1): Conv(\n    (conv): Conv2d(3, 8,")
    assert "(stage): UnitCopies(\n    (0): Unit(\n      (residual1): Residual(\n        (body): Body(" in shown


def test_a_traceback_shows_the_statement(module: nn.Module) -> None:
    with pytest.raises(RuntimeError) as error:
        module(torch.zeros(1, 4, 16, 16))
    assert "    x = self.conv1(x)\n" in "".join(traceback.format_exception(error.value))


def test_modules_with_equal_forwards_are_of_one_class(module: nn.Module) -> None:
    units = list(module.stage.children())
    assert type(units[0]) is type(units[1])
    assert type(build(graph()).stage) is type(module.stage)


def test_classes_and_their_text_go_with_the_last_module() -> None:
    module = build(graph("graph: [{conv: [4, 3], id: only_here}, {conv: [4, 3], id: and_here}]"))
    filename = type(module).forward.__code__.co_filename  # type: ignore[union-attr]
    gone = weakref.ref(type(module))
    assert filename in linecache.cache
    del module
    gc.collect()
    assert gone() is None and filename not in linecache.cache


def test_weights_start_as_torch_starts_them() -> None:
    torch.manual_seed(0)
    built = build(graph("graph: [{conv: {out: 4, kernel: 3, norm: none, act: none}}, flatten, {linear: 5}]"))
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(4 * 16 * 16, 5))
    for mine, theirs in zip(built.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0)


def test_init_false_leaves_the_weights_alone_and_nothing_else() -> None:
    before = torch.get_rng_state()
    bare, full = build(graph(), init=False), build(graph())
    torch.set_rng_state(before)
    assert build(graph(), init=False) is not bare and torch.equal(torch.get_rng_state(), before)
    assert [(name, t.shape, t.dtype) for name, t in bare.state_dict().items()] == [
        (name, t.shape, t.dtype) for name, t in full.state_dict().items()
    ]
    assert str(bare) == str(full)
    assert [type(part) for part in bare.modules()] == [type(part) for part in full.modules()]
    assert all(torch.equal(b, f) for b, f in zip(bare.buffers(), full.buffers(), strict=True))
    assert all(p.requires_grad for p in bare.parameters())


def test_one_output_is_a_tensor_and_several_are_a_dict(module: nn.Module, x: Tensor) -> None:
    assert isinstance(build(graph("graph: [{conv: [4, 3]}]"))(x), Tensor)
    assert list(module(x)) == ["logits", "aux"]
    assert list(module.eval()(x)) == ["logits"]


def test_eval_mode_does_not_run_what_training_alone_needs(module: nn.Module, x: Tensor) -> None:
    ran: list[nn.Module] = []
    for part in module.aux.modules():
        part.register_forward_hook(lambda part, *_: ran.append(part))
    module.eval()(x)
    assert not ran
    module.train()(x)
    assert len(ran) == 3


def test_a_value_of_training_may_be_used_again_later(x: Tensor) -> None:
    text = """
graph:
  - {conv: [4, 3], id: a}
  - {conv: [4, 3], id: b}
  - {conv: [4, 1], id: early, from: a}
  - {add: , id: aux, from: [early, b]}
outputs: {logits: b, aux: aux}
train_only: [aux]
"""
    module = build(graph(text))
    scripted = torch.jit.script(module)
    assert "    assert early is not None" in plan(graph(text)).source
    hidden = {}
    for name in ("early", "b"):
        module.get_submodule(name).register_forward_hook(lambda m, i, out, name=name: hidden.update({name: out}))
    outputs = module(x)
    torch.testing.assert_close(outputs["aux"], hidden["early"] + hidden["b"])
    assert list(module.eval()(x)) == ["logits"]
    torch.testing.assert_close(scripted.train()(x)["aux"], module.train()(x)["aux"])


def test_shared_weights_are_one_tensor(module: nn.Module) -> None:
    names = [name for name in module.state_dict() if name.startswith("cbam1.")]
    assert "cbam1.avg_squeeze.weight" in names and not any("max_" in name for name in names)


def test_weights_shared_across_scopes_stand_under_both_names(x: Tensor) -> None:
    both = graph("graph: [{conv: [3, 3], repeat: 2, id: pair}]")
    nodes = {
        name: node._replace(shares=name.replace("pair.1", "pair.0")) if ".1." in name else node
        for name, node in both.nodes.items()
    }
    module = build(Graph(both.name, both.inputs, nodes, both.outputs, scopes=both.scopes))
    first, second = module.pair.children()
    assert first.conv is second.conv and first.norm is second.norm
    assert len(list(module.parameters())) == 3 and "pair.1.conv.weight" in module.state_dict()
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert next(other.pair.children()).conv is list(other.pair.children())[1].conv


def test_eval_mode_keeps_no_value_longer_than_it_is_needed(x: Tensor) -> None:
    text = """
graph:
  - {conv: [4, 3], id: a}
  - {conv: [4, 3], id: b}
  - {conv: [4, 1], id: c, from: a}
  - {concat: , from: [b, c], id: join}
  - {conv: [4, 3], id: d}
  - {conv: [4, 3], id: e}
"""
    module = build(graph(text)).eval()
    alive: dict[str, weakref.ref[Tensor]] = {}
    seen: dict[str, set[str]] = {}
    for name, part in module.named_children():
        part.register_forward_hook(lambda m, i, out, name=name: alive.update({name: weakref.ref(out)}))
        part.register_forward_pre_hook(
            lambda *_, name=name: seen.update({name: {n for n, ref in alive.items() if ref() is not None}})
        )
    with torch.inference_mode():
        module(x)
    assert seen == {"a": set(), "b": {"a"}, "c": {"a", "b"}, "d": set(), "e": {"d"}}


def test_what_a_block_gives_is_not_overwritten(x: Tensor) -> None:
    text = """
blocks: {unit: {graph: [conv: {out: 4, kernel: 3, act: none}]}}
graph: [unit, relu]
"""
    module = build(graph(text)).eval()
    kept: list[Tensor] = []
    module.unit1.register_forward_hook(lambda m, i, out: kept.append(out))
    module(x)
    assert kept[0].min() < 0


def test_every_name_of_a_module_is_known() -> None:
    found = {name for name in dir(GeneratedModule()) if not name.startswith("_")}
    assert found <= MODULE_ATTRIBUTES
