"""The explorer's picture in a real browser: boxes that open and close, where they stand, and what they look like."""

from __future__ import annotations

import re

import pytest
from explorer_page import HEAD, RESIDUAL, Opens

import archgraph
from archgraph.compare.marks import Arrow, Marks
from archgraph.ops.base import Ref


def test_a_box_is_opened_and_closed_and_laid_out_again(explorer: Opens) -> None:
    page = explorer(RESIDUAL, depth=1)
    assert page.shows() == {"in", "stem", "block", "head", "output"}
    before = page.run("return explorer.scene.layout.height")
    page.fold("block")
    inner = {"block.body.one", "block.body.relu1", "block.body.two", "block.add", "block.act"}
    assert page.shows() == {"in", "stem", "block", "head", "output"} | inner
    assert page.run("return explorer.scene.layout.height") > before + 100
    page.fold("block")
    assert page.shows() == {"in", "stem", "block", "head", "output"}
    assert page.run("return explorer.scene.layout.height") == before


OVERLAPS = """
const drawn = [...explorer.scene.drawn.values()].filter(({part}) => part.id >= 0);
const places = drawn.map(({part}) => ({part, ...explorer.scene.place(part)}));
const holds = (a, b) => b.id > a.id && b.id < a.next;
const apart = (a, b) => a.x + a.width <= b.x + .5 || b.x + b.width <= a.x + .5
  || a.y + a.height <= b.y + .5 || b.y + b.height <= a.y + .5;
const inside = (a, b) => b.x >= a.x && b.y >= a.y && b.x + b.width <= a.x + a.width && b.y + b.height <= a.y + a.height;
const wrong = [];
places.forEach((a, n) => places.slice(n + 1).forEach((b) => {
  const [outer, inner] = holds(a.part, b.part) ? [a, b] : holds(b.part, a.part) ? [b, a] : [];
  if (outer ? !inside(outer, inner) : !apart(a, b)) wrong.push(a.part.name + ' and ' + b.part.name);
}));
return wrong.slice(0, 5);
"""


@pytest.mark.parametrize(("name", "direction"), [("resnet18", "right"), ("densenet121", "down"), ("unet", "down")])
def test_no_box_lies_over_another_with_all_open(explorer: Opens, name: str, direction: str) -> None:
    page = explorer(archgraph.expand(archgraph.load(name)), direction=direction, flat=True)
    assert page.run("return explorer.scene.drawn.size") > len(archgraph.expand(archgraph.load(name)))
    assert page.run(OVERLAPS) == []


LOOSE = """
const {scene, network} = explorer;
const at = (part) => scene.place(part);
const near = (part, x, y) => {
  const {x: left, y: top, width, height} = at(part);
  return x > left - 3 && x < left + width + 3 && y > top - 3 && y < top + height + 3;
};
const loose = [];
for (const {part, arrows} of scene.drawn.values()) {
  const corner = part.id < 0 ? {x: 0, y: 0} : at(part);
  for (const {arrow, node: [line]} of arrows ?? []) {
    const [start, end] = [line.getPointAtLength(0), line.getPointAtLength(line.getTotalLength())];
    if (arrow.starts && !near(arrow.starts, corner.x + start.x, corner.y + start.y)) loose.push(arrow.starts.name);
    if (arrow.ends && !near(arrow.ends, corner.x + end.x, corner.y + end.y)) loose.push(arrow.ends.name);
  }
}
return loose.slice(0, 5);
"""


@pytest.mark.parametrize(
    ("name", "direction"), [("hrnetv2_w18", "down"), ("googlenet", "right"), ("densenet121", "right")]
)
def test_every_arrow_begins_and_ends_at_its_box(explorer: Opens, name: str, direction: str) -> None:
    page = explorer(archgraph.expand(archgraph.load(name)), direction=direction, depth=4)
    assert page.run("return document.querySelectorAll('#scene .arrow').length") > 150
    assert page.run(LOOSE) == []


def test_equal_copies_are_one_box_that_says_how_many(explorer: Opens) -> None:
    page = explorer("graph: [{conv: {out: 8, kernel: 3, norm: batch}, repeat: 6, id: c}, relu]", depth=1)
    assert page.shows() == {"in", "c.0–5", "relu1", "output"}
    assert page.run("return arguments[0].textContent", page.part("c.0–5")).startswith("c.0–5 × 6")
    page.fold("c.0–5")
    assert {f"c.{n}" for n in range(6)} <= page.shows()


def test_two_thousand_nodes_are_folded_without_touching_the_rest(explorer: Opens) -> None:
    text = (
        "blocks:\n  cell:\n    graph:\n      - {conv: [8, 1], id: a}\n      - {relu: , id: b}\n"
        "      - {add: , from: [a, b], id: c}\n      - {relu: , id: d}\n"
        "  stage: {graph: [{cell: , repeat: 50}]}\ngraph: [{stage: , repeat: 10, id: s}]"
    )
    graph = archgraph.expand(archgraph.loads(HEAD + text))
    page = explorer(graph, depth=1)
    assert len(graph) == 2000 and page.run("return explorer.scene.drawn.size") < 20
    page.run("window.done = false; explorer.all(true).then(() => { window.done = true })")
    page.until("return window.done")
    assert page.run("return [...explorer.scene.drawn.values()].filter(({layout}) => !layout).length") == 2002
    page.run(
        "window.changed = 0; new MutationObserver((all) => { window.changed += all.length })"
        ".observe(document.getElementById('scene'), {subtree: true, childList: true, attributes: true})"
    )
    page.run(
        "window.done = false; explorer.fold(explorer.network.byName('s.4.cell1.20')).then(() => { window.done = true })"
    )
    page.until("return window.done")
    assert page.run("return [...explorer.scene.drawn.values()].filter(({layout}) => !layout).length") == 1999
    assert 0 < page.run("return window.changed") < 500, "most elements stay as they are"
    assert page.run("return explorer.layout.known.size") < 60, "equal boxes share a layout"


ARROWS = """
const found = [...explorer.scene.drawn.values()].flatMap(({arrows}) => arrows ?? []);
const wires = found.filter(({node}) => node[0].classList.contains(arguments[0]))
  .flatMap(({arrow}) => arrow.links.flatMap(({wires}) => wires));
return [...new Set(wires.map(({from, to}) => [from, to].map((id) => explorer.network.parts[id].name).join(' ')))];
"""


def test_a_diff_shows_what_became_of_each_node(explorer: Opens) -> None:
    text = "graph: [{conv: [8, 3], id: a}, {relu: , id: b}, {conv: [8, 1], id: c}, {add: , from: [b, c], id: d}]"
    marks = Marks(
        status={"a": "changed", "b": "added", "c": "removed"},
        notes={"a": ("kernel 1 → 3",)},
        added=frozenset({Arrow(Ref("a"), "b")}),
        removed=frozenset({Arrow(Ref("a"), "d")}),
    )
    page = explorer(text, marks=marks)
    edge = "return getComputedStyle(arguments[0].querySelector('.body')).stroke"
    strokes = [page.run(edge, page.part(name)) for name in "abcd"]
    assert len(set(strokes)) == 4
    assert page.run(ARROWS, "added") == ["a b"] and set(page.run(ARROWS, "removed")) == {"b c", "c d", "a d"}
    listed = page.text("#details .changes")
    for said in ("a changed: kernel 1 → 3", "b added", "c removed"):
        assert said in listed
    page.run("explorer.choose(explorer.network.byName('a'))")
    assert "kernel 1 → 3" in page.text("#details .note")


def test_what_is_special_is_marked(explorer: Opens) -> None:
    text = (
        "graph: [{conv: [8, 3], id: a}, {conv: [8, 3], id: same, share: a}, {conv: [2, 1], id: aux},"
        " {conv: [3, 1], from: same, id: head}]\noutputs: {y: head, aux: aux}\ntrain_only: [aux]"
    )
    page = explorer(text)
    dashed = (
        "return [...document.querySelectorAll('.part.training')].map((p) => explorer.network.parts[p.dataset.id].name)"
    )
    assert page.run(dashed) == ["aux", "aux"]
    assert page.run("return document.querySelectorAll('.arrow.training').length") >= 2
    assert page.run("return arguments[0].querySelectorAll('.shares').length", page.part("same")) == 1
    page.run("explorer.choose(explorer.network.byName('same'))")
    assert re.search(r"Weights of\s+a\b", page.text("#details"))
