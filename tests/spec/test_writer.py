"""A spec in, YAML as a person writes it out; and read again, the same spec."""

# ruff: noqa: E501 - one case a line reads better than a short line
from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from small_vocabulary import HEAD, WORDS, spec_of
from spec_strategies import TEXTS, specs

from archgraph.spec.model import Spec
from archgraph.spec.quoting import write_text
from archgraph.spec.writer import write

CANONICAL = """\
archgraph: 1
name: canonical
about: What is written is what a person would write
source: arXiv:1512.03385, Table 1
input: {left: [3, 224, 224], right: [3, 56, 56]}
use: [more.yaml]
vars: {classes: 1000, width: {range: [16, 64], step: 8}}
defaults: {conv: {norm: batch, act: relu}}

blocks:
  bottleneck:
    args: {planes: int, stride: 1}
    graph:
      - residual:
          body:
            - conv: [$planes, 1]
            - conv: {out: $planes, kernel: 3, stride: $stride}
            - conv: {out: 4*$planes, kernel: 1, act: none}
            - {se: 16, when: $planes > 16}
          shortcut: identity
          act: relu
  basic:
    args: {planes: int}
    graph:
      - residual: {body: [conv: [$planes, 3], conv: {out: $planes, kernel: 3, act: none}], act: relu}
  inception:
    args: {c1: int, r3: int, c3: int, r5: int, c5: int, pool: int}
    vars: {all: $c1 + $c3}
    graph:
      - branches:
          paths:
            - [conv: [$c1, 1]]
            - [conv: [$r3, 1], conv: [$c3, 3]]
            - [conv: [$r5, 1], conv: [$c5, [5, 1]], conv: [$c5, [1, 5]]]
            - [max_pool: {kernel: 3, stride: 1, pad: 1}, conv: [$pool, 1]]
  hourglass:
    args: {depth: int, width: 256}
    graph:
      - {conv: [$width, 3], id: up, from: in}
      - {max_pool: 2, from: in}
      - {hourglass: [$depth - 1, $width], when: $depth > 1}
      - {add: , from: [up, prev]}
  unit: {args: {w: int}, graph: [conv: [$w, 3], relu]}
  join: {graph: [{add: , from: [in/0, in/1]}]}
  split:
    inputs: [x, skip]
    graph: [{add: , id: both, from: [x, skip]}]
    outputs: {sum: both, first: in/0}
  pair: {args: {width: int, stride: 1}, graph: [conv: {out: $width, kernel: 3, stride: $stride}, unit: $width]}
  twice:
    graph:
      - {conv: [8, 3], id: a}
      - {conv: , id: b, share: a}
    outputs: [a, b]
graph:
  - {conv: {out: 64, kernel: 7, stride: 2}, id: stem, from: left}
  - bottleneck: {planes: $w, stride: $s if $i == 0 else 1}
    each: {w: [64, 128, 256, 512], s: [1, 2, 2, 2], n: [3, 4, 6, 3]}
    repeat: $n
    id: stage
  - inception: [64, 96, 128, 16, 32, 32]
  - choice: {plain: [], se: [se: 16], both: [se, relu]}
  - choice:
      pick: $width
      default: a
      a: [conv: {out: 64, kernel: [3, 1], act: none}, conv: {out: 64, kernel: [1, 3], act: none}]
      b: [{conv: [64, 3], repeat: {range: [1, 6]}}]
  - {spp: {levels: [4, 2, 1]}, when: "$classes > min(10, $width)"}
  - {split: , id: joined, from: [prev, stage.1]}
  - {upsample: {like: joined/sum, mode: bilinear}, from: right}
  - {parallel: {columns: {c: [8, 16]}, body: [linear: $c]}, from: [prev, in/1]}
  - {use: {spec: backbone, take: features, w: 4}, id: net}
  - {use: {spec: {choice: [backbone, plain]}}, from: net/c1}
  - nn.GELU: tanh
  - nn.Conv2d: [8, 64, [1, 3]]
  - nn.PReLU: {num_parameters: 8}
  - more: 3
  - unit: 16
  - pair: [$width, 2]
  - pair: {width: $width, stride: 2 if $classes > 1000 else 1}
  - linear: $classes
outputs: {logits: linear1, aux: stage.0}
train_only: [aux]
features: {c2: stage.0, c3: stage.1}
expect: {params: 25557032, macs: 4089184256, buffers: 53120, output: {logits: [1000], aux: [256, 56, 56]},
         convs: 53, linears: 1, batch_norms: 53, param_shapes: "fb2f7b664f7eb1ac"}

variants:
  small: {width: 16, expect: {params: 12, output: [1000]}}
  large:
    about: The one of the second paper, with everything twice as wide
    input: {left: [3, 448, 448], right: [3, 112, 112]}
    width: 64
    classes: 21841
"""


def written(spec: Spec) -> str:
    return write(spec, WORDS)


def node_line(text: str) -> str:
    """How one node is written."""
    return written(spec_of(HEAD + "graph:\n" + text)).split("graph:\n")[1]


def test_canonical_text_is_written_as_it_was_read() -> None:
    assert written(spec_of(CANONICAL)) == CANONICAL


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_what_is_written_is_read_back(spec: Spec) -> None:
    text = written(spec)
    assert spec_of(text) == spec
    assert written(spec_of(text)) == text


@given(TEXTS)
def test_a_text_is_read_back_wherever_it_stands(text: str) -> None:
    for flow in (True, False):
        quoted = write_text(text, flow=flow)
        spec = spec_of(HEAD + (f"vars: {{a: [{quoted}]}}" if flow else f"vars:\n  a: {quoted}") + "\ngraph: [relu]\n")
        assert spec.vars["a"] == ((text,) if flow else text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  - relu: {}\n", "  - relu\n"),
        ("  - linear: {out: 10}\n", "  - linear: 10\n"),
        ("  - conv: {kernel: 3, out: 64}\n", "  - conv: [64, 3]\n"),
        ("  - conv: [64, 3, 2]\n", "  - conv: {out: 64, kernel: 3, stride: 2}\n"),
        ("  - conv: [64, [3, 1]]\n", "  - conv: [64, [3, 1]]\n"),
        ("  - conv: [64, {choice: [1, 3]}]\n", "  - conv: {out: 64, kernel: {choice: [1, 3]}}\n"),
        ("  - dropout: {p: ~}\n", "  - dropout: {p: null}\n"),
        ("  - linear: '10'\n", '  - linear: "10"\n'),
        ("  - linear: 'no'\n", "  - linear: no\n"),
        ("  - linear: 'true'\n", '  - linear: "true"\n'),
        ("  - linear: 20e6\n", "  - linear: 20000000\n"),
        ("  - linear: 1e-5\n", "  - linear: 1e-5\n"),
        ("  - linear: 0.0005\n", "  - linear: 5e-4\n"),
        ("  - linear: -0.00125\n", "  - linear: -0.00125\n"),
        ("  - linear: -0.000125\n", "  - linear: -1.25e-4\n"),
        ("  - linear: 0.01\n", "  - linear: 0.01\n"),
        ("  - linear: 2.5e+20\n", "  - linear: 2.5e+20\n"),
        ("  - linear: .inf\n", "  - linear: .inf\n"),
        ('  - linear: "it\'s"\n', "  - linear: it's\n"),
        ("  - linear: 'a: b'\n", '  - linear: "a: b"\n'),
        ("  - linear: 'a: \"b\"'\n", "  - linear: 'a: \"b\"'\n"),
        ("  - spp: {levels: 'min($i, 2)'}\n    repeat: 2\n", '  - {spp: "min($i, 2)", repeat: 2}\n'),
        ("  - relu:\n    from: in\n    id: x\n", "  - {relu: , id: x, from: in}\n"),
        ("  - relu:\n    from: [in]\n", "  - {relu: , from: in}\n"),
        ("  - residual:\n      body: [relu]\n", "  - residual: {body: [relu]}\n"),
        ("  - residual:\n      body: []\n    id: x\n", "  - {residual: {body: []}, id: x}\n"),
        (
            "  - residual: {body: [relu, relu, relu, relu, relu, relu, relu]}\n",
            "  - residual:\n      body:\n" + "        - relu\n" * 7,
        ),
        ("  - dropout: true\n", "  - dropout: {p: true}\n"),
        ("  - {linear: 3, each: {a: [1], b: [2]}}\n", "  - linear: 3\n    each: {a: [1], b: [2]}\n"),
        ("  - {linear: 3, each: {a: [1]}}\n", "  - {linear: 3, each: {a: [1]}}\n"),
    ],
)
def test_node_is_written_in_its_shortest_form(text: str, line: str) -> None:
    assert node_line(text) == line


def test_long_lines_are_spread() -> None:
    text = "  - linear: {choice: [" + ", ".join(["a quite long text that takes its room"] * 3) + "]}\n"
    line = "          - a quite long text that takes its room\n"
    assert node_line(text) == "  - linear:\n      out:\n        choice:\n" + line * 3


def test_long_texts_are_folded_and_those_of_many_lines_kept() -> None:
    about = " ".join(["word"] * 44)
    spec = spec_of(f"archgraph: 1\nname: net\nabout: {about}\nsource: |\n  one\n\n    two\ninput: [3]\ngraph: [relu]\n")
    first = " ".join(["word"] * 23)
    assert written(spec).startswith(
        f"archgraph: 1\nname: net\nabout: >-\n  {first}\n  {' '.join(['word'] * 21)}\nsource: |\n  one\n\n    two\ninput: [3]\n"
    )


SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.yaml"))


@pytest.mark.parametrize("path", SPECS, ids=[path.stem for path in SPECS])
def test_the_zoo_is_read_back(path: Path) -> None:
    import archgraph

    spec = archgraph.load(path)
    assert archgraph.loads(archgraph.dump(spec), base=path.parent) == spec
