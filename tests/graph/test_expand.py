"""YAML in, names and shapes out; and every mistake that only shapes can show."""

from __future__ import annotations

from dataclasses import replace

import pytest

import archgraph

HEAD = "archgraph: 1\nname: net\ninput: [3, 32, 32]\n"


def expand(text: str, **options: object) -> archgraph.Graph:
    graph = archgraph.expand(archgraph.loads(HEAD + text, name="net.yaml"), **options)
    graph.check()
    return graph


def names(graph: archgraph.Graph) -> list[str]:
    return list(graph.nodes)


def error(text: str, **options: object) -> str:
    with pytest.raises(archgraph.SpecError) as caught:
        expand(text, **options)
    return str(caught.value)


def test_automatic_names_count_each_op_in_its_scope() -> None:
    graph = expand("graph: [conv: [8, 3], relu: {}, conv: [8, 3], relu: {}, {conv: [4, 1], id: last}]")
    assert names(graph) == ["conv1", "relu1", "conv2", "relu2", "last"]
    assert [node.shape for node in graph] == [(8, 32, 32)] * 4 + [(4, 32, 32)]


def test_a_conv_with_norm_and_act_is_a_box_of_three_nodes() -> None:
    graph = expand("graph: [{conv: {out: 8, kernel: 3, norm: batch, act: relu}, id: stem}]")
    assert names(graph) == ["stem.conv", "stem.norm", "stem.act"]
    assert graph.scopes["stem"].op == "conv"


def test_defaults_reach_the_convs_that_macros_make() -> None:
    graph = expand(
        "defaults: {conv: {norm: batch, act: relu}, batch_norm: {eps: 0.001}}\n"
        "graph: [residual: {body: [conv: {out: 8, kernel: 3, stride: 2, act: none}]}]"
    )
    assert names(graph) == [
        "residual1.body.conv1.conv",
        "residual1.body.conv1.norm",
        "residual1.shortcut.conv",
        "residual1.shortcut.norm",
        "residual1.add",
    ]
    assert all(graph.nodes[n].op.eps == 0.001 for n in graph.nodes if n.endswith("norm"))
    assert graph.nodes["residual1.shortcut.conv"].op.stride == 2


def test_each_outside_repeat_names_column_then_copy() -> None:
    graph = expand(
        "blocks: {unit: {args: {w: int}, graph: [conv: [$w, 3]]}}\n"
        "graph: [{unit: $w, each: {w: [4, 8], n: [1, 2]}, repeat: $n, id: stage}, {conv: [2, 1], from: stage.0.0}]"
    )
    assert names(graph) == ["stage.0.0.conv1", "stage.1.0.conv1", "stage.1.1.conv1", "conv1"]
    assert graph.nodes["conv1"].inputs == (("stage.0.0.conv1", 0),)


def test_repeat_knows_its_number() -> None:
    graph = expand("graph: [{conv: {out: 8*($i + 1), kernel: 1}, repeat: 3}]")
    assert [node.shape[0] for node in graph] == [8, 16, 24]
    assert names(graph) == ["conv1.0", "conv1.1", "conv1.2"]


def test_when_leaves_a_node_out_and_keeps_the_names_of_the_others() -> None:
    text = "vars: {deep: %s}\ngraph: [conv: [8, 3], {conv: [8, 3], when: $deep > 1}, conv: [4, 1]]"
    assert names(expand(text % 2)) == ["conv1", "conv2", "conv3"]
    assert names(expand(text % 1)) == ["conv1", "conv3"]


def test_a_block_may_contain_itself_bounded_by_when() -> None:
    graph = expand(
        "blocks: {nest: {args: {depth: int}, graph: [conv: [$depth, 1], "
        "{nest: {depth: $depth - 1}, when: $depth > 1}]}}\ngraph: [nest: 3]"
    )
    assert names(graph) == ["nest1.conv1", "nest1.nest1.conv1", "nest1.nest1.nest1.conv1"]


def test_another_input_size_is_another_expansion() -> None:
    text = "graph: [conv: {out: 8, kernel: 3, stride: 2}, global_avg_pool: {}, linear: 10]"
    assert expand(text).nodes["conv1"].shape == (8, 16, 16)
    assert expand(text, input=(3, 33, 20)).nodes["conv1"].shape == (8, 17, 10)


def test_choices_take_their_default_or_what_the_caller_chooses() -> None:
    text = (
        "vars: {width: {choice: [16, 24], default: 24}}\n"
        "graph: [{conv: {out: $width, kernel: {choice: [3, 5]}}, repeat: 2}, "
        "choice: {plain: [], gate: [se: 4]}]"
    )
    assert [node.shape[0] for node in expand(text)] == [24, 24]
    asked = {}

    def choose(name: str, choice: object) -> object:
        asked[name] = choice
        return choice.options[-1]  # type: ignore[attr-defined]

    graph = expand(text, choose=choose)
    assert list(asked) == ["vars.width", "conv1.0.kernel", "conv1.1.kernel", "choice1"]
    assert graph.nodes["conv1.1"].op.kernel == 5
    assert any(name.startswith("choice1.gate.se1") for name in graph.nodes)


def test_outputs_and_train_only_outputs_have_names() -> None:
    graph = expand(
        "graph: [{conv: [8, 3], id: low}, {conv: [8, 3], id: high}, {conv: [2, 1], from: low, id: aux}]\n"
        "outputs: {logits: high, aux: aux}\ntrain_only: [aux]"
    )
    assert dict(graph.outputs) == {"logits": ("high", 0), "aux": ("aux", 0)}
    assert graph.needed(training=False) == {"low", "high"}
    assert graph.needed(training=True) == {"low", "high", "aux"}


def test_unlike_shapes_are_shown_at_the_node_that_joins_them() -> None:
    shown = error(
        "graph:\n  - {conv: [8, 3], id: a}\n  - {conv: {out: 8, kernel: 3, stride: 2}, id: b}\n"
        "  - {add: , from: [a, b]}"
    )
    assert shown.startswith("net.yaml:7:19: add1: ")
    assert "8x32x32" in shown and "8x16x16" in shown
    assert "    7 |   - {add: , from: [a, b]}\n      |                   ^" in shown


def test_all_mistakes_of_a_file_come_in_one_run() -> None:
    shown = error(
        "graph:\n  - conv: {out: 8, kernel: 40, pad: 0}\n  - {conv: [8, 3], from: in, id: b}\n  - {linear: 10, from: b}"
    )
    assert "net.yaml:5:" in shown and "larger than its padded input of 32" in shown
    assert "net.yaml:7:" in shown and "flatten" in shown


def test_a_mistake_in_a_repeated_block_is_shown_once() -> None:
    shown = error("graph:\n  - {conv: {out: 8, kernel: 3, groups: 5}, repeat: 3}")
    assert shown.count("net.yaml:5:") == 1


def test_a_residual_whose_shortcut_cannot_match_shows_both_shapes() -> None:
    shown = error("graph: [residual: {shortcut: identity, body: [conv: {out: 8, kernel: 3, stride: 2}]}]")
    assert "3x32x32" in shown and "8x16x16" in shown


def test_recursion_without_end_is_located() -> None:
    shown = error("blocks: {loop: {graph: [conv: [4, 1], loop: {}]}}\ngraph: [loop: {}]")
    assert "'loop' contains itself without end (64 levels)" in shown and "when" in shown
    assert shown.startswith("net.yaml:4:")


@pytest.mark.parametrize(
    "graph, said",
    [
        ("graph: [{conv: [8, 3], repeat: 20001}]", "20,000"),
        ("graph: [{conv: [8, 3], repeat: 1000000000}]", "20,000"),
        ("blocks: {b: {graph: [{conv: [8, 1], repeat: 200}]}}\ngraph: [{b: {}, repeat: 200}]", "20,000"),
        (
            "blocks: {"
            + ", ".join(f"b{n}: {{graph: [b{n + 1}: {{}}, b{n + 1}: {{}}]}}" for n in range(40))
            + ", b40: {graph: [{relu: {}, when: 1 > $one}]}}\nvars: {one: 1}\ngraph: [b0: {}]",
            "100,000 steps",
        ),
        ("graph: [dense: {layers: 2000, growth: 1}]", "400,000 connections"),
        ("graph: [conv: [1000000, 1], conv: [1000000, 1]]", "parameters"),
    ],
)
def test_an_expansion_past_the_limits_is_refused(graph: str, said: str) -> None:
    assert said in error(graph)


@pytest.mark.parametrize(
    "graph, line, said",
    [
        ("vars: {n: 0}\ngraph:\n  - conv: {out: 8 // $n, kernel: 3}", 6, "division by zero"),
        ("graph:\n  - conv: {out: eight, kernel: 3}", 5, "'eight'"),
        ("graph:\n  - {conv: [8, 3], repeat: two}", 5, "'two'"),
        ("graph:\n  - {conv: [$a, 3], each: {a: [1, 2], b: [1]}}", 5, "a has 2, b has 1"),
        ("blocks: {b: {args: {w: int}, graph: [conv: [$w, 1]]}}\ngraph:\n  - b: wide", 6, "'wide'"),
    ],
)
def test_values_of_the_wrong_kind_are_located(graph: str, line: int, said: str) -> None:
    shown = error(graph)
    assert shown.startswith(f"net.yaml:{line}:") and said in shown


def test_a_box_shows_its_arguments_without_its_graphs() -> None:
    graph = expand("graph: [branches: {paths: [[conv: [8, 1]], [conv: [8, 3]]], merge: add}]")
    assert graph.scopes["branches1"].args == {"merge": "add"}


def test_copies_of_a_block_differ_by_which_argument_was_given() -> None:
    graph = expand(
        "blocks: {unit: {args: {a: 1, b: 1}, "
        "graph: [conv: {out: 3*$a, kernel: 1}, conv: {out: 3, kernel: 2*$b + 1}]}}\n"
        "graph: [unit: {a: 2}, unit: {b: 2}, unit: {a: 2}]"
    )
    assert [node.shape[0] for node in graph] == [6, 3, 3, 3, 6, 3]
    assert [graph.nodes[f"unit{n}.conv2"].op.kernel for n in (1, 2, 3)] == [3, 5, 3]


def test_a_child_takes_nothing_from_its_parent_that_it_does_not_share() -> None:
    parent = archgraph.loads(
        HEAD + "defaults: {conv: {act: relu}}\nblocks: {unit: {args: {w: int}, graph: [conv: [$w, 3]]}}\n"
        "graph: [unit: 8, unit: 8]"
    )
    assert names(archgraph.expand(parent)) == [
        "unit1.conv1.conv", "unit1.conv1.act", "unit2.conv1.conv", "unit2.conv1.act",
    ]  # fmt: skip
    child = replace(parent, defaults={})
    assert names(archgraph.expand(child)) == ["unit1.conv1", "unit2.conv1"]
