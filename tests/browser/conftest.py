"""One Chromium for all tests of pages, since starting it takes seconds.

Without Chromium, its driver or selenium these tests are skipped; where `ARCHGRAPH_BROWSER=required`, as in CI, that is
a failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import chromium, complaints, outside, programs, requested
from explorer_page import HEAD, Opens, Page

import archgraph
from archgraph.graph.model import Graph
from archgraph.pictures.explorer.page import page

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


@pytest.fixture(scope="session")
def shared_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    if find_spec("selenium") is None:
        _do_without("no selenium: `pip install selenium`")
    if programs() is None:
        _do_without("no chromium, or no chromedriver: Debian has both (chromium, chromium-driver)")
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


def _do_without(missing: str) -> None:
    if os.environ.get("ARCHGRAPH_BROWSER") == "required":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
def browser(shared_browser: Chrome) -> Chrome:
    """The browser at an empty page, 1200 × 800, with nothing noted of what came before."""
    shared_browser.get("about:blank")
    shared_browser.set_window_size(1200, 800)
    requested(shared_browser)
    complaints(shared_browser)
    return shared_browser


@pytest.fixture
def explorer(browser: Chrome, tmp_path: Path) -> Iterator[Opens]:
    """Opens a graph, or the network that a text describes, in the browser, from a file.

    After the test, no page may have asked a network for anything or complained.
    """

    def opens(given: Graph | str, *, fragment: str = "", **options: Any) -> Page:
        graph = archgraph.expand(archgraph.loads(HEAD + given)) if isinstance(given, str) else given
        file = tmp_path / "page.html"
        file.write_text(page(graph, **options), encoding="utf-8")
        return Page(browser, file.as_uri() + fragment)

    yield opens
    assert outside(browser) == []
    assert complaints(browser) == []
