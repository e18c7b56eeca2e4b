"""`archgraph ops`: the words of the language, as their classes say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from archgraph.ops import OPS

Archgraph = Callable[..., Any]


def test_every_op_is_listed_with_a_sentence(archgraph: Archgraph) -> None:
    found = archgraph("ops", "--json").json
    assert [op["name"] for op in found] == list(OPS)
    assert all(op["summary"].endswith(".") for op in found)
    out = archgraph("ops").out
    assert all(f"\n{name} " in f"\n{out}" for name in OPS)


@pytest.mark.parametrize("name", sorted(OPS))
def test_an_op_tells_every_argument_with_what_it_takes(name: str, archgraph: Archgraph) -> None:
    found = archgraph("ops", name, "--json").json
    assert [argument["name"] for argument in found["arguments"]] == list(OPS[name].model_fields)
    assert all(argument["takes"] and argument["text"] for argument in found["arguments"])
    out = archgraph("ops", name).out
    assert all(argument["name"] in out for argument in found["arguments"])
    assert not OPS[name].examples or f"- {name}" in out


def test_an_unknown_op_is_wrong_use(archgraph: Archgraph) -> None:
    ran = archgraph("ops", "convv")
    assert ran.code == 2 and "did you mean 'conv'?" in ran.err
