"""`archgraph check`: all mistakes of all files, and what `expect:` says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Archgraph = Callable[..., Any]
Write = Callable[[str, str], Path]

GOOD = "archgraph: 1\nname: good\ninput: [3, 8, 8]\ngraph: [conv: [4, 3]]\n"
BAD = "archgraph: 1\nname: bad\ninput: [3, 8, 8]\ngraph:\n  - convv: [4, 3]\n  - relu\n  - max_pool: {kernle: 2}\n"


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def test_a_right_file_is_one_line_and_exit_code_0(archgraph: Archgraph, file: Write) -> None:
    path = file("good.yaml", GOOD)
    ran = archgraph("check", path)
    assert (ran.code, ran.out, ran.err) == (0, f"{path}: fine (112 params, 6,912 macs)\n", "")


def test_all_mistakes_of_all_files_are_told_in_one_run(archgraph: Archgraph, file: Write) -> None:
    one, other, good = file("one.yaml", BAD), file("other.yaml", BAD), file("good.yaml", GOOD)
    ran = archgraph("check", one, other, good)
    assert ran.code == 1
    for path in (one, other):
        assert f"{path}:5:5: unknown op 'convv'" in ran.out
        assert f"{path}:7:16: " in ran.out and "'kernle'" in ran.out
    assert "did you mean 'conv'?" in ran.out and "did you mean 'kernel'?" in ran.out
    assert f"{good}: fine" in ran.out


def test_a_network_of_the_zoo_is_checked_by_name(archgraph: Archgraph) -> None:
    assert archgraph("check", "lenet5").out.startswith("lenet5: fine (61,706 params")


def test_expectations_that_do_not_hold_are_found_at_their_line(archgraph: Archgraph, file: Write) -> None:
    path = file("good.yaml", GOOD + "expect: {params: 113, macs: 6912, output: [5, 8, 8]}\n")
    ran = archgraph("check", path)
    assert ran.code == 1
    assert f"{path}:5:18: good: params is 112, `expect` says 113" in ran.out
    assert f"{path}:5:43: good: output is 4x8x8, `expect` says 5x8x8" in ran.out
    assert "macs is" not in ran.out


def test_expectations_of_several_outputs_go_by_name(archgraph: Archgraph, file: Write) -> None:
    two = GOOD.replace(
        "graph: [conv: [4, 3]]", "graph: [{conv: [4, 3], id: a}, {conv: [2, 1], id: b}]\noutputs: {x: a, y: b}"
    )
    assert archgraph("check", file("a.yaml", two + "expect: {output: {x: [4, 8, 8], y: [2, 8, 8]}}")).code == 0
    ran = archgraph("check", file("b.yaml", two + "expect: {output: {x: [4, 8, 8], y: [3, 8, 8]}}"))
    assert ran.code == 1 and "`expect` says x 4x8x8, y 3x8x8" in ran.out
    ran = archgraph("check", file("c.yaml", two + "expect: {output: [4, 8, 8]}"))
    assert ran.code == 1 and "`expect` gives one shape" in ran.out


def test_a_missing_file_is_wrong_use_and_the_others_are_checked_all_the_same(archgraph: Archgraph, file: Write) -> None:
    ran = archgraph("check", "resnet51", file("bad.yaml", BAD), "no/such.yaml")
    assert ran.code == 2
    assert "resnet51: no network 'resnet51' in the zoo, and no such file; did you mean 'resnet50'?" in ran.out
    assert "unknown op 'convv'" in ran.out and "no file 'no/such.yaml'" in ran.out


def test_json_has_a_result_for_each_file(archgraph: Archgraph, file: Write) -> None:
    bad, good = file("bad.yaml", BAD), file("good.yaml", GOOD)
    ran = archgraph("check", "--json", bad, good, "resnet51")
    assert ran.code == 2 and ran.err == ""
    first, second, third = ran.json
    assert {key: first[key] for key in ("name", "ok")} == {"name": str(bad), "ok": False}
    assert first["findings"][0] | {"hint": ""} == {
        "message": "unknown op 'convv'", "hint": "", "file": str(bad), "line": 5, "col": 5,
    }  # fmt: skip
    assert second == {"name": str(good), "ok": True, "findings": []}
    assert third["ok"] is False and "resnet50" in third["error"]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"", b"[", b"- 1\n- 2\n", b"archgraph: 1\n", b"\x00", b"a: &a [*a]", "é: ü\n".encode("latin-1")],
)
def test_whatever_a_file_holds_there_is_no_traceback(content: bytes, archgraph: Archgraph, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_bytes(content)
    ran = archgraph("check", tmp_path / "net.yaml")
    assert ran.code == 1 and "net.yaml" in ran.out


def test_a_folder_is_wrong_use(archgraph: Archgraph, tmp_path: Path) -> None:
    assert archgraph("check", tmp_path).code == 2


def test_a_recipe_is_checked_as_one(archgraph: Archgraph, file: Write) -> None:
    recipe = "archgraph_search: 1\nname: r\nspec: cifar_resnet8\nmutate: {width: 1}\nobjectives: [accuracy]\n"
    recipe += "trials: 3\n"
    recipe += "evaluate: {train: {data: digits}}\nset: {input: [1, 8, 8]}\n"
    fine = file("fine.yaml", recipe)
    assert archgraph("check", fine).out == f"{fine}: fine (a search of 3 trials)\n"
    ran = archgraph("check", file("wrong.yaml", recipe.replace("trials", "trails")))
    assert ran.code == 1 and "wrong.yaml:6:1" in ran.out and "did you mean 'trials'?" in ran.out


def test_a_file_of_blocks_for_others_is_checked_as_one(archgraph: Archgraph, file: Write) -> None:
    blocks = "archgraph: 1\nname: words\nblocks:\n  unit: {args: {out: int}, graph: [conv: {out: $out, kernel: 3}]}\n"
    path = file("words.yaml", blocks)
    assert archgraph("check", path).out == f"{path}: fine (1 block)\n"
    ran = archgraph("check", file("a.yaml", blocks.replace("kernel: 3", "kernel: 0")))
    assert ran.code == 1 and "kernel is 0" in ran.out
    ran = archgraph("check", file("b.yaml", blocks + "vars: {a: $b}\n"))
    assert ran.code == 1 and "unknown variable '$b'" in ran.out and "missing" not in ran.out
    ran = archgraph("check", file("c.yaml", blocks + "input: [3, 8, 8]\n"))
    assert ran.code == 1 and "the key 'graph' is missing" in ran.out


def test_a_mistake_of_a_variant_is_told_with_its_name(archgraph: Archgraph, file: Write) -> None:
    text = "archgraph: 1\nname: v\ninput: [3, 8, 8]\nvars: {w: 8}\ngraph: [conv: [$w, 1]]\nvariants:\n"
    fine = file("fine.yaml", text + "  a: {w: 4, expect: {params: 16}}\n  b: {w: 2}\n")
    assert archgraph("check", fine).out == f"{fine}: fine (2 variants of 8 to 16 params)\n"
    ran = archgraph("check", file("wrong.yaml", text + "  a: {w: 0}\n  b: {w: 0}\n  c: {expect: {params: 3}}\n"))
    assert ran.code == 1 and ran.out.count("^") == 3
    assert "wrong.yaml:5:16: variants a, b: conv1: out is 0, it takes a positive integer" in ran.out
    assert "wrong.yaml:9:24: c: params is 32, `expect` says 3" in ran.out
    ran = archgraph("check", file("all.yaml", text.replace("$w, 1", "$w, 0") + "  a: {w: 4}\n"))
    assert "all.yaml:5:20: conv1: kernel is 0" in ran.out
