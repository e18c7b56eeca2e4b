"""`archgraph show`, `cost`, `render` and `zoo`: what they print, and how they refuse."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Archgraph = Callable[..., Any]

TWO = "archgraph: 1\nname: two\ninput: {left: [3, 8, 8], right: [1, 8, 8]}\n"
TWO += "graph: [{concat: , from: [left, right]}, conv: [4, 3]]\n"
SPACE = "archgraph: 1\nname: s\ninput: [3, 8, 8]\ngraph: [conv: {out: {choice: [4, 8, 16]}, kernel: 3}]\n"


def test_cost_has_exactly_the_promised_keys(archgraph: Archgraph) -> None:
    found = archgraph("cost", "resnet50", "--json").json
    keys = ["params", "macs", "flops", "activation_bytes", "peak_activation_bytes", "weights_bytes", "outputs"]
    assert [key for key in found if key != "buffers"] == keys
    assert (found["params"], found["macs"], found["flops"]) == (25_557_032, 4_089_184_256, 8_178_368_512)
    assert found["outputs"] == {"output": [1000]}


def test_cost_of_another_input_and_batch(archgraph: Archgraph) -> None:
    usual = archgraph("cost", "resnet50", "--json").json
    larger = archgraph("cost", "resnet50", "--input", "3,320,320", "--batch", 4, "--json").json
    assert larger["params"] == usual["params"] and larger["macs"] > 2 * usual["macs"] - usual["macs"] // 10
    one = archgraph("cost", "resnet50", "--input", "3x320x320", "--json").json
    assert larger["activation_bytes"] == 4 * one["activation_bytes"]


@pytest.mark.parametrize("by", ["op", "block", "node"])
def test_cost_by_something_adds_up(by: str, archgraph: Archgraph) -> None:
    found = archgraph("cost", "resnet18", "--by", by, "--json").json
    assert sum(line["macs"] for line in found["by"]) == found["macs"]
    assert archgraph("cost", "resnet18", "--by", by).out.count("\n") > 10


def test_cost_for_people_has_exact_numbers_by_the_names_of_the_keys(archgraph: Archgraph) -> None:
    out = archgraph("cost", "lenet5").out
    assert re.search(r"params +61,706 +61\.7k", out) and re.search(r"macs +416,520 +417k", out)
    assert "1×32×32 → 10" in out


def test_a_variable_is_set(archgraph: Archgraph) -> None:
    assert archgraph("cost", "lenet5", "--set", "classes=7", "--json").json["outputs"] == {"output": [7]}


def test_show_folds_blocks_and_copies(archgraph: Archgraph) -> None:
    out = archgraph("show", "resnet50").out
    assert re.search(r"stage\.1\.1–3 × 3 +bottleneck", out)
    assert "flops" in out and "8,178,368,512" in out and "peak_activation_bytes" in out
    assert out.count("\n") < 30


def test_show_opens_blocks_and_lists_nodes(archgraph: Archgraph) -> None:
    deeper, flat = archgraph("show", "resnet18", "--depth", 2).out, archgraph("show", "resnet18", "--flat").out
    assert re.search(r"^  shortcut +conv", deeper, re.MULTILINE)
    assert re.search(r"^stage\.1\.0\.residual1\.shortcut\.conv +conv", flat, re.MULTILINE)


def test_show_full_has_what_an_op_assumed(archgraph: Archgraph) -> None:
    out = archgraph("show", "lenet5", "--full").out
    assert "padding_mode=zeros" in out and "117,600" in out


def test_show_json_has_rows_and_totals(archgraph: Archgraph) -> None:
    found = archgraph("show", "googlenet", "--json").json
    assert found["inputs"] == {"in": [3, 224, 224]}
    assert found["total"]["params"] == sum(row["params"] for row in found["rows"])
    assert {row["name"] for row in found["rows"] if row["train_only"]} == {"aux1", "aux2"}


def test_show_tells_how_large_a_space_is(archgraph: Archgraph, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SPACE)
    assert "holds 3 networks" in archgraph("show", tmp_path / "s.yaml").out
    space = archgraph("show", tmp_path / "s.yaml", "--json").json["space"]
    assert space["networks"] == 3 and space["exact"]
    assert [space[name]["macs"] for name in ("smallest", "median", "largest")] == [6912, 13824, 27648]


def test_choices_anywhere_are_set_by_their_names(archgraph: Archgraph, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    text = "vars: {w: {choice: [4, 8]}}\ngraph:\n  - {conv: {out: $w, kernel: {choice: [1, 3, 5]}}, repeat: 2, id: c}\n"
    text += "  - choice: {a: [], b: [relu]}\n    id: last\n"
    path.write_text("archgraph: 1\nname: s\ninput: [3, 8, 8]\n" + text)

    def params(*settings: str) -> int:
        words = [word for setting in settings for word in ("--set", setting)]
        return int(archgraph("cost", path, "--json", *words).json["params"])

    assert params() == (3 * 4 + 4) + (4 * 4 + 4)
    assert params("w=8") == params("vars.w=8") == (3 * 8 + 8) + (8 * 8 + 8)
    assert params("c.1.kernel=5") == (3 * 4 + 4) + (4 * 4 * 25 + 4)
    assert params("c.0.kernel=3", "w=8") == (3 * 8 * 9 + 8) + (8 * 8 + 8)
    assert "relu" in archgraph("show", path, "--flat", "--set", "last=b").out
    assert "holds 36 networks" in archgraph("show", path).out
    assert "holds 12 networks" in archgraph("show", path, "--set", "c.0.kernel=3").out
    assert "holds 6 networks" in archgraph("show", path, "--set", "c.0.kernel=3", "--set", "w=8").out


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("kernel=3", "no choice 'kernel'; it has: conv1.out"),
        ("conv1.kernle=3", "did you mean 'conv1.out'?"),
        ("conv1.out=5", "--set conv1.out=5: it is one of 4, 8, 16"),
        ("conv1.out=true", "it is one of 4, 8, 16"),
    ],
)
def test_what_no_choice_is_called_or_takes_is_wrong_use(
    setting: str, said: str, archgraph: Archgraph, tmp_path: Path
) -> None:
    (tmp_path / "s.yaml").write_text(SPACE)
    for command in ("cost", "show", "hash"):
        ran = archgraph(command, tmp_path / "s.yaml", "--set", setting)
        assert ran.code == 2 and said in ran.err, ran.err


def test_several_inputs_are_given_by_name(archgraph: Archgraph, tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(TWO)
    assert archgraph("cost", path, "--json").json["params"] == 4 * 4 * 9 + 4
    both = archgraph("show", path, "--input", "left=3x16x16", "--input", "right=5,16,16", "--json").json
    assert both["inputs"] == {"left": [3, 16, 16], "right": [5, 16, 16]} and both["total"]["params"] == 4 * 8 * 9 + 4
    assert archgraph("cost", path, "--input", "right=7,8,8", "--json").json["params"] == 4 * 10 * 9 + 4


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (["3,8,8"], "left, right"),
        (["lefft=3,8,8"], "did you mean 'left'?"),
        (["left=3,8"], "concat takes inputs"),
        (["left=3,8,a"], "--input is 'left=3,8,a'"),
        (["left=3,8,8", "left=3,9,9"], "--input gives left twice"),
        (["left=3,8,8", "3,9,9"], "without a name"),
        (["3,8,8", "3,9,9"], "several inputs go by name"),
        (["=3,8,8"], "--input is '=3,8,8'"),
    ],
)
def test_inputs_that_do_not_fit_say_which_there_are(
    inputs: list[str], said: str, archgraph: Archgraph, tmp_path: Path
) -> None:
    (tmp_path / "two.yaml").write_text(TWO)
    ran = archgraph("cost", tmp_path / "two.yaml", *(word for given in inputs for word in ("--input", given)))
    assert ran.code in (1, 2) and said in ran.err, ran.err


def test_one_input_goes_without_a_name(archgraph: Archgraph) -> None:
    ran = archgraph("cost", "lenet5", "--input", "x=1,32,32")
    assert ran.code == 2 and "has one input" in ran.err


def test_features_are_channels_strides_and_sizes(archgraph: Archgraph) -> None:
    found = archgraph("show", "resnet50", "--features", "--json").json["features"]
    # timm.create_model("resnet50", features_only=True).feature_info, without the stem
    wanted = [(256, 4), (512, 8), (1024, 16), (2048, 32)]
    assert [(one["channels"], one["reduction"]) for one in found if one["reduction"] > 2] == wanted
    out = archgraph("show", "resnet50", "--features", "--input", "3,320,320").out
    assert re.search(r"c3 +stage\.1\.\S+ +512 +8 +512×40×40", out)
    ran = archgraph("show", "lenet5", "--features")
    assert ran.code == 2 and "lenet5 names no features" in ran.err


def test_a_part_of_a_network_is_taken(archgraph: Archgraph, tmp_path: Path) -> None:
    whole, part = (archgraph("cost", "resnet50", "--json", *words).json for words in ([], ["--take", "features"]))
    assert whole["params"] - part["params"] == 2048 * 1000 + 1000
    names = list(part["outputs"])
    one = archgraph("cost", "resnet50", "--json", "--take", names[0]).json
    assert list(one["outputs"]) == [names[0]] and one["macs"] < part["macs"]
    assert "linear" not in archgraph("show", "resnet50", "--take", "features").out
    assert archgraph("render", "resnet50", "--take", names[0], "-o", tmp_path / "net.dot").code == 0
    ran = archgraph("cost", "resnet50", "--take", "c9")
    assert ran.code == 2 and "no output or feature 'c9'" in ran.err


def test_a_variant_of_a_file_is_a_name(archgraph: Archgraph, tmp_path: Path) -> None:
    path = tmp_path / "v.yaml"
    path.write_text(
        "archgraph: 1\nname: v\ninput: [3, 8, 8]\nvars: {w: 8}\ngraph: [conv: [$w, 1]]\n"
        "variants: {small: {w: 2}, large: {w: 16, input: [5, 8, 8]}}\n"
    )
    found = [archgraph("cost", f"{path}{name}", "--json").json["params"] for name in ("", ":small", ":large")]
    assert found == [8 * 4, 2 * 4, 16 * 6]
    assert archgraph("check", path).out == f"{path}: fine (2 variants of 8 to 96 params)\n"
    assert archgraph("show", f"{path}:small", "--set", "w=3", "--json").json["total"]["params"] == 12
    ran = archgraph("show", f"{path}:smal")
    assert ran.code == 2 and "did you mean 'small'?" in ran.err


def test_a_hash_says_whether_two_networks_are_one(archgraph: Archgraph, tmp_path: Path) -> None:
    text = "archgraph: 1\nname: NAME\ninput: [3, 8, 8]\ngraph: [{conv: [4, KERNEL], id: ID}, relu]\n"
    for name, kernel in (("a", "3"), ("b", "3"), ("c", "5")):
        (tmp_path / f"{name}.yaml").write_text(text.replace("NAME", name).replace("KERNEL", kernel).replace("ID", name))
    a, b, c = (tmp_path / f"{name}.yaml" for name in "abc")
    alike = archgraph("hash", a, b)
    assert alike.code == 0 and alike.out.endswith("the same network\n")
    first, second, _ = (line.split()[0] for line in alike.out.splitlines())
    assert first == second and len(first) == 32
    unlike = archgraph("hash", a, c)
    assert unlike.code == 1 and unlike.out.endswith("two networks\n")
    found = archgraph("hash", "--json", a, b, c)
    assert found.code == 0 and found.json["same"] is False
    assert [one["hash"] == first for one in found.json["networks"]] == [True, True, False]
    assert archgraph("hash", a, "resnet51").code == 2
    larger = archgraph("hash", a, "--input", "3,16,16", "--json").json["networks"]
    assert larger[0]["hash"] not in (first, found.json["networks"][2]["hash"])


def test_render_writes_an_svg_with_the_names(archgraph: Archgraph, tmp_path: Path) -> None:
    ran = archgraph("render", "resnet18", "-o", tmp_path / "net.svg", "--depth", 3)
    assert ran.code == 0 and ran.out == f"{tmp_path / 'net.svg'}: resnet18\n"
    words = "".join(ElementTree.parse(tmp_path / "net.svg").getroot().itertext())
    assert all(name in words for name in ("stem", "stage.1", "shortcut", "linear1", "11.7M parameters"))
    assert [path.name for path in tmp_path.iterdir()] == ["net.svg"]


def test_render_writes_a_chart_for_code_hosts(archgraph: Archgraph, tmp_path: Path) -> None:
    ran = archgraph("render", "resnet18", "-o", tmp_path / "net.mmd", "--depth", 1, "--direction", "right")
    assert (ran.code, ran.out) == (0, f"{tmp_path / 'net.mmd'}: resnet18\n")
    text = (tmp_path / "net.mmd").read_text(encoding="utf-8")
    assert "flowchart LR" in text and "stage.2 × 2<br/>basic /2, planes 256" in text


def test_a_spec_with_an_error_is_shown_as_check_does_and_nothing_is_written(
    archgraph: Archgraph, tmp_path: Path
) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("archgraph: 1\nname: net\ninput: [3, 8, 8]\ngraph: [cnv: [8, 3]]\n", encoding="utf-8")
    checked = archgraph("check", spec)
    assert checked.code == 1 and "did you mean 'conv'?" in checked.out
    for ending in ("svg", "png", "pdf", "dot", "mmd"):
        ran = archgraph("render", spec, "-o", tmp_path / f"net.{ending}")
        assert (ran.code, ran.err.strip()) == (1, checked.out.strip())
    assert [path.name for path in tmp_path.iterdir()] == ["net.yaml"]


@pytest.mark.parametrize("command", [["show"], ["cost"], ["hash"], ["render", "-o", "net.svg"], ["diff", "lenet5"]])
@pytest.mark.parametrize(
    "graph",
    [
        "- conv: [4, x]\n  - convv: 5\n  - conv: {out: 8, kernal: 3}\n  - linear: {out: nope}",
        "- linear: 5\n  - linear: {out: 0}\n    when: false",
    ],
    ids=["that keep it from being read", "that keep it from being a network"],
)
def test_all_mistakes_are_told_as_check_tells_them(
    archgraph: Archgraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], graph: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        f"archgraph: 1\nname: net\ninput: [3, 8, 8]\nblocks: {{b: {{graph: [conv: {{out: 0}}]}}}}\ngraph:\n  {graph}\n"
    )
    Path("net.yaml").write_text(text, encoding="utf-8")
    checked = archgraph("check", "net.yaml")
    assert checked.code == 1 and checked.out.count("net.yaml:") > 1
    ran = archgraph(command[0], *command[1:], "net.yaml")
    assert (ran.code, ran.err.strip()) == (1, checked.out.strip())


def test_render_writes_a_page(archgraph: Archgraph, tmp_path: Path) -> None:
    file = tmp_path / "net.html"
    ran = archgraph("render", "resnet18", "-o", file, "--depth", 1, "--heat", "params", "--direction", "right")
    assert ran.code == 0 and ran.out == f"{file}: resnet18\n"
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") and "<title>resnet18</title>" in text
    assert '"heat":"params"' in text and '"direction":"right"' in text and '"open":[]' in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "resnet51"], "did you mean 'resnet50'?"),
        (["show", "no/such.yaml"], "no file 'no/such.yaml'"),
        (["cost", "lenet5", "--input", "1,x"], "--input is '1,x'"),
        (["cost", "lenet5", "--input", "0,3,3"], "--input is '0,3,3'"),
        (["cost", "lenet5", "--input", "1,2,3,4"], "--input is '1,2,3,4'"),
        (["cost", "lenet5", "--input", "9" * 5000], "--input is"),
        (["cost", "lenet5", "--batch", "0"], "--batch"),
        (["cost", "lenet5", "--by", "colour"], "--by"),
        (["cost", "lenet5", "--nosuch"], "--nosuch"),
        (["cost"], "Missing argument"),
        (["cost", "lenet5", "--set", "classes"], "it takes KEY=VALUE"),
        (["cost", "lenet5", "--set", "clases=3"], "did you mean 'classes'?"),
        (["cost", "lenet5", "--set", "classes={"], "--set classes={"),
        (["render", "lenet5", "-o", "net.jpg"], "no picture format 'jpg'"),
        (["render", "lenet5", "-o", "/no/such/folder/net.svg"], "No such file or directory"),
        (["render", "lenet5"], "Missing option"),
        (["render", "lenet5", "-o", "net.svg", "--depth", "0"], "greater than or equal to 1"),
        (["render", "lenet5", "-o", "net.svg", "--depth", "2", "--flat"], "give it or --depth"),
        (["render", "lenet5", "-o", "net.svg", "--heat", "time"], "'macs', 'params', 'activations'"),
        (["render", "lenet5", "-o", "net.svg", "--theme", "loud"], "'colour', 'dark', 'paper'"),
        (["render", "darts_cifar", "-o", "net.mmd", "--flat"], "Mermaid draws at most 500 arrows"),
        (["render", "lenet5", "-o", "net.html", "--theme", "paper"], "--theme and --no-legend are for"),
        (["nonsense"], "nonsense"),
    ],
)  # fmt: skip
def test_wrong_use_is_exit_code_2_and_says_what_is_right(words: list[str], said: str, archgraph: Archgraph) -> None:
    ran = archgraph(*words)
    assert ran.code == 2 and ran.out == ""
    assert said in " ".join(ran.err.split())


def test_a_mistake_in_a_spec_is_exit_code_1(archgraph: Archgraph, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SPACE.replace("kernel: 3", "kernel: 30, pad: 0"))
    for words in (["show"], ["cost"], ["render", "-o", tmp_path / "net.svg"], ["render", "-o", tmp_path / "net.html"]):
        ran = archgraph(words[0], tmp_path / "net.yaml", *words[1:])
        assert ran.code == 1 and ran.out == "" and "net.yaml:4:" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["net.yaml"]


def test_an_input_that_does_not_fit_is_a_finding(archgraph: Archgraph) -> None:
    ran = archgraph("cost", "lenet5", "--input", "1,4,4")
    assert ran.code == 1 and "kernel" in ran.err


def test_with_json_mistakes_are_json_too(archgraph: Archgraph, tmp_path: Path) -> None:
    ran = archgraph("cost", "resnet51", "--json")
    assert (ran.code, ran.err) == (2, "") and "resnet50" in ran.json["error"]
    (tmp_path / "net.yaml").write_text(SPACE.replace("conv", "convv"))
    ran = archgraph("show", tmp_path / "net.yaml", "--json")
    assert (ran.code, ran.err) == (1, "")
    assert ran.json["findings"][0]["line"] == 4


def test_what_a_spec_says_does_not_steer_the_terminal(archgraph: Archgraph, tmp_path: Path) -> None:
    text = 'archgraph: 1\nname: "a\\e[31mb"\ninput: [4]\ngraph: [relu]\nexpect: {params: 1}\n'
    (tmp_path / "net.yaml").write_text(text)
    for words in (["show"], ["cost"], ["check"], ["render", "-o", tmp_path / "net.dot"]):
        ran = archgraph(words[0], tmp_path / "net.yaml", *words[1:])
        assert "\x1b" not in ran.out + ran.err and "[31mb" in ran.out
