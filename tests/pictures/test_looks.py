"""What boxes say and how they look: shorthand, heat, themes, legend, choices, shared weights, alternative text."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from picture_layout import read

import archgraph
from archgraph.graph.cost import cost
from archgraph.graph.model import Graph
from archgraph.graph.outline import outline, shown
from archgraph.pictures.choices import Choices
from archgraph.pictures.dot import dot
from archgraph.pictures.heat import Heat
from archgraph.pictures.levels import parts_of
from archgraph.pictures.picture import Drawing, pure_program
from archgraph.pictures.shorthand import shorthand
from archgraph.pictures.theme import COLOURS, THEMES

HEAD = "archgraph: 1\nname: net\ninput: [8, 16, 16]\n"
SVG = "{http://www.w3.org/2000/svg}"


def net(text: str) -> Graph:
    return archgraph.expand(archgraph.loads(HEAD + text))


def svg(text: str) -> str:
    return Drawing(text).render("svg").decode()


def words(text: str) -> str:
    return " ".join("".join(ElementTree.fromstring(svg(text)).itertext()).split())


def heading_of(text: str) -> str:
    """What stands above a picture."""
    root = ElementTree.fromstring(svg(text))
    return " ".join(element.text or "" for element in root.findall(f"{SVG}g/{SVG}text"))


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ("{conv: {out: 64, kernel: 3, stride: 2, norm: batch, act: relu}}", "3×3, 64, /2, BN, relu"),
        ("{conv: {out: 16, kernel: [1, 5]}}", "1×5, 16"),
        ("{conv: {out: 8, kernel: 3, groups: 8}}", "3×3, 8, depthwise"),
        ("{conv: {out: 16, kernel: 3, groups: 2, dilation: 2}}", "3×3, 16, dilation 2, groups 2"),
        ("{conv: {out: 32, kernel: 3, stride: [2, 1], norm: group}}", "3×3, 32, /2×1, GN"),
        ("{conv_transpose: {out: 4, kernel: 2, stride: 2}}", "2×2, 4, ×2"),
        ("{max_pool: [3, 2, 1]}", "3×3, /2, pad 1"),
        ("{conv: {out: 4, kernel: 1, bias: false}}", "1×1, 4, no bias"),
        ("{upsample: 2}", "×2"),
    ],
)
def test_arguments_are_written_as_the_field_does(node: str, said: str) -> None:
    (part,) = outline(net(f"graph: [{node}]"))
    assert ", ".join(shorthand(part)) == said


def test_a_block_shows_its_own_arguments_by_their_names() -> None:
    graph = net(
        "blocks: {b: {args: {planes: int, stride: 1, dilation: 1}, graph: [conv: [$planes, 3, $stride], relu]}}\n"
        "graph: [{b: {planes: 16, stride: 2}}, {b: {planes: 16}}]"
    )
    assert [shorthand(part) for part in outline(graph)] == [["/2", "planes 16"], ["planes 16"]]


@pytest.mark.parametrize("measure", ["macs", "params", "activations"])
def test_heat_is_each_boxes_share_of_the_whole(measure: str) -> None:
    graph = archgraph.expand(archgraph.load("cifar_resnet8"))
    parts = list(shown(parts_of(graph, depth=3, flat=False)))
    heat = Heat(graph, parts, measure, THEMES["colour"])  # type: ignore[arg-type]
    total = cost(graph)
    assert heat.total == {"macs": total.macs, "params": total.params, "activations": total.activation_bytes}[measure]
    assert sum(map(heat.share, parts)) == pytest.approx(1)
    low, high = THEMES["colour"].heat
    assert (heat.fill(0), heat.fill(heat.most)) == (low, high)
    text = dot(graph, depth=3, heat=measure)  # type: ignore[arg-type]
    assert all(heat.words(part) in text and heat.fill(heat.share(part)) in text for part in parts)
    assert any(heat.words(part) for part in parts)


def contrast(one: str, other: str) -> float:
    """How well one colour is read on another, as WCAG 2.2 counts it."""

    def light(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return brighter / darker


@pytest.mark.parametrize("name", THEMES)
def test_texts_are_read_on_every_colour(name: str) -> None:
    theme = THEMES[name]  # type: ignore[index]
    for colours in (*theme.families.values(), *theme.status.values()):
        assert contrast(theme.ink, colours.fill) >= 4.5, colours
        assert contrast(theme.faint, colours.fill) >= 4.5, colours
    graph = net("graph: [conv: [8, 3]]")
    heat = Heat(graph, outline(graph), "macs", theme)
    for step in range(101):
        assert contrast(heat.ink(step / 100), heat.fill(step / 100)) >= 4, step


def test_print_has_no_colour_is_serif_and_fits_a_column() -> None:
    drawn = svg(dot(archgraph.expand(archgraph.load("googlenet_bn")), depth=1, theme="paper"))
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', drawn))
    assert all(c in ("none", "black", "white", "transparent") or c[1:3] == c[3:5] == c[5:7] for c in colours)
    assert set(re.findall(r"font-family=\"([^\"]+)\"", drawn)) == {"Times, 'Times New Roman', serif"}
    width = re.search(r'width="(\d+)pt"', drawn)
    assert width and int(width[1]) <= 3.3 * 72 + 1


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")
def test_a_pdf_has_fonts_and_lines_no_image() -> None:
    pdf = Drawing(dot(archgraph.expand(archgraph.load("lenet5")), theme="paper")).render("pdf")
    assert b"/FontFile" in pdf or b"/FontDescriptor" in pdf
    assert b"/Subtype /Image" not in pdf


def test_the_legend_explains_what_is_drawn_and_nothing_else() -> None:
    graph = net(
        "graph: [{conv: [4, 3], id: a}, {conv: [2, 1], id: aux}, {max_pool: 2, from: a, id: head}]\n"
        "outputs: {y: head, aux: aux}\ntrain_only: [aux]"
    )
    heading = heading_of(dot(graph))
    assert "conv" in heading and "pool" in heading and "in training only" in heading and "FLOPs" in heading
    assert "linear" not in heading and "× n" not in heading and "same weights" not in heading
    assert heading_of(dot(graph, legend=False)).endswith("FLOPs")
    assert COLOURS["pool"].fill in dot(graph) and COLOURS["norm"].fill not in dot(graph)


def test_shared_weights_are_a_dotted_link() -> None:
    graph = net("graph: [{conv: [8, 3], id: a}, {relu: , id: b}, {conv: [8, 3], id: c, share: a}]")
    dotted = [line.split(" [")[0].strip() for line in dot(graph).splitlines() if "dotted" in line]
    assert dotted == ["a -> c"]
    assert "the same weights" in words(dot(graph)) and "share a" in words(dot(graph))


def test_a_choice_says_what_was_taken_and_what_else_there_is() -> None:
    spec = archgraph.loads(
        HEAD + "vars: {w: {choice: [16, 32]}}\n"
        "graph:\n  - {conv: {out: $w, kernel: {choice: [3, 5, 7], default: 5}}, id: stem}\n"
        "  - choice: {plain: [], squeeze: [se: 4], default: squeeze}\n"
        "  - {relu: , repeat: {range: [1, 3]}, id: r}\n"
    )
    graph = archgraph.expand(spec)
    said = words(dot(graph, choices=Choices.of(spec, {})))
    for line in ("w: 16 of 16 | 32", "kernel: 5 of 3 | 5 | 7", "squeeze of plain | squeeze"):
        assert line in said
    taken = words(dot(graph, choices=Choices.of(spec, {"stem.kernel": 3})))
    assert "kernel: 3 of 3 | 5 | 7" in taken


def test_an_svg_has_alternative_text_and_the_nodes_names_as_ids() -> None:
    graph = archgraph.expand(archgraph.load("lenet5"))
    root = ElementTree.fromstring(svg(dot(graph)))
    assert root.get("role") == "img"
    assert (root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")) == ("lenet5", root.get("aria-label"))
    label = root.get("aria-label") or ""
    assert label.startswith("lenet5: from in 1×32×32 to output 10; 61.7k parameters, 417k MACs. conv1 5×5 6")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {"input:in", "output:output", *(part.name for part in outline(graph))} <= set(ids)


def test_ids_are_words_and_alternative_text_is_text_whatever_names_hold() -> None:
    graph = net("graph: [{conv: [4, 3], id: a}]")
    hostile = Graph(
        '<"&> net\n', {'in "x': (8, 16, 16)}, {}, {"<b>": graph.nodes["a"].inputs[0]._replace(node='in "x')}
    )
    root = ElementTree.fromstring(svg(dot(hostile)))
    assert (root.get("aria-label") or "").startswith('<"&> net\ufffd: from in "x 8×16×16 to <b> 8×16×16;')
    assert all(not re.search(r"\s", element.get("id") or "") for element in root.iter())


@pytest.mark.parametrize("look", [{"depth": 1}, {"flat": True}, {"theme": "paper"}, {"heat": "params"}], ids=str)
def test_the_pure_program_draws_the_same_boxes_and_texts(
    look: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = dot(archgraph.expand(archgraph.load("hrnetv2_w18_seg")), **look)  # type: ignore[arg-type]
    done = subprocess.run([pure_program(), "-Tsvg"], input=text.encode(), capture_output=True, check=True)
    ours, pure = read(svg(text)), read(done.stdout.decode())
    assert {box.name: list(box.texts) for box in ours.boxes} == {box.name: list(box.texts) for box in pure.boxes}


def test_nothing_is_written_where_the_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(archgraph.UsageError, match="cannot write"):
        Drawing("digraph { a }").save(tmp_path / "none" / "x.svg")
    assert list(tmp_path.iterdir()) == []
