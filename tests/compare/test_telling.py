"""A difference in words: one line for equal changes, and what follows stands apart."""

from __future__ import annotations

import html
import re

import archgraph
from archgraph.compare.change import Change, Difference
from archgraph.compare.telling import folded, lines, told
from archgraph.graph.wording import human

SPEC = """\
archgraph: 1
name: %s
input: [3, 16, 16]
blocks:
  unit:
    args: {planes: int}
    graph:
      - conv: [$planes, %d]
      - relu
graph:
  - {unit: 8, id: first}
  - {unit: 16, repeat: 3, id: more}
  - {conv: [%d, 1], id: last}
  - conv: [4, 1]
"""


def difference(*values: object, name: str = "net") -> Difference:
    old = archgraph.loads(SPEC % ("net", 3, 8))
    return archgraph.diff(old, archgraph.loads(SPEC % (name, *values)))


def test_a_change_in_a_block_is_one_line_for_all_its_uses() -> None:
    text = told(difference(5, 8)).splitlines()
    assert [line for line in text if line.startswith("~")] == [
        "~  unit.conv1  conv kernel 3 → 5 × 4  +10.6k params, +2.72M MACs"
    ]  # 16 more taps of 3·8 + 8·16 + 2·16·16 weights, at 256 places
    assert "and so" not in text


def test_copies_have_their_numbers_as_a_span() -> None:
    change = [Change("added", "basic", None, f"stage.{n}", arguments={"planes": (None, 8 * n)}) for n in (2, 3, 4)]
    (group,) = folded(change)
    assert len(group) == 3
    found = archgraph.diff(archgraph.load("resnet18"), archgraph.load("resnet34"))
    (line,) = (line for line in lines(found) if line.tone == "added")
    assert line.cells[1:3] == ("stage.0–3.2–5", "basic planes 64/128/256/512, stride 1 × 8")


def test_what_follows_stands_below_in_another_tone() -> None:
    found = list(lines(difference(3, 12)))
    at = [line.cells[0] for line in found].index("and so")
    assert [line.cells[1] for line in found[:at] if line.tone == "changed"] == ["last"]
    assert [(line.tone, line.cells[1]) for line in found[at + 1 :] if len(line.cells) > 1] == [("faint", "conv2")]


def test_totals_are_those_of_both_networks() -> None:
    found = difference(5, 12)
    old, new = found.before, found.after
    text = told(found)
    for name, was, now in (("params", old.params, new.params), ("MACs", old.macs, new.macs)):
        said = re.escape(f"{human(was)} → {human(now)} ({(now - was) / was:+.1%})")
        assert re.search(rf"^{name} +{said}$", text, re.MULTILINE)


def test_equal_networks_are_said_to_be() -> None:
    assert told(difference(3, 8)).splitlines()[:2] == ["net", "the same network, with the same names"]
    assert "the same network" not in told(difference(3, 12))


def test_a_name_that_is_markup_is_text_in_a_notebook() -> None:
    name = "<b>&</b>"
    shown = difference(3, 12, name=f"'{name}'")._repr_html_()
    assert name not in shown and html.escape(f"net → {name}") in shown
