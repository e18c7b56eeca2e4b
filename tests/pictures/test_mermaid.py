"""Mermaid charts as texts; that mermaid draws them is tested in a browser."""

from __future__ import annotations

import re

import pytest

import archgraph
from archgraph.errors import UsageError
from archgraph.graph.model import Graph
from archgraph.pictures.mermaid import escape, mermaid

HEAD = "archgraph: 1\nname: net\ninput: [8, 16, 16]\n"


def net(text: str) -> Graph:
    return archgraph.expand(archgraph.loads(HEAD + text))


def test_a_small_network_is_a_chart_that_people_can_read() -> None:
    graph = net("graph: [{conv: {out: 4, kernel: 3, stride: 2, norm: batch}, id: stem}, {global_avg_pool: , id: end}]")
    assert mermaid(graph).splitlines() == [
        "---",
        'title: "net · 296 parameters, 18.4k MACs"',
        "---",
        "flowchart TB",
        "  accTitle: net",
        "  accDescr: net, a network of 296 parameters, 18.4k MACs",
        '  n0(["in 8×16×16"])',
        '  n1["stem<br/>conv 3×3, 4, /2, BN"]',
        '  n2["end<br/>global_avg_pool"]',
        '  n3(["output 4"])',
        "  n0 --> n1",
        '  n1 -->|"4×8×8"| n2',
        "  n2 --> n3",
        "  classDef conv fill:#dbeafe,stroke:#3b82f6,color:#1e293b",
        "  class n1 conv",
        "  classDef pool fill:#dcfce7,stroke:#22c55e,color:#1e293b",
        "  class n2 pool",
    ]


def test_open_boxes_are_subgraphs() -> None:
    text = mermaid(net("graph: [residual: {body: [conv: [8, 3]]}]"), flat=True)
    opened, closed = re.findall(r"^ *subgraph ", text, re.MULTILINE), re.findall(r"^ *end$", text, re.MULTILINE)
    assert len(opened) == len(closed) == 1
    assert text.index("subgraph") < text.index('["conv1') < text.index("  end")


def test_what_exists_in_training_alone_is_dashed() -> None:
    text = mermaid(
        net(
            "graph: [{conv: [4, 3], id: a}, {conv: [2, 1], id: aux}, {conv: [3, 1], from: a, id: head}]\n"
            "outputs: {y: head, aux: aux}\ntrain_only: [aux]"
        )
    )
    assert [line.split()[0::2] for line in text.splitlines() if "-.->" in line] == [["n1", "n2"], ["n2", "n5"]]
    assert "class n2 training" in text


def test_only_letters_and_harmless_signs_stand_in_a_label() -> None:
    assert escape("stage.2 × 6, 3×3 /2") == "stage.2 × 6, 3×3 /2"
    assert escape('<b>"`#;&') == "#60;b#62;#34;#96;#35;#59;#38;"


def test_more_than_code_hosts_draw_is_an_error_that_says_what_to_do() -> None:
    graph = archgraph.expand(archgraph.load("darts_cifar"))
    with pytest.raises(UsageError, match=r"Mermaid draws at most 500 arrows, .*close more boxes \(`--depth 1`\)"):
        mermaid(graph, flat=True)
    assert mermaid(graph, depth=1).startswith("---\ntitle: ")
