"""Each mutation has a picture of what it does, and it is what it does now."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from archgraph.pictures.theme import STATUS
from archgraph.search.mutations import MUTATIONS

DOCS = Path(__file__).parent.parent.parent / "docs"
SMALL = 32_000
"""Bytes; a page of eighteen pictures is opened at once."""
MARKED = [colours.edge for status, colours in STATUS.items() if status != "same"]


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    """The script that draws them."""
    specification = importlib.util.spec_from_file_location("docs_mutations", DOCS / "mutations.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules["docs_mutations"] = module
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_picture_of_a_mutation_is_what_it_does(name: str, pages: ModuleType, pictures: ModuleType) -> None:
    kept = (DOCS / "images" / "mutations" / f"{name}.svg").read_text(encoding="utf-8")
    drawn = pictures.picture(name).render("svg").decode()
    assert pages.content(kept) == pages.content(drawn), "python docs/mutations.py draws it"
    assert len(kept) < SMALL
    assert any(edge in kept for edge in MARKED), "nothing in it is marked"


def test_the_page_of_mutations_shows_each_picture() -> None:
    page = (DOCS / "mutations.md").read_text(encoding="utf-8")
    assert [name for name in MUTATIONS if f"(images/mutations/{name}.svg)" not in page] == []
