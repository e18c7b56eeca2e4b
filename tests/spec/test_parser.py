"""YAML in, the spec as data out."""

# ruff: noqa: E501 - one case a line reads better than a short line
from __future__ import annotations

import pytest
from small_vocabulary import HEAD, spec_of

from archgraph.spec.expressions import compile_expression as expr
from archgraph.spec.model import Block, Body, Choice, NodeSpec, Parameter, Range, Spec, Variant

RESNET50 = """\
archgraph: 1                        # language version, required
name: resnet50
about: Deep residual network, 50 layers (v1.5, stride in the 3x3)
source: arXiv:1512.03385, Table 1
input: [3, 224, 224]                # C, H, W without the batch
vars: {classes: 1000}
defaults: {conv: {norm: batch, act: relu}}     # default arguments per op, for this file

blocks:
  bottleneck:
    args: {planes: int, stride: 1}              # name: type (required) or name: default value
    graph:
      - residual:
          body:
            - conv: {out: $planes, kernel: 1}
            - conv: {out: $planes, kernel: 3, stride: $stride}
            - conv: {out: 4*$planes, kernel: 1, act: none}
          act: relu
graph:
  - conv: {out: 64, kernel: 7, stride: 2}
    id: stem
  - max_pool: {kernel: 3, stride: 2, pad: 1}
  - bottleneck: {planes: $w, stride: $s if $i == 0 else 1}
    each: {w: [64, 128, 256, 512], s: [1, 2, 2, 2], n: [3, 4, 6, 3]}     # zipped: one stage a column
    repeat: $n                                                          # copies 0..n-1, $i in expressions
    id: stage                                                           # stage.0.0 ... stage.3.2
  - global_avg_pool
  - linear: $classes
expect: {params: 25557032, macs: 4089184256, output: [1000]}            # checked by `archgraph check`
"""


def nodes(text: str) -> tuple[NodeSpec, ...]:
    return spec_of(HEAD + "graph:\n" + text).graph.nodes


def test_a_whole_file() -> None:
    bottleneck = NodeSpec(
        "residual",
        {
            "body": Body(
                (
                    NodeSpec("conv", {"out": expr("$planes"), "kernel": 1}),
                    NodeSpec("conv", {"out": expr("$planes"), "kernel": 3, "stride": expr("$stride")}),
                    NodeSpec("conv", {"out": expr("4*$planes"), "kernel": 1, "act": "none"}),
                )
            ),
            "act": "relu",
        },
    )
    stage = NodeSpec(
        "bottleneck",
        {"planes": expr("$w"), "stride": expr("$s if $i == 0 else 1")},
        id="stage",
        repeat=expr("$n"),
        each={"w": (64, 128, 256, 512), "s": (1, 2, 2, 2), "n": (3, 4, 6, 3)},
    )
    assert spec_of(RESNET50) == Spec(
        name="resnet50",
        about="Deep residual network, 50 layers (v1.5, stride in the 3x3)",
        source="arXiv:1512.03385, Table 1",
        input=(3, 224, 224),
        vars={"classes": 1000},
        defaults={"conv": {"norm": "batch", "act": "relu"}},
        blocks={"bottleneck": Block(Body((bottleneck,)), {"planes": Parameter("int"), "stride": Parameter(default=1)})},
        graph=Body(
            (
                NodeSpec("conv", {"out": 64, "kernel": 7, "stride": 2}, id="stem"),
                NodeSpec("max_pool", {"kernel": 3, "stride": 2, "pad": 1}),
                stage,
                NodeSpec("global_avg_pool"),
                NodeSpec("linear", {"out": expr("$classes")}),
            )
        ),
        expect={"params": 25557032, "macs": 4089184256, "output": (1000,)},
    )


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("  - relu\n", NodeSpec("relu")),
        ("  - relu:\n", NodeSpec("relu")),
        ("  - relu: {}\n", NodeSpec("relu")),
        ("  - linear: 10\n", NodeSpec("linear", {"out": 10})),
        ("  - linear: [10]\n", NodeSpec("linear", {"out": 10})),
        ("  - conv: [64, 3]\n", NodeSpec("conv", {"out": 64, "kernel": 3})),
        ("  - conv: [64, [3, 1], 2]\n", NodeSpec("conv", {"out": 64, "kernel": (3, 1), "stride": 2})),
        ("  - dropout: ~\n", NodeSpec("dropout")),
        ("  - dropout: {p: ~}\n", NodeSpec("dropout", {"p": None})),
        ("  - spp: {levels: [4, 2, 1]}\n", NodeSpec("spp", {"levels": (4, 2, 1)})),
        ("  - {relu: , id: a, from: in}\n", NodeSpec("relu", id="a", inputs=("in",))),
        ("  - {add: , from: [in, prev]}\n", NodeSpec("add", inputs=("in", "prev"))),
        ("  - {relu: , repeat: 3, when: true}\n", NodeSpec("relu", repeat=3, when=True)),
        ("  - {relu: , repeat: {range: [1, 6]}}\n", NodeSpec("relu", repeat=Range(1, 6))),
        ("  - linear: {choice: [10, 20]}\n", NodeSpec("linear", {"out": Choice((10, 20))})),
        ("  - linear: {out: {range: [8, 64], step: 8, default: 16}}\n", NodeSpec("linear", {"out": Range(8, 64, 8, 16)})),
        ("  - linear: {out: {choice: [a, 1], default: 1}}\n", NodeSpec("linear", {"out": Choice(("a", 1), 1)})),
        ("  - dropout: {range: [0.0, 0.5], step: 0.1}\n", NodeSpec("dropout", {"p": Range(0.0, 0.5, 0.1)})),
        ("  - residual: {body: [relu], shortcut: none}\n", NodeSpec("residual", {"body": Body((NodeSpec("relu"),)), "shortcut": "none"})),
        ("  - residual: {body: [], shortcut: [relu]}\n", NodeSpec("residual", {"body": Body(), "shortcut": Body((NodeSpec("relu"),))})),
        ("  - branches: {paths: [[relu], []]}\n", NodeSpec("branches", {"paths": (Body((NodeSpec("relu"),)), Body())})),
        ("  - branches: {paths: {a: [relu]}}\n", NodeSpec("branches", {"paths": {"a": Body((NodeSpec("relu"),))}})),
        ("  - choice: {plain: [], se: [se: 16]}\n", NodeSpec("choice", {"plain": Body(), "se": Body((NodeSpec("se", {"reduction": 16}),))})),
        ("  - upsample: in\n", NodeSpec("upsample", {"like": "in"})),
        ("  - upsample: {like: {choice: [in, prev]}}\n", NodeSpec("upsample", {"like": Choice(("in", "prev"))})),
        ("  - upsample: [in/1, bilinear]\n", NodeSpec("upsample", {"like": "in/1", "mode": "bilinear"})),
        ("  - parallel: {body: [linear: $c], columns: {c: [1, 2]}}\n", NodeSpec("parallel", {"columns": {"c": (1, 2)}, "body": Body((NodeSpec("linear", {"out": expr("$c")}),))})),
        ("  - branches: {paths: {choice: [[[relu]], {a: []}]}}\n", NodeSpec("branches", {"paths": Choice(((Body((NodeSpec("relu"),)),), {"a": Body()}))})),
        ("  - nn.GELU\n", NodeSpec("nn.GELU")),
        ("  - nn.GELU: tanh\n", NodeSpec("nn.GELU", {"0": "tanh"})),
        ("  - nn.GELU: {approximate: tanh}\n", NodeSpec("nn.GELU", {"approximate": "tanh"})),
        ("  - nn.Conv2d: [3, 64, [1, 3]]\n", NodeSpec("nn.Conv2d", {"0": 3, "1": 64, "2": (1, 3)})),
        ("  - nn.Conv2d: {0: 3, out_channels: 8}\n", NodeSpec("nn.Conv2d", {"0": 3, "out_channels": 8})),
        ("  - nn.Dropout: {choice: [0.1, 0.2]}\n", NodeSpec("nn.Dropout", {"0": Choice((0.1, 0.2))})),
        ("  - use: backbone\n", NodeSpec("use", {"spec": "backbone"})),
        ("  - use: [backbone, features]\n", NodeSpec("use", {"spec": "backbone", "take": "features"})),
        ("  - use: {choice: [backbone, plain]}\n", NodeSpec("use", {"spec": Choice(("backbone", "plain"))})),
        ("  - use: {spec: backbone, take: c1, w: {range: [1, 3]}}\n", NodeSpec("use", {"spec": "backbone", "take": "c1", "w": Range(1, 3)})),
        ("  - {relu: , when: {choice: [true, false]}, repeat: {choice: [1, 2]}, each: {a: {choice: [[1], [2]]}}}\n", NodeSpec("relu", when=Choice((True, False)), repeat=Choice((1, 2)), each={"a": Choice(((1,), (2,)))})),
        ("  - choice: {default: a, a: [relu]}\n", NodeSpec("choice", {"default": "a", "a": Body((NodeSpec("relu"),))})),
    ],
)  # fmt: skip
def test_node(text: str, node: NodeSpec) -> None:
    assert nodes(text) == (node,)


def test_references_above_are_names_copies_and_outputs() -> None:
    text = (
        "  - {relu: , id: a, repeat: 2, each: {x: [1, 2, 3]}}\n"
        "  - {relu: , repeat: 4}\n"
        "  - {add: , from: [a, a.2, a.2.1, relu2, relu2.3, a/1, in]}\n"
    )
    assert nodes(text)[2].inputs == ("a", "a.2", "a.2.1", "relu2", "relu2.3", "a/1", "in")


def test_names_are_those_of_their_own_graph() -> None:
    body = "[{relu: , id: a}, {relu: , from: a}]"
    assert (
        len(nodes(f"  - {{relu: , id: a}}\n  - branches: {{paths: [{body}, {body}]}}\n  - {{relu: , from: a}}\n")) == 3
    )


def test_variables_are_known_where_they_stand() -> None:
    spec = spec_of(
        HEAD + "vars: {w: 8, double: 2*$w}\n"
        "defaults: {conv: {stride: $w}}\n"
        "blocks:\n"
        "  b:\n"
        "    args: {n: int, m: 2*$double}\n"
        "    vars: {k: $n + $m, l: $k}\n"
        "    graph:\n"
        "      - {conv: [$l*$w, $i + $e], each: {e: [$k, 2]}, repeat: $e, when: $n > 1}\n"
        "      - {b: $n - 1, when: $n > 1}\n"
        "graph:\n"
        "  - {residual: {body: [conv: [$i, $e]]}, each: {e: [1]}, repeat: 2}\n"
    )
    assert spec.blocks["b"].vars == {"k": expr("$n + $m"), "l": expr("$k")}


def test_defaults_give_required_arguments() -> None:
    spec = spec_of(HEAD + "defaults: {conv: {out: 8, kernel: 3}}\ngraph: [conv, conv: {act: relu}]\n")
    assert [node.args for node in spec.graph.nodes] == [{}, {"act": "relu"}]


def test_a_type_in_quotes_is_a_default_value() -> None:
    block = spec_of(
        HEAD + "blocks: {b: {args: {a: int, b: 'int', c: batch, d: ~}, graph: [relu]}}\ngraph: [b: 1]\n"
    ).blocks["b"]
    assert block.args == {
        "a": Parameter("int"), "b": Parameter(default="int"), "c": Parameter(default="batch"), "d": Parameter(),
    }  # fmt: skip


def test_outputs_features_and_what_is_expected() -> None:
    spec = spec_of(
        HEAD + "graph: [{relu: , id: a, repeat: 2}, relu]\n"
        "outputs: {y: relu2, aux: a.0}\ntrain_only: [aux]\nfeatures: {c1: a, c2: relu2/0}\n"
        "expect: {params: 20M, output: {y: [10], aux: [8, 4, 4]}}\n"
    )
    assert spec.outputs == {"y": "relu2", "aux": "a.0"}
    assert spec.train_only == ("aux",)
    assert spec.features == {"c1": "a", "c2": "relu2/0"}
    assert spec.expect == {"params": 20_000_000, "output": {"y": (10,), "aux": (8, 4, 4)}}


def test_weights_are_shared_with_a_node_above() -> None:
    text = "  - {conv: [8, 3], id: a, repeat: 2}\n  - {conv: , share: a.1}\n  - {conv: [8, 3], share: a.0}\n"
    assert [(node.share, len(node.args)) for node in nodes(text)] == [(None, 2), ("a.1", 0), ("a.0", 2)]


def test_several_inputs_have_names() -> None:
    spec = spec_of(
        "archgraph: 1\nname: a\ninput: {left: [3, 8, 8], right: [3]}\n"
        "graph: [{relu: , from: left}, {upsample: right, from: in/1}]\noutputs: {y: left, z: in/0}\n"
    )
    assert spec.input == {"left": (3, 8, 8), "right": (3,)}
    assert spec.graph.nodes[1].args == {"like": "right"}


def test_blocks_name_what_goes_in_and_what_comes_out() -> None:
    spec = spec_of(
        HEAD + "blocks:\n"
        "  b: {inputs: [x, skip], graph: [{add: , from: [x, skip], id: s}, {relu: , from: in}], outputs: [s, relu1]}\n"
        "  c: {graph: [{b: , from: [in, in]}], outputs: {hi: b1/s, lo: b1/1, whole: in}}\n"
        "graph: [c, {add: , from: [c1/hi, c1/lo, c1/2]}]\nfeatures: {f: c1/whole}\n"
    )
    assert spec.blocks["b"].inputs == ("x", "skip")
    assert spec.blocks["b"].outputs == {"s": "s", "relu1": "relu1"}
    assert spec.blocks["c"].outputs == {"hi": "b1/s", "lo": "b1/1", "whole": "in"}


def test_variants_set_variables() -> None:
    spec = spec_of(
        HEAD + "vars: {w: 8, v: 2*$w}\ngraph: [linear: $w]\nvariants:\n"
        "  small: {w: 4, expect: {params: 3, convs: 0, param_shapes: '0123456789abcdef'}}\n"
        "  odd: {v: $w + 1, input: [3], about: Odd, source: nobody}\n  same:\n"
    )
    assert spec.variants == {
        "small": Variant({"w": 4}, expect={"params": 3, "convs": 0, "param_shapes": "0123456789abcdef"}),
        "odd": Variant({"v": expr("$w + 1")}, (3,), "Odd", "nobody"),
        "same": Variant(),
    }


def test_used_specs_and_blocks_are_known() -> None:
    spec = spec_of(
        HEAD + "use: [parts.yaml]\nblocks: {b: {graph: [unit: 3]}}\n"
        "graph: [b, {use: {spec: backbone, take: features, w: 3}, id: n}, {relu: , from: n/c2}, {use: backbone, id: m}]\n"
        "outputs: {y: m/y}\n"
    )
    assert spec.use == ("parts.yaml",)
    assert {text: used.name for text, used in spec.used.items()} == {"parts.yaml": "parts", "backbone": "backbone"}


def test_anchors_and_merge_keys_work() -> None:
    text = "  - conv: &c {out: 8, kernel: 3}\n  - conv: {<<: *c, out: 16}\n  - conv: *c\n"
    assert [node.args["out"] for node in nodes(text)] == [8, 16, 8]


def test_places_are_kept_for_later_errors() -> None:
    spec = spec_of(RESNET50)
    stem, _, stage, *_, linear = spec.graph.nodes
    assert {key: str(at) for key, at in stem.marks.items()} == {
        "op": "net.yaml:20:5", "id": "net.yaml:21:9", ".out": "net.yaml:20:17",
        ".kernel": "net.yaml:20:29", ".stride": "net.yaml:20:40",
    }  # fmt: skip
    assert str(stage.marks["each.s.1"]) == "net.yaml:24:43"
    assert str(linear.marks[".out"]) == "net.yaml:28:13"
    assert str(spec.marks["vars.classes"]) == "net.yaml:6:17"
    assert str(spec.marks["defaults.conv.act"]) == "net.yaml:7:37"
    assert str(spec.blocks["bottleneck"].marks["args.stride"]) == "net.yaml:11:33"
    (node,) = nodes("  - {spp: {levels: [4, {x: [1]}]}, from: [in, prev]}\n")
    assert {key: (at.line, at.col) for key, at in node.marks.items()} == {
        "op": (5, 6), "from": (5, 42), "from.0": (5, 43), "from.1": (5, 47), ".levels": (5, 20), ".levels.0": (5, 21),
        ".levels.1": (5, 24), ".levels.1.x": (5, 28), ".levels.1.x.0": (5, 29),
    }  # fmt: skip


def test_places_do_not_make_specs_unequal() -> None:
    assert spec_of(RESNET50) == spec_of("# moved down\n" + RESNET50)
