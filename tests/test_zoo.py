"""The names of the zoo are read without YAML; here they are compared with what its files hold."""

from __future__ import annotations

from pathlib import Path

import pytest

import archgraph
from archgraph import zoo
from archgraph.errors import UsageError


@pytest.mark.parametrize("path", zoo.files(), ids=lambda path: path.stem)
def test_the_names_in_a_file_are_its_variants_or_its_own(path: Path) -> None:
    spec = archgraph.load(path)
    assert list(zoo.networks_in(path)) == list(spec.variants or [spec.name])
    assert all(where.path == path for where in zoo.networks_in(path).values())


def test_a_name_is_given_once_in_the_zoo() -> None:
    found = [name for path in zoo.files() for name in zoo.networks_in(path)]
    assert sorted(found) == zoo.names()
    assert sorted(set(found)) == zoo.names()


def test_variants_are_found_below_their_key_alone(tmp_path: Path) -> None:
    path = tmp_path / "family.yaml"
    path.write_text(
        "name: family\nblocks:\n  unit:\n    graph: []\n"
        "variants:  # of the paper\n  small: {w: 1}\n\n  # the others\n  large-2:\n    w: 2\n"
        "    expect:\n      {params: 3}\nexpect:\n  params: 3\n"
    )
    assert list(zoo.networks_in(path)) == ["small", "large-2"]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no network 'resnet19' in the zoo, and no such file; did you mean 'resnet18'"):
        zoo.find("resnet19")
