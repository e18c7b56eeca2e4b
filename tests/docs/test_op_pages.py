"""The pages of the ops are what their classes say now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parent.parent.parent / "docs"


def generator() -> ModuleType:
    specification = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_op_pages_are_up_to_date() -> None:
    written = {page.name: page.read_text("utf-8") for page in (DOCS / "ops").glob("*.md")}
    wanted = generator().pages()
    stale = sorted(name for name in {*written, *wanted} if written.get(name) != wanted.get(name))
    assert not stale, "`make docs` writes them"
