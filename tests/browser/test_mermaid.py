"""Charts in Mermaid's language, drawn by mermaid itself: the file that `make charts` fetches, as code hosts use it."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import outside

import archgraph
from archgraph.graph.model import Graph, Node
from archgraph.ops import make
from archgraph.ops.base import Primitive, Ref
from archgraph.ops.facts import facts
from archgraph.pictures.mermaid import mermaid

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

SCRIPT = Path(__file__).parent.parent.parent / ".venv" / "mermaid" / "package" / "dist" / "mermaid.min.js"

DRAW = """
const [text, done] = arguments;
mermaid.initialize({startOnLoad: false, maxEdges: 500, maxTextSize: 50000});
mermaid.render("chart", text).then(({svg}) => {
  document.body.innerHTML = svg;
  const all = (query) => [...document.body.querySelectorAll(query)];
  done({
    boxes: all("g.node").map((box) => box.textContent.trim()), clusters: all("g.cluster").length,
    arrows: all("path.flowchart-link").length, title: document.querySelector(".flowchartTitleText").textContent,
    scripts: all("script").length, images: all("img").length,
    cut: all("foreignObject").filter((box) => box.firstChild.scrollWidth > box.width.baseVal.value + 2).length,
  });
}, (error) => done({error: String(error)}));
"""


def drawn(browser: Chrome, text: str) -> dict[str, Any]:
    """What mermaid makes of a chart, read from the page."""
    path = Path(os.environ.get("MERMAID", SCRIPT))
    if not path.is_file():
        if os.environ.get("ARCHGRAPH_BROWSER") == "required":
            pytest.fail(f"no {path}; `make charts` fetches it")
        pytest.skip("no mermaid; `make charts` fetches it")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(f'<!doctype html><meta charset="utf-8"><script src="{path.as_uri()}"></script>')
        browser.get(page.as_uri())
    found: dict[str, Any] = browser.execute_async_script(DRAW, text)  # type: ignore[no-untyped-call]
    assert "error" not in found, found
    return found


def test_mermaid_draws_every_box_and_arrow_of_networks_unlike_each_other(browser: Chrome) -> None:
    for name, look in (
        ("resnet18", {"depth": 1}),
        ("googlenet_bn", {"depth": 1}),
        ("unet", {}),
        ("cifar_resnet8", {"flat": True}),
        ("hrnetv2_w18", {"depth": 2, "heat": "macs", "direction": "right"}),
    ):
        text = mermaid(archgraph.expand(archgraph.load(name)), **look)
        found = drawn(browser, text)
        assert found["title"] == json.loads(text.splitlines()[1].removeprefix("title: "))
        assert len(found["boxes"]) == text.count('["') - text.count("subgraph"), name
        assert found["arrows"] == text.count(" -->") + text.count(" -.->"), name
        assert found["clusters"] == text.count("subgraph"), name
        assert found["cut"] == 0, name
    assert outside(browser) == []


HOSTILE = [
    "<script>alert(1)</script>",
    '"]; click n0',
    "end",
    "é中文 `x`",
    "#35;&amp;",
    "<img src=x onerror=alert(1)>",
    "{a|b}",
]


def test_names_are_text_whatever_they_hold(browser: Chrome) -> None:
    relu = make("relu", {})
    assert isinstance(relu, Primitive)
    known, nodes, above = facts(relu, ((4,),)), {}, "in"
    for name in HOSTILE:
        nodes[name] = Node(name, relu, (Ref(above),), known)
        above = name
    graph = Graph(HOSTILE[0], {"in": (4,)}, nodes, {HOSTILE[1]: Ref(above)})
    found = drawn(browser, mermaid(graph))
    for name in HOSTILE:
        assert any(box.startswith(name) for box in found["boxes"]), (name, found["boxes"])
    assert found["scripts"] == found["images"] == 0
    assert outside(browser) == []
