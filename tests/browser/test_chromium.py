"""The browser that pages are tested in sees what a page asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chromium import complaints, outside, requested

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


def test_a_request_of_a_page_is_noticed(browser: Chrome, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><title>t</title><img src='http://127.0.0.1:9/picture.png'>")
    browser.get(page.as_uri())
    asked = requested(browser)
    assert page.as_uri() in asked and "http://127.0.0.1:9/picture.png" in asked
    browser.get(page.as_uri())
    assert outside(browser) == ["http://127.0.0.1:9/picture.png"]


def test_a_mistake_in_a_page_is_noticed(browser: Chrome, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><title>t</title><script>undefined.x</script>")
    browser.get(page.as_uri())
    assert any("undefined" in said for said in complaints(browser))
