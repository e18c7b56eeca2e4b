"""Names, files, variants and used files in; the spec, or what is wrong and where, out."""

# ruff: noqa: E501 - one case a line reads better than a short line
from __future__ import annotations

from pathlib import Path

import pytest

import archgraph
from archgraph.errors import SpecError, UsageError
from archgraph.spec.model import Spec

HEAD = "archgraph: 1\nname: net\ninput: [3, 32, 32]\n"
BACKBONE = (
    HEAD.replace("net", "backbone") + "vars: {w: 8, classes: 10}\n"
    "graph:\n  - {conv: [$w, 3], id: low}\n  - {conv: [2*$w, 3, 2], id: high}\n  - global_avg_pool\n  - linear: $classes\n"
    "features: {c1: low, c2: high}\n"
)
VARIANTS = """\
archgraph: 1
name: family
about: A family
source: nobody
input: [3, 32, 32]
vars: {width: 8, twice: 2*$width, classes: 10}
graph: [conv: [$twice, 3], global_avg_pool, linear: $classes]
expect: {params: 618}
variants:
  small: {width: 4, expect: {params: 314, param_shapes: "0123456789abcdef"}}
  # Larger images, too.
  large: {width: {choice: [16, 32]}, input: [3, 64, 64], about: The large one, source: somebody}
  family8:
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "backbone.yaml").write_text(BACKBONE)
    (tmp_path / "family.yaml").write_text(VARIANTS)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "blocks.yaml").write_text(
        "archgraph: 1\nname: blocks\nblocks:\n  unit: {args: {out: int}, graph: [conv: [$out, 3], relu]}\n"
    )
    return tmp_path


def load(folder: Path, text: str) -> Spec:
    (folder / "net.yaml").write_text(HEAD + text)
    spec: Spec = archgraph.load(folder / "net.yaml")
    return spec


def said(folder: Path, text: str) -> str:
    """The first line of what is said of a spec, without its folder."""
    with pytest.raises(SpecError) as caught:
        load(folder, text)
    return str(caught.value).splitlines()[0].replace(f"{folder}/", "")


def test_a_variant_is_a_spec_of_its_own(folder: Path) -> None:
    spec = archgraph.load(f"{folder}/family.yaml:small")
    assert (spec.name, spec.about, spec.source, spec.input) == ("small", "A family", "nobody", (3, 32, 32))
    assert spec.vars == {**archgraph.load(folder / "family.yaml").vars, "width": 4}
    assert spec.expect == {"params": 314, "param_shapes": "0123456789abcdef"}
    assert str(spec.marks["expect.params"]).endswith("family.yaml:10:38")
    assert not spec.variants
    assert archgraph.loads(archgraph.dump(spec)) == spec
    assert archgraph.cost(spec).params == 314


def test_a_variant_says_what_differs_from_its_file(folder: Path) -> None:
    spec = archgraph.load(Path(f"{folder}/family.yaml:large"))
    assert (spec.about, spec.source, spec.input) == ("The large one", "somebody", (3, 64, 64))
    assert spec.expect == {}


def test_a_variant_that_sets_nothing_keeps_what_the_file_expects(folder: Path) -> None:
    assert archgraph.load(f"{folder}/family.yaml:family8").expect == {"params": 618}


def test_a_file_with_variants_is_a_spec_as_it_stands(folder: Path) -> None:
    spec = archgraph.load(folder / "family.yaml")
    assert (spec.name, list(spec.variants)) == ("family", ["small", "large", "family8"])
    assert archgraph.cost(spec).params == 618


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("family.yaml:smal", "family has no variant 'smal'; did you mean 'small'? (variants: family8, large, small)"),
        ("backbone.yaml:small", "backbone has no variant 'small'"),
        ("famly.yaml:small", "no file '{}/famly.yaml'"),
        ("parts", "'{}/parts' is a folder, not a file"),
    ],
)
def test_what_is_not_there_is_wrong_use(folder: Path, name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        archgraph.load(f"{folder}/{name}")
    assert str(caught.value) == message.format(folder)


def test_other_values_for_variables_and_inputs(folder: Path) -> None:
    large = archgraph.override(archgraph.load(f"{folder}/family.yaml:large"), {"width": 24})
    assert large.vars["width"] == 24
    spec = archgraph.load(folder / "family.yaml")
    assert archgraph.override(spec, {}) == spec
    changed = archgraph.override(spec, {"width": 4, "input": [3, 16, 16]})
    assert (changed.vars["width"], changed.input, changed.expect, changed.variants) == (4, (3, 16, 16), {}, {})
    several = archgraph.loads(
        "archgraph: 1\nname: two\ninput: {left: [3], right: [4]}\nvars: {w: [1, 2]}\n"
        "graph: [{linear: 3, from: left}, {linear: 3, from: right}, {add: , from: [prev, linear1]}]\n"
    )
    assert archgraph.override(several, {"input": {"right": [5]}}).input == {"left": (3,), "right": (5,)}
    assert archgraph.override(several, {"w": [3, [4]]}).vars["w"] == (3, (4,))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"widht": 3}, "two has no variable 'widht'; did you mean 'width'? (allowed: input, width)"),
        ({"input": (3,)}, "two has the inputs left, right: give a shape for each by its name"),
        ({"input": {"lft": (3,)}}, "two has no input 'lft'; did you mean 'left'? (allowed: left, right)"),
    ],
)
def test_other_values_for_what_is_not_there(settings: dict[str, object], message: str) -> None:
    spec = archgraph.loads(
        "archgraph: 1\nname: two\ninput: {left: [3], right: [4]}\nvars: {width: 3}\ngraph: [concat]\n"
    )
    with pytest.raises(UsageError) as caught:
        archgraph.override(spec, settings)
    assert str(caught.value) == message


def test_used_specs_are_loaded_with_the_file(folder: Path) -> None:
    (folder / "parts" / "neck.yaml").write_text(
        HEAD + "graph: [{use: {spec: lenet5, take: outputs}, id: a, when: false}, conv: [3, 3]]\n"
    )
    spec = load(
        folder,
        "graph:\n  - use: parts/neck.yaml\n  - use: {spec: {choice: [backbone.yaml, 'family.yaml:small']}, classes: 5}\n",
    )
    assert set(spec.used) == {"parts/neck.yaml", "backbone.yaml", "family.yaml:small"}
    assert spec.used["family.yaml:small"].vars["width"] == 4
    assert spec.used["parts/neck.yaml"].used["lenet5"].name == "lenet5"


def test_a_text_is_read_with_the_folder_of_what_it_uses(folder: Path) -> None:
    text = HEAD + "graph: [use: backbone.yaml]\n"
    assert archgraph.loads(text, base=folder).used["backbone.yaml"].name == "backbone"
    with pytest.raises(SpecError) as caught:
        archgraph.loads(text)
    assert "<text>:4:14: the file 'backbone.yaml' cannot be looked for: this text is in no folder" in str(caught.value)
    assert archgraph.loads(HEAD + "graph: [use: lenet5]\n").used["lenet5"].name == "lenet5"


def test_blocks_of_used_files_are_words(folder: Path) -> None:
    (folder / "more.yaml").write_text(
        "archgraph: 1\nname: more\nuse: [parts/blocks.yaml]\nblocks: {two: {graph: [{unit: 4, repeat: 2}]}}\n"
    )
    spec = load(folder, "use: [more.yaml]\ngraph: [two, unit: 8]\n")
    assert archgraph.cost(spec).params == (3 * 4 + 4 * 4 + 4 * 8) * 9 + 16
    assert archgraph.loads(archgraph.dump(spec), base=folder) == spec


MISTAKES = [
    ("graph: [use: bacbone.yaml]\n", "net.yaml:4:14: no file 'bacbone.yaml' below"),
    ("graph: [use: lenet]\n", "net.yaml:4:14: no network 'lenet' in the zoo, and no such file; did you mean 'lenet5'?"),
    ("graph: [use: ../backbone.yaml]\n", "net.yaml:4:14: '../backbone.yaml' is not a path below this file's folder"),
    ("graph: [use: /etc/passwd]\n", "net.yaml:4:14: '/etc/passwd' is not a path below this file's folder"),
    ("graph: [use: parts/passwd]\n", "net.yaml:4:14: 'parts/passwd' is no YAML file"),
    ("graph: [use: parts/link.yaml]\n", "net.yaml:4:14: 'parts/link.yaml' leads out of this file's folder"),
    ("graph: [use: net.yaml]\n", "net.yaml:4:14: 'net.yaml' uses itself: net.yaml -> net.yaml"),
    ("graph: [use: loop.yaml]\n", "loop.yaml:4:14: 'net.yaml' uses itself: net.yaml -> loop.yaml -> net.yaml"),
    ("graph: [use: broken.yaml]\n", "broken.yaml:4:9: unknown op 'rellu'"),
    ("graph: [use: 'family.yaml:tiny']\n", "net.yaml:4:14: family has no variant 'tiny'; variants: family8, large, small"),
    ("graph: [use: parts/blocks.yaml]\n", "parts/blocks.yaml:1:1: the key 'input' is missing"),
    ("use: [parts/blocks.yaml]\ngraph: [use: parts/blocks.yaml]\n", "net.yaml:5:14: 'parts/blocks.yaml' has no graph: it gives blocks alone"),
    ("graph: [use: {spec: backbone.yaml, clases: 3}]\n", "net.yaml:4:36: 'backbone' has no variable 'clases'"),
    ("graph: [use: {spec: backbone.yaml, take: c3}]\n", "net.yaml:4:42: 'backbone' has no output or feature 'c3'"),
    ("graph: [use: {spec: lenet5, take: features}]\n", "net.yaml:4:35: 'lenet5' names no features"),
    ("graph: [use: {spec: lenet5, take: 3}]\n", "net.yaml:4:35: take is 3, it takes a text"),
    ("graph: [use: {spec: 3}]\n", "net.yaml:4:21: spec is 3, it takes the name of a spec"),
    ("vars: {b: lenet5}\ngraph: [use: $b]\n", "net.yaml:5:14: spec cannot be an expression"),
    ("graph: [use: ]\n", "net.yaml:4:9: use needs 'spec'"),
    ("graph: [{use: {spec: backbone.yaml, take: features}, id: b}, {relu: , from: b/c9}]\n", "net.yaml:4:77: 'b' (use) has no output 'c9'"),
    ("use: [parts/blocs.yaml]\ngraph: [relu]\n", "net.yaml:4:7: no file 'parts/blocs.yaml' below"),
    ("use: [parts/blocks.yaml, parts/blocks.yaml]\ngraph: [relu]\n", "net.yaml:4:26: 'parts/blocks.yaml' stands twice in `use`"),
    ("use: [parts/blocks.yaml]\nblocks: {unit: {graph: [relu]}}\ngraph: [relu]\n", "net.yaml:4:7: parts/blocks.yaml gives the block 'unit': this file has one too"),
    ("use: [parts/open.yaml]\ngraph: [relu]\n", "net.yaml:4:7: the block 'b' of parts/open.yaml takes '$w' from the file it is used in"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_a_mistake_in_what_is_used_is_shown_where_it_is(folder: Path, text: str, message: str) -> None:
    (folder / "loop.yaml").write_text(HEAD + "graph: [use: net.yaml]\n")
    (folder / "broken.yaml").write_text(HEAD + "graph: [rellu]\n")
    (folder / "parts" / "open.yaml").write_text(
        "archgraph: 1\nname: open\nvars: {w: 3}\nblocks: {b: {args: {n: 1}, graph: [{linear: $w + $n + $c, each: {c: [1]}}]}}\n"
    )
    (folder.parent / "outside.yaml").write_text(BACKBONE)
    (folder / "parts" / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    assert said(folder, text).startswith(message)


def test_a_long_chain_of_files_ends(folder: Path) -> None:
    for number in range(30):
        (folder / f"n{number}.yaml").write_text(HEAD + f"graph: [use: n{number + 1}.yaml]\n")
    (folder / "n30.yaml").write_text(BACKBONE)
    assert "'n15.yaml': specs use one another more than 16 deep" in said(folder, "graph: [use: n0.yaml]\n")


def test_files_that_use_one_another_twice_are_read_once_and_end(folder: Path) -> None:
    """Each file takes the next one twice, and of what it gives only the first: 2 ** 12 expansions."""
    for number in range(12):
        used = (
            f"{{use: n{number + 1}.yaml, id: a}}, {{use: ./n{number + 1}.yaml, id: b, from: in}}, {{relu: , from: a}}"
        )
        (folder / f"n{number}.yaml").write_text(HEAD + f"graph: [{used}]\n")
    (folder / "n12.yaml").write_text(HEAD + "graph: [{relu: , repeat: 100}, conv: [3, 3]]\n")
    spec = archgraph.load(folder / "n0.yaml")
    with pytest.raises(SpecError, match="the network takes more than 100,000 steps to expand"):
        archgraph.expand(spec)


def test_who_loads_is_told_of_every_file_before_it_is_read_and_of_one_that_is_missing(folder: Path) -> None:
    text = "use: [parts/blocks.yaml]\ngraph: [unit: 4, use: backbone.yaml, use: gone.yaml]\n"
    (folder / "net.yaml").write_text(HEAD + text)
    told: list[str] = []
    with pytest.raises(SpecError, match=r"no file 'gone\.yaml'"):
        archgraph.load(folder / "net.yaml", opening=lambda path: told.append(str(path.relative_to(folder))))
    assert told[0] == "net.yaml" and sorted(told) == ["backbone.yaml", "gone.yaml", "net.yaml", "parts/blocks.yaml"]


def test_a_name_that_no_file_can_have_is_a_wrong_use(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read 'a+': File name too long"):
        archgraph.load("a" * 5000)
    with pytest.raises(SpecError, match=r"cannot read 'b+.*': File name too long"):
        load(folder, f"graph: [use: {'b' * 300}.yaml]\n")
