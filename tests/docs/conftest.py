"""The examples of the documentation, as docs/pages.py reads them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"


def _load() -> ModuleType:
    specification = importlib.util.spec_from_file_location("docs_pages", DOCS / "pages.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules["docs_pages"] = module
    specification.loader.exec_module(module)
    return module


PAGES = _load()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "page" in metafunc.fixturenames:
        ids = [str(page.relative_to(PAGES.ROOT)) for page in PAGES.pages()]
        metafunc.parametrize("page", PAGES.pages(), ids=ids)


@pytest.fixture(scope="session")
def pages() -> ModuleType:
    """The module that finds and runs the examples of a page."""
    return PAGES
