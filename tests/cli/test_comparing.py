"""`archgraph diff`: what differs between two networks, as text, as JSON and as a picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archgraph import cost, load

Archgraph = Callable[..., Any]

NET = """\
archgraph: 1
name: {name}
input: [3, 16, 16]
graph:
  - {{conv: [8, 3], id: {stem}}}
  - conv: [{width}, {kernel}]
  - global_avg_pool
  - linear: 2
"""


@pytest.fixture
def net(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small network and gives its file."""

    def written(file: str, *, name: str = "net", stem: str = "stem", width: int = 8, kernel: int = 3) -> Path:
        path = tmp_path / file
        path.write_text(NET.format(name=name, stem=stem, width=width, kernel=kernel), encoding="utf-8")
        return path

    return written


def test_it_tells_what_was_changed_what_follows_and_both_totals(archgraph: Archgraph, net: Callable[..., Path]) -> None:
    ran = archgraph("diff", net("a.yaml"), net("b.yaml", width=12))
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:2] == ["net", "~  conv2             conv out 8 → 12         +292 params, +73.7k MACs, +4.00 KiB"]
    assert lines[lines.index("and so") + 1 :][:2] == [
        "~  global_avg_pool1  global_avg_pool 8 → 12  +16 B",
        "~  linear1           linear                  +8 params, +8 MACs",
    ]
    assert lines[-3:] == [
        "params       826 → 1.13k (+36.3%)", "MACs         203k → 277k (+36.4%)",
        "activations  16.0 KiB → 20.1 KiB (+25.0%)",
    ]  # fmt: skip


def test_equal_changes_of_a_block_are_one_line(archgraph: Archgraph) -> None:
    ran = archgraph("diff", "resnet18", "resnet34")
    (line,) = [line for line in ran.out.splitlines() if line.startswith("+")]
    assert re.match(r"\+  stage\.0–3\.2–5  basic planes 64/128/256/512, stride 1 × 8  \+10\.1M params", line)
    assert "~  vars.depths    [2, 2, 2, 2] → [3, 4, 6, 3]" in ran.out


def test_json_has_the_costs_of_both_and_every_change(archgraph: Archgraph) -> None:
    ran = archgraph("diff", "resnet18", "resnet34", "--json")
    one, other = cost(load("resnet18")), cost(load("resnet34"))
    assert (ran.json["before"]["params"], ran.json["after"]["params"]) == (one.params, other.params)
    assert sum(change["cost"]["macs"] for change in ran.json["changes"]) == other.macs - one.macs
    assert {change["what"] for change in ran.json["changes"] if not change["follows"]} == {"added"}
    assert ran.json["same"] is False and ran.json["file"] is None


def test_the_exit_code_says_whether_they_differ_where_it_is_asked_to(
    archgraph: Archgraph, net: Callable[..., Path]
) -> None:
    one, other = net("a.yaml"), net("b.yaml", kernel=5)
    assert archgraph("diff", one, other).code == 0
    assert archgraph("diff", one, other, "--exit-code").code == 1
    same = archgraph("diff", one, net("c.yaml", stem="entry"), "--exit-code")
    assert same.code == 0 and "the same network, with other names" in same.out
    assert "=  entry  conv, was stem" in same.out
    assert "the same network, with the same names" in archgraph("diff", one, one, "--exit-code").out


def test_values_and_inputs_are_set_for_both_or_for_one(archgraph: Archgraph) -> None:
    both = archgraph("diff", "resnet18", "resnet18", "--set", "classes=10", "--input", "3,64,64", "--json")
    assert both.json["same"] is True and both.json["before"]["params"] == both.json["after"]["params"]
    assert both.json["before"]["outputs"] == {"output": [10]}
    one = archgraph("diff", "resnet18", "resnet18", "--set-b", "classes=10", "--json")
    assert [change["after"] for change in one.json["changes"]] == ["linear1"]
    assert one.json["settings"] == {"vars.classes": [1000, 10]}


@pytest.mark.parametrize("ending", ["svg", "dot", "html"])
def test_a_picture_has_both_networks(
    ending: str, archgraph: Archgraph, net: Callable[..., Path], tmp_path: Path
) -> None:
    file = tmp_path / f"diff.{ending}"
    hostile = "<script>alert(1)</script> ü &amp;"
    new = net("b.yaml", name=f"'{hostile}'", stem="entry", kernel=5)
    ran = archgraph("diff", net("a.yaml"), new, "-o", file)
    assert ran.code == 0 and ran.out.endswith(f"\n{file} is written\n")
    text = file.read_text(encoding="utf-8")
    assert "kernel 3 → 5" in text or "kernel 3 \\u2192 5" in text
    assert ending == "dot" or "<script>alert" not in text
    if ending == "svg":
        says = "".join(ET.fromstring(text).itertext())
        assert f"net → {hostile}" in says and "was stem" in says


def test_a_mistake_in_either_is_told_as_check_does_and_nothing_is_written(
    archgraph: Archgraph, net: Callable[..., Path], tmp_path: Path
) -> None:
    good, bad, file = net("a.yaml"), net("b.yaml", kernel=0), tmp_path / "diff.svg"
    told = archgraph("check", bad).out
    for words in ([good, bad], [bad, good]):
        ran = archgraph("diff", *words, "-o", file)
        assert (ran.code, ran.out, ran.err) == (1, "", told)
    assert archgraph("diff", good, bad, "--json").json["findings"][0]["line"] == 6
    assert not file.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["resnet18", "resnet19"], "no network 'resnet19'"),
        (["resnet18", "resnet34", "-o", "x.gif"], "no picture format 'gif'"),
        (["resnet18", "resnet34", "-o", "x"], "has no ending that says its format"),
        (["resnet18", "resnet34", "--set", "depth=3"], "has no variable"),
    ],
)
def test_wrong_use_says_what_is_allowed(words: list[str], said: str, archgraph: Archgraph, tmp_path: Path) -> None:
    ran = archgraph("diff", *words)
    assert (ran.code, ran.out) == (2, "") and said in ran.err
    assert not Path(words[-1]).exists()
