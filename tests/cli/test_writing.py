"""`archgraph init` and `schema`: what they write is right as it stands, and nothing is overwritten."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import archgraph as package
from archgraph.graph.hashing import canonical_hash
from archgraph.schema import schema
from archgraph.zoo import names

Archgraph = Callable[..., Any]


def test_the_first_spec_is_a_network_whose_next_commands_work(
    archgraph: Archgraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = archgraph("init")
    assert ran.code == 0 and ran.out.startswith("network.yaml is written.")
    commands = [re.split("  +", line)[1].split() for line in ran.out.splitlines()[1:]]
    assert [words[1] for words in commands] == ["check", "show", "render", "schema"]
    for words in commands:
        assert archgraph(*words[1:]).code == 0, words
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archgraph.schema.json", "network.svg", "network.yaml"]


def test_the_first_spec_has_the_name_of_its_file_and_says_what_each_part_is(
    archgraph: Archgraph, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yml"
    archgraph("init", path)
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=archgraph.schema.json\n")
    assert package.load(path).name == "mine"
    assert all("#" in line for line in text.splitlines() if line and not line.startswith((" ", "name", "about")))
    assert archgraph("fmt", "--check", path).code == 0
    assert [one["reduction"] for one in archgraph("show", path, "--features", "--json").json["features"]] == [1, 2, 4]


def test_nothing_is_overwritten_unless_that_is_asked_for(archgraph: Archgraph, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("mine")
    ran = archgraph("init", path)
    assert ran.code == 2 and "--force" in ran.err and path.read_text() == "mine"
    assert archgraph("init", path, "--force").code == 0 and path.read_text() != "mine"


@pytest.mark.parametrize("name", ["lenet5", "resnet18", "vgg11_bn", "deeplabv3_resnet50", "hrnetv2_w18_seg"])
def test_a_network_of_the_zoo_can_be_the_first_spec(name: str, archgraph: Archgraph, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    assert archgraph("init", path, "--from", name).code == 0
    written = package.load(path)
    assert canonical_hash(package.expand(written)) == canonical_hash(package.expand(package.load(name)))
    assert not written.variants and archgraph("check", path).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["init", "net.txt"], "does not end in .yaml"),
        (["init", "no/such/net.yaml"], "No such file or directory"),
        (["init", "net.yaml", "--from", "resnet51"], "did you mean 'resnet50'?"),
        (["schema", "-o", "no/such/file.json"], "No such file or directory"),
    ],
)
def test_wrong_use_writes_nothing(
    words: list[str], said: str, archgraph: Archgraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = archgraph(*words)
    assert ran.code == 2 and said in ran.err and not list(tmp_path.iterdir())


def test_the_schema_is_printed_or_written(archgraph: Archgraph, tmp_path: Path) -> None:
    wanted = schema(networks=names())
    assert archgraph("schema").json == wanted
    assert archgraph("schema", "-o", tmp_path / "s.json").code == 0
    assert json.loads((tmp_path / "s.json").read_text()) == wanted
