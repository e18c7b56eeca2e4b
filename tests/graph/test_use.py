"""`use`: a spec as a node of another one."""

from __future__ import annotations

from pathlib import Path

import pytest

import archgraph

BACKBONE = (
    "archgraph: 1\nname: backbone\ninput: [3, 64, 64]\nvars: {w: 8, classes: 1000}\n"
    "graph:\n"
    "  - {conv: {out: $w, kernel: 3, stride: 2, norm: batch, act: relu}, id: low}\n"
    "  - {conv: {out: 2*$w, kernel: 3, stride: 2, norm: batch, act: relu}, id: high}\n"
    "  - global_avg_pool\n"
    "  - {linear: $classes, id: head}\n"
    "features: {c2: low, c3: high}\n"
)
HEAD = "archgraph: 1\nname: net\ninput: [3, 32, 32]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "backbone.yaml").write_text(BACKBONE)
    return tmp_path


def load(folder: Path, text: str) -> archgraph.Spec:
    (folder / "net.yaml").write_text(HEAD + text)
    return archgraph.load(folder / "net.yaml")


def error(folder: Path, text: str) -> str:
    with pytest.raises(archgraph.SpecError) as caught:
        archgraph.expand(load(folder, text))
    return str(caught.value)


def test_features_are_taken_by_name_and_the_head_stays_out(folder: Path) -> None:
    graph = archgraph.expand(
        load(
            folder,
            "graph:\n  - {use: {spec: backbone.yaml, take: features}, id: net}\n"
            "  - {conv: [4, 1], from: net/c2, id: a}\n  - {conv: [4, 1], from: net/1, id: b}\noutputs: {a: a, b: b}\n",
        )
    )
    graph.check()
    assert list(graph.nodes) == [
        "net.low.conv", "net.low.norm", "net.low.act", "net.high.conv", "net.high.norm", "net.high.act", "a", "b",
    ]  # fmt: skip
    assert graph.nodes["a"].inputs[0].node == "net.low.act"
    assert graph.nodes["b"].shape == (4, 8, 8)
    assert graph.scopes["net"].op == "use"


def test_a_feature_that_nobody_goes_on_with_costs_nothing(folder: Path) -> None:
    spec = load(
        folder, "graph:\n  - {use: {spec: backbone.yaml, take: features}, id: net}\n  - {relu: , from: net/c2}\n"
    )
    graph = archgraph.expand(spec)
    graph.check()
    assert list(graph.nodes) == ["net.low.conv", "net.low.norm", "net.low.act", "relu1"]
    assert archgraph.cost(graph) == archgraph.cost(
        archgraph.expand(load(folder, ("graph:\n  - {use: {spec: backbone.yaml, take: c2}, id: net}\n  - relu\n")))
    )


def test_a_use_gives_variables_and_sees_the_sizes_of_its_input(folder: Path) -> None:
    graph = archgraph.expand(
        load(folder, "graph:\n  - {conv: [3, 3, 2]}\n  - {use: {spec: backbone.yaml, w: 4, classes: 7}, id: net}\n")
    )
    assert graph.nodes["net.head"].shape == (7,)
    assert graph.nodes["net.low.conv"].shape == (4, 8, 8)


def test_a_network_of_the_zoo_can_be_used() -> None:
    graph = archgraph.expand(archgraph.loads(HEAD + "graph: [use: {spec: resnet18, classes: 10}]"))
    own = archgraph.expand(archgraph.override(archgraph.load("resnet18"), {"classes": 10, "input": (3, 32, 32)}))
    assert archgraph.cost(graph).params == archgraph.cost(own).params
    assert archgraph.cost(graph).macs == archgraph.cost(own).macs


def test_a_use_is_copied_and_shared_like_any_node(folder: Path) -> None:
    graph = archgraph.expand(
        load(
            folder,
            "graph:\n  - {use: {spec: backbone.yaml, take: c2}, id: a, from: in}\n"
            "  - {use: , share: a, id: b, from: in}\n  - {add: , from: [a, b]}\n",
        )
    )
    graph.check()
    assert {node.name: node.shares for node in graph if node.shares} == {
        "b.low.conv": "a.low.conv",
        "b.low.norm": "a.low.norm",
    }


def test_mistakes_of_a_use_are_located(folder: Path) -> None:
    message = error(folder, "graph:\n  - use: {spec: backbone.yaml, take: feature}\n")
    assert "net.yaml:5:" in message and "features" in message
    assert "use needs 'spec'" in error(folder, "graph:\n  - use: {use: backbone.yaml, take: c2}\n")
    message = error(folder, "graph:\n  - use: {spec: backbone.yaml, width: 3}\n")
    assert "no variable 'width'" in message and "w" in message
    (folder / "backbone.yaml").write_text(BACKBONE.replace("kernel: 3, stride: 2", "kernel: 3, stride: two"))
    assert "backbone.yaml:6:" in error(folder, "graph:\n  - use: {spec: backbone.yaml}\n")


def test_a_choice_of_backbones_is_a_choice(folder: Path) -> None:
    (folder / "other.yaml").write_text(BACKBONE.replace("w: 8", "w: 16"))
    spec = load(folder, "graph:\n  - {use: {spec: {choice: [backbone.yaml, other.yaml]}, take: c2}, id: net}\n")
    assert archgraph.expand(spec).nodes["net.low.conv"].shape[0] == 8
    chosen = archgraph.expand(spec, choose=lambda name, choice: choice.options[-1])
    assert chosen.nodes["net.low.conv"].shape[0] == 16


def test_choices_inside_a_used_spec_are_asked_by_names_below_the_node(folder: Path) -> None:
    (folder / "backbone.yaml").write_text(BACKBONE.replace("{w: 8,", "{w: {choice: [8, 24]},"))
    asked: list[str] = []

    def choose(name: str, choice: object) -> int:
        asked.append(name)
        return 24

    spec = load(folder, "graph:\n  - {use: {spec: backbone.yaml, take: c2}, id: net}\n")
    assert archgraph.expand(spec, choose=choose).nodes["net.low.conv"].shape[0] == 24
    assert asked == ["net.vars.w"]


def test_what_an_unused_node_takes_of_a_use_stays_with_it(folder: Path) -> None:
    graph = archgraph.expand(
        load(
            folder,
            "graph:\n  - {use: {spec: backbone.yaml, take: features}, id: net}\n"
            "  - {conv: [4, 3], from: net/c3, id: unused}\n  - {conv: [4, 3], from: net/c2}\n",
        )
    )
    graph.check()
    assert graph.nodes["unused"].inputs[0].node == "net.high.act"


def test_what_is_taken_is_a_text(folder: Path) -> None:
    text = "vars: {t: 3}\ngraph: [use: {spec: backbone.yaml, take: $t}]\n"
    assert "net.yaml:5:42: use1: take is 3, it takes a text" in error(folder, text)
