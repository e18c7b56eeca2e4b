"""The gallery's page and pictures are those that its script makes now, and they are small."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from picture_layout import read

DOCS = Path(__file__).parent.parent.parent / "docs"
MOST_BYTES = 1_500_000
"""All pictures together."""


def _load() -> ModuleType:
    specification = importlib.util.spec_from_file_location("docs_gallery", DOCS / "gallery.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules["docs_gallery"] = module
    specification.loader.exec_module(module)
    return module


GALLERY = _load()


@pytest.mark.parametrize("shown", GALLERY.GALLERY, ids=lambda shown: shown.file.stem)
def test_a_picture_of_the_gallery_is_what_is_drawn_now(shown: object, pages: ModuleType) -> None:
    kept, drawn = shown.file.read_text(encoding="utf-8"), shown.svg()  # type: ignore[attr-defined]
    assert pages.content(kept) == pages.content(drawn), "python docs/gallery.py draws it"
    assert list(read(kept).faults()) == []


def test_the_page_shows_every_picture_and_all_are_small() -> None:
    assert (DOCS / "gallery.md").read_text(encoding="utf-8") == GALLERY.page()
    files = sorted((DOCS / "images" / "gallery").iterdir())
    assert files == sorted(shown.file for shown in GALLERY.GALLERY) and len(files) >= 12
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
