"""A drawing as bytes, as a file, in a notebook, and where no program can draw it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import archgraph
from archgraph.errors import UsageError
from archgraph.pictures import picture
from archgraph.pictures.picture import Drawing, pure_program

DRAWING = Drawing("digraph { a -> b }")
MAGIC = {"svg": b"<?xml", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-", "dot": b"digraph {"}


@pytest.fixture
def without_dot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.parametrize("format", ["svg", "png", "dot"])
def test_graphviz_pure_draws_where_there_is_no_dot(format: str, without_dot: None) -> None:
    assert DRAWING.render(format).startswith(MAGIC[format])


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")
@pytest.mark.parametrize("format", sorted(MAGIC))
def test_dot_draws_every_format(format: str) -> None:
    assert DRAWING.render(format).startswith(MAGIC[format])


def test_pdf_without_dot_says_what_to_install(without_dot: None) -> None:
    with pytest.raises(UsageError, match="no `dot` on the PATH to draw pdf; install Graphviz"):
        DRAWING.render("pdf")


def test_the_pure_program_is_found_beside_the_python_that_runs(without_dot: None) -> None:
    assert Path(pure_program()).name.startswith("graphviz-pure")


def test_a_text_that_cannot_be_drawn_is_told_with_what_the_program_says() -> None:
    with pytest.raises(UsageError, match=r"could not draw the picture: .*syntax error"):
        Drawing("digraph {").render("svg")


@pytest.mark.parametrize(
    ("name", "said"),
    [("net.jpg", "no picture format 'jpg'"), ("net", "has no ending that says its format"), ("net.", "has no ending")],
)
def test_a_file_needs_an_ending_that_is_a_format(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        DRAWING.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_drawing_is_saved_by_its_ending(tmp_path: Path) -> None:
    DRAWING.save(tmp_path / "net.SVG")
    assert (tmp_path / "net.SVG").read_bytes().startswith(MAGIC["svg"])


def test_nothing_is_written_where_drawing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "net.svg"
    target.write_text("old")
    monkeypatch.setattr(picture, "_run", lambda *given: (_ for _ in ()).throw(UsageError("broken")))
    with pytest.raises(UsageError):
        DRAWING.save(target)
    assert target.read_text() == "old"


def test_a_notebook_gets_an_svg() -> None:
    drawing = archgraph.draw(archgraph.load("lenet5"))
    bundle = drawing._repr_mimebundle_()
    assert bundle["image/svg+xml"] == drawing._repr_svg_()
    assert "<svg" in drawing._repr_svg_() and "lenet5" in drawing._repr_svg_()
    assert repr(drawing).startswith("Drawing(")


def test_depth_reaches_the_picture() -> None:
    spec = archgraph.load("resnet18")
    assert len(archgraph.draw(spec, depth=1).dot) < len(archgraph.draw(spec, depth=2).dot)
