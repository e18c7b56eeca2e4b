"""Recipes: what they may say, and every mistake at its line before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archgraph import cost, dump, loads
from archgraph.errors import SpecError, UsageError
from archgraph.search.budget import Limit
from archgraph.search.mutations import MUTATIONS
from archgraph.search.reading import Reading, read_recipe
from archgraph.search.recipe import Recipe

GOOD = """\
archgraph_search: 1
name: small
spec: cifar_resnet8
set: {classes: 10, input: [1, 8, 8]}
budget: {macs: 800k}
evaluate:
  train: {data: digits, epochs: 3}
"""


@pytest.fixture
def reading(tmp_path: Path) -> Any:
    def read(text: str, **settings: Any) -> Reading:
        file = tmp_path / "r.yaml"
        file.write_text(text)
        return read_recipe(file, settings={key.replace("__", "."): value for key, value in settings.items()})

    return read


def findings(reading: Any, text: str, **settings: Any) -> list[str]:
    with pytest.raises(SpecError) as caught:
        reading(text, **settings)
    said = []
    for finding in caught.value.findings:
        place = f"{finding.at.line}:{finding.at.col}: " if finding.at else ""
        said.append(place + finding.message + (f" ({finding.hint})" if finding.hint else ""))
    return said


def test_what_is_left_out_has_a_default(reading: Any) -> None:
    recipe: Recipe = reading(GOOD).recipe
    assert recipe.objectives == ["accuracy"] and recipe.directions == ["maximize"]
    assert (recipe.sampler, recipe.trials, recipe.seed) == ("evolution", 100, 0)
    assert list(recipe.mutate) == [name for name in MUTATIONS if name != "resolution"]
    assert recipe.evaluate.train.batch == 64


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("20M", Limit(None, 20_000_000)),
        ("20e6", Limit(None, 20_000_000)),
        ("[500k, 1M]", Limit(500_000, 1_000_000)),
        ("{max: 1M}", Limit(None, 1_000_000)),
        ("{min: 1k}", Limit(1000, None)),
        ("{min: 1k, max: 1M}", Limit(1000, 1_000_000)),
    ],
)
def test_a_budget_is_a_most_or_a_span(reading: Any, written: str, limit: Limit) -> None:
    assert reading(GOOD.replace("800k", written)).recipe.budget == {"macs": limit}


def test_settings_go_before_the_file(reading: Any) -> None:
    read = reading(GOOD, evaluate__train__epochs=7, trials=5, budget__params="100k" and 100_000)
    assert (read.recipe.evaluate.train.epochs, read.recipe.trials) == (7, 5)
    assert read.recipe.evaluate.train.data == "digits"
    assert set(read.recipe.budget) == {"macs", "params"}


def test_the_copy_of_a_changed_recipe_reads_the_same(reading: Any) -> None:
    read = reading(GOOD, evaluate__train__epochs=7)
    assert read.text.startswith("# ") and "evaluate.train.epochs=7" in read.text.splitlines()[0]
    assert reading(read.text).recipe == read.recipe
    assert reading(GOOD).text == GOOD


def test_every_mistake_is_told_in_one_run(reading: Any) -> None:
    text = """\
archgraph_search: 1
name: a b
spec: cifar_resnet88
sett: {classes: 10}
mutate: {widht: 1, depth: -1}
budget: {macs: [3M, 2M], parms: 3, flops: {max: a, mx: 3}}
objectives: [acuracy, macs, macs]
evaluate:
  train: {data: digitss, epochs: three, lrr: 1}
sampler: evolve
trials: 0
helpers: 2
"""
    said = findings(reading, text)
    assert [message.split(" (")[0] for message in said] == [
        "2:7: name is the text 'a b', it takes a name of letters, digits, '_', '-' and '.'",
        "3:7: no network 'cifar_resnet88' in the zoo, and no such file; did you mean 'cifar_resnet8'?",
        "4:1: unknown key 'sett'",
        "5:27: mutate.depth is the number -1, it takes all, none, or a mapping of mutations to weights from 0",
        "6:16: an impossible budget: at least 3,000,000 and at most 2,000,000 macs",
        "6:26: no budget for 'parms'",
        "6:52: unknown key 'mx'",
        "7:14: unknown objective 'acuracy'",
        "7:29: the objective 'macs' stands twice",
        "9:17: unknown data set 'digitss'",
        "9:34: evaluate.train.epochs is the text 'three', it takes a whole number from 1",
        "9:41: unknown key 'lrr'",
        "10:10: sampler is the text 'evolve', it takes evolution, guided, random, tpe, nsga2 or gp",
        "11:9: trials is the number 0, it takes a whole number from 1",
        "12:1: unknown key 'helpers'",
    ]
    assert "did you mean 'set'?" in said[2] and "did you mean 'params'?" in said[5]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: small\n", "", "1:1: the key 'name' is missing; it takes a name of letters, digits, '_', '-' and '.'"),
        (
            "classes: 10", "clases: 10",
            "4:6: cifar_resnet8 has no variable 'clases'; did you mean 'classes'? (allowed: classes, input)",
        ),
        ("input: [1, 8, 8]", "classes: 10", "4:20: the key 'classes' stands twice (it is given first in line 4)"),
        (
            ", input: [1, 8, 8]", "",
            "4:6: cifar_resnet8 takes [3, 32, 32], the images of digits are [1, 8, 8] (set: {input: [1, 8, 8]})",
        ),
        (
            "classes: 10", "classes: 7",
            "4:6: output of cifar_resnet8 is [7], digits has 10 classes (for example set: {classes: 10})",
        ),
        ("{macs: 800k}", "{macs: [0, 9]}", "5:16: an impossible budget: macs is to be 0 to 9 "),
        (
            "{macs: 800k}", "{}\nmutate: {width: 0}",
            "6:9: no mutation has a weight above 0 (the parents would be all there is to train)",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(reading: Any, old: str, new: str, said: str) -> None:
    assert old in GOOD
    found = findings(reading, GOOD.replace(old, new))
    assert found[0] == said or found[0].startswith(said.rstrip() + " (")


def test_a_setting_that_is_wrong_is_named(reading: Any) -> None:
    assert findings(reading, GOOD, trials=-3) == ["--set trials=-3: trials is -3, it takes a whole number from 1"]
    (said,) = findings(reading, GOOD, evaluate__train__epoch=3)
    assert said.startswith("--set evaluate.train.epoch=3: unknown key 'epoch' (did you mean 'epochs'?")


def test_a_mistake_in_a_parent_is_told_in_the_parents_file(reading: Any, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("archgraph: 1\nname: n\ninput: [1, 8, 8]\ngraph: [convv: [8, 3]]\n")
    with pytest.raises(SpecError, match=r"net\.yaml:4:9: .*convv"):
        reading(GOOD.replace("cifar_resnet8", "net.yaml"))


def test_data_that_cannot_be_read_say_what_to_install(reading: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archgraph.train.dataset.find_spec", lambda name: None)
    (said,) = findings(reading, GOOD)
    assert said == (
        "7:17: the data set digits is read with sklearn, which is not installed (pip install 'archgraph[data]')"
    )


def test_a_parent_over_the_budget_is_brought_inside(reading: Any) -> None:
    (parent,) = reading(GOOD.replace("800k", "100k")).parents
    assert parent.cost.macs <= 100_000
    assert parent.origin.startswith("parent cifar_resnet8, brought inside the budget by ")


def test_a_recipe_that_comes_with_archgraph_is_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_recipe("digits").recipe.name == "digits"
    assert read_recipe("search/digits.yaml").recipe.name == "digits"
    with pytest.raises(UsageError, match=r"no recipe 'digitz\.yaml'; did you mean 'digits'\?"):
        read_recipe("digitz.yaml")


NET = "archgraph: 1\nname: net\ninput: [1, 8, 8]\n"


def test_a_parent_stands_alone(reading: Any, tmp_path: Path) -> None:
    """Children are written into the folder of the run: blocks of another file go with them."""
    (tmp_path / "parts.yaml").write_text("archgraph: 1\nname: parts\nblocks: {unit: {graph: [conv: [8, 3], relu]}}\n")
    (tmp_path / "net.yaml").write_text(NET + "use: [parts.yaml]\ngraph: [unit, global_avg_pool, linear: 10]\n")
    text = GOOD.replace("cifar_resnet8", "net.yaml").replace("set: {classes: 10, input: [1, 8, 8]}\n", "")
    (parent,) = reading(text.replace("800k", "1G")).parents
    assert loads(dump(parent.spec)) == parent.spec
    assert parent.cost.params == 9 * 8 + 8 + 90


def test_a_parent_that_puts_in_a_file_is_turned_away(reading: Any, tmp_path: Path) -> None:
    (tmp_path / "head.yaml").write_text(NET + "graph: [linear: 10]\n")
    (tmp_path / "net.yaml").write_text(NET + "graph: [flatten, use: head.yaml]\n")
    text = GOOD.replace("cifar_resnet8", "net.yaml").replace("set: {classes: 10, input: [1, 8, 8]}\n", "")
    said = findings(reading, text.replace("800k", "1G"))
    assert said[0].startswith("3:7: net uses the file 'head.yaml', which its children could not (let it use networks")


def test_a_parent_may_be_a_variant_of_a_file(reading: Any, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        NET + "vars: {w: 4}\ngraph: [conv: [$w, 3], global_avg_pool, linear: 10]\nvariants: {wide: {w: 8}}\n"
    )
    text = GOOD.replace("cifar_resnet8", "'net.yaml:wide'").replace("set: {classes: 10, input: [1, 8, 8]}\n", "")
    (parent,) = reading(text).parents
    assert (parent.spec.name, parent.cost.params) == ("wide", 9 * 8 + 8 + 90)


def test_another_resolution_is_not_for_images_that_are_given(reading: Any) -> None:
    told = findings(reading, GOOD + "mutate: {width: 1, resolution: 1}\n")
    assert told == [
        "8:20: resolution changes the input of a network, and the images of a recipe stay as they are (leave it out)"
    ]


def test_a_child_is_repaired_where_the_recipe_says_so(reading: Any) -> None:
    assert reading(GOOD).recipe.repair is False
    assert reading(GOOD + "repair: true\n").recipe.repair is True
    assert findings(reading, GOOD + "repair: much\n") == ["8:9: repair is the text 'much', it takes true or false"]


@pytest.mark.parametrize("name", ["cifar10", "digits", "fashion"])
def test_recipes_that_come_with_archgraph_want_nothing_but_their_data(name: str) -> None:
    try:
        read = read_recipe(name)
    except SpecError as error:
        assert [finding.message for finding in error.findings if " is in none of " not in finding.message] == []
    else:
        assert read.recipe.name == name and read.recipe.limits.allows(cost(read.parents[0].spec))
