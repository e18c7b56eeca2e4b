"""Searches that train nothing, and their reports as a browser reads them."""

from __future__ import annotations

import gzip
import io
import json
from base64 import b64decode
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from rich.console import Console
from search.fakes import Fake, recipe

from archgraph.search.worker import run

HOSTILE = "</td></script><img src=x onerror=alert(1)> & no <memory>"
NAME = '<script>alert(1)</script> & "q" \'ü→'
SPEC = f"""\
archgraph: 1
name: {json.dumps(NAME, ensure_ascii=False)}
input: [1, 8, 8]
graph:
  - conv: {{out: 8, kernel: 3, norm: batch, act: relu}}
  - conv: {{out: 12, kernel: 3, norm: batch, act: relu}}
    repeat: 2
  - global_avg_pool
  - linear: 10
"""


@dataclass
class Page(HTMLParser):
    """A page as a browser reads it: its text, tables, tags with their attributes, and scripts."""

    text: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    scripts: dict[str, str] = field(default_factory=dict)
    inside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.inside.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.inside.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" in self.inside:
            self.scripts[str(self.tags[-1][1].get("id", ""))] = data
        elif "style" not in self.inside:
            self.text.append(data)
            if {"td", "th"} & set(self.inside):
                self.tables[-1][-1][-1] += data

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    @property
    def data(self) -> Any:
        return json.loads(self.scripts["data"])

    @property
    def pictures(self) -> dict[str, str]:
        return dict(json.loads(self.unpacked("pictures")))

    def unpacked(self, script: str) -> str:
        return gzip.decompress(b64decode(self.scripts[script])).decode()

    def table(self, first: str) -> list[dict[str, str]]:
        """The rows of the table one of whose titles is `first`."""
        head, *rows = next(table for table in self.tables if first in table[0])
        return [dict(zip(head, row, strict=True)) for row in rows]

    def traces(self, chart: str) -> list[dict[str, Any]]:
        return list(self.data["figures"][chart]["data"])


def read(page: str) -> Page:
    found = Page()
    found.feed(page)
    found.close()
    assert not found.inside
    return found


def searched(place: Path, fake: Fake | None = None, **options: object) -> Path:
    """The folder of a search that ended."""
    return _run(recipe(place, **options), fake)  # type: ignore[arg-type]


def searched_for_hostile_names(place: Path) -> Path:
    """The folder of a search from a network whose name is none, in which a trial fails with a text of that kind."""
    (place / "net.yaml").write_text(SPEC, encoding="utf-8")
    file = recipe(place, trials=12)
    text = file.read_text().replace("cifar_resnet8", "net.yaml").replace("set: {classes: 10, input: [1, 8, 8]}\n", "")
    file.write_text(text)
    return _run(file, Fake(fails={4: HOSTILE}))


def _run(file: Path, fake: Fake | None) -> Path:
    console = Console(file=io.StringIO(), width=120)
    return run(file, out=file.parent / "run", evaluator=fake or Fake(), console=console).folder
