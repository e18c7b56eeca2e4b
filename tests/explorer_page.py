"""A page of the explorer in a browser, and what a reader does with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chromium import complaints

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

HEAD = "archgraph: 1\nname: net\ninput: [8, 16, 16]\n"
RESIDUAL = """graph:
  - {conv: {out: 8, kernel: 3, norm: batch, act: relu}, id: stem}
  - residual: {body: [{conv: [8, 3], id: one}, relu, {conv: [8, 3], id: two}], act: relu}
    id: block
  - {conv: [4, 1], id: head}
"""
PARTS = (
    "return [...document.querySelectorAll('#scene .part')].map((part) => explorer.network.parts[part.dataset.id].name)"
)
PATIENCE = 30
SETTLED = """
const drawn = [...explorer.scene.drawn.values()].filter(({part}) => part.id >= 0);
return drawn.every(({part, layout}) => !layout === !explorer.open.has(part.id));
"""
"""Whether the boxes are drawn open that are to be open; the library may have to be unpacked first."""


class Page:
    """A page of the explorer that is open in the browser."""

    def __init__(self, browser: Chrome, address: str) -> None:
        self.browser = browser
        browser.get("about:blank")
        browser.get(address)
        self.until("return 'ready' in document.documentElement.dataset")

    def run(self, script: str, *given: Any) -> Any:
        return self.browser.execute_script(script, *given)

    def until(self, script: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.run(script):
            assert time.monotonic() < end, (script, complaints(self.browser))
            time.sleep(0.02)

    def shows(self) -> set[str]:
        """Names of the parts that are drawn."""
        return set(self.run(PARTS))

    def part(self, name: str) -> Any:
        """The element of a part."""
        found = "return explorer.scene.drawn.get(explorer.network.byName(arguments[0]).id).node"
        return self.run(found, name)

    def fold(self, name: str) -> None:
        """Click on the mark of a box."""
        self.click(f"#scene [data-fold='{self.run('return explorer.network.byName(arguments[0]).id', name)}'] .touch")
        self.until(SETTLED)

    def click(self, selector: str) -> None:
        """Press and release the mouse in the middle of an element, bringing it into view first."""
        from selenium.webdriver import ActionChains

        found = self.browser.find_element("css selector", selector)
        ActionChains(self.browser, duration=0).move_to_element(found).click().perform()

    def keys(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.browser, duration=0).send_keys(*keys).perform()

    def focused(self) -> str:
        """The name of the part that has the focus."""
        found = "return explorer.network.parts[document.activeElement.dataset.id]?.name ?? document.activeElement.id"
        return str(self.run(found))

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))


Opens = Callable[..., Page]
