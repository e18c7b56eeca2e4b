"""A user's own mutation: from a module, or from an installed package, known to recipes and commands by its name."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from archgraph import UsageError, expand
from archgraph.ops.plugins import apart, plugin
from archgraph.search.mutations import MUTATIONS, USUAL
from archgraph.search.mutations.plugins import known
from archgraph.search.reading import read_recipe

TEXT = """
from functools import partial

from archgraph.search.mutations import Option, Site
from archgraph.search.tree import put


def halved(trace):
    return [
        Site(trace.describe(one.path), [Option("halve", partial(put, trace.spec, one.path, one.value // 2))])
        for one in trace.of("width")
    ]


MUTATIONS = {"halved": halved}
"""
RECIPE = """\
archgraph_search: 1
name: small
spec: cifar_resnet8
set: {classes: 10, input: [1, 8, 8]}
mutate: {halved: 1}
budget: {macs: [0, 200k]}
evaluate: {train: {data: digits}}
"""


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    with apart():
        yield
    assert "halved" not in MUTATIONS


@pytest.fixture
def module(tmp_path: Path) -> str:
    file = tmp_path / "mine_mutations.py"
    file.write_text(TEXT)
    return str(file)


def test_a_recipe_names_a_mutation_of_a_module_and_is_brought_inside_by_it(module: str, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE)
    assert plugin(module) == ()
    read = read_recipe(tmp_path / "r.yaml")
    assert dict(read.recipe.mutate) == {"halved": 1.0}
    (parent,) = read.parents
    assert parent.cost.macs <= 200_000 and "brought inside" in parent.origin
    assert expand(parent.spec).outputs
    assert "halved" not in USUAL


def test_an_installed_package_brings_one_under_the_name_of_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("thinner", "archgraph.search.mutations.width:width", "archgraph.mutations")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda *, group: [entry] if group == entry.group else [])
    assert known()["thinner"] is MUTATIONS["width"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"width": print}, "plug-in 'wrong': another mutation is called 'width'"),
        ({"thin ner": print}, "plug-in 'wrong': 'thin ner' is no name for a mutation: letters, digits and _, "),
        ({"thinner": 3}, "plug-in 'wrong': thinner is 3; a mutation is a function from a trace to its sites"),
        ([print], "plug-in 'wrong': MUTATIONS is [<built-in function print>]; it is a mapping of names to functions"),
    ],
)
def test_what_is_no_mutation_is_told(table: object, said: str) -> None:
    module = ModuleType("wrong")
    module.MUTATIONS = table  # type: ignore[attr-defined]
    plugin(module)
    with pytest.raises(UsageError) as caught:
        known()
    assert str(caught.value).startswith(said)


def test_an_entry_point_that_cannot_be_imported_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("gone", "no_such_module_of_ours:f", "archgraph.mutations")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda *, group: [entry])
    with pytest.raises(UsageError, match="plug-in 'gone' cannot be imported: ModuleNotFoundError"):
        known()
