"""The explorer's page in a real browser: what a reader does, with the mouse and without, and what the page shows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium import complaints
from explorer_page import HEAD, RESIDUAL, SETTLED, Opens, Page

import archgraph
from archgraph.compare.marks import Marks
from archgraph.graph.model import Graph
from archgraph.graph.wording import human_bytes
from archgraph.ops.base import Ref
from archgraph.pictures.explorer.page import page

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


@pytest.fixture(scope="module")
def resnet() -> Graph:
    return archgraph.expand(archgraph.load("resnet18"))


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


@pytest.mark.parametrize("bytes_", [1000, 1024, 6_422_528, 6_422_532])
def test_numbers_are_written_as_everywhere(explorer: Opens, bytes_: int) -> None:
    text = f"archgraph: 1\nname: net\ninput: [{bytes_ // 4}, 1, 1]\ngraph: [{{relu: , id: a}}]"
    page = explorer(archgraph.expand(archgraph.loads(text)))
    page.click("#view")
    assert human_bytes(bytes_) in page.text("#table"), "of two equally near numbers Python writes the even one"


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


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)</script>", "<!--<script>", "\"'`", "é中文\u2028x", "${1}\\"]
)
def test_names_are_text_whatever_they_hold(explorer: Opens, name: str) -> None:
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
