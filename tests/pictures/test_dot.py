"""Pictures: everything of the network is in them, nothing that a name holds is markup, and they can be drawn."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

import archgraph
from archgraph.graph.model import Graph, Node, Scope
from archgraph.ops import make
from archgraph.ops.base import Primitive, Ref
from archgraph.ops.facts import facts
from archgraph.pictures.dot import dot
from archgraph.pictures.levels import MOST_BOXES
from archgraph.pictures.picture import pure_program

HEAD = "archgraph: 1\nname: net\ninput: [8, 16, 16]\n"
SVG = "{http://www.w3.org/2000/svg}"

PROGRAMS = [pure_program(), *filter(None, [shutil.which("dot")])]
FASTEST = PROGRAMS[-1]


def net(text: str) -> Graph:
    return archgraph.expand(archgraph.loads(HEAD + text))


def svg(text: str, program: str = FASTEST) -> ElementTree.Element:
    done = subprocess.run([program, "-Tsvg"], input=text.encode(), capture_output=True, check=True)
    return ElementTree.fromstring(done.stdout)


def drawn(text: str, program: str = FASTEST) -> tuple[set[str], set[tuple[str, str]]]:
    """Names of the boxes and arrows in a picture, as the program that draws it reads them."""
    titles = [title.text or "" for title in svg(text, program).iter(f"{SVG}title")]
    arrows = {(a, b) for a, arrow, b in (title.partition("->") for title in titles) if arrow}
    invisible = {title for title in titles if title.startswith(("words ", "cluster_"))}
    return {title for title in titles if "->" not in title} - invisible, arrows


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.rpartition("/")[2])
def test_a_flat_picture_has_every_node_and_every_edge(program: str) -> None:
    graph = net("graph: [{conv: [8, 3], id: a}, {conv: [8, 1], id: b}, {add: , from: [a, b], id: c}]")
    boxes, arrows = drawn(dot(graph, flat=True), program)
    assert boxes >= {"a", "b", "c", "input in", "output output"}
    assert arrows == {("input in", "a"), ("a", "b"), ("a", "c"), ("b", "c"), ("c", "output output")}


@pytest.mark.parametrize("name", ["lenet5", "resnet18", "googlenet", "mobilenet_v3_small", "cbam_resnet18"])
def test_edges_of_a_flat_picture_are_those_of_the_graph(name: str) -> None:
    graph = archgraph.expand(archgraph.load(name))
    boxes, _ = drawn(dot(graph, flat=True))
    folded = set(graph.nodes) - boxes
    assert all(re.search(r"\.\d+\.", name) for name in folded), "only copies are folded"
    assert boxes <= set(graph.nodes) | {"input in", *(f"output {name}" for name in graph.outputs), graph.name}


def test_two_equal_inputs_are_two_arrows() -> None:
    text = dot(net("graph: [{relu: , id: a}, {mul: , from: [a, a], id: b}]"))
    assert text.count("a -> b") == 2


def test_the_same_graph_gives_the_same_bytes() -> None:
    texts = {dot(archgraph.expand(archgraph.load("googlenet"))) for _ in range(3)}
    assert len(texts) == 1


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "googlenet", "densenet121", "vgg16", "mobilenet_v1"])
def test_the_default_picture_is_taken_in_at_a_glance(name: str) -> None:
    boxes, _ = drawn(dot(archgraph.expand(archgraph.load(name))))
    assert 8 < len(boxes) < MOST_BOXES + 8


def test_copies_are_one_box_that_says_how_many() -> None:
    text = dot(net("graph: [{conv: [8, 3], repeat: 5, id: c}, relu]"))
    assert "c.0–4" in text and "× 5" in text
    boxes, arrows = drawn(text)
    assert {"c.0", "relu1"} <= boxes and "c.1" not in boxes
    assert arrows == {("input in", "c.0"), ("c.0", "relu1"), ("relu1", "output output")}


def test_a_box_says_its_op_arguments_and_cost() -> None:
    text = dot(net("graph: [{conv: {out: 4, kernel: 3, stride: 2, norm: batch, act: relu}, id: stem}]"))
    words = " ".join(text_ for text_ in svg(text).itertext())
    for said in ("stem", "conv 3×3, 4, /2, BN, relu", "296 params · 18.4k MACs"):
        assert said in words


def test_an_arrow_says_the_shape_where_it_changes() -> None:
    text = dot(net("graph: [{conv: [4, 3, 2], id: a}, {relu: , id: b}, {global_avg_pool: , id: c}]"))
    labels = dict(re.findall(r'(\w+) -> \w+ \[label=" ([^"]*)"', text))
    assert labels == {"a": "4×8×8"}


def test_what_exists_in_training_alone_is_dashed() -> None:
    graph = net(
        "graph: [{conv: [4, 3], id: a}, {conv: [2, 1], id: aux}, {conv: [3, 1], from: a, id: head}]\n"
        "outputs: {y: head, aux: aux}\ntrain_only: [aux]"
    )
    lines = dot(graph).splitlines()
    dashed = [line.split(" [")[0].strip().strip('"') for line in lines if "dashed" in line]
    assert dashed == ["aux", "output aux", "a -> aux", 'aux -> "output aux']


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.rpartition("/")[2])
@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        'a"b',
        "a\\",
        "a\\n",
        "é中文",
        "a:b:c",
        "a&amp;b",
        "{a|b}",
        "->",
        "a\x00\x1bb",
        "--",
        "%s",
    ],
)
def test_names_are_text_whatever_they_hold(name: str, program: str) -> None:
    relu = make("relu", {})
    assert isinstance(relu, Primitive)
    known, inner = facts(relu, ((4,),)), f"{name}.x"
    nodes = {inner: Node(inner, relu, (Ref("in"),), known), "y": Node("y", relu, (Ref(inner),), known)}
    graph = Graph(name, {"in": (4,)}, nodes, {name: Ref("y")}, scopes={name: Scope(name, "block", {"text": name})})
    for text in (dot(graph), dot(graph, flat=True), dot(graph, direction="right")):
        root = svg(text, program)
        shown = "".join(character if character.isprintable() else "\ufffd" for character in name)
        assert shown in "".join(root.itertext())
        assert not [tag for tag in root.iter() if tag.tag.lower().endswith("script")]
        assert sum(1 for group in root.iter(f"{SVG}g") if group.get("class") == "edge") >= 3


def test_a_text_argument_is_text() -> None:
    graph = net("blocks: {b: {args: {t: str}, graph: [relu, relu]}}\ngraph: [b: '<b>&\"</b>']")
    words = "".join(svg(dot(graph, depth=1)).itertext())
    assert 't <b>&"</b>' in words


def test_a_big_network_is_drawn_whole() -> None:
    boxes, arrows = drawn(dot(archgraph.expand(archgraph.load("densenet121")), depth=2))
    assert len(boxes) > 58 and len(arrows) > 700


def test_every_output_and_every_input_has_its_arrows_and_shared_weights_are_named() -> None:
    text = (
        "archgraph: 1\nname: twins\ninput: {left: [3, 8, 8], right: [3, 8, 8]}\n"
        "blocks: {net: {graph: [{conv: {out: 4, kernel: 3}}, {max_pool: {kernel: 2, indices: true}}]}}\n"
        "graph:\n  - {net: , id: a, from: left}\n  - {net: , id: b, from: right, share: a}\n"
        "  - {max_unpool: 2, id: up, from: [a/0, b/1]}\n  - {upsample: {like: left}}\n"
    )
    drawing = dot(archgraph.expand(archgraph.loads(text)), depth=1)
    _, arrows = drawn(drawing)
    assert {("input left", "a"), ("input right", "b"), ("a", "up"), ("b", "up"), ("input left", "upsample1")} <= set(
        arrows
    )
    assert "share a" in "".join(svg(drawing).itertext())
