"""What changes nothing is not in the hash, and what looks alike and is not is in it."""

from __future__ import annotations

import pytest

import archgraph
from archgraph.graph.hashing import canonical_hash
from archgraph.graph.normal_form import BIASED, KEEPS_ZERO, normal_form
from archgraph.ops import OPS, make
from archgraph.ops.base import Example, Primitive

HEAD = "archgraph: 1\nname: net\ninput: [8, 6, 6]\ndefaults: {conv: {bias: false}}\ngraph:\n"


def digest(nodes: str, rest: str = "") -> str:
    """The hash of a graph of one node per line."""
    listed = "\n".join(f"  - {node.strip()}" for node in nodes.strip().splitlines())
    return canonical_hash(archgraph.expand(archgraph.loads(f"{HEAD}{listed}\n{rest}")))


CONV = "conv: [8, 3]"
A = "{conv: [8, 3], id: a}\n"
ADDED = A + "{zero: , from: in, id: b}\n{add: , from: [a, b]}"
SUM = A + "{add: , id: s, from: [in, a]}\n"


@pytest.mark.parametrize(
    ("what", "one", "other"),
    [
        ("zero added", ADDED, CONV),
        (
            "zeros on a long way",
            A + "{zero: , from: in}\nrelu\nmax_pool: 1\nconv: [8, 5]\n{add: , from: [a, prev]}",
            CONV,
        ),
        (
            "zero multiplied",
            A + "{zero: , id: z, from: in}\n{mul: , from: [in, z]}\n{add: , from: [mul1, a]}",
            CONV,
        ),
        ("a sum of one", "conv: [8, 3]\nadd", CONV),
        ("an identity", "identity\nconv: [8, 3]\nidentity", CONV),
        ("a branch that nobody needs", "{conv: [8, 5], id: unused}\n{conv: [8, 3], from: in}", CONV),
        (
            "which conv reads nothing but zeros",
            "zero\nconv: {out: 8, kernel: 3, norm: batch}",
            "zero\nconv: {out: 8, kernel: 5, norm: batch}",
        ),
        (
            "how sums are nested",
            A + "{conv: [8, 1], from: in, id: b}\n{add: , id: s, from: [a, b]}\n{add: , from: [in, s]}",
            SUM + "{conv: [8, 1], from: in, id: b}\n{add: , from: [b, s]}",
        ),
        (
            "how concats are nested",
            A + "{concat: , id: s, from: [in, a]}\n{concat: , from: [s, in]}",
            A + "{concat: , id: s, from: [a, in]}\n{concat: , from: [in, s]}",
        ),
    ],
)
def test_what_changes_nothing_is_not_in_the_hash(what: str, one: str, other: str) -> None:
    assert digest(one) == digest(other), what


@pytest.mark.parametrize(
    ("what", "one", "other"),
    [
        ("a norm's bias on zeros", A + "{zero: , from: in}\nbatch_norm\n{add: , from: [a, prev]}", CONV),
        ("a conv's bias on zeros", ADDED + "\nzero\nconv: {out: 8, kernel: 3, bias: true}", "zero"),
        ("zeros beside a map", "{zero: , id: z}\n{concat: , from: [in, z]}", "{concat: , from: [in, in]}"),
        ("an op that is 1/2 at 0", A + "{zero: , from: in}\nsigmoid\n{add: , from: [a, prev]}", CONV),
        (
            "a sum that is read twice",
            SUM + "{conv: [8, 3], from: s}\n{add: , from: [s, prev]}",
            SUM + "conv: [8, 3]\n{add: , from: [in, prev]}",
        ),
        (
            "one branch twice, two branches once",
            A + "{add: , from: [a, a]}",
            A + "{conv: [8, 3], from: in, id: b}\n{add: , from: [a, b]}",
        ),
        (
            "the order of a concat",
            A + "{concat: , id: s, from: [in, a]}\n{concat: , from: [s, in]}",
            A + "{concat: , id: s, from: [in, in]}\n{concat: , from: [s, a]}",
        ),
        ("shared weights", A + "{conv: [8, 3], share: a}", "conv: [8, 3]\nconv: [8, 3]"),
        (
            "what shares its weights with what",
            A + "{conv: , share: a, id: b}\nconv: [8, 3]",
            A + "conv: [8, 3]\n{conv: , share: a, id: b}",
        ),
    ],
)
def test_what_changes_the_function_is_in_the_hash(what: str, one: str, other: str) -> None:
    assert digest(one) != digest(other), what


def test_which_of_two_sharers_was_written_first_is_not_in_the_hash() -> None:
    one = "{conv: [8, 3], id: a}\n{conv: , share: a, id: b, from: in}\n{relu: , from: a}\n{sub: , from: [relu1, b]}"
    other = "{conv: [8, 3], id: b}\n{conv: , share: b, id: a, from: in}\n{relu: , from: a}\n{sub: , from: [relu1, b]}"
    assert digest(one) == digest(other)


def test_weights_stay_shared_where_their_owner_is_not_needed() -> None:
    unneeded = "{conv: [8, 3], id: a}\n{conv: , share: a, from: in}\n{conv: , share: a}"
    assert digest(unneeded) == digest("{conv: [8, 3], id: a}\n{conv: , share: a}")
    assert digest(unneeded) != digest("conv: [8, 3]\nconv: [8, 3]")


def test_the_places_of_greatest_values_stay_where_all_values_are_zeros() -> None:
    assert digest("zero\n{max_pool: {kernel: 2, indices: true}, id: p}", "outputs: {where: p/1}") != digest("zero")


def test_outputs_are_told_apart_by_their_number() -> None:
    halves = "{split: 2, id: half}\n{relu: , from: half/0, id: x}\n{relu: , from: half/1, id: y}"
    assert digest(halves, "outputs: {x: x, y: y}") != digest(halves, "outputs: {x: y, y: x}")
    assert digest("split: 2", "outputs: {x: split1/0, y: split1/1}") != digest(
        "split: 2", "outputs: {x: split1/1, y: split1/0}"
    )


def test_a_network_of_nothing_but_zeros_still_has_its_shape() -> None:
    assert digest("zero") != digest("zero: {stride: 2}")
    form = normal_form(archgraph.expand(archgraph.loads(HEAD + "  - conv: [8, 3]\n  - zero")))
    assert not form.vertices


@pytest.mark.torch
@pytest.mark.parametrize("name", sorted(KEEPS_ZERO | BIASED))
def test_ops_that_keep_zeros_do(name: str) -> None:
    import torch
    from lowered import lowered

    tried = [example for example in OPS[name].examples if not _ready(name, example).further(*example.inputs)]
    assert tried
    for example in tried:
        op = _ready(name, example)
        module = lowered(op, example.inputs).eval()
        for weight in module.parameters():
            torch.nn.init.uniform_(weight, -2, 2)
        out = module(*(torch.zeros(2, *shape) for shape in example.inputs))
        assert not out.any()


def _ready(name: str, example: Example) -> Primitive:
    """The op of an example, without a bias where that is what keeps zeros."""
    op = make(name, {**example.args, "bias": False} if name in BIASED else example.args)
    assert isinstance(op, Primitive)
    return op
