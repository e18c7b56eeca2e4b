"""Each mutation, YAML in and YAML out."""

from __future__ import annotations

from textwrap import indent

import pytest

from archgraph import cost, dump, expand, load, loads
from archgraph.graph.hashing import canonical_hash
from archgraph.search.mutations import MUTATIONS
from archgraph.search.mutations.block import LIBRARY, kinds
from archgraph.search.mutations.width import widths
from archgraph.search.trace import trace
from archgraph.spec.model import Spec

HEAD = "archgraph: 1\nname: net\ninput: [3, 16, 16]\n"
TAIL = "  - global_avg_pool\n  - linear: 10\n"


def spec(graph: str, *, head: str = "") -> Spec:
    return loads(f"{HEAD}{head}graph:\n{indent(graph.strip(), '  ')}\n{TAIL}")


def changed(before: Spec, operator: str, site: str, change: str) -> Spec:
    """The spec after the change of that name; it must be a network that reads back as it was written."""
    (found,) = [s for s in MUTATIONS[operator](trace(before)) if s.name == site]
    (option,) = [option for option in found.options if option.label == change]
    after = option.make()
    expand(after).check()
    assert loads(dump(after)) == after
    return after


@pytest.mark.parametrize(
    ("operator", "site", "change", "before", "after"),
    [
        ("width", "conv1.out", "16 -> 12", "- conv: [16, 3]", "- conv: [12, 3]"),
        (
            "width", "stage.w[1]", "48 -> 40",
            "- {conv: [$w, 3], each: {w: [16, 48]}, id: stage}",
            "- {conv: [$w, 3], each: {w: [16, 40]}, id: stage}",
        ),
        ("depth", "conv1.repeat", "3 -> 2", "- {conv: [16, 3], repeat: 3}", "- {conv: [16, 3], repeat: 2}"),
        ("depth", "conv1.repeat", "1 -> 2", "- conv: [16, 3]", "- {conv: [16, 3], repeat: 2}"),
        (
            "depth", "conv1.repeat", "1 -> 2",
            "- conv: {out: 16, kernel: 3, stride: 2}",
            "- {conv: {out: 16, kernel: 3, stride: 2 if $i == 0 else 1}, repeat: 2}",
        ),
        (
            "depth", "stage.n[1]", "1 -> 2",
            "- {conv: [$w, 3], each: {w: [16, 32]}, id: stage}",
            "- {conv: [$w, 3], each: {w: [16, 32], n: [1, 2]}, repeat: $n, id: stage}",
        ),
        ("depth", "dense1.layers", "2 -> 3", "- dense: {layers: 2, growth: 8}", "- dense: {layers: 3, growth: 8}"),
        ("kernel", "conv1.kernel", "3 -> 5", "- conv: [16, 3]", "- conv: [16, 5]"),
        (
            "kernel", "conv1.kernel", "3 -> 5",
            "- conv: {out: 16, kernel: 3, pad: 1}", "- conv: {out: 16, kernel: 5, pad: 2}",
        ),
        (
            "activation", "conv1.act", "relu -> gelu",
            "- conv: {out: 8, kernel: 1, act: relu}", "- conv: {out: 8, kernel: 1, act: gelu}",
        ),
        (
            "activation", "relu1", "relu -> silu",
            "- relu\n- conv: [8, 3]\n- relu", "- silu\n- conv: [8, 3]\n- {relu: , id: relu2}",
        ),
        ("attention", "after conv1", "insert se", "- conv: [8, 3]\n- relu", "- conv: [8, 3]\n- se\n- relu"),
        (
            "attention", "after conv1", "insert se",
            "- conv: [8, 3]\n- relu\n- se", "- conv: [8, 3]\n- {se: , id: se2}\n- relu\n- {se: , id: se1}",
        ),
        (
            "attention", "se1", "drop se",
            "- conv: [8, 3]\n- se: 4\n- conv: [8, 3]\n- se: 4", "- conv: [8, 3]\n- conv: [8, 3]\n- {se: 4, id: se2}",
        ),
        ("attention", "se1", "se -> eca", "- conv: [8, 3]\n- se: 4", "- conv: [8, 3]\n- eca"),
        (
            "skip", "conv1", "skip around conv1 to conv2",
            "- conv: [8, 3]\n- conv: [8, 3]\n- conv: [9, 3]",
            "- residual: {body: [conv: [8, 3], conv: [8, 3]]}\n- {conv: [9, 3], id: conv3}",
        ),
        (
            "skip", "residual1", "drop the skip",
            "- residual: {body: [conv: [8, 3], conv: [8, 3]], act: relu}\n- conv: [9, 3]",
            "- {conv: [8, 3], id: conv3}\n- conv: [8, 3]\n- relu\n- {conv: [9, 3], id: conv1}",
        ),
        (
            "stride", "conv2.stride", "to conv1.stride",
            "- conv: [8, 3]\n- conv: {out: 9, kernel: 3, stride: 2}",
            "- conv: {out: 8, kernel: 3, stride: 2}\n- conv: [9, 3]",
        ),
        (
            "stride", "stage.s[1]", "to stage.s[2]",
            "- {conv: [$w, 3, $s], each: {w: [8, 9, 10], s: [1, 2, 1]}, id: stage}",
            "- {conv: [$w, 3, $s], each: {w: [8, 9, 10], s: [1, 1, 2]}, id: stage}",
        ),
        (
            "stride", "max_pool1.stride", "to conv1.stride",
            "- conv: [8, 3]\n- max_pool: {kernel: 3, stride: 2, pad: 1}",
            "- conv: [8, 3, 2]\n- max_pool: {kernel: 3, stride: 1, pad: 1}",
        ),
        (
            "groups", "conv2", "1 -> 4",
            "- conv: [8, 1]\n- conv: [8, 3]", "- conv: [8, 1]\n- conv: {out: 8, kernel: 3, groups: 4}",
        ),
        (
            "groups", "conv2", "dense -> depthwise",
            "- conv: [8, 1]\n- conv: [8, 3]", "- conv: [8, 1]\n- conv: {out: 8, kernel: 3, groups: 8}",
        ),
        (
            "groups", "conv1", "dense -> separable",
            "- conv: {out: 8, kernel: 3, stride: 2, norm: batch, act: relu}\n- conv: [9, 3]",
            "- separable: {out: 8, kernel: 3, stride: 2, norm: batch, act: relu}\n- {conv: [9, 3], id: conv2}",
        ),
        (
            "groups", "separable1", "separable -> dense",
            "- separable: {out: 8, kernel: 3, norm: batch, between: false}",
            "- conv: {out: 8, kernel: 3, norm: batch}",
        ),
        (
            "dilation", "conv1.dilation", "1 -> 2",
            "- conv: {out: 8, kernel: 3, pad: 1}", "- conv: {out: 8, kernel: 3, pad: 2, dilation: 2}",
        ),
        ("dilation", "conv1.dilation", "2 -> 1", "- conv: {out: 8, kernel: 3, dilation: 2}", "- conv: [8, 3]"),
        (
            "norm", "conv1.norm", "batch -> group",
            "- conv: {out: 32, kernel: 1, norm: batch}", "- conv: {out: 32, kernel: 1, norm: group}",
        ),
        ("norm", "batch_norm1", "batch_norm -> layer_norm", "- batch_norm\n- relu", "- layer_norm\n- relu"),
        ("pool", "max_pool1", "max_pool -> avg_pool", "- max_pool: 2", "- avg_pool: 2"),
        (
            "pool", "max_pool1", "max_pool -> avg_pool",
            "- max_pool: {kernel: 3, stride: 2, pad: 1}",
            "- avg_pool: {kernel: 3, stride: 2, pad: 1, count_include_pad: false}",
        ),
        (
            "branch", "conv1", "add a path of kernel 5",
            "- conv: [8, 3]\n- conv: [9, 1]",
            "- branches: {paths: [[conv: [8, 3]], [conv: [8, 5]]], merge: add}\n- {conv: [9, 1], id: conv2}",
        ),
        (
            "branch", "branches1", "copy 1 with kernel 5",
            "- branches: {paths: [[conv: [8, 1]], [conv: [4, 1], conv: [8, 3]]]}",
            "- branches: {paths: [[conv: [8, 1]], [conv: [4, 1], conv: [8, 3]], [conv: [4, 1], conv: [8, 5]]]}",
        ),
        (
            "branch", "branches1", "drop b",
            "- branches: {paths: {a: [conv: [8, 1]], b: [conv: [8, 3]], c: []}}",
            "- branches: {paths: {a: [conv: [8, 1]], c: []}}",
        ),
        (
            "branch", "branches1", "drop 1",
            "- branches: {paths: [[conv: [8, 1]], [conv: [8, 3]]]}\n- conv: [9, 3]",
            "- {conv: [8, 1], id: conv2}\n- {conv: [9, 3], id: conv1}",
        ),
        (
            "dense", "dense1.growth", "growth 12 -> 10",
            "- dense: {layers: 3, growth: 12}", "- dense: {layers: 3, growth: 10}",
        ),
        (
            "dense", "dense1.body.conv2.out", "growth 8 -> 6",
            "- dense: {layers: 3, body: [conv: [16, 1], conv: [8, 3]]}",
            "- dense: {layers: 3, body: [conv: [16, 1], conv: [6, 3]]}",
        ),
        (
            "dense", "dense1", "connect all -> log",
            "- dense: {layers: 3, growth: 8}", "- dense: {layers: 3, growth: 8, connect: log}",
        ),
        (
            "order", "residual1", "post -> pre",
            "- conv: [8, 1]\n- residual: {body: [conv: {out: 8, kernel: 3, act: relu}, "
            "conv: {out: 8, kernel: 3, norm: batch}], act: relu}",
            "- conv: [8, 1]\n- residual: {body: [conv: {out: 8, kernel: 3, act: relu, order: pre}, "
            "conv: {out: 8, kernel: 3, norm: batch, order: pre, act: relu}]}",
        ),
        (
            "choice", "conv1.out", "8 -> 16",
            "- conv: {out: {choice: [8, 16]}, kernel: 3}", "- conv: {out: {choice: [8, 16], default: 16}, kernel: 3}",
        ),
        (
            "choice", "conv1.out", "16 -> 8",
            "- conv: {out: {range: [8, 24], step: 8, default: 16}, kernel: 3}",
            "- conv: {out: {range: [8, 24], step: 8}, kernel: 3}",
        ),
        (
            "choice", "choice1", "plain -> se",
            "- choice: {plain: [], se: [se: 2]}", "- choice: {plain: [], se: [se: 2], default: se}",
        ),
    ],
)  # fmt: skip
def test_a_mutation_writes_what_a_person_would(operator: str, site: str, change: str, before: str, after: str) -> None:
    assert dump(changed(spec(before), operator, site, change)) == dump(spec(after))


BLOCK = "blocks: {basic: {args: {planes: int, stride: 1}, graph: [conv: {out: $planes, kernel: 3, stride: $stride}]}}\n"


def test_a_block_is_swapped_for_another_of_its_width_and_stride() -> None:
    before = spec("- basic: {planes: $w, stride: 2}\n  each: {w: [16, 32]}\n  id: stage", head=BLOCK)
    after = changed(before, "block", "stage", "basic -> inverted_block")
    stage = after.graph.nodes[0]
    assert (stage.op, stage.id, stage.each) == ("inverted_block", "stage", {"w": (16, 32)})
    assert dict(stage.args) == {"out": before.graph.nodes[0].args["planes"], "stride": 2}
    assert list(after.blocks) == ["inverted_block"]
    assert cost(after).outputs == cost(before).outputs


def test_a_block_that_is_still_used_stays() -> None:
    before = spec("- basic: 16\n- basic: 32", head=BLOCK)
    after = changed(before, "block", "basic1", "basic -> dense_block")
    assert list(after.blocks) == ["basic", "dense_block"]
    assert [node.id for node in after.graph.nodes[:2]] == [None, "basic2"]


def test_a_block_of_another_kind_under_the_same_name_is_not_overwritten() -> None:
    head = BLOCK.replace("basic:", "dense_block:").replace(
        "}}\n", "}, basic: {args: {out: int}, graph: [conv: [$out, 3]]}}\n"
    )
    after = changed(spec("- dense_block: 16\n- basic: 32", head=head), "block", "basic1", "basic -> dense_block")
    assert [node.op for node in after.graph.nodes[:2]] == ["dense_block", "dense_block2"]


def test_every_kind_of_block_keeps_width_and_stride() -> None:
    for kind in kinds():
        for size in (16, 6, 4):
            blocks = load(LIBRARY)
            text = dump(blocks).split("graph:\n  - basic_block")[0] + f"graph:\n  - {kind}: [{size}, 2]\n"
            graph = expand(loads(text))
            assert graph.shape(graph.outputs["output"]) == (size, 4, 4), kind


def test_the_output_layer_is_left_alone() -> None:
    net = spec("- conv: [16, 3]")
    for operator, sites in MUTATIONS.items():
        assert not [site.name for site in sites(trace(net)) if "linear1" in site.name], operator


def test_attention_is_not_put_where_nothing_would_use_it() -> None:
    net = spec("- conv: [8, 3]\n- {conv: [8, 3], from: in}\n- relu")
    assert [site.name for site in MUTATIONS["attention"](trace(net))] == ["after conv2"]


def test_a_skip_is_not_put_around_what_others_refer_to() -> None:
    net = spec("- conv: [8, 3]\n- conv: [8, 3]\n- {add: , from: [conv1, prev]}")
    assert [site.name for site in MUTATIONS["skip"](trace(net))] == ["conv2"]


def test_a_pool_that_steps_by_its_kernel_keeps_it() -> None:
    net = spec("- max_pool: 2\n- max_pool: {kernel: 3, stride: 2, pad: 1}")
    assert [site.name for site in MUTATIONS["kernel"](trace(net))] == ["max_pool2.kernel"]


def test_widths_stay_multiples_of_powers_of_two() -> None:
    assert widths(48) == [24, 40, 56, 72, 96]
    assert widths(64) == [32, 48, 80, 96, 128]
    assert widths(1) == [2]
    assert all(width > 0 for value in range(1, 300) for width in widths(value))


def test_a_skip_whose_nodes_are_wired_by_name_is_not_taken_out() -> None:
    net = spec("- residual: {body: [conv: [8, 3], {conv: [8, 3], from: in}]}\n- conv: [8, 3]")
    assert not [site.name for site in MUTATIONS["skip"](trace(net)) if site.name == "residual1"]


def test_a_name_inside_a_skip_that_is_taken_outside_gives_way() -> None:
    net = spec("- {conv: [8, 3], id: a}\n- residual: {body: [{conv: [8, 3], id: a}]}\n- conv: [8, 3]")
    after = changed(net, "skip", "residual1", "drop the skip")
    assert [node.id for node in after.graph.nodes[:3]] == ["a", "conv1", "conv2"]


def test_a_network_keeps_its_downsampling_where_a_stride_moves() -> None:
    """ResNet-50's four strides in a list: a stage's goes to another stage, and the last map stays at 7x7."""
    before = load("resnet50")
    after = changed(before, "stride", "vars.strides[1]", "to vars.strides[0]")
    assert after.vars["strides"] == (2, 1, 2, 2)
    shapes = [expand(spec).input_shapes(expand(spec).nodes["global_avg_pool1"]) for spec in (before, after)]
    assert shapes == [((2048, 7, 7),)] * 2


def test_a_pre_activated_unit_is_that_of_the_paper() -> None:
    """`order` makes of unit (a) of arXiv:1603.05027, figure 4, its unit (e), as the zoo has both."""
    unit = "- residual: {body: [conv: {out: 16, kernel: 3, norm: batch, act: relu}, CONV], act: relu}\n"
    unit = unit.replace("CONV", "conv: {out: 16, kernel: 3, norm: batch}")
    given = "- conv: {out: 16, kernel: 3}\n" + unit + "- {relu: , id: last}"
    post = spec(given.replace("norm: batch", "norm: batch, bias: true"))
    pre = changed(post, "order", "residual1", "post -> pre")
    conv = "conv: {out: 16, kernel: 3, bias: true}"
    words = f"[batch_norm, relu, {conv}, batch_norm, relu, {conv}]"
    assert canonical_hash(expand(pre)) == canonical_hash(
        expand(spec(f"- conv: {{out: 16, kernel: 3}}\n- residual: {{body: {words}}}\n- {{relu: , id: last}}"))
    )


def test_the_input_grows_and_shrinks_by_steps_that_strides_divide() -> None:
    found = MUTATIONS["resolution"](trace(load("resnet50")))
    assert [option.label.split()[-1] for option in found[0].options] == [
        "160x160", "192x192", "256x256", "288x288", "352x352"
    ]  # fmt: skip
    (small,) = MUTATIONS["resolution"](trace(spec("- conv: [8, 3]")))
    assert [option.make().input for option in small.options][:2] == [(3, 8, 8), (3, 12, 12)]


def test_without_a_second_parent_there_is_no_crossover() -> None:
    assert MUTATIONS["crossover"](trace(load("cifar_resnet8"))) == []


def test_a_column_of_a_stage_comes_from_the_second_parent() -> None:
    mine = "- {conv: [$w, $k], each: {w: [8, 16, 32], k: [3, 3, 3]}, id: stage}"
    theirs = "- {conv: [$w, $k], each: {w: [9, 17, 32], k: [5, 7, 3]}, id: stage}"
    (site,) = MUTATIONS["crossover"](trace(spec(mine), mate=trace(spec(theirs))))
    assert [option.label for option in site.options] == [
        "stage.0 from net",
        "stage.1 from net",
        "all of stage from net",
    ]
    child = site.options[1].make()
    assert dump(child) == dump(spec(mine.replace("16", "17").replace("[3, 3, 3]", "[3, 7, 3]")))


def test_a_whole_stage_comes_with_its_blocks_under_free_names() -> None:
    wide = "blocks: {unit: {args: {n: int}, graph: [conv: {out: $n, kernel: $k}]}}\nvars: {k: 5}\n"
    narrow = "blocks: {unit: {args: {n: int}, graph: [conv: {out: $n, kernel: 1}]}}\n"
    here = spec("- {unit: 8, id: a}\n- {unit: 16, id: b}", head=narrow)
    there = spec("- {unit: 32, id: a, repeat: 2}\n- {unit: 16, id: c}", head=wide)
    first, second = MUTATIONS["crossover"](trace(here, mate=trace(there)))
    child = first.options[0].make()
    expand(child).check()
    assert [(node.op, node.repeat) for node in child.graph.nodes[:2]] == [("unit2", 2), ("unit", None)]
    assert list(child.blocks) == ["unit", "unit2"] and child.vars == {"k": 5}
    assert loads(dump(child)) == child
    assert [option.label for option in second.options] == ["all of a from net", "all of c from net"]


def test_a_variable_that_means_something_else_keeps_a_stage_out() -> None:
    head = "blocks: {unit: {args: {n: int}, graph: [conv: {out: $n, kernel: $k}]}}\nvars: {k: 5}\n"
    one, other = spec("- unit: 8", head=head), spec("- unit: 16", head=head.replace("k: 5", "k: 3"))
    assert MUTATIONS["crossover"](trace(one, mate=trace(other))) == []
