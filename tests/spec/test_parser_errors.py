"""YAML in, the whole message out: where, the line, a caret, what was given, what is allowed, the nearest name."""

# ruff: noqa: E501 - one case a line reads better than a short line
from __future__ import annotations

import pytest
from small_vocabulary import HEAD, message_of

# Each text stands below three lines: `archgraph: 1`, `name: net` and `input: [3, 8, 8]`.
MESSAGES = {
    "unknown op": (
        """\
graph:
  - convv: 64
""",
        """\
net.yaml:5:5: unknown op 'convv'
    5 |   - convv: 64
      |     ^^^^^
      = did you mean 'conv'?""",
    ),
    "unknown op inside an unused block": (
        """\
blocks:
  b: {graph: [rellu]}
graph: [relu]
""",
        """\
net.yaml:5:15: unknown op 'rellu'
    5 |   b: {graph: [rellu]}
      |               ^^^^^
      = did you mean 'relu'?""",
    ),
    "unknown argument": (
        """\
graph:
  - conv: {out: 64, kernal: 3}
""",
        """\
net.yaml:5:21: unknown argument 'kernal' of conv
    5 |   - conv: {out: 64, kernal: 3}
      |                     ^^^^^^
      = did you mean 'kernel'? (arguments of conv: act, kernel, norm, out, pad, stride)""",
    ),
    "unknown variable": (
        """\
vars: {width: 8}
graph:
  - linear: 2*$widht + $width
""",
        """\
net.yaml:6:15: unknown variable '$widht'
    6 |   - linear: 2*$widht + $width
      |               ^^^^^^
      = did you mean '$width'? (known here: $width)""",
    ),
    "unknown block": (
        """\
blocks:
  bottleneck: {graph: [relu]}
graph:
  - botleneck
""",
        """\
net.yaml:7:5: unknown op 'botleneck'
    7 |   - botleneck
      |     ^^^^^^^^^
      = did you mean 'bottleneck'?""",
    ),
    "unknown node": (
        """\
graph:
  - {relu: , id: stem}
  - {add: , from: [stm, prev]}
""",
        """\
net.yaml:6:20: unknown node 'stm'
    6 |   - {add: , from: [stm, prev]}
      |                    ^^^
      = did you mean 'stem'? (above: in, prev, stem)""",
    ),
    "missing argument": (
        """\
graph:
  - conv: 64
""",
        """\
net.yaml:5:5: conv needs 'kernel'
    5 |   - conv: 64
      |     ^^^^
      = write `conv: {kernel: ...}`""",
    ),
    "missing argument of a block": (
        """\
blocks:
  b: {args: {planes: int, stride: 1}, graph: [relu]}
graph:
  - b: {stride: 2}
""",
        """\
net.yaml:7:5: b needs 'planes'
    7 |   - b: {stride: 2}
      |     ^
      = write `b: {planes: ...}`""",
    ),
    "too many values": (
        """\
graph:
  - spp: [4, 2, 1]
""",
        """\
net.yaml:5:14: 3 values for spp, which takes at most 1: levels
    5 |   - spp: [4, 2, 1]
      |              ^
      = a list is given by name: `spp: {levels: [...]}`""",
    ),
    "two ops": (
        """\
graph:
  - conv: [8, 3]
    relu:
""",
        """\
net.yaml:6:5: a node has one op, this one has 2: 'conv' and 'relu'
    6 |     relu:
      |     ^^^^
      = begin each with '- ', or indent what belongs to the first below it""",
    ),
    "argument beside the op": (
        """\
graph:
  - conv:
    out: 8
    kernel: 3
""",
        """\
net.yaml:6:5: unknown key 'out' beside 'conv'
    6 |     out: 8
      |     ^^^
      = it is an argument of conv: write `conv: {out: ...}`
net.yaml:7:5: unknown key 'kernel' beside 'conv'
    7 |     kernel: 3
      |     ^^^^^^
      = it is an argument of conv: write `conv: {kernel: ...}`""",
    ),
    "cycle": (
        """\
graph:
  - {add: , id: a, from: [a, in]}
""",
        """\
net.yaml:5:27: 'a' takes its own output: a cycle
    5 |   - {add: , id: a, from: [a, in]}
      |                           ^
      = a node takes what stands above it""",
    ),
    "forward reference": (
        """\
graph:
  - {add: , from: [in, low]}
  - {relu: , id: low}
""",
        """\
net.yaml:5:24: 'low' is a forward reference: it stands below, in line 6
    5 |   - {add: , from: [in, low]}
      |                        ^^^
      = a node takes what stands above it; move one of the two""",
    ),
    "reference to a copy": (
        """\
graph:
  - {relu: , id: a, repeat: 3}
  - {relu: , from: a.3}
  - {relu: , from: a.0.0}
  - {relu: , from: relu2.0}
""",
        """\
net.yaml:6:20: 'a' has no copy 3
    6 |   - {relu: , from: a.3}
      |                    ^^^
      = it has 3 copies, counted from 0
net.yaml:7:20: 'a.0.0' does not exist
    7 |   - {relu: , from: a.0.0}
      |                    ^^^^^
      = 'a' has 3 copies: write a.0
net.yaml:8:20: 'relu2.0' does not exist
    8 |   - {relu: , from: relu2.0}
      |                    ^^^^^^^
      = 'relu2' has neither `repeat` nor `each`""",
    ),
    "id twice": (
        """\
graph:
  - {relu: , id: a}
  - {relu: , id: a}
""",
        """\
net.yaml:6:18: the id 'a' is given twice
    6 |   - {relu: , id: a}
      |                  ^
      = it is given first in line 5; a name is given once in its graph""",
    ),
    "id of another's automatic name": (
        """\
graph:
  - {conv: [8, 3], id: relu2}
  - relu
  - relu
""",
        """\
net.yaml:7:5: this node is named 'relu2' after its op and number, and so is the one in line 5
    7 |   - relu
      |     ^^^^
      = give it an `id` of its own""",
    ),
    "duplicate key": (
        """\
graph:
  - conv: {out: 8, kernel: 3, out: 16}
""",
        """\
net.yaml:5:31: the key 'out' stands twice
    5 |   - conv: {out: 8, kernel: 3, out: 16}
      |                               ^^^
      = it is given first in line 5""",
    ),
    "wrong place for an expression": (
        """\
vars: {b: 1}
graph:
  - residual: {body: $b}
""",
        """\
net.yaml:6:22: body is a graph and cannot be an expression
    6 |   - residual: {body: $b}
      |                      ^^
      = write the graph, or `choice: {...}` as a node in it""",
    ),
    "not an expression": (
        """\
vars: {w: 8}
graph:
  - linear: 2 * $w +
  - linear: 2 * w + $w
""",
        """\
net.yaml:6:20: '2 * $w +' is not an expression
    6 |   - linear: 2 * $w +
      |                    ^
      = allowed: + - * / // % **, comparisons, and or not, a if c else b, $list[i], min max round ceil floor int divisible
net.yaml:7:17: 'w' is neither a variable nor a text
    7 |   - linear: 2 * w + $w
      |                 ^
      = write $w for a variable, 'w' in quotes for a text""",
    ),
    "empty choice": (
        """\
vars: {w: {choice: []}}
graph: [relu]
""",
        """\
net.yaml:4:20: choice takes a list of values, given an empty list
    4 | vars: {w: {choice: []}}
      |                    ^
      = e.g. `{choice: [3, 5, 7]}`""",
    ),
    "default not in the choice": (
        """\
graph:
  - linear: {choice: [8, 16], default: 12}
""",
        """\
net.yaml:5:40: the default is not one of the choice's values
    5 |   - linear: {choice: [8, 16], default: 12}
      |                                        ^^
      = allowed: 8, 16""",
    ),
    "range upside down": (
        """\
graph:
  - linear: {range: [64, 32]}
""",
        """\
net.yaml:5:21: the low end 64 is above the high end 32
    5 |   - linear: {range: [64, 32]}
      |                     ^
      = write [32, 64]""",
    ),
    "several": (
        """\
graf: []
graph:
  - rellu
  - {relu: , id: in}
""",
        """\
net.yaml:4:1: unknown key 'graf'
    4 | graf: []
      | ^^^^
      = did you mean 'graph'? (keys: about, archgraph, blocks, defaults, expect, features, graph, input, name, outputs, source, train_only, use, variants, vars)
net.yaml:6:5: unknown op 'rellu'
    6 |   - rellu
      |     ^^^^^
      = did you mean 'relu'?
net.yaml:7:18: 'in' cannot be an id
    7 |   - {relu: , id: in}
      |                  ^^
      = `in` is the graph's input, `prev` the node above""",
    ),
    "expect": (
        """\
graph: [relu]
expect: {output: 10}
""",
        """\
net.yaml:5:18: expect.output is a shape, given the number 10
    5 | expect: {output: 10}
      |                  ^^
      = a list of sizes, e.g. `output: [1000]`""",
    ),
}


@pytest.mark.parametrize(("text", "message"), MESSAGES.values(), ids=MESSAGES)
def test_message(text: str, message: str) -> None:
    assert message_of(HEAD + text) == message
