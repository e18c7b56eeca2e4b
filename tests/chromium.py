"""A headless Chromium for tests and measurements of pages, driven by selenium. Of itself it asks no network."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
    "--disable-extensions", "--no-proxy-server", "--force-prefers-reduced-motion",
)  # fmt: skip
LOCAL = ("file:", "data:", "blob:", "about:", "chrome:")
"""Addresses that are answered without a network."""


def programs() -> tuple[str, str] | None:
    """The paths of Chromium and its driver, or None where one is missing."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@contextmanager
def chromium(folder: Path, *, width: int = 1200, height: int = 800) -> Iterator[Chrome]:
    """A browser whose profile is in `folder`; it notes every request, for `requested`.

    Raises LookupError where there is none, ImportError without selenium.
    """
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    found = programs()
    if found is None:
        raise LookupError("no chromium, or no chromedriver: Debian has both (chromium, chromium-driver)")
    options = ChromeOptions()
    options.binary_location = found[0]
    for flag in (*QUIET, f"--user-data-dir={folder}", f"--window-size={width},{height}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    os.environ.setdefault("SE_OFFLINE", "true")
    driver = Chrome(options, Service(found[1]))
    try:
        yield driver
    finally:
        driver.quit()


def requested(browser: Chrome) -> list[str]:
    """Every address that pages have asked for since this was last called, the pages' own among them."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def outside(browser: Chrome) -> list[str]:
    """The addresses among `requested` that a network would have to answer."""
    return [address for address in requested(browser) if not address.startswith(LOCAL)]


def complaints(browser: Chrome) -> list[str]:
    """What pages have written to the browser's console as errors or warnings since this was last called."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
