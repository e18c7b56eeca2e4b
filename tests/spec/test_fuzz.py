"""Any change to a valid file gives a spec or a list of mistakes that can be shown, and nothing else."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from small_vocabulary import WORDS, spec_of

from archgraph.errors import SpecError
from archgraph.spec.writer import write

VALID = """\
archgraph: 1
name: net
about: A net
input: [3, 32, 32]
vars: {classes: 10, width: {choice: [16, 32], default: 32}, depth: {range: [1, 6]}}
defaults: {conv: {norm: batch, act: relu}}
blocks:
  basic:
    args: {planes: int, stride: 1}
    vars: {wide: 2*$planes}
    graph:
      - residual:
          body:
            - conv: {out: $planes, kernel: 3, stride: $stride}
            - conv: {out: $wide, kernel: 3, act: none}
          shortcut: [conv: [$wide, 1]]
graph:
  - conv: &c {out: $width, kernel: 3}
    id: stem
  - basic: {planes: $w, stride: $s if $i == 0 else 1}
    each: {w: [16, 32], s: [1, 2]}
    repeat: $depth
    id: stage
  - branches: {paths: [[conv: *c], [max_pool: {kernel: 3, stride: 1, pad: 1}]]}
  - choice: {plain: [], se: [se: 16]}
  - {add: , from: [prev, stage.1], when: $width > 16}
  - linear: $classes
outputs: {y: linear1, aux: stage.0}
train_only: [aux]
expect: {params: 20M, output: [10]}
"""
PIECES = [
    "", " ", "  ", "\n", "\n  - ", "\n    ", "- ", ": ", ", ", "[", "]", "{", "}", "&c ", "*c", "<<: *c", "'", '"',
    "|\n", "#", "!!int ", "---\n", "$", "$i", "$width", "$x", "*", "/", "(", ")", "0", "-1", "1e999", ".nan", "~",
    "true", "relu", "conv", "basic", "residual", "choice", "range", "default", "body", "paths", "from", "id", "repeat",
    "each", "when", "share", "in", "prev", "stem", "stage.1", "stage.0.0", "\t", "\x00", "\ufeff", "\u2028", "\x85",
    "é", "😀", "%", "@", "`", "? ",
]  # fmt: skip
CUTS = st.tuples(st.integers(0, len(VALID)), st.integers(0, 12), st.sampled_from(PIECES) | st.text(max_size=3))
LINES = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(-4, 4))


def check(text: str) -> None:
    """What is read can be written and read again; what is not is shown in the text's own lines."""
    try:
        spec = spec_of(text)
    except SpecError as error:
        assert error.findings
        count = max(1, len(text.splitlines()))
        for finding in error.findings:
            assert finding.at is None or (1 <= finding.at.line <= count and finding.at.col >= 1), finding
        assert str(error).startswith("net.yaml")
    else:
        assert spec_of(write(spec, WORDS)) == spec


@settings(max_examples=300, deadline=None)
@given(st.lists(CUTS, min_size=1, max_size=3))
def test_pieces_put_in_and_taken_out(cuts: list[tuple[int, int, str]]) -> None:
    text = VALID
    for start, length, piece in cuts:
        text = text[:start] + piece + text[start + length :]
    check(text)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=3))
def test_lines_moved_and_indented(moves: list[tuple[int, int, int]]) -> None:
    lines = VALID.splitlines()
    for source, target, indent in moves:
        line = lines.pop(source % len(lines))
        lines.insert(target % len(lines), " " * max(0, indent) + line[max(0, -indent) :])
    check("\n".join(lines))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text(text: str) -> None:
    check(text)
