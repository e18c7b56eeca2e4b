"""The explorer in a real browser: what a reader does, with the mouse and without, and what the page then shows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import complaints, outside

import archgraph
from archgraph.compare.marks import Marks
from archgraph.graph.model import Graph
from archgraph.ops.base import Ref
from archgraph.pictures.explorer.page import page

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

HEAD = "archgraph: 1\nname: net\ninput: [8, 16, 16]\n"
PARTS = (
    "return [...document.querySelectorAll('#scene .part')].map((part) => explorer.network.parts[part.dataset.id].name)"
)
PATIENCE = 30
SETTLED = """
const drawn = [...explorer.scene.drawn.values()].filter(({part}) => part.id >= 0);
return drawn.every(({part, layout}) => !layout === !explorer.open.has(part.id));
"""
"""Whether the boxes are drawn open that are to be open; the library may have to be unpacked first."""


class Page:
    """A page of the explorer that is open in the browser."""

    def __init__(self, browser: Chrome, address: str) -> None:
        self.browser = browser
        browser.get("about:blank")
        browser.get(address)
        self.until("return 'ready' in document.documentElement.dataset")

    def run(self, script: str, *given: Any) -> Any:
        return self.browser.execute_script(script, *given)

    def until(self, script: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.run(script):
            assert time.monotonic() < end, (script, complaints(self.browser))
            time.sleep(0.02)

    def shows(self) -> set[str]:
        """Names of the parts that are drawn."""
        return set(self.run(PARTS))

    def part(self, name: str) -> Any:
        """The element of a part."""
        found = "return explorer.scene.drawn.get(explorer.network.byName(arguments[0]).id).node"
        return self.run(found, name)

    def fold(self, name: str) -> None:
        """Click on the mark of a box."""
        self.click(f"#scene [data-fold='{self.run('return explorer.network.byName(arguments[0]).id', name)}'] .touch")
        self.until(SETTLED)

    def click(self, selector: str) -> None:
        """Press and release the mouse in the middle of an element, bringing it into view first."""
        from selenium.webdriver import ActionChains

        found = self.browser.find_element("css selector", selector)
        ActionChains(self.browser, duration=0).move_to_element(found).click().perform()

    def keys(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.browser, duration=0).send_keys(*keys).perform()

    def focused(self) -> str:
        """The name of the part that has the focus."""
        found = "return explorer.network.parts[document.activeElement.dataset.id]?.name ?? document.activeElement.id"
        return str(self.run(found))

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))


Opens = Callable[..., Page]


@pytest.fixture
def explorer(browser: Chrome, tmp_path: Path) -> Iterator[Opens]:
    """Opens a graph, or the network that a text describes, in the browser, from a file.

    After the test, no page may have asked a network for anything or complained.
    """

    def opens(given: Graph | str, *, fragment: str = "", **options: Any) -> Page:
        graph = archgraph.expand(archgraph.loads(HEAD + given)) if isinstance(given, str) else given
        file = tmp_path / "page.html"
        file.write_text(page(graph, **options), encoding="utf-8")
        return Page(browser, file.as_uri() + fragment)

    yield opens
    assert outside(browser) == []
    assert complaints(browser) == []


@pytest.fixture(scope="module")
def resnet() -> Graph:
    return archgraph.expand(archgraph.load("resnet18"))


RESIDUAL = """graph:
  - {conv: {out: 8, kernel: 3, norm: batch, act: relu}, id: stem}
  - residual: {body: [{conv: [8, 3], id: one}, relu, {conv: [8, 3], id: two}], act: relu}
    id: block
  - {conv: [4, 1], id: head}
"""


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


def test_a_click_tells_everything_about_a_node(explorer: Opens, resnet: Graph) -> None:
    page = explorer(resnet)
    page.run("explorer.choose(explorer.network.byName('stem.conv'))")
    page.until("return explorer.scene.drawn.has(explorer.chosen.id)")
    page.click(".part.chosen > .body")
    told = page.text("#details")
    for said in ("stem.conv", "kernel\n7", "64×112×112", "3×224×224", "9,408", "118,013,952", "resnet_basic.yaml:"):
        assert said in told


def test_search_counts_and_goes_to_what_it_finds(explorer: Opens, resnet: Graph) -> None:
    page = explorer(resnet, depth=1)
    page.keys("/", "batch_norm")
    found = [node.name for node in resnet if node.op.op == "batch_norm"]
    assert page.text("#found") == str(len(found))
    assert found[1] not in page.shows()
    page.keys("\ue007", "\ue007")
    page.until("return explorer.search.at === 1 && explorer.chosen")
    page.until("return explorer.scene.drawn.has(explorer.chosen.id)")
    assert page.run("return explorer.chosen.name") == found[1] and found[1] in page.shows()
    assert page.text("#found") == f"2 of {len(found)}"
    page.click("#previous")
    page.until("return explorer.search.at === 0")
    assert page.run("return explorer.chosen.name") == found[0]
    page.run("document.getElementById('find').focus()")
    page.keys("\ue00c")
    assert page.text("#found") == "" and not page.run("return document.querySelector('.hit')")


def test_the_heat_map_is_hottest_where_the_cost_is(explorer: Opens) -> None:
    text = "graph: [{conv: [8, 1], id: small}, {conv: [64, 7], id: large}, {relu: , id: none}]"
    page = explorer(text)
    assert not page.run("return document.querySelector('.heated')")
    for measure in ("macs", "params"):
        page.run(
            "const s = document.getElementById('heat'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))",
            measure,
        )
        warmth = {
            name: float(page.run("return arguments[0].style.getPropertyValue('--warmth')", page.part(name)).rstrip("%"))
            for name in ("small", "large", "none")
        }
        assert warmth["large"] == 100 and 0 < warmth["small"] < 5 and warmth["none"] == 0
    assert "parameters" in page.text("#legend") and "25.2k" in page.text("#legend")
    fills = {
        page.run("return getComputedStyle(arguments[0].querySelector('.body')).fill", page.part(n)) for n in warmth
    }
    assert len(fills) == 3


def test_a_path_lights_up_what_a_node_depends_on_and_feeds(explorer: Opens) -> None:
    graph = """graph:
  - {conv: [8, 1], id: a}
  - {conv: [8, 1], id: b, from: a}
  - {conv: [8, 1], id: c, from: a}
  - {add: , from: [b, c], id: d}
"""
    page = explorer(graph)
    lit = (
        "return [...document.querySelectorAll('.part.on')].map((part) => explorer.network.parts[part.dataset.id].name)"
    )
    page.click(f".part[data-id='{page.run('return explorer.network.byName(`b`).id')}'] > .body")
    page.click("[data-path=into]")
    assert set(page.run(lit)) == {"in", "a", "b"}
    page.click("[data-path=outOf]")
    assert set(page.run(lit)) == {"b", "d", "output"}
    page.click("[data-path=both]")
    assert set(page.run(lit)) == {"in", "a", "b", "d", "output"}
    assert page.run("return document.querySelectorAll('.arrow.on').length") < page.run(
        "return document.querySelectorAll('.arrow').length"
    )
    page.keys("\ue00c")
    assert page.run(lit) == []


def test_all_can_be_done_with_the_keyboard(explorer: Opens) -> None:
    page = explorer(RESIDUAL, depth=1)
    page.run("document.getElementById('keys').focus()")
    page.keys("\ue004")
    assert page.focused() == "in"
    page.keys("\ue015", "\ue015")
    assert page.focused() == "block"
    page.keys("\ue007")
    page.until("return explorer.open.size === 1")
    page.until(SETTLED)
    assert page.focused() == "block" and "block.add" in page.shows()
    assert page.run("return arguments[0].getAttribute('aria-expanded')", page.part("block")) == "true"
    page.keys("\ue015")
    assert page.focused() == "block.body.one"
    page.keys("u")
    assert page.focused() == "block"
    page.keys("\ue007")
    page.until("return explorer.open.size === 0")
    page.until(SETTLED)
    assert page.focused() == "block"
    page.keys("/")
    assert page.focused() == "find"
    page.keys("\ue00c", "t")
    assert page.run("return !document.getElementById('table').hidden")
    page.keys("t", "\ue00c")
    assert page.run("return explorer.chosen") is None


def test_the_table_has_the_same_boxes_and_figures(explorer: Opens, resnet: Graph) -> None:
    page = explorer(resnet, depth=1)
    page.click("#view")
    rows = (
        "return [...document.querySelectorAll('#table tbody tr')].map((r) => [...r.children].map((c) => c.innerText))"
    )
    shown = page.run(rows)
    assert len(shown) == len(page.run("return [...explorer.scene.drawn.keys()].filter((id) => id >= 0)"))
    stem = next(row for row in shown if row[0].endswith("stem"))
    assert stem[1:] == [
        "conv",
        "out 64, kernel 7, stride 2, norm batch, act relu",
        "64×112×112",
        "9.54k",
        "118M",
        "9.19 MiB",
    ]
    first = page.run("return document.querySelector('#table .twist[data-fold]').closest('tr').ariaExpanded")
    assert first == "false"
    page.click("#table .twist[data-fold]")
    page.until("return explorer.open.size === 1")
    page.until(SETTLED)
    opened = page.run(rows)
    assert len(opened) == len(shown) + 3 and {row[1] for row in opened} >= {"batch_norm", "relu"}
    assert page.run("return document.querySelector('#table tr[aria-expanded=true]').ariaLevel") == "1"


def test_dark_follows_the_system_and_a_switch(explorer: Opens, browser: Chrome) -> None:
    def background() -> str:
        return str(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))

    def system(scheme: str) -> None:
        wanted = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)

    system("light")
    try:
        page = explorer(RESIDUAL)
        light = background()
        system("dark")
        dark = background()
        assert light == "rgb(255, 255, 255)" and max(map(int, re.findall(r"\d+", dark))) < 60
        page.click("#theme")
        assert background() == light
        page.click("#theme")
        assert background() == dark
    finally:
        system("")


def test_a_reload_keeps_the_view(explorer: Opens, resnet: Graph) -> None:
    page = explorer(resnet)
    page.fold("stem")
    page.run("explorer.choose(explorer.network.byName('stem.norm')); explorer.warm('params'); explorer.path('into')")
    page.until("return location.hash.includes('path=into')")
    before = page.shows()
    page = explorer(resnet, fragment=str(page.run("return location.hash")))
    assert page.shows() == before and "stem.conv" in before
    assert page.run("return [explorer.chosen.name, explorer.heat, explorer.tracing]") == ["stem.norm", "params", "into"]


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


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)</script>", "<!--<script>", "\"'`", "é中文\u2028x", "${1}\\"]
)
def test_names_are_text_whatever_they_hold(explorer: Opens, name: str) -> None:
    from dataclasses import replace

    plain = archgraph.expand(archgraph.loads(HEAD + "graph: [{relu: , id: a}, {conv: [4, 1], id: b}]"))
    a, b = plain.nodes.values()
    nodes = {name: a._replace(name=name), "b": b._replace(inputs=(Ref(name),))}
    graph = replace(plain, name=name, nodes=nodes, outputs={name: Ref("b")})
    page = explorer(graph, marks=Marks(status={name: "changed"}, notes={name: (name,)}))
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
    assert page.run("return document.title") == shown
    assert page.run("return explorer.network.parts[0].name") == shown
    page.run("explorer.choose(explorer.network.parts[0])")
    assert shown.split()[0] in page.text("#details") and page.text("#details .note").endswith(shown)
    page.click("#view")
    assert shown in page.text("#table")
    assert page.run("return document.querySelectorAll('script').length") == 3


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
        added=frozenset({(Ref("a"), "b")}),
        removed=frozenset({(Ref("b"), "c")}),
    )
    page = explorer(text, marks=marks)
    edge = "return getComputedStyle(arguments[0].querySelector('.body')).stroke"
    strokes = [page.run(edge, page.part(name)) for name in "abcd"]
    assert len(set(strokes)) == 4
    assert page.run(ARROWS, "added") == ["a b"] and page.run(ARROWS, "removed") == ["b c"]
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


def test_without_the_library_there_is_the_table(browser: Chrome, tmp_path: Path) -> None:
    graph = archgraph.expand(archgraph.loads(HEAD + RESIDUAL))
    text = page(graph, depth=1)
    start = text.index('<script id="library"')
    broken = text[: text.index(">", start) + 1] + "AAAA" + text[text.index("</script>", start) :]
    file = tmp_path / "page.html"
    file.write_text(broken, encoding="utf-8")
    shown = Page(browser, file.as_uri())
    shown.run("return explorer.fold(explorer.network.byName('block'))")
    shown.until("return !document.getElementById('table').hidden")
    assert "cannot lay out the picture" in shown.text("#table .problem")
    shown.run("explorer.choose(explorer.network.byName('block.body.two'))")
    shown.until("return document.querySelector('#table tr[aria-selected=true]')")
    assert "two" in shown.text("#table tr[aria-selected=true]") and "584" in shown.text("#details")
    shown.keys("t")
    assert "cannot lay out the picture" in shown.text("#table .problem")
    assert complaints(browser) == []


def test_the_picture_is_saved_as_it_is(explorer: Opens) -> None:
    import xml.etree.ElementTree as ElementTree

    page = explorer(RESIDUAL, depth=1)
    page.fold("block")
    saved = page.run(
        "return new Promise((done) => {"
        " URL.createObjectURL = (blob) => { blob.text().then(done); return 'about:blank'; };"
        " HTMLAnchorElement.prototype.click = () => {}; document.getElementById('save').click(); })"
    )
    words = " ".join(ElementTree.fromstring(saved).itertext())
    assert all(name in words for name in ("stem", "block", "one", "two", "head")) and "--conv-fill:#dbeafe" in words


def test_there_is_room_on_a_phone(explorer: Opens, browser: Chrome, resnet: Graph) -> None:
    size = {"width": 375, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page = explorer(resnet)
        assert page.run("return document.documentElement.scrollWidth") <= 375
        assert page.run("return document.getElementById('picture').clientHeight") > 200
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
