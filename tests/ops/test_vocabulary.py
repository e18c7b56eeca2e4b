"""What every op says of itself, and what the parser and a search read from it."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest

from archgraph.errors import RuleError
from archgraph.ops import OPS, make, roles, vocabulary
from archgraph.ops.arguments import NORMS, ActName, NormName, Takes
from archgraph.ops.base import Macro, Op, Primitive
from archgraph.ops.facts import facts
from archgraph.ops.signatures import named
from archgraph.ops.table import by_name
from archgraph.spec.vocabulary import Argument

ALL = sorted(OPS)


@pytest.mark.parametrize("name", ALL)
def test_an_op_documents_itself(name: str) -> None:
    op = OPS[name]
    assert op.op == name
    first, *rest = inspect.cleandoc(op.__doc__ or "").splitlines()
    assert first.endswith(".") and len(first) <= 110
    assert rest and rest[0] == "" and " -> " in rest[1], "its shapes stand below the first sentence"
    for argument, field in op.model_fields.items():
        assert field.description and field.description.endswith("."), argument
        assert any(isinstance(item, Takes) for item in field.metadata), argument


@pytest.mark.parametrize("name", ALL)
def test_an_op_is_final_and_says_all_its_rules(name: str) -> None:
    op = OPS[name]
    assert not inspect.isabstract(op)
    assert issubclass(op, Primitive) != issubclass(op, Macro)
    assert op.examples
    for example in op.examples:
        made = make(name, example.args)
        assert op.arity in (None, len(example.inputs) - named(made))
        if isinstance(made, Primitive):
            assert facts(made, example.inputs).shape == made.shape(*example.inputs)


@pytest.mark.parametrize("name", [name for name in ALL if issubclass(OPS[name], Primitive)])
def test_examples_give_every_argument_of_a_primitive_a_value_that_is_not_its_default(name: str) -> None:
    # norm, act and order are the box around the op, not the op.
    wanted = set(OPS[name].model_fields) - {"norm", "act", "order"}
    given = {argument for example in OPS[name].examples for argument in example.args}
    assert wanted <= given


def test_two_ops_of_one_name_are_refused() -> None:
    class Other(OPS["relu"]):  # type: ignore[name-defined, misc]
        op = "relu"

    with pytest.raises(ValueError, match="two ops are called 'relu': ReLU and Other"):
        by_name([*OPS.values(), Other])


def test_the_names_of_activations_and_norms_are_ops() -> None:
    activations = [op for op in OPS.values() if op.__module__.endswith(".activation")]
    bare = {op.op for op in activations if not any(field.is_required() for field in op.model_fields.values())}
    assert set(get_args(ActName)) == {"none", *bare}
    assert {"none", *NORMS} == set(get_args(NormName))
    assert set(NORMS.values()) <= set(OPS)


def test_the_parser_learns_arguments_in_order_and_what_they_hold() -> None:
    words = vocabulary()
    assert list(words) == list(OPS)
    assert words["residual"].arguments == {
        "body": Argument("body", required=True, holds="graph"),
        "shortcut": Argument("shortcut", required=False, holds="graph"),
        **{name: Argument(name, required=False) for name in ("act", "scale", "factor", "drop_path")},
    }
    assert words["branches"].arguments["paths"] == Argument("paths", required=True, holds="graphs")
    assert words["dense"].arguments["body"] == Argument("body", required=False, holds="graph")
    assert list(words["conv"].arguments)[:3] == ["out", "kernel", "stride"]
    assert [name for name, signature in words.items() if signature.rest] == ["choice"]


def test_a_search_learns_what_it_may_change() -> None:
    assert roles("conv") == {
        "out": "width",
        "kernel": "kernel",
        "stride": "stride",
        "dilation": "dilation",
        "groups": "groups",
        "norm": "norm",
        "act": "activation",
    }
    assert roles("linear") == {"norm": "norm", "act": "activation"}
    assert roles("dense") == {"layers": "depth", "growth": "width"}
    assert all(roles(name)["act"] == "activation" for name, op in OPS.items() if "act" in op.model_fields)


def test_equal_arguments_give_one_op() -> None:
    conv = make("conv", {"out": 8, "kernel": 3})
    assert make("conv", {"kernel": 3, "out": 8}) is conv
    assert make("conv", {"out": 8, "kernel": 3, "stride": 1}) is conv
    assert make("conv", {"out": 8, "kernel": 5}) != conv
    assert {conv: 1}[make("conv", {"out": 8, "kernel": 3})] == 1


def test_a_truth_value_is_never_the_number_it_equals() -> None:
    make("conv", {"out": 1, "kernel": 1})
    make("conv", {"out": 1, "kernel": (1, 1)})
    for args in ({"out": True, "kernel": 1}, {"out": 1, "kernel": (True, 1)}, {"out": 1.0, "kernel": 1}):
        with pytest.raises(RuleError, match="takes a positive integer"):
            make("conv", args)


def test_facts_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    conv: Op = make("conv", {"out": 31, "kernel": 3})
    assert isinstance(conv, Primitive)
    first = facts(conv, ((3, 17, 19),))
    assert facts(conv, ((3, 17, 19),)) is first
    assert (first.params, first.macs) == (31 * (27 + 1), 31 * 27 * 17 * 19)
