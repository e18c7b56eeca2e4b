"""The explorer in Chromium: how soon its picture is there, how long a fold takes, and what could lay it out.

Limits: a first paint within 1 s, a fold in a network of 2,000 nodes within 200 ms, a page of resnet50 below 1 MB. The
times of the page's main thread stand beside the wall's, for a machine that does other things. `--libraries` compares
viz.js with elkjs on whole pictures, both from npm.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import archgraph
from archgraph.graph.model import Graph
from archgraph.pictures.explorer.contents import contents
from archgraph.pictures.explorer.page import page

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from chromium import chromium, programs
from selenium.common.exceptions import TimeoutException
from timing import options, report

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

NETWORKS = ("resnet50", "hrnetv2_w48", "densenet201")
CELL = "[{conv: [8, 1], id: a}, {relu: , id: b}, {add: , from: [a, b], id: c}, {relu: , id: d}]"
LARGE = f"""archgraph: 1
name: 2,000 nodes
input: [8, 16, 16]
blocks:
  cell: {{graph: {CELL}}}
  stage: {{graph: [{{cell: , repeat: 50}}]}}
graph: [{{stage: , repeat: 10, id: s}}]
"""
FOLD = """
const [pick, done] = arguments;
const boxes = explorer.network.parts.filter((part) => part.box && explorer.scene.drawn.has(part.id));
const box = pick === 'inner' ? boxes[Math.floor(boxes.length / 2)] : boxes[0];
const start = performance.now();
explorer.fold(box).then(() => requestAnimationFrame(() => setTimeout(() => done(performance.now() - start))));
"""
ALL = "const done = arguments[0]; explorer.all(true).then(() => requestAnimationFrame(() => setTimeout(done)));"
UNITS = ("conv", "linear")
MOST_ARROWS = 300
"""With those of a whole dense network, neither library ends in minutes."""
PATIENCE = 60
"""Seconds for one library and one picture."""
PAINT = "return performance.getEntriesByName('first-contentful-paint')[0].startTime"
DRAWN = "return performance.getEntriesByName('drawn')[0].startTime"
LIBRARIES = {"viz.js": ("@viz-js/viz", "dist/viz-global.js"), "elkjs": ("elkjs", "lib/elk.bundled.js")}
RUNNERS = {
    "viz.js": "const viz = await Viz.instance(); return (given) => viz.render(given.dot, {format: 'json0'}).output;",
    "elkjs": "const elk = new ELK(); return async (given) => (await elk.layout(structuredClone(given.elk))).height;",
}
RUN = """
const [runner, first, second, rounds, done] = arguments;
(async () => {
  const start = performance.now();
  const run = await (new (Object.getPrototypeOf(async () => {}).constructor)(runner))();
  const begun = performance.now();
  await run(first);
  const drawn = performance.now();
  const again = [];
  for (let n = 0; n < rounds; n += 1) {
    await run(first);
    const before = performance.now();
    await run(second);
    again.push(performance.now() - before);
  }
  done([begun - start, drawn - begun, Math.min(...again)]);
})().catch((error) => done(String(error)));
"""


def busy(browser: Chrome) -> float:
    """Milliseconds that the page's main thread has worked so far, by its own clock."""
    found = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return 1e3 * next(float(one["value"]) for one in found if one["name"] == "TaskDuration")


def opened(browser: Chrome, file: Path) -> None:
    browser.get("about:blank")
    browser.get(file.as_uri())
    while not browser.execute_script("return 'ready' in document.documentElement.dataset"):
        time.sleep(0.05)


def folds(browser: Chrome, pick: str, rounds: int) -> tuple[list[float], list[float]]:
    """Wall and thread milliseconds of folds and unfolds of one box, to the paint after each."""
    walls, threads = [], []
    for _ in range(rounds):
        before = busy(browser)
        walls.append(float(browser.execute_async_script(FOLD, pick)))
        threads.append(busy(browser) - before)
    return walls, threads


def row(browser: Chrome, graph: Graph, folder: Path, rounds: int) -> dict[str, Any]:
    file = folder / "page.html"
    file.write_text(page(graph), encoding="utf-8")
    paints, drawn, threads = [], [], []
    for _ in range(max(2, rounds // 2)):
        opened(browser, file)
        paints.append(float(browser.execute_script(PAINT)))
        drawn.append(float(browser.execute_script(DRAWN)))
        threads.append(busy(browser))
    browser.execute_async_script(ALL)
    walls, own = folds(browser, "inner", 2 * rounds)
    outer, own_outer = folds(browser, "outer", 2 * rounds)

    def said(times: list[float]) -> str:
        return f"{min(times):.0f} / {statistics.median(times):.0f} ms"

    return {
        "network": graph.name, "nodes": len(graph), "page": f"{file.stat().st_size / 1e3:.0f} kB",
        "first paint": said(paints), "picture": said(drawn), "its main thread": said(threads),
        "fold, all open": said(walls), "main thread": said(own),
        "fold the first box": said(outer), "thread": said(own_outer),
    }  # fmt: skip


class Whole:
    """All that is seen of a network at first as one nested graph, for libraries that lay out everything at once."""

    def __init__(self, graph: Graph, *, without: int = 0) -> None:
        known = contents(graph)
        self.parts = known["parts"]
        self.open = set(known["open"][: len(known["open"]) - without])
        self.inputs = len(known["inputs"])

    def seen_in(self, box: int) -> Iterator[int]:
        return (place for place, part in enumerate(self.parts) if part["up"] == box)

    def outermost(self, place: int) -> int:
        """The closed box that a node is seen as, or the node itself."""
        above = [place]
        while self.parts[above[-1]]["up"] >= 0:
            above.append(self.parts[above[-1]]["up"])
        return next((one for one in reversed(above) if one not in self.open), place)

    def edges(self) -> list[tuple[int, int]]:
        found = set()
        for place, part in enumerate(self.parts):
            for source, _ in part.get("inputs", ()):
                if source >= 0 and self.outermost(source) != self.outermost(place):
                    found.add((self.outermost(source), self.outermost(place)))
        return sorted(found)

    def dot(self, box: int = -1) -> str:
        lines = []
        for place in self.seen_in(box):
            inner = self.dot(place) if place in self.open else ""
            lines.append(f"subgraph cluster_{place}{{{inner}}}" if inner else f"n{place}")
        if box < 0:
            lines += [f"n{tail}->n{head}" for tail, head in self.edges()]
            return f'digraph{{node[shape=box,fixedsize=true,width=1.6,height=.6,label=""]{";".join(lines)}}}'
        return ";".join(lines)

    def elk(self) -> dict[str, Any]:
        def node(place: int) -> dict[str, Any]:
            if place in self.open:
                return {"id": f"n{place}", "children": list(map(node, self.seen_in(place)))}
            return {"id": f"n{place}", "width": 115, "height": 43}

        edges = [
            {"id": f"e{n}", "sources": [f"n{tail}"], "targets": [f"n{head}"]}
            for n, (tail, head) in enumerate(self.edges())
        ]
        layout = {"elk.algorithm": "layered", "elk.direction": "DOWN", "elk.hierarchyHandling": "INCLUDE_CHILDREN"}
        return {"id": "all", "layoutOptions": layout, "children": list(map(node, self.seen_in(-1))), "edges": edges}

    def as_dict(self) -> dict[str, Any]:
        seen = {self.outermost(place) for place, part in enumerate(self.parts) if "box" not in part}
        return {"dot": self.dot(), "elk": self.elk(), "sizes": sorted(seen)}


def libraries(folder: Path, rounds: int) -> list[dict[str, Any]]:
    """Both libraries on the same whole pictures: starting, the first layout, and another with one box closed."""
    rows = []
    for name, (package, path) in LIBRARIES.items():
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), package]
        subprocess.run(npm, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        installed = folder / "node_modules" / package
        text = (installed / path).read_bytes()
        version = json.loads((installed / "package.json").read_text())["version"]
        file = folder / "library.html"
        script = f"<script src='{(installed / path).as_uri()}'></script>"
        file.write_text(f"<!doctype html><meta charset='utf-8'><title>t</title>{script}")
        for network in NETWORKS[1:]:
            graph = archgraph.expand(archgraph.load(network))
            given = Whole(graph).as_dict(), Whole(graph, without=1).as_dict()
            for state, pair in {"as at first": given, "more open": _more_open(graph)}.items():
                took = _tried(file, folder / f"profile {len(rows)}", RUNNERS[name], *pair, rounds)
                rows.append({
                    "library": f"{name} {version}", "raw": f"{len(text) / 1e3:.0f} kB",
                    "gzip": f"{len(gzip.compress(text)) / 1e3:.0f} kB", "network": network, "picture": state,
                    "boxes": len(pair[0]["sizes"]), **took,
                })  # fmt: skip
    return rows


def _tried(file: Path, profile: Path, *given: Any) -> dict[str, str]:
    """Milliseconds that a library took, or that it gave nothing. Each in a browser of its own, which can be ended."""
    took: Any = f"more than {PATIENCE} s"
    with chromium(profile) as browser, contextlib.suppress(TimeoutException):
        browser.set_script_timeout(PATIENCE)
        browser.get(file.as_uri())
        took = browser.execute_async_script(RUN, *given)
    if not isinstance(took, list):
        return {"start": "", "first layout": str(took)[:60], "after a fold": ""}
    return dict(zip(("start", "first layout", "after a fold"), (f"{time:.0f} ms" for time in took), strict=True))


def _more_open(graph: Graph) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """With boxes open in turn while there are few enough arrows, and the same with the last of them closed."""
    whole = Whole(graph)
    whole.open = set()
    last = -1
    for place, part in enumerate(whole.parts):
        around = part["up"] < 0 or part["up"] in whole.open
        if "box" in part and part["op"] not in UNITS and around:
            whole.open.add(place)
            if len(whole.edges()) > MOST_ARROWS:
                whole.open.remove(place)
            else:
                last = place
    with_last = whole.as_dict()
    whole.open.remove(last)
    return with_last, whole.as_dict()


def main() -> None:
    parser = options("The explorer in headless Chromium.")
    parser.add_argument("--libraries", action="store_true", help="compare layout libraries instead (from npm)")
    given = parser.parse_args()
    if programs() is None:
        print("no chromium, or no chromedriver: Debian has both (chromium, chromium-driver)", file=sys.stderr)
        return
    rounds = given.rounds or (2 if given.quick else 6)
    folder = Path(tempfile.mkdtemp())
    if given.libraries:
        report("Layout libraries in Chromium", libraries(folder, rounds), as_json=given.json)
    else:
        graphs = [archgraph.expand(archgraph.load(name)) for name in NETWORKS]
        graphs.append(archgraph.expand(archgraph.loads(LARGE)))
        with chromium(folder / "profile") as browser:
            browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
            rows = [row(browser, graph, folder, rounds) for graph in graphs]
        report("The explorer in Chromium: least / median", rows, as_json=given.json)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
