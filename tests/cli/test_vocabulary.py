"""`archgraph ops`: the words of the language, as their classes say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from archgraph.ops import OPS

Archgraph = Callable[..., Any]


def test_every_op_is_listed_with_a_sentence(archgraph: Archgraph) -> None:
    found = archgraph("ops", "--json").json
    assert [op["name"] for op in found] == [*OPS, "use", "nn.<Class>"]
    assert all(op["summary"].endswith(".") for op in found)
    out = archgraph("ops").out
    assert all(f"\n{name} " in f"\n{out}" for name in (*OPS, "use", "nn.<Class>"))


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


def test_the_words_that_are_no_ops_are_explained_too(archgraph: Archgraph) -> None:
    found = archgraph("ops", "use", "--json").json
    assert [argument["name"] for argument in found["arguments"]] == ["spec", "take"]
    assert "torch.nn" in archgraph("ops", "nn.<Class>").out


@pytest.mark.torch
def test_a_class_of_torch_tells_its_own_arguments(archgraph: Archgraph) -> None:
    import inspect

    from torch import nn

    found = archgraph("ops", "nn.Softplus", "--json").json
    wanted = inspect.signature(nn.Softplus).parameters
    assert {one["name"]: one["default"] for one in found["arguments"]} == {
        name: parameter.default for name, parameter in wanted.items()
    }
    for name, said in (("nn.Sofplus", "did you mean 'nn.Softplus'?"), ("nn.LSTM", "cannot be a node")):
        ran = archgraph("ops", name)
        assert ran.code == 2 and said in ran.err


def test_an_op_with_several_outputs_says_so(archgraph: Archgraph) -> None:
    several = {op["name"] for op in archgraph("ops", "--json").json if op["several"]}
    assert {"max_pool", "split", "parallel", "hr_fusion"} <= several and not {"conv", "residual", "add"} & several
    assert "x/1" in archgraph("ops", "split").out and "x/1" not in archgraph("ops", "conv").out
