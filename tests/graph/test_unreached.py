"""Mistakes are found where no expansion comes, too."""

from __future__ import annotations

from pathlib import Path

import pytest

import archgraph
from archgraph.checking import check, examine

HEAD = "archgraph: 1\nname: net\ninput: [3, 16, 16]\n"


@pytest.mark.parametrize(
    "text, place",
    [
        ("blocks: {unused: {graph: [conv: {out: wide, kernel: 3}]}}\ngraph: [conv: [8, 3]]", "4:39"),
        ("graph:\n  - conv: [8, 3]\n  - {conv: {out: wide, kernel: 3}, when: 1 > $n}\nvars: {n: 2}", "6:18"),
        ("graph: [choice: {plain: [relu], other: [dropout: {p: high}]}]", "4:54"),
        ("blocks: {unused: {graph: [residual: {body: [conv: [8, wide]]}]}}\ngraph: [conv: [8, 3]]", "4:55"),
    ],
)
def test_a_wrong_argument_out_of_reach_is_located(text: str, place: str) -> None:
    with pytest.raises(archgraph.SpecError) as caught:
        examine(archgraph.loads(HEAD + text, name="net.yaml"))
    assert [str(f.at) for f in caught.value.findings] == [f"net.yaml:{place}"]


def test_what_an_expression_decides_is_not_guessed() -> None:
    spec = archgraph.loads(
        HEAD + "blocks: {unused: {args: {w: int}, graph: [conv: {out: $w, kernel: 3}]}}\ngraph: [conv: [8, 3]]"
    )
    assert examine(spec)[1] == ()


def test_two_wrong_arguments_of_one_node_are_two_findings() -> None:
    with pytest.raises(archgraph.SpecError) as caught:
        examine(archgraph.loads(HEAD + "graph: [conv: {out: wide, kernel: tall}]", name="net.yaml"))
    assert len(caught.value.findings) == 2


def test_a_file_with_mistakes_of_both_kinds_shows_them_in_one_run(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(HEAD + "graph:\n  - conv: {out: 8, kernal: 3}\n  - conv: {out: 8, kernel: 3, act: rleu}\n  - relu")
    assert [(f.at.line, f.at.col) for f in check(str(path)).findings] == [(5, 20), (6, 36)]


def test_a_wrong_default_is_shown_where_it_stands_and_once() -> None:
    text = "defaults: {conv: {act: rleu}}\ngraph: [conv: [8, 3], conv: [8, 3]]"
    with pytest.raises(archgraph.SpecError) as caught:
        examine(archgraph.loads(HEAD + text, name="net.yaml"))
    assert [str(f.at) for f in caught.value.findings] == ["net.yaml:4:24"]


def test_a_node_or_box_that_nothing_uses_is_told_once_at_its_place() -> None:
    text = (
        "graph:\n  - {conv: [8, 3], id: used}\n  - {conv: [4, 1], id: left, from: used}\n"
        "  - {residual: {body: [conv: [8, 3], conv: [8, 3]]}, id: box, from: used}\n  - {relu: , from: used}\n"
    )
    _, wrong = examine(archgraph.loads(HEAD + text, name="net.yaml"))
    assert [finding.message for finding in wrong] == ["nothing uses what left gives", "nothing uses what box gives"]
    assert [finding.at.line for finding in wrong if finding.at] == [6, 7]


def test_what_only_a_feature_or_training_needs_is_used() -> None:
    text = (
        "graph:\n  - {conv: [8, 3], id: stem}\n  - {conv: [4, 1], id: tap}\n  - {conv: [4, 1], id: aux, from: stem}\n"
        "  - {relu: , from: stem, id: out}\nfeatures: {c1: tap}\noutputs: {out: out, aux: aux}\ntrain_only: [aux]\n"
    )
    assert examine(archgraph.loads(HEAD + text))[1] == ()
