"""YAML in, the place and the gist of the message out; and all mistakes of a file in one run."""

# ruff: noqa: E501 - one case a line reads better than a short line
from __future__ import annotations

import pytest
from small_vocabulary import HEAD, message_of


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # The top level
        ("graph: relu\n", "4:8: `graph` is a list of nodes, given the text 'relu'"),
        ("graph: []\n", "4:8: `graph` has no nodes"),
        ("graph: [relu]\nvars: 3\n", "5:7: `vars` is a mapping, given the number 3"),
        ("graph: [relu]\nabout: 3\n", "5:8: `about` is a text, given the number 3"),
        ("graph: [relu]\nuse: blocks.yaml\n", "5:6: `use` is a list of files, given the text 'blocks.yaml'"),
        ("graph: [relu]\nuse: [3]\n", "5:7: `use` names files, given the number 3"),
        ("graph: [relu]\nuse: [b.yaml]\n", "5:7: no spec 'b.yaml'"),
        ("graph: [relu]\nvars: {a-b: 3}\n", "5:8: 'a-b' cannot name a variable"),
        ("graph: [relu]\nvars: {i: 3}\n", "5:8: 'i' cannot be given to a variable"),
        ("graph: [relu]\nvars: {a: $b, b: 1}\n", "5:11: unknown variable '$b'"),
        ("graph: [relu]\nvars: {a: $a}\n", "5:11: unknown variable '$a'"),
        ("graph: [relu]\nvars: {a: .nan}\n", "5:11: .nan is not a usable number"),
        ("graph: [relu]\ndefaults: {cnv: {act: relu}}\n", "5:12: unknown op 'cnv' in `defaults`"),
        ("graph: [relu]\ndefaults: {conv: {atc: relu}}\n", "5:19: unknown argument 'atc' of conv"),
        ("graph: [relu]\ndefaults: {conv: relu}\n", "5:18: conv takes arguments by name here, given the text 'relu'"),
        ("graph: [relu]\nblocks: {b: {graph: [relu]}}\ndefaults: {b: {}}\n", "6:12: `defaults` are for ops, 'b' is a block"),
        ("graph: [relu]\noutputs: {y: rel1}\n", "5:14: `outputs`: unknown node 'rel1'"),
        ("graph: [relu]\noutputs: {y: prev}\n", "5:14: `outputs`: unknown node 'prev'"),
        ("graph: [relu]\noutputs: {'a b': relu1}\n", "5:11: 'a b' cannot be a name in `outputs`"),
        ("graph: [relu]\noutputs: {y: 1}\n", "5:14: `outputs` takes names of nodes, given the number 1"),
        ("graph: [relu]\nfeatures: {y: relu1.0}\n", "5:15: 'relu1.0' does not exist"),
        ("graph: [relu]\ntrain_only: [y]\n", "5:14: unknown output 'y' in `train_only`"),
        ("graph: [relu]\ntrain_only: y\n", "5:13: `train_only` is a list of outputs, given the text 'y'"),
        ("graph: [relu]\noutputs: {y: relu1}\ntrain_only: [y]\n", "6:13: every output is in `train_only`"),
        ("graph: [relu]\nexpect: {parms: 1}\n", "5:10: unknown key 'parms' in `expect`"),
        ("graph: [relu]\nexpect: {macs: 1.5}\n", "5:16: expect.macs is a whole number, given the number 1.5"),
        # Blocks
        ("graph: [relu]\nblocks: {conv: {graph: [relu]}}\n", "5:10: the block 'conv' has the name of an op"),
        ("graph: [relu]\nblocks: {from: {graph: [relu]}}\n", "5:10: a block cannot be named 'from'"),
        ("graph: [relu]\nblocks: {1x: {graph: [relu]}}\n", "5:10: '1x' cannot name a block"),
        ("graph: [relu]\nblocks: {b: [relu]}\n", "5:13: the block 'b' is a mapping, given a list"),
        ("graph: [relu]\nblocks: {b: {args: {n: int}}}\n", "5:10: the block 'b' has no `graph`"),
        ("graph: [relu]\nblocks: {b: {grph: [], graph: [relu]}}\n", "5:14: unknown key 'grph' in block 'b'"),
        ("graph: [relu]\nblocks: {b: {args: {n: integer}, graph: [relu]}}\n", "5:24: unknown type 'integer' of argument 'n' of b"),
        ("graph: [relu]\nblocks: {b: {args: {n: 1}, vars: {n: 2}, graph: [relu]}}\n", "5:35: 'n' is an argument of this block already"),
        ("graph: [relu]\nblocks: {b: {args: {n: $m}, graph: [relu]}}\n", "5:24: unknown variable '$m'"),
        ("graph: [relu]\nblocks: {b: {outputs: [a], graph: [relu]}}\n", "5:24: `outputs`: unknown node 'a'"),
        ("blocks: {b: {args: {n: 1}, graph: [relu]}}\ngraph: [linear: $n]\n", "5:17: unknown variable '$n'"),
        # Nodes
        ("graph: [3]\n", "4:9: a node is an op with its arguments, given the number 3"),
        ("graph: [[relu]]\n", "4:9: a node is an op with its arguments, given a list"),
        ("graph: [{}]\n", "4:9: a node without an op"),
        ("graph: [{id: a}]\n", "4:9: a node without an op"),
        ("graph: [relu: 3]\n", "4:15: a value for relu, which takes no arguments"),
        ("graph: [$op: 3]\n", "4:9: unknown op '$op'"),
        ("graph: [{relu: , frm: in}]\n", "4:18: unknown key 'frm' beside 'relu'"),
        ("graph: [{relu: , share: a}]\n", "4:25: unknown node 'a'"),
        ("graph: [{relu: , id: 3}]\n", "4:22: an id is a text, given the number 3"),
        ("graph: [{relu: , id: a.b}]\n", "4:22: 'a.b' cannot be an id"),
        ("graph: [{relu: , id: prev}]\n", "4:22: 'prev' cannot be an id"),
        ("graph: [{relu: , from: [in, 3]}]\n", "4:29: `from` takes names of nodes, given the number 3"),
        ("graph: [{relu: , from: []}]\n", "4:24: `from` names no node"),
        ("graph: [{relu: , from: a b}]\n", "4:24: 'a b' is not the name of a node"),
        ("graph: [{relu: , from: prev.0}]\n", "4:24: 'prev.0': 'prev' has neither copies nor named outputs"),
        ("graph: [{relu: , repeat: -1}]\n", "4:26: `repeat` takes a number of copies, given the number -1"),
        ("graph: [{relu: , repeat: true}]\n", "4:26: `repeat` takes a number of copies, given true"),
        ("graph: [{relu: , repeat: $i}]\n", "4:26: unknown variable '$i'"),
        ("graph: [{relu: , each: [1, 2]}]\n", "4:24: `each` takes names with lists, given a list"),
        ("graph: [{relu: , each: {a: 3}}]\n", "4:28: each.a is a list, given the number 3"),
        ("graph: [{relu: , each: {i: [1]}}]\n", "4:25: 'i' cannot be given to a variable"),
        ("graph: [{relu: , each: {a: [1], b: [1, 2]}}]\n", "4:24: the lists of `each` differ in length: a has 1, b has 2"),
        ("graph: [{relu: , when: no}]\n", "4:24: `when` takes an expression, given the text 'no'"),
        ("graph: [{relu: , each: {a: [1]}, when: $a > 0}]\n", "4:40: unknown variable '$a'"),
        ("blocks: {plane: {args: {planes: int}, graph: [relu]}}\ngraph: [plane]\n", "5:9: plane needs 'planes'"),
        ("blocks: {plane: {args: {planes: int}, graph: [relu]}}\ngraph: [{plane: , id: a}]\n", "5:10: plane needs 'planes'"),
        ("graph: [{branches: {paths: {a: relu}}}]\n", "4:32: 'a' of paths is a list of nodes, given the text 'relu'"),
        # Graphs as arguments
        ("graph: [residual: [relu]]\n", "4:19: residual takes its graphs by name, given a list"),
        ("graph: [residual: {body: {relu: }}]\n", "4:26: body is a list of nodes, given a mapping"),
        ("graph: [residual: {body: 3}]\n", "4:26: body is a list of nodes, given the number 3"),
        ("graph: [residual: {body: [{relu: , from: b}]}]\n", "4:42: unknown node 'b'"),
        ("graph: [branches: {paths: relu}]\n", "4:27: paths is a list of graphs, given the text 'relu'"),
        ("graph: [branches: {paths: [relu]}]\n", "4:28: each of paths is a list of nodes, given the text 'relu'"),
        ("graph: [branches: {paths: {a b: [relu]}}]\n", "4:28: 'a b' cannot name a graph of paths"),
        ("graph: [choice: {a: relu}]\n", "4:21: 'a' of choice is a list of nodes, given the text 'relu'"),
        # Names of nodes as arguments, columns, arguments without names
        ("graph: [upsample: {like: low}]\n", "4:26: unknown node 'low'"),
        ("graph: [upsample: {like: $low}]\n", "4:26: like names a node and cannot be an expression"),
        ("graph: [upsample: {like: 3}]\n", "4:26: like takes the name of a node, given the number 3"),
        ("graph: [{relu: , id: a}, upsample: {choice: [a, b]}]\n", "4:36: unknown node 'b'"),
        ("graph: [parallel: {columns: 3, body: []}]\n", "4:29: `columns` takes names with lists, given the number 3"),
        ("graph: [parallel: {columns: {c: [1], d: [1, 2]}, body: []}]\n", "4:29: the lists of `columns` differ in length: c has 1, d has 2"),
        ("graph: [parallel: {columns: {c: [1]}, body: [linear: $d]}]\n", "4:54: unknown variable '$d'"),
        ("graph: [{parallel: {columns: {c: [1]}, body: []}, repeat: $c}]\n", "4:59: unknown variable '$c'"),
        ("graph: [nn.GELU: {a-b: 3}]\n", "4:19: 'a-b' cannot name an argument of nn.GELU"),
        ("graph: [nn.GELU: {1: 3}]\n", "4:18: nn.GELU: arguments by position are numbered 0, 1, ..., given 1"),
        ("graph: [nn.a.b: 3]\n", "4:9: unknown op 'nn.a.b'"),
        ("graph: [nn.GELU, {relu: , id: GELU1}]\n", "4:31: the id 'GELU1' is given twice"),
        ("graph: [branches: {paths: {choice: relu}}]\n", "4:36: choice takes a list of values, given the text 'relu'"),
        # Shared weights
        ("graph: [{relu: , id: a}, {linear: 3, share: a}]\n", "4:45: share: a is relu, this node is linear"),
        ("graph: [{relu: , share: 3}]\n", "4:25: `share` takes the name of a node, given the number 3"),
        ("graph: [{relu: , share: in}]\n", "4:25: `share` takes the name of a node, given 'in'"),
        ("graph: [{relu: , id: a}, {relu: , share: a/1}]\n", "4:42: `share` takes the name of a node, given 'a/1'"),
        ("graph: [{relu: , id: a}, {relu: , share: a.1}]\n", "4:42: 'a.1' does not exist"),
        ("graph: [{relu: , share: b}, {relu: , id: b}]\n", "4:25: 'b' is a forward reference: it stands below, in line 4"),
        ("graph: [{linear: 3, id: a}, {conv: {out: 3}, share: a}]\n", "4:30: conv needs 'kernel'"),
        # Several inputs and outputs
        ("graph: [{relu: , from: in/x}]\n", "4:24: 'in/x': 'in' has neither copies nor named outputs"),
        ("graph: [{relu: , id: a}, {relu: , from: a/x}]\n", "4:41: 'a' (relu) has no output 'x'"),
        ("blocks: {b: {graph: [relu], outputs: {hi: in, lo: relu1}}}\ngraph: [{b: , id: a}, {relu: , from: a/low}]\n", "5:38: 'a' (b) has no output 'low'"),
        ("blocks: {b: {graph: [relu], outputs: {hi: in, lo: relu1}}}\ngraph: [b]\noutputs: {y: b1/2}\n", "6:14: 'b1' (b) has no output 2"),
        ("graph: [relu]\nblocks: {b: {inputs: x, graph: [relu]}}\n", "5:22: `inputs` of a block is a list of names, given the text 'x'"),
        ("graph: [relu]\nblocks: {b: {inputs: [], graph: [relu]}}\n", "5:22: `inputs` of a block is a list of names, given an empty list"),
        ("graph: [relu]\nblocks: {b: {inputs: [3], graph: [relu]}}\n", "5:23: `inputs` of a block are names, given the number 3"),
        ("graph: [relu]\nblocks: {b: {inputs: [x, x], graph: [relu]}}\n", "5:26: the input 'x' stands twice"),
        ("graph: [relu]\nblocks: {b: {inputs: [in], graph: [relu]}}\n", "5:23: an input cannot be named 'in'"),
        ("graph: [relu]\nblocks: {b: {inputs: [x.y], graph: [relu]}}\n", "5:23: 'x.y' cannot name an input"),
        ("graph: [relu]\nblocks: {b: {inputs: [x], graph: [{relu: , from: y}]}}\n", "5:50: unknown node 'y'"),
        ("graph: [relu]\nblocks: {b: {inputs: [x], graph: [{relu: , id: x}]}}\n", "5:48: this node is named 'x', and so is an input"),
        ("graph: [relu]\nblocks: {b: {inputs: [x], graph: [{relu: , from: x/1}]}}\n", "5:50: 'x/1': 'x' has neither copies nor named outputs"),
        ("graph: [relu]\nblocks: {b: {inputs: [x], graph: [residual: {body: [{relu: , from: x}]}]}}\n", "5:68: unknown node 'x'"),
        ("graph: [relu]\nblocks: {b: {outputs: relu1, graph: [relu]}}\n", "5:23: `outputs` of a block names nodes, given the text 'relu1'"),
        ("graph: [relu]\nblocks: {b: {outputs: {}, graph: [relu]}}\n", "5:23: `outputs` names no output"),
        ("graph: [relu]\nblocks: {b: {outputs: [relu1/1], graph: [relu]}}\n", "5:24: 'relu1/1' cannot be a name in `outputs`"),
        ("graph: [relu]\nblocks: {b: {outputs: [relu1, relu1], graph: [relu]}}\n", "5:31: the output 'relu1' stands twice"),
        ("graph: [relu]\nblocks: {b: {outputs: [3], graph: [relu]}}\n", "5:24: `outputs` takes names of nodes, given the number 3"),
        ("graph: [relu]\nblocks: {use: {graph: [relu]}}\n", "5:10: the block 'use' has the name of an op"),
        # Used specs
        ("graph: [use: {spec: ~}]\n", "4:21: spec is null, it takes the name of a spec"),
        ("graph: [use: {spec: {choice: [~, plain]}}]\n", "4:21: spec is null, it takes the name of a spec"),
        ("graph: [use: nowhere]\n", "4:14: no spec 'nowhere'"),
        ("graph: [use: [backbone, features, 3]]\n", "4:35: 3 values for use, which takes at most 2: spec, take"),
        ("graph: [use: {spec: {choice: [backbone, plain]}, classes: 3}]\n", "4:50: 'plain' has no variable 'classes'"),
        ("graph: [{use: {spec: backbone}, id: b}, {relu: , from: b/aux}]\n", "4:56: 'b' (use) has no output 'aux'"),
        ("graph: [relu]\ndefaults: {use: {take: features}}\n", "5:12: unknown op 'use' in `defaults`"),
        # Variants
        ("graph: [relu]\nvariants: [a]\n", "5:11: `variants` is a mapping, given a list"),
        ("graph: [relu]\nvariants: {a b: {}}\n", "5:12: 'a b' cannot name a variant"),
        ("graph: [relu]\nvariants: {a: 3}\n", "5:15: the variant 'a' is a mapping, given the number 3"),
        ("graph: [relu]\nvars: {width: 3}\nvariants: {a: {widht: 3}}\n", "6:16: unknown variable 'widht' in variant 'a'"),
        ("graph: [relu]\nvars: {input: 3}\nvariants: {a: {}}\n", "5:15: a variable of a spec with variants cannot be 'input'"),
        ("graph: [relu]\nvars: {v: 3, w: 3}\nvariants: {a: {v: $w}}\n", "6:19: unknown variable '$w'"),
        ("graph: [relu]\nvariants: {a: {input: 3}}\n", "5:23: `input` is a list of 1 to 3 sizes, given the number 3"),
        ("graph: [relu]\nvariants: {a: {about: 3}}\n", "5:23: `about` is a text, given the number 3"),
        ("graph: [relu]\nvariants: {a: {expect: {parms: 3}}}\n", "5:25: unknown key 'parms' in `expect`"),
        ("graph: [relu]\nvariants: {a: {expect: [3]}}\n", "5:24: `expect` is a mapping, given a list"),
        ("graph: [relu]\nexpect: {param_shapes: 0123456789012345}\n", "5:24: expect.param_shapes is a text, given the number 0123456789012345"),
        ("graph: [relu]\nexpect: {param_shapes: 'abc'}\n", "5:24: expect.param_shapes is a text of 16 to 64 hex digits, given the text 'abc'"),
        ("graph: [relu]\nexpect: {output: {y: 3}}\n", "5:22: the shape of 'y' is a list of sizes, given the number 3"),
        # Choices
        ("graph: [linear: {choice: 3}]\n", "4:26: choice takes a list of values, given the number 3"),
        ("graph: [linear: {choice: [3], step: 3}]\n", "4:31: unknown key 'step' in a choice"),
        ("graph: [linear: {choice: [3, ~], default: ~}]\n", "4:43: `default: null` says that there is no default"),
        ("graph: [linear: {range: 3}]\n", "4:25: range takes a low and a high end, given the number 3"),
        ("graph: [linear: {range: [1, a]}]\n", "4:29: an end of a range is a number, given the text 'a'"),
        ("graph: [linear: {range: [1, 9], step: 0}]\n", "4:39: a step has to be above 0, given 0"),
        ("graph: [linear: {range: [1, 9], step: 2, default: 4}]\n", "4:51: the default 4 is not one of the range's values"),
        ("graph: [linear: {range: [0.0, 0.5]}]\n", "4:25: a range of fractions needs a step"),
        ("graph: [linear: {range: [1, 1e12]}]\n", "4:25: a range of more than 100,000 values"),
    ],
)  # fmt: skip
def test_mistake(text: str, said: str) -> None:
    assert message_of(HEAD + text).splitlines()[0] == "net.yaml:" + said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- relu\n", ["1:1: a spec is a mapping, given a list"]),
        ("archgraph: 2\nname: a\ninput: [3]\ngraph: [relu]\n", ["1:12: version 1 of the language is known, given the number 2"]),
        ("archgraph: true\nname: a\ninput: [3]\ngraph: [relu]\n", ["1:12: version 1 of the language is known, given true"]),
        ("archgraph: 1\n", [f"1:1: the key '{key}' is missing" for key in ("name", "input", "graph")]),
        ("archgraph: 1\nname: 7\ninput: [3, 0]\ngraph: [relu]\n", [
            "2:7: `name` is a text, given the number 7",
            "3:12: a size of the input is a whole number from 1, given the number 0",
        ]),
        ("archgraph: 1\nname: ' '\ninput: 3\ngraph: [relu]\n", [
            "2:7: `name` is empty", "3:8: `input` is a list of 1 to 3 sizes, given the number 3",
        ]),
        ("archgraph: 1\nname: a\ninput: {left: [3, 0], in: 4}\ngraph: [relu]\n", [
            "3:19: a size of the input is a whole number from 1, given the number 0",
            "3:23: an input cannot be named 'in'",
            "3:27: the input 'in' is a list of 1 to 3 sizes, given the number 4",
        ]),
        ("archgraph: 1\nname: a\nname: b\ninput: [3, 3, 3, 3]\ngraph: [rellu]\n", [
            "3:1: the key 'name' stands twice",
            "4:8: `input` is a list of 1 to 3 sizes, given 4 sizes",
            "5:9: unknown op 'rellu'",
        ]),
    ],
)  # fmt: skip
def test_all_mistakes_of_a_file_are_found(text: str, said: list[str]) -> None:
    lines = message_of(text).splitlines()
    assert [line for line in lines if line.startswith("net.yaml:")] == ["net.yaml:" + line for line in said]


def test_a_hundred_mistakes_are_enough() -> None:
    assert message_of(HEAD + "graph:\n" + "  - rellu\n" * 5000).count("unknown op") == 100
