"""`archgraph fmt`: files are laid out or left alone, and nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from archgraph.cli import app

Archgraph = Callable[..., Any]

UGLY = """\
# A network of one line.
archgraph: 1
graph:
    - conv:  # the only one
        kernel: 3
        out: 8
input: [3, 8, 8]
name: one
"""
NEAT = """\
# A network of one line.
archgraph: 1
name: one
input: [3, 8, 8]

graph:
  - conv: [8, 3]  # the only one
"""
BROKEN = "archgraph: 1\nname: broken\ninput: [3, 8, 8]\ngraph: [convv: 3,   relu]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("ugly", UGLY), ("neat", NEAT), ("broken", BROKEN)):
        (tmp_path / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_are_laid_out(archgraph: Archgraph, folder: Path) -> None:
    os.utime("neat.yaml", (0, 0))
    ran = archgraph("fmt", "ugly.yaml", "neat.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "ugly.yaml is laid out\n", "")
    assert Path("ugly.yaml").read_text() == NEAT
    assert Path("neat.yaml").stat().st_mtime == 0
    assert sorted(path.name for path in folder.iterdir()) == ["broken.yaml", "neat.yaml", "ugly.yaml"]


def test_check_writes_nothing_and_fails_where_something_would_change(archgraph: Archgraph, folder: Path) -> None:
    ran = archgraph("fmt", "--check", "ugly.yaml", "neat.yaml")
    assert (ran.code, ran.out, ran.err) == (1, "", "ugly.yaml would be laid out\n")
    assert Path("ugly.yaml").read_text() == UGLY
    assert archgraph("fmt", "--check", "neat.yaml").code == 0


def test_diff_shows_what_would_change(archgraph: Archgraph, folder: Path) -> None:
    ran = archgraph("fmt", "--diff", "ugly.yaml", "neat.yaml")
    assert ran.code == 0
    assert ran.out.startswith("--- ugly.yaml\n+++ ugly.yaml laid out\n@@ -1,8 +1,7 @@\n # A network of one line.\n")
    assert Path("ugly.yaml").read_text() == UGLY
    assert archgraph("fmt", "--diff", "--check", "ugly.yaml").code == 1


def test_a_file_with_mistakes_stays_as_it_is(archgraph: Archgraph, folder: Path) -> None:
    ran = archgraph("fmt", "broken.yaml", "ugly.yaml")
    assert ran.code == 1
    assert ran.err.startswith("broken.yaml:4:9: unknown op 'convv'\n    4 | graph:")
    assert Path("broken.yaml").read_text() == BROKEN
    assert Path("ugly.yaml").read_text() == NEAT


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet50", "archgraph: no file 'resnet50'; a network of the zoo is laid out already: give files\n"),
        ("nothing.yaml", "archgraph: no file 'nothing.yaml'\n"),
        (".", "archgraph: '.' is a folder, not a file\n"),
        ("recipe.yaml", "archgraph: recipe.yaml is a recipe: only specs are laid out\n"),
    ],
)
def test_what_is_no_file_of_a_spec_is_wrong_use(archgraph: Archgraph, folder: Path, name: str, message: str) -> None:
    (folder / "recipe.yaml").write_text("archgraph_search: 1\nname: r\n")
    ran = archgraph("fmt", name)
    assert (ran.code, ran.err) == (2, message)


def test_standard_input_is_printed(folder: Path) -> None:
    result = CliRunner().invoke(app, ["fmt", "-"], input=UGLY)
    assert (result.exit_code, result.stdout) == (0, NEAT)
    result = CliRunner().invoke(app, ["fmt", "-"], input=BROKEN)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("<stdin>:4:9: unknown op 'convv'")


def test_a_file_of_blocks_and_the_file_that_uses_it(archgraph: Archgraph, folder: Path) -> None:
    parts = "archgraph: 1\nname: parts\n\nblocks:\n  unit: {graph: [relu]}\n"
    (folder / "parts.yaml").write_text(parts)
    (folder / "user.yaml").write_text(BROKEN.replace("graph: [convv: 3,", "use: [parts.yaml]\ngraph: [unit,"))
    assert archgraph("fmt", "parts.yaml", "user.yaml").out == "user.yaml is laid out\n"
    assert Path("user.yaml").read_text().endswith("use: [parts.yaml]\n\ngraph:\n  - unit\n  - relu\n")


def test_a_text_that_is_not_utf8_stays_as_it_is(archgraph: Archgraph, folder: Path) -> None:
    Path("latin.yaml").write_bytes(UGLY.replace("A network", "Réseau").encode("latin-1"))
    ran = archgraph("fmt", "latin.yaml")
    assert ran.code == 1 and ran.err.startswith("latin.yaml:1:4: not UTF-8 text")
