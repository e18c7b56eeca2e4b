"""`archgraph zoo` and `--verify`: what it lists, and that a wrong figure anywhere is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archgraph import zoo

Archgraph = Callable[..., Any]

NET = "archgraph: 1\nname: NAME\nabout: A net\nsource: a test\ninput: [3, 8, 8]\ngraph: [conv: [4, 3]]\n"
RIGHT = "{params: 112, macs: 6912, output: [4, 8, 8]}"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A zoo of one family, for networks of the test."""
    (tmp_path / "family").mkdir()
    monkeypatch.setattr(zoo, "specs_folder", lambda: tmp_path)
    zoo._networks.cache_clear()
    yield tmp_path / "family"
    zoo._networks.cache_clear()


def test_every_network_of_the_zoo_is_what_its_expectations_say(archgraph: Archgraph) -> None:
    ran = archgraph("zoo", "--verify")
    assert ran.code == 0, ran.out
    assert ran.out.endswith(f"{len(zoo.names())} networks: {len(zoo.names())} as expected\n")
    assert [line.split()[0] for line in ran.out.splitlines()[2 : 2 + len(zoo.names())]] == zoo.names()


def test_a_line_has_every_figure_with_a_mark(archgraph: Archgraph) -> None:
    line = archgraph("zoo", "--verify", "resnet50").out.splitlines()[2].split()
    assert line[1:9] == ["25,557,032", "=", "4,089,184,256", "=", "53,120", "=", "1000", "="]
    assert line[9:11] == ["53/1/53", "="] and len(line[11]) == 16


def test_the_list_has_families_and_every_variant(archgraph: Archgraph) -> None:
    found = archgraph("zoo", "--json").json
    assert [line["name"] for line in found] == zoo.names()
    assert {line["family"]: None for line in found} == dict.fromkeys(path.parent.name for path in zoo.files())
    assert [line["name"] for line in archgraph("zoo", "resnet18", "lenet5", "--json").json] == ["lenet5", "resnet18"]


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        (RIGHT.replace("112", "113"), "params is 112, `expect` says 113"),
        (RIGHT.replace("6912", "1"), "macs is 6912, `expect` says 1"),
        (RIGHT.replace("[4, 8, 8]", "[4]"), "output is 4x8x8, `expect` says 4"),
        (RIGHT.replace("}", ", convs: 2}"), "convs is 1, `expect` says 2"),
        (RIGHT.replace("}", ", buffers: 1}"), "buffers is 0, `expect` says 1"),
        (RIGHT.replace("}", ", param_shapes: '0123456789abcdef'}"), "`expect` says 0123456789abcdef"),
        ("{params: 112}", "`expect` lacks macs, output"),
        ("{}", "`expect` lacks params, macs, output"),
    ],
)
def test_what_differs_or_lacks_is_told_and_is_exit_code_1(
    expect: str, said: str, archgraph: Archgraph, own: Path
) -> None:
    (own / "right.yaml").write_text(NET.replace("NAME", "right") + f"expect: {RIGHT}\n")
    (own / "wrong.yaml").write_text(NET.replace("NAME", "wrong") + f"expect: {expect}\n")
    ran = archgraph("zoo", "--verify")
    assert ran.code == 1 and "\nwrong: " in ran.out and said in ran.out and "\nright: " not in ran.out
    assert ran.out.endswith("2 networks: 1 as expected, 1 not\n")
    right, wrong = archgraph("zoo", "--verify", "--json").json
    assert right["ok"] and not wrong["ok"] and any(said in message for message in wrong["wrong"])
    assert archgraph("zoo", "--verify", "right").code == 0


def test_each_variant_is_verified_by_its_own_expectations(archgraph: Archgraph, own: Path) -> None:
    text = NET.replace("NAME", "many").replace("[4, 3]", "[$w, 3]").replace("\ngraph", "\nvars: {w: 1}\ngraph")
    text += f"variants:\n  four: {{w: 4, expect: {RIGHT}}}\n  two:\n    w: 2\n    expect: {RIGHT}\n"
    (own / "many.yaml").write_text(text)
    ran = archgraph("zoo", "--verify", "--json")
    assert ran.code == 1
    assert [(one["name"], one["ok"]) for one in ran.json] == [("four", True), ("two", False)]


def test_a_file_that_is_no_network_is_one_line_among_the_others(archgraph: Archgraph, own: Path) -> None:
    (own / "bad.yaml").write_text(NET.replace("conv", "convv"))
    (own / "fits_not.yaml").write_text(NET.replace("[4, 3]", "{out: 4, kernel: 30, pad: 0}"))
    (own / "right.yaml").write_text(NET.replace("NAME", "right") + f"expect: {RIGHT}\n")
    ran = archgraph("zoo", "--verify")
    assert ran.code == 1 and "unknown op 'convv'" in ran.out and "a kernel of 30 is larger" in ran.out
    assert ran.out.endswith("3 networks: 1 as expected, 2 not\n")


def test_a_name_that_is_not_there_is_wrong_use(archgraph: Archgraph) -> None:
    for words in (["zoo", "resnet51"], ["zoo", "--verify", "resnet51"]):
        ran = archgraph(*words)
        assert ran.code == 2 and "did you mean 'resnet50'?" in ran.err
