"""What IPython, which is what a notebook runs, and rich make of a Spec, a Graph and a Cost."""

from __future__ import annotations

import html
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from IPython.core.formatters import DisplayFormatter
from rich.console import Console

import archgraph
from archgraph.pictures import notebook, picture

SVG, HTML, PLAIN = "image/svg+xml", "text/html", "text/plain"
LENET = """\
archgraph: 1
name: small
input: [1, 28, 28]
graph: [{conv: {out: 6, kernel: 5, act: relu}, id: first}, max_pool: 2, flatten, linear: 10]
"""


def shown(value: object) -> dict[str, Any]:
    """What a cell whose last line is the value gives the notebook, by MIME type."""
    formats, _ = DisplayFormatter().format(value)
    return dict(formats)


def words(svg: str) -> str:
    return " ".join(text.strip() for text in ElementTree.fromstring(svg).itertext() if text.strip())


class Cells(HTMLParser):
    """The texts of a table's cells, row by row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.replace("\N{NO-BREAK SPACE}", " ")


def test_a_spec_and_its_graph_are_shown_as_the_picture_that_draw_gives() -> None:
    spec = archgraph.loads(LENET)
    drawn = archgraph.draw(spec).render("svg").decode()
    for value in (spec, archgraph.expand(spec)):
        formats = shown(value)
        assert set(formats) == {SVG, PLAIN}
        assert words(formats[SVG]) == words(drawn) and "first" in words(drawn)
        assert formats[PLAIN] == repr(value)


def test_a_spec_with_choices_says_what_was_taken() -> None:
    formats = shown(archgraph.loads(LENET.replace("out: 6", "out: {choice: [6, 12]}")))
    assert "6 of 6 | 12" in words(formats[SVG])


def test_the_plain_form_is_one_short_line() -> None:
    spec = archgraph.load("resnet50")
    assert repr(spec) == "<Spec 'resnet50', 3x224x224, 5 nodes, 1 block>"
    assert repr(archgraph.expand(spec)) == "<Graph 'resnet50', 3x224x224 -> 1000, 174 nodes>"
    assert repr(archgraph.table(spec)) == "CostTable('resnet50', 12 rows)"


def test_no_graphviz_on_the_path_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "first" in words(shown(archgraph.loads(LENET))[SVG])


def test_a_spec_that_fits_no_input_shows_what_check_says_as_text() -> None:
    spec = archgraph.loads(LENET.replace("max_pool: 2", "max_pool: 50").replace("]\n", "] # <script>alert(1)\n"))
    formats = shown(spec)
    assert set(formats) == {HTML, PLAIN}
    with pytest.raises(archgraph.SpecError) as caught:
        archgraph.expand(spec)
    assert "<script" not in formats[HTML]
    (said,) = re.findall("<pre>(.*)</pre>", formats[HTML], re.DOTALL)
    assert html.unescape(said) == str(caught.value) and "^" in said


def test_a_network_of_thousands_of_boxes_is_not_drawn_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "_run", lambda *_: pytest.fail("it is drawn"))
    formats = shown(archgraph.loads(LENET[: LENET.index("graph: [")] + "graph:\n" + "  - relu\n" * 2000))
    assert set(formats) == {HTML, PLAIN} and "2,000 boxes" in formats[HTML]


def test_a_layout_that_takes_long_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "dot"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(picture.shutil, "which", lambda *_, **__: str(slow))
    monkeypatch.setattr(notebook, "SECONDS", 0.2)
    formats = shown(archgraph.loads(LENET))
    assert set(formats) == {HTML, PLAIN} and "not drawn after 0.2 s" in formats[HTML]


def test_a_cost_is_a_table_with_its_own_figures() -> None:
    found = archgraph.cost(archgraph.load("resnet18"))
    formats = shown(found)
    assert set(formats) == {HTML, PLAIN} and formats[PLAIN] == repr(found)
    cells = {row[0]: row[1:3] for row in Cells(formats[HTML]).rows}
    assert cells["params"] == ["11,689,512", "11.7M"] and cells["macs"] == ["1,814,073,344", "1.81G"]
    figures = {key: value for key, value in found.as_dict().items() if key != "outputs"}
    assert {key: int(exact.replace(",", "")) for key, (exact, _) in cells.items()} == figures


def test_rich_prints_a_cost_with_its_own_figures() -> None:
    found = archgraph.cost(archgraph.load("resnet18"))
    printed = dict(re.findall(r"^(\w+) +([\d,]+) ", _printed(found), re.MULTILINE))
    figures = {key: f"{value:,}" for key, value in found.as_dict().items() if key != "outputs"}
    assert printed == figures


@pytest.mark.parametrize("depth, first", [(1, "stem"), (2, "stem")])
def test_a_table_has_a_row_for_each_part_and_they_sum_up_to_the_whole(depth: int, first: str) -> None:
    spec = archgraph.load("resnet18")
    table, whole = archgraph.table(spec, depth=depth), archgraph.cost(spec)
    outermost = [row for row in table if row.level == 0]
    assert outermost[0].label == first and table.total == whole
    assert sum(row.params for row in outermost) == whole.params
    assert sum(row.macs for row in outermost) == whole.macs
    cells = Cells(shown(table)[HTML]).rows
    assert [row[0].strip() for row in cells[1:-1]] == [
        row.label + (f" × {row.count}" if row.count > 1 else "") for row in table
    ]
    assert cells[-1][0] == "whole" and cells[-1][4:6] == ["11.7M", "1.81G"]


def test_a_flat_table_has_a_row_for_each_node() -> None:
    graph = archgraph.expand(archgraph.load("resnet18"))
    assert [row.name for row in archgraph.table(graph, flat=True)] == list(graph.nodes)


def test_rich_prints_what_show_prints(capsys: pytest.CaptureFixture[str]) -> None:
    printed = _printed(archgraph.table(archgraph.load("resnet18")))
    assert "stage.0.0–1 × 2" in printed and "25.5%" in printed and "64×112×112" in printed


def test_names_of_a_table_are_text_in_every_form() -> None:
    spec = archgraph.loads(LENET.replace("small", '"[red]<b>\\e[31m"'))
    table = archgraph.table(spec)
    assert "<b>" not in shown(table)[HTML] and "[red]&lt;b&gt;" in shown(table)[HTML]
    assert "[red]<b>" in _printed(table) and "\x1b" not in _printed(table)


def _printed(value: object) -> str:
    stream = io.StringIO()
    Console(file=stream, width=120).print(value)
    return stream.getvalue()
