"""The report of a search in a browser: its charts are drawn, its networks shown, and what people wrote stays text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console
from search.fakes import Fake
from search.reported import HOSTILE, NAME, searched_for_hostile_names

from archgraph.search.baseline import baseline
from archgraph.search.outcome import Outcome, read_outcome

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CARD = """
const card = document.getElementById("card");
return {
  shown: !card.hidden, kept: "kept" in card.dataset, trial: card.querySelector("h2")?.textContent ?? "",
  text: card.textContent, width: card.querySelector("img")?.naturalWidth ?? 0,
  picture: decodeURIComponent(card.querySelector("img")?.src ?? ""),
};
"""
POINT = """
const chart = document.getElementById("chart-front"), [number] = arguments;
chart.scrollIntoView({ block: "center" });
const trace = chart.data.find((each) => each.customdata?.includes(number) && each.meta === "own");
const place = trace.customdata.indexOf(number), full = chart._fullLayout, box = chart.getBoundingClientRect();
return [
  Math.round(box.x + full._size.l + full.xaxis.d2p(trace.x[place])),
  Math.round(box.y + full._size.t + full.yaxis.d2p(trace.y[place])),
];
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search with hostile names, a failed trial, and random search beside it."""
    folder = searched_for_hostile_names(tmp_path_factory.mktemp("hostile"))
    baseline(folder, evaluator=Fake(), console=Console(file=io.StringIO()))
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> Outcome:
    return read_outcome(folder)


@pytest.fixture(scope="module")
def loaded(shared_browser: Chrome, folder: Path) -> Chrome:
    from chromium import complaints, requested

    requested(shared_browser)
    complaints(shared_browser)
    shared_browser.set_window_size(1200, 800)
    shared_browser.get((folder / "report.html").as_uri())
    until(shared_browser, "return 'drawn' in document.documentElement.dataset")
    return shared_browser


@pytest.fixture
def report(loaded: Chrome) -> Iterator[Chrome]:
    """The browser at the report, whose charts are drawn; it takes seconds, so it is loaded once."""
    yield loaded
    loaded.set_window_size(1200, 800)
    loaded.execute_script("""
      dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
      document.activeElement.blur();
      for (const [id, value] of [["front-x", "macs"], ["progress-x", "trials"]]) {
        document.getElementById(id).value = value;
        document.getElementById(id).dispatchEvent(new Event("change"));
      }
    """)


def until(browser: Chrome, script: str) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 60, 0.05).until(lambda driver: driver.execute_script(script))


def card(browser: Chrome, trial: int) -> dict[str, Any]:
    """What the card of a network says, once it has that of a trial and its picture."""
    until(browser, f"const c = document.getElementById('card'); return c.textContent.includes('Trial {trial}')")
    until(browser, "return document.querySelector('#card img')?.complete")
    return dict(browser.execute_script(CARD))


def test_all_charts_are_drawn_and_nothing_is_asked_of_a_network(report: Chrome) -> None:
    from chromium import complaints, outside

    marks = {
        "front": ".points path", "progress": ".lines path", "operators": ".bars path", "funnel": ".funnellayer path",
        "reasons": ".bars path",
    }  # fmt: skip
    for chart, mark in marks.items():
        assert report.execute_script(f"return document.querySelectorAll('#chart-{chart} {mark}').length") > 0, chart
    assert outside(report) == [] and complaints(report) == []
    offered = report.execute_script("return [...document.querySelectorAll('.modebar-btn')].map((b) => b.dataset.title)")
    assert "Zoom" in offered and not [name for name in offered if "Share" in name or "Cloud" in name]


def test_the_page_may_send_nothing_anywhere(report: Chrome) -> None:
    """Whatever ran in it: what scripts ask for is refused by the page's own policy."""
    from chromium import complaints
    from selenium.webdriver.support.wait import WebDriverWait

    form = "const f = document.createElement('form'); f.action = 'http://127.0.0.1:9/'; document.body.append(f);"
    for attempt in (
        "fetch('http://127.0.0.1:9/').catch(() => 0)",
        "new Image().src = 'http://127.0.0.1:9/picture.png'",
        "navigator.sendBeacon('http://127.0.0.1:9/')",
        f"{form} f.submit()",
    ):
        report.execute_script(attempt)
        refused = WebDriverWait(report, 60, 0.05).until(complaints)
        assert all("Content Security Policy" in said for said in refused), attempt
    assert report.current_url.startswith("file:")


def test_what_users_wrote_is_shown_as_text(report: Chrome) -> None:
    """In the page, in what plotly shows under the pointer, and in the picture of a network."""
    assert report.execute_script("return document.querySelectorAll('body script').length") == 4
    assert report.execute_script("return document.querySelectorAll('img:not(.picture img), [onerror]').length") == 0
    rows = "return document.getElementById(arguments[0]).textContent"
    assert HOSTILE in report.execute_script(rows, "trial-4") and NAME in report.execute_script(rows, "trial-0")
    report.execute_script("Plotly.Fx.hover('chart-progress', [{ curveNumber: 0, pointNumber: 0 }])")
    until(report, "return document.querySelector('#chart-progress .hoverlayer text')")
    told = report.execute_script("return document.querySelector('#chart-progress .hoverlayer').textContent")
    assert NAME in told
    tree = report.execute_script("return document.querySelector('svg.tree').textContent")
    assert f"parent {NAME}"[:33] in tree


def test_pointing_at_a_network_shows_it_and_a_click_keeps_it(report: Chrome, found: Outcome) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    best = found.best
    assert best is not None

    def point(x: int, y: int) -> ActionChains:
        chain = ActionChains(report, duration=0)
        chain.w3c_actions.pointer_action.move_to_location(x, y)
        return chain

    place = report.execute_script(POINT, best.number)
    point(*place).perform()
    seen = card(report, best.number)
    assert seen["shown"] and not seen["kept"] and seen["width"] > 50
    assert f"{100 * best.measure('accuracy'):.2f} %" in seen["text"] and best.change in seen["text"]
    assert f">small-{best.number:04d}<" in seen["picture"]
    point(5, 5).perform()
    until(report, "return document.getElementById('card').hidden")
    point(*place).click().perform()
    point(5, 5).perform()
    assert card(report, best.number)["kept"]
    ActionChains(report).send_keys(Keys.ESCAPE).perform()
    assert not report.execute_script(CARD)["shown"]


def test_networks_are_reached_by_keyboard(report: Chrome, found: Outcome) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    chart = report.find_element(By.ID, "chart-front")
    chart.send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    second = sorted(found.finished, key=lambda trial: (trial.cost["macs"], trial.number))[1].number
    assert card(report, second)["shown"]
    chart.send_keys(Keys.ENTER)
    assert card(report, second)["kept"]
    chart.send_keys(Keys.ESCAPE)
    report.execute_script("document.querySelector('svg.tree a').focus()")
    assert card(report, 0)["shown"]


def test_axes_tables_and_colours_are_the_readers_choice(report: Chrome, found: Outcome) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.select import Select

    Select(report.find_element(By.ID, "front-x")).select_by_value("params")
    shown = report.execute_script(
        "const t = document.getElementById('chart-front').data[1]; return [t.customdata, t.x]"
    )
    assert shown[1] == [found.trials[number].cost["params"] for number in shown[0]]
    Select(report.find_element(By.ID, "progress-x")).select_by_value("device time")
    times = report.execute_script("return document.getElementById('chart-progress').data[1].x")
    assert times == pytest.approx([0.01 * n for n in range(1, 12)])

    column = "return [...document.querySelectorAll('#trials tbody tr')].map((row) => row.cells[2].textContent)"
    title = report.find_element(By.CSS_SELECTOR, "#trials th:nth-child(3) button")
    title.click()
    assert report.execute_script(column) == [f"{m:,}" for m in sorted(trial.cost["macs"] for trial in found.trials)]

    back = "return getComputedStyle(document.body).backgroundColor"
    light = report.execute_script(back)
    report.find_element(By.ID, "theme").click()
    assert report.execute_script(back) != light


def test_a_narrow_screen_scrolls_one_way_only(report: Chrome) -> None:
    report.set_window_size(500, 800)
    until(report, "return document.documentElement.scrollWidth === document.documentElement.clientWidth")
    assert report.execute_script("return innerWidth") == 500
