"""What a forward reads like: YAML in, the text of every class out."""

from __future__ import annotations

import subprocess
import sys

import archgraph
from archgraph.emit.plan import ModulePlan, Shared, plan
from archgraph.ops.base import Call

HEAD = "archgraph: 1\nname: net\ninput: [3, 8, 8]\n"


def planned(text: str) -> ModulePlan:
    return plan(archgraph.expand(archgraph.loads(HEAD + text, name="net.yaml")))


def inner(module: ModulePlan, path: str) -> ModulePlan:
    for name in path.split("."):
        found = module.children[name]
        assert isinstance(found, ModulePlan)
        module = found
    return module


def forward(module: ModulePlan) -> list[str]:
    assert module.forward is not None
    return list(module.forward.statements)


def test_a_chain_is_one_local_handed_on() -> None:
    net = planned("graph: [{conv: [4, 3]}, relu, global_avg_pool, {linear: 2}]")
    assert net.source == (
        "def forward(self, x: Tensor) -> Tensor:\n"
        "    x = self.conv1(x)\n"
        "    x = self.relu1(x)\n"
        "    x = torch.flatten(self.global_avg_pool1(x), 1)\n"
        "    return self.linear1(x)\n"
    )


def test_a_scope_is_a_class_named_after_its_op() -> None:
    net = planned("graph: [{residual: {body: [conv: {out: 3, kernel: 3, norm: batch}], act: relu}, id: res}]")
    assert net.name == "Net"
    res = inner(net, "res")
    assert (res.name, inner(res, "body").name, inner(res, "body.conv1").name) == ("Residual", "Body", "Conv")
    assert inner(res, "body.conv1").children["norm"] == Call("nn.BatchNorm2d", (3,), {})


def test_the_sum_of_a_residual_reuses_the_memory_of_its_body() -> None:
    res = inner(planned("graph: [{residual: {body: [conv: [3, 3]], act: relu}}]"), "residual1")
    assert forward(res) == ["body = self.body(x)", "x = body.add_(x)", "return self.act(x)"]
    assert res.children["act"] == Call("nn.ReLU", (), {"inplace": True})


def test_numbered_copies_are_reached_by_getattr() -> None:
    net = planned("graph: [{conv: [3, 3], repeat: 3, id: stage}]")
    assert inner(net, "stage").name == "ConvCopies"
    assert forward(inner(net, "stage")) == [
        "x = getattr(self, '0')(x)",
        "x = getattr(self, '1')(x)",
        "return getattr(self, '2')(x)",
    ]


def test_a_copy_used_outside_is_a_second_value_of_its_scope() -> None:
    net = planned(
        "graph: [{conv: [3, 3], repeat: 3, id: stage}, {conv: [3, 1], id: late}, {add: , from: [late, stage.1]}]"
    )
    assert inner(net, "stage").forward == (
        ("x",),
        "tuple[Tensor, Tensor]",
        ("x = getattr(self, '0')(x)", "x = getattr(self, '1')(x)", "x2 = getattr(self, '2')(x)", "return x, x2"),
    )
    assert forward(net) == ["stage_1, x = self.stage(x)", "x = self.late(x)", "return x.add_(stage_1)"]


def test_a_local_that_no_longer_matters_is_deleted() -> None:
    net = planned(
        "graph: [{conv: [3, 3], id: a}, {conv: [3, 1], id: b}, {conv: [3, 1], from: a, id: c},"
        " {concat: , from: [b, c]}, {conv: [3, 3], id: d}]"
    )
    assert forward(net) == [
        "x = self.a(x)",
        "b = self.b(x)",
        "x = self.c(x)",
        "x = torch.cat([b, x], 1)",
        "del b",
        "return self.d(x)",
    ]


AUX = """
blocks: {head: {graph: [global_avg_pool, linear: 2]}}
graph: [{conv: [4, 3], id: a}, {conv: [4, 3], id: b}, {head: {}, id: main}, {head: {}, id: aux, from: a}]
"""


def test_outputs_for_training_run_as_early_as_they_can_and_in_training_alone() -> None:
    net = planned(AUX + "outputs: {logits: main, aux: aux}\ntrain_only: [aux]")
    assert net.source.splitlines()[0] == "def forward(self, x: Tensor) -> dict[str, Tensor]:"
    assert forward(net) == [
        "aux: Tensor | None = None",
        "x = self.a(x)",
        "if self.training:",
        "    aux = self.aux(x)",
        "x = self.b(x)",
        "x = self.main(x)",
        "outputs: dict[str, Tensor] = {'logits': x}",
        "if aux is not None:",
        "    outputs['aux'] = aux",
        "return outputs",
    ]


def test_several_outputs_are_a_dict_in_the_order_of_the_spec() -> None:
    assert forward(planned(AUX + "outputs: {aux: aux, logits: main}"))[-1] == "return {'aux': x, 'logits': b}"


RESERVED = ("lambda", "a-b", "half", "half_", "training", "requires_grad_", "_apply")


def test_names_that_python_or_modules_reserve_still_work() -> None:
    net = planned("graph: [" + ", ".join(f"{{conv: [3, 3], id: {name}}}" for name in RESERVED) + "]")
    assert forward(net) == [
        "x = getattr(self, 'lambda')(x)",
        "x = getattr(self, 'a-b')(x)",
        "x = self.half_(x)",
        "x = self.half__(x)",
        "x = self.training_(x)",
        "x = self._modules['requires_grad_'](x)",
        "return self._modules['_apply'](x)",
    ]
    assert list(net.children) == ["lambda", "a-b", "half_", "half__", "training_", "requires_grad_", "_apply"]


def test_shared_weights_are_one_module_called_twice() -> None:
    cbam = inner(planned("graph: [{conv: [4, 3]}, {cbam: {reduction: 2}}]"), "cbam1")
    calls = [line for line in forward(cbam) if "avg_squeeze" in line]
    assert len(calls) == 2
    assert "max_squeeze" not in cbam.children and not any(isinstance(c, Shared) for c in cbam.children.values())


def test_planning_needs_no_torch() -> None:
    code = (
        "import sys, archgraph; from archgraph.emit.plan import plan; "
        "plan(archgraph.expand(archgraph.load('resnet18'))); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
