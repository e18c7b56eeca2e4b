"""`archgraph mutate`: one change made by hand, as a search makes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from archgraph import cost, expand, load, loads
from archgraph.search.mutations import MUTATIONS, Mutated, mutate

Archgraph = Callable[..., Any]


def test_it_says_what_was_changed_and_what_that_costs(archgraph: Archgraph) -> None:
    ran = archgraph("mutate", "cifar_resnet8", "--op", "width", "--seed", 3)
    expected = mutate(load("cifar_resnet8"), "width", _at(3))
    assert isinstance(expected, Mutated) and ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == f"width ({expected.site} {expected.change})"
    assert sorted(line[0] for line in lines if line.startswith(("+", "-"))) == ["+", "-"]
    after = cost(expected.spec)
    assert f"params 78,042 -> {after.params:,} ({(after.params - 78042) / 78042:+.1%})" in lines
    assert any(line.startswith(f"macs   12,501,632 -> {after.macs:,} ") for line in lines)


def _at(seed: int) -> Random:
    rng = Random(seed)
    rng.choice(["width"])
    return rng


def test_the_child_is_written_and_is_what_json_says(archgraph: Archgraph, tmp_path: Path) -> None:
    file = tmp_path / "child.yaml"
    ran = archgraph("mutate", "resnet50", "--op", "kernel", "--seed", 1, "-o", file, "--json")
    assert ran.code == 0 and ran.json["file"] == str(file) and ran.json["refused"] is None
    assert file.read_text() == ran.json["spec"]
    child = loads(file.read_text())
    assert child.about.startswith("resnet50 after kernel (") and child.expect == {} and child.source == ""
    assert ran.json["cost"]["after"]["macs"] == cost(child).macs != ran.json["cost"]["before"]["macs"]
    assert archgraph("check", file).code == 0


def test_several_changes_are_made_one_on_top_of_the_other(archgraph: Archgraph) -> None:
    one = archgraph("mutate", "cifar_resnet8", "--seed", 5, "--count", 1, "--json").json
    many = archgraph("mutate", "cifar_resnet8", "--seed", 5, "--count", 6, "--json").json
    assert len(many["changes"]) == 6 and many["changes"][:1] == one["changes"]
    assert cost(expand(loads(many["spec"]))).outputs == {"output": (10,)}
    assert many == archgraph("mutate", "cifar_resnet8", "--seed", 5, "--count", 6, "--json").json


def test_a_network_without_a_place_for_it_is_a_finding(archgraph: Archgraph, tmp_path: Path) -> None:
    file = tmp_path / "child.yaml"
    ran = archgraph("mutate", "cifar_resnet8", "--op", "dense", "-o", file)
    assert (ran.code, ran.out) == (1, "cifar_resnet8 has no place for dense\n")
    assert not file.exists()


def test_a_crossover_takes_its_second_parent(archgraph: Archgraph) -> None:
    assert archgraph("mutate", "cifar_resnet8", "--op", "crossover").code == 1
    ran = archgraph("mutate", "cifar_resnet8", "--op", "crossover", "--mate", "mobilenet_v2")
    assert ran.code == 0 and ran.out.startswith("crossover (stage all of stage from mobilenet_v2)\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["resnet50", "--op", "widht"], "archgraph: no mutation 'widht'; did you mean 'width'?\n"),
        (["no_such_net", "--op", "width"], "archgraph: no network 'no_such_net'"),
        (["resnet50", "--op", "width", "-o", "/no/such/folder/x.yaml"], "archgraph: cannot write /no/such/folder"),
    ],
)
def test_wrong_use_ends_with_2(archgraph: Archgraph, words: list[str], said: str) -> None:
    ran = archgraph("mutate", *words)
    assert ran.code == 2 and ran.err.startswith(said)


def test_every_mutation_of_the_table_can_be_named(archgraph: Archgraph) -> None:
    for name in MUTATIONS:
        ran = archgraph("mutate", "nasbench201", "--op", name, "--mate", "mobilenet_v2")
        assert ran.code in (0, 1) and (ran.out.startswith(f"{name} (") or "no place" in ran.out), (name, ran)
