"""A view in a browser: what happens in the page when its file is saved."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from chromium import complaints, outside

from archgraph.checking import check
from archgraph.cli.given import Given
from archgraph.pictures.live.board import Board
from archgraph.pictures.live.following import Follower
from archgraph.pictures.live.server import serving

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

NET = """\
archgraph: 1
name: one
input: [3, 32, 32]
blocks:
  unit: {args: {out: int}, graph: [conv: [$out, 3], relu, conv: [$out, 3], relu]}
graph:
  - {unit: 8, id: first}
  - {unit: 16, id: second}
  - global_avg_pool
  - {linear: 10, id: head}
"""
WRONG = NET.replace("linear: 10", "linear: ten").replace("unit: 8", "unti: 8")


@dataclass(frozen=True)
class View:
    """A browser at a page, and the file that the page follows."""

    browser: Chrome
    file: Path
    url: str

    def open(self) -> None:
        self.browser.get(self.url)
        self.until(lambda: self.run("return 'ready' in document.documentElement.dataset"))

    def save(self, text: str) -> None:
        self.file.write_text(text)

    def run(self, script: str, *given: object) -> Any:
        return self.browser.execute_script(script, *given)

    def until(self, wanted: Callable[[], object]) -> None:
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver.support.ui import WebDriverWait

        # While the page is loaded anew there is nobody to ask.
        WebDriverWait(self.browser, 30, 0.05, [WebDriverException]).until(lambda _: wanted())

    def shows(self, name: str) -> None:
        """Wait for the picture of a network that is current."""
        self.until(
            lambda: self.run(
                "return 'ready' in document.documentElement.dataset && document.getElementById('name').textContent"
                " === arguments[0] && document.getElementById('live').dataset.status === 'current'",
                name,
            )
        )

    def panel(self) -> str:
        text: str = self.run("return document.getElementById('live').innerText")
        return text


@pytest.fixture
def view(browser: Chrome, tmp_path: Path) -> Iterator[View]:
    file = tmp_path / "net.yaml"
    file.write_text(NET)
    follower = Follower(lambda opening: Given.read(str(file), None, None, opening=opening), file)
    board, stop = Board(str(file)), threading.Event()
    board.show(follower.read())
    with serving(board) as server:
        thread = threading.Thread(target=follower.follow, args=(board, stop))
        thread.start()
        yield View(browser, file, server.url)
        browser.get("about:blank")
        stop.set()
        thread.join()


def test_a_saved_file_is_shown_and_a_mistake_stands_at_its_line_until_it_is_mended(view: View) -> None:
    view.open()
    view.shows("one")
    assert view.browser.title == view.file.name
    view.save(NET.replace("name: one", "name: two"))
    view.shows("two")

    view.save(WRONG)
    view.until(lambda: "✗ " in view.browser.title)
    findings = check(str(view.file)).findings
    assert f"{len(findings)} mistakes" in view.browser.title and len(findings) >= 2
    shown = view.run(
        "return [...document.querySelectorAll('#live li')].map((item) => [item.querySelector('strong').textContent,"
        " item.querySelector('pre').textContent])"
    )
    assert shown == [[f"{one.at}: {one.message}", one.at.excerpt()] for one in findings if one.at]
    assert "the picture is of" in view.panel()
    assert view.run("return document.getElementById('name').textContent") == "two"
    assert view.run("return document.querySelectorAll('#scene [data-id]').length") > 0

    view.save(NET.replace("name: one", "name: three"))
    view.shows("three")
    assert view.run("return document.querySelectorAll('#live li').length") == 0
    assert view.browser.title == view.file.name
    _asks_only_itself(view)


def test_what_is_open_chosen_and_seen_stays(view: View) -> None:
    view.open()
    view.shows("one")
    view.run("explorer.fold(explorer.network.byName('second'))")
    view.run("explorer.choose(explorer.network.byName('head'), { still: true })")
    view.run("explorer.camera.zoom(1.5); explorer.camera.pan(-31, 17)")
    place = (
        "const { camera, scene, network, open, chosen } = explorer, box = scene.place(network.byName('head'));"
        "return [camera.scale, box.x * camera.scale + camera.x, box.y * camera.scale + camera.y,"
        " chosen.name, [...open].map((id) => network.parts[id].name).sort()]"
    )
    before = view.run(place)
    view.save(NET.replace("name: one", "name: two").replace("  - global", "  - relu\n  - global"))
    view.shows("two")
    after = view.run(place)
    assert after[:3] == pytest.approx(before[:3], abs=0.5) and after[3:] == before[3:]
    assert after[3] == "head"

    view.save(NET.replace("name: one", "name: three").replace("id: head", "id: other"))
    view.shows("three")
    assert view.run("return explorer.chosen") is None


def test_a_file_that_is_wrong_at_first_waits_in_the_page(view: View) -> None:
    view.save("archgraph: 1\nname: [\n")
    view.browser.get(view.url)
    view.until(lambda: "✗ " in view.browser.title)
    view.save(NET)
    view.shows("one")


def test_what_changed_since_the_beginning_is_marked(view: View) -> None:
    view.open()
    view.save(
        NET.replace("name: one", "name: two")
        .replace("unit: 16", "unit: 24")
        .replace("  - global", "  - dropout: 0.5\n  - global")
    )
    view.shows("two")
    view.run("document.querySelector('#live a').click()")
    view.until(lambda: view.run("return explorer.network.parts.some((part) => part.status)"))
    marks = view.run(
        "return Object.fromEntries(explorer.network.parts.filter((p) => p.status).map((p) => [p.name, p.status]))"
    )
    assert marks["second"] == "changed" and marks["dropout1"] == "added" and "first" not in marks
    view.save(NET)
    view.shows("one")
    assert view.run("return explorer.network.parts.filter((part) => part.status).length") == 0


def test_names_and_lines_of_a_file_are_text(view: View) -> None:
    view.open()
    hostile = "<img src=x onerror=document.title='got'>"
    view.save(NET.replace("name: one", f'name: "{hostile}"'))
    view.shows(hostile)
    view.save(NET.replace("unit: 8", f"'{hostile}': 8") + f"# {hostile}\n")
    view.until(lambda: "✗ " in view.browser.title)
    assert hostile in view.panel() and view.run("return document.querySelectorAll('#live img, #name img').length") == 0
    _asks_only_itself(view)


def test_two_tabs_follow_one_file_and_one_may_go(view: View) -> None:
    view.open()
    first = view.browser.current_window_handle
    view.browser.switch_to.new_window("tab")
    view.open()
    view.save(NET.replace("name: one", "name: two"))
    view.shows("two")
    view.browser.close()
    view.browser.switch_to.window(first)
    view.shows("two")
    view.save(NET.replace("name: one", "name: three"))
    view.shows("three")


def _asks_only_itself(view: View) -> None:
    """Nothing was asked for but this server's own addresses, and the page's policy was not broken."""
    server = urlsplit(view.url).netloc
    assert {urlsplit(address).netloc for address in outside(view.browser)} == {server}
    assert complaints(view.browser) == []


def test_the_end_of_the_view_is_told(browser: Chrome, tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(NET)
    follower = Follower(lambda opening: Given.read(str(file), None, None, opening=opening), file)
    board = Board(str(file))
    board.show(follower.read())
    with serving(board) as server:
        view = View(browser, file, server.url)
        view.open()
        view.shows("one")
    view.until(lambda: "has ended" in view.panel())
    assert view.run("return document.querySelectorAll('#scene [data-id]').length") > 0
