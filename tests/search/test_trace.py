"""A literal's role follows where it flows."""

from __future__ import annotations

from archgraph import loads
from archgraph.search.trace import trace

NET = """
archgraph: 1
name: net
input: [3, 32, 32]
vars: {classes: 10, wide: 48, deep: true}
defaults: {conv: {norm: batch, act: relu}}
blocks:
  basic:
    args: {planes: int, stride: 1, k: 3}
    graph:
      - residual:
          body:
            - conv: {out: $planes, kernel: $k, stride: $stride}
            - conv: {out: 2*$planes, kernel: 3, act: none}
  unused:
    args: {out: int}
    graph: [conv: {out: 77, kernel: 5}]
graph:
  - conv: {out: $wide if $deep else 24, kernel: 3}
    id: stem
  - basic: {planes: $w, stride: $s if $i == 0 else 1}
    each: {w: [64, 128], s: [1, 2], n: [3, 4]}
    repeat: $n
    id: stage
  - {conv: [32, 1], id: neck}
  - global_avg_pool
  - linear: 100
  - linear: $classes
"""


def roles(text: str, role: str) -> dict[str, object]:
    traced = trace(loads(text))
    return {traced.describe(literal.path): literal.value for literal in traced.of(role)}


def test_widths_flow_from_each_through_a_blocks_argument_to_the_conv() -> None:
    assert roles(NET, "width") == {
        "vars.wide": 48,
        "stage.w[0]": 64,
        "stage.w[1]": 128,
        "neck.out": 32,
        "linear1.out": 100,
    }


def test_repeats_flow_from_each() -> None:
    assert roles(NET, "depth") == {"stage.n[0]": 3, "stage.n[1]": 4}


def test_a_default_is_a_site_where_a_use_takes_it() -> None:
    kernels = roles(NET, "kernel")
    assert kernels["basic.k.default"] == 3
    assert kernels["basic.residual1.body.conv2.kernel"] == 3


def test_a_default_that_every_use_overrides_is_no_site() -> None:
    assert "basic.k.default" not in roles(NET.replace("planes: $w,", "planes: $w, k: 5,"), "kernel")


def test_an_exponent_and_a_condition_pass_nothing_on() -> None:
    text = NET.replace("out: $wide if $deep else 24", "out: 2 ** $deep").replace("deep: true", "deep: 5")
    assert "vars.deep" not in roles(text, "width")


def test_a_kernel_does_not_flow_through_arithmetic() -> None:
    text = NET.replace("kernel: $k", "kernel: 2*$k + 1").replace("k: 3}", "k: 1}")
    assert "basic.k.default" not in roles(text, "kernel")


def test_the_number_of_classes_is_never_a_site() -> None:
    assert "vars.classes" not in roles(NET, "width")
    text = NET.replace("linear: $classes", "conv: {out: 10, kernel: 1}")
    text = text.replace("  - linear: 100\n", "").replace("  - global_avg_pool\n", "")
    text += "  - relu\n  - global_avg_pool\n"
    assert set(roles(text, "width")) == {"vars.wide", "stage.w[0]", "stage.w[1]", "neck.out"}


def test_every_declared_output_keeps_its_size() -> None:
    text = NET.replace("- linear: 100", "- {linear: 100, id: other}") + "outputs: {a: other, b: linear2}\n"
    assert set(roles(text, "width")) == {"vars.wide", "stage.w[0]", "stage.w[1]", "neck.out"}


def test_an_unused_block_has_no_sites() -> None:
    assert not [name for name in roles(NET, "width") if name.startswith("unused")]


def test_a_files_default_is_a_site_where_a_node_takes_it() -> None:
    assert roles(NET, "activation")["defaults.conv.act"] == "relu"


def test_a_block_that_contains_itself_is_read_once() -> None:
    text = """
archgraph: 1
name: nested
input: [8, 16, 16]
blocks:
  hourglass:
    args: {depth: int, width: 16}
    graph:
      - {conv: [$width, 3]}
      - {hourglass: {depth: $depth - 1, width: $width}, when: $depth > 1}
graph:
  - hourglass: 3
  - global_avg_pool
  - linear: 10
"""
    assert roles(text, "width") == {"hourglass.width.default": 16}
