"""What the explorer's page knows is the graph itself, and the page needs nothing that it does not hold."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import archgraph
from archgraph.compare.marks import Arrow, Marks
from archgraph.graph.cost import node_costs
from archgraph.graph.model import Graph
from archgraph.graph.outline import glance, outline, shown
from archgraph.ops.base import Ref
from archgraph.pictures.choices import Choices
from archgraph.pictures.explorer.contents import contents
from archgraph.pictures.explorer.page import MODULES, page
from archgraph.pictures.levels import MOST_BOXES

WEB = files("archgraph.pictures.explorer") / "web"
HEAD = "archgraph: 1\nname: net\ninput: [8, 16, 16]\n"
ZOO = ("resnet18", "googlenet", "densenet121", "hrnetv2_w18", "vit_base", "unet", "nasnet_a_mobile")


def net(text: str) -> Graph:
    return archgraph.expand(archgraph.loads(HEAD + text))


def zoo(name: str) -> Graph:
    return archgraph.expand(archgraph.load(name))


class Scripts(HTMLParser):
    """The scripts of a page, as a browser would cut them out, by their id; and all tags that there are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.inside = dict(attrs).get("id") or f"script {len(self.found)}"
            self.found[self.inside] = ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = None

    def handle_data(self, data: str) -> None:
        if self.inside is not None:
            self.found[self.inside] += data


def known_of(graph: Graph, **options: Any) -> dict[str, Any]:
    """The contents of a page as a browser reads them."""
    known: dict[str, Any] = json.loads(Scripts(page(graph, **options)).found["contents"])
    return known


@pytest.mark.parametrize("name", ZOO)
def test_every_node_wire_and_cost_is_that_of_the_graph(name: str) -> None:
    graph = zoo(name)
    known = known_of(graph)
    parts, values = known["parts"], known["known"]
    found = {part["name"]: part for part in parts if "box" not in part}
    assert set(found) == set(graph.nodes)
    inputs = [one["name"] for one in known["inputs"]]

    def ref(wire: list[int]) -> Ref:
        place, output = wire
        return Ref(inputs[-1 - place] if place < 0 else parts[place]["name"], output)

    costs = node_costs(graph)
    needed = graph.needed(training=False)
    for name, node in graph.nodes.items():
        part = found[name]
        assert tuple(map(ref, part["inputs"])) == node.inputs
        assert part["op"] == node.op.op
        assert (part["params"], part["macs"], part["bytes"]) == costs[name]
        assert tuple(map(tuple, values[part["shapes"]])) == (node.shape, *node.facts.further)
        assert part.get("train_only", False) == (name not in needed)
    assert {one["name"]: ref(one["from"]) for one in known["outputs"]} == graph.outputs
    assert {one["name"]: ref(one["from"]) for one in known["features"]} == graph.features
    assert known["total"]["macs"] == archgraph.cost(graph).macs


@pytest.mark.parametrize("name", ZOO)
def test_parts_stand_in_the_boxes_that_the_outline_has(name: str) -> None:
    graph = zoo(name)
    known = contents(graph)
    for place, part in enumerate(known["parts"]):
        assert part["up"] < place
        if part["up"] >= 0:
            assert "box" in known["parts"][part["up"]]
    boxes = {part["up"] for part in known["parts"]} - {-1}
    assert boxes == {place for place, part in enumerate(known["parts"]) if "box" in part}
    copies = [place for place, part in enumerate(known["parts"]) if part.get("box") == "copies"]
    for place in copies:
        assert sum(part["up"] == place for part in known["parts"]) == known["parts"][place]["count"]


def seen(known: dict[str, Any]) -> set[str]:
    """Names of the parts that are closed or nodes, and in open boxes only."""
    opened = {-1, *known["open"]}
    parts = known["parts"]
    reached = [place in opened and (part["up"] < 0) for place, part in enumerate(parts)]
    for place, part in enumerate(parts):
        if part["up"] >= 0:
            reached[place] = place in opened and reached[part["up"]]
    return {
        part["name"]
        for place, part in enumerate(parts)
        if place not in opened and (part["up"] < 0 or reached[part["up"]])
    }


def test_what_is_open_at_first_is_what_was_asked_for() -> None:
    graph = net("graph: [{conv: {out: 8, kernel: 3, norm: batch}, id: a}, {residual: {body: [conv: [8, 3]]}, id: b}]")
    assert seen(contents(graph, depth=1)) == {"a", "b"} == {part.name for part in outline(graph, depth=1)}
    assert seen(contents(graph, depth=2)) == {"a", "b.body.conv1", "b.add"}
    assert seen(contents(graph, flat=True)) == set(graph.nodes)


@pytest.mark.parametrize("name", ZOO)
def test_at_first_a_page_is_taken_in_at_a_glance(name: str) -> None:
    graph = zoo(name)
    folded = len(list(shown(glance(graph, most=MOST_BOXES))))
    assert folded <= len(seen(contents(graph))) <= 2 * MOST_BOXES


def test_marks_are_on_the_nodes_and_wires_that_they_name() -> None:
    graph = net("graph: [{conv: [8, 3], id: a}, {relu: , id: b}, {relu: , id: c}]")
    marks = Marks(
        status={"b": "added", "c": "changed"}, notes={"c": ("was d",)},
        added=frozenset({Arrow(Ref("a"), "b")}), removed=frozenset({Arrow(Ref("a"), "c")}),
    )  # fmt: skip
    known = contents(graph, marks=marks)
    assert [part.get("status") for part in known["parts"]] == [None, "added", "changed"]
    assert known["parts"][2]["notes"] == ["was d"]
    assert (known["added"], known["removed"]) == ([[0, 0, 1]], [[0, 0, 2]])
    assert known["marked"] and not contents(graph)["marked"]


def test_copies_that_differ_in_their_marks_are_no_copies() -> None:
    graph = net("graph: [{conv: [8, 3], repeat: 4, id: c}]")
    assert [part.get("count") for part in contents(graph)["parts"]][:1] == [4]
    marked = contents(graph, marks=Marks(status={"c.2": "added"}))
    assert max(part.get("count", 1) for part in marked["parts"]) == 2


def test_the_folders_of_a_file_are_not_told() -> None:
    text = page(zoo("lenet5"))
    assert "lenet5.yaml:" in text and str(Path(archgraph.zoo.__file__).parent.parent) not in text  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "name", ["</script><script>x", "<!--<script>", "\"'", "a&lt;b", "é中文\u2028\u2029", "{{scripts}}"]
)
def test_names_cannot_end_the_text_that_they_stand_in(name: str) -> None:
    from dataclasses import replace

    plain = net("graph: [{relu: , id: a}]")
    (node,) = plain.nodes.values()
    graph = replace(plain, name=name, nodes={name: node._replace(name=name)}, outputs={name: Ref(name)})
    read = Scripts(page(graph))
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
    assert json.loads(read.found["contents"])["parts"][0]["name"] == shown
    assert [tag for tag, _ in read.tags].count("script") == 3


def test_a_picture_saved_as_html_is_the_page(tmp_path: Path) -> None:
    graph = zoo("lenet5")
    archgraph.draw(graph, depth=2).save(tmp_path / "net.html")
    assert (tmp_path / "net.html").read_text(encoding="utf-8") == page(graph, depth=2)


def test_choices_are_told_where_they_are_made() -> None:
    spec = archgraph.loads(
        HEAD + "graph: [{conv: {out: 8, kernel: {choice: [3, 5]}}, id: a}, {choice: {x: [relu], y: [gelu]}, id: b}]"
    )
    known = contents(archgraph.expand(spec), choices=Choices.of(spec, {}))
    said = {part["name"]: part["choices"] for part in known["parts"] if "choices" in part}
    assert list(said) == ["a", "b"] and "5" in said["a"][0] and "y" in said["b"][0]


def test_a_page_of_resnet50_is_less_than_a_megabyte() -> None:
    assert len(page(zoo("resnet50")).encode()) < 1_000_000


def test_nothing_in_a_page_refers_to_anything_outside() -> None:
    read = Scripts(page(zoo("lenet5")))
    for tag, attributes in read.tags:
        assert not attributes.keys() & {"src", "srcset", "action", "data", "poster"}, tag
        assert (attributes.get("href") or "#").startswith("#"), tag
    policy = next(attributes["content"] for _, attributes in read.tags if "http-equiv" in attributes)
    assert policy and policy.startswith("default-src 'none'") and "connect-src" not in policy


def test_a_page_may_run_its_own_scripts_alone() -> None:
    for script, expected in (("", 1), ("document.title = 'seen';", 2)):
        read = Scripts(page(zoo("lenet5"), script=script))
        policy = next(attributes["content"] for _, attributes in read.tags if "http-equiv" in attributes) or ""
        running = [text for name, text in read.found.items() if name.startswith("script ")]
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in running]
        assert len(running) == expected
        assert re.findall(r"'sha256-([^']+)'", policy) == digests
        assert ("connect-src 'self'" in policy) == bool(script)
        assert "unsafe-inline" not in policy.partition("style-src")[0]


def test_the_library_is_the_one_that_its_note_names() -> None:
    note = (WEB / "viz.md").read_text(encoding="utf-8")
    packed = (WEB / "viz.js.gz").read_bytes()
    text = gzip.decompress(packed)
    assert hashlib.sha256(text).hexdigest() in note
    (version,) = re.findall(rb"Viz\.js (\d+\.\d+\.\d+)", text[:200])
    assert f"@viz-js/viz {version.decode()}" in note
    assert f"VIZ := {version.decode()}\n" in (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    assert base64.b64decode(Scripts(page(zoo("lenet5"))).found["library"]) == packed


def test_the_program_is_small_files_that_are_each_in_the_page() -> None:
    sources = {
        path.name.removesuffix(".js"): path.read_text(encoding="utf-8")
        for path in WEB.iterdir()
        if path.name.endswith(".js")
    }
    assert set(sources) == set(MODULES)
    assert max(len(text.splitlines()) for text in sources.values()) <= 400
    assert not [
        name
        for name, text in sources.items()
        if re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", text)
    ]
    for name, text in sources.items():
        imported = re.findall(r'from "\./(\w+)\.js"', text)
        assert all(MODULES.index(other) < MODULES.index(name) for other in imported), name


@pytest.mark.skipif(shutil.which("node") is None, reason="no node to read JavaScript with")
def test_the_program_is_javascript(tmp_path: Path) -> None:
    file = tmp_path / "page.mjs"
    file.write_text(Scripts(page(zoo("lenet5"))).found["script 2"], encoding="utf-8")
    subprocess.run([shutil.which("node") or "node", "--check", str(file)], check=True, capture_output=True)
