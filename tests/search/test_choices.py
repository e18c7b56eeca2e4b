"""The decisions of a spec with choices: what is asked, drawn and changed, and the plain spec that they settle into."""

from __future__ import annotations

from random import Random

import pytest

from archgraph import dump, expand, load, loads
from archgraph.graph.hashing import canonical_hash
from archgraph.graph.space import space
from archgraph.search.choices import Questions, answering, changed, decisions, defaults, drawn, has_choices
from archgraph.search.settling import UnsettledError, settle
from archgraph.spec.model import Spec

HEAD = "archgraph: 1\nname: t\ninput: [3, 8, 8]\n"
SPACE = (
    HEAD
    + """\
vars: {width: {range: [8, 32], step: 8}, kernels: [{choice: [1, 3]}, {choice: [3, 5]}]}
graph:
  - conv: {out: $width, kernel: {choice: [3, 5], default: 5}}
  - {conv: {out: $width, kernel: {choice: [1, 3, 5]}}, repeat: 3}
  - choice: {plain: [conv: [$width, 3]], none: [], deep: [conv: [$width, {choice: [1, 5]}], relu: ]}
  - {conv: {out: $w, kernel: {choice: [1, 3]}}, each: {w: [8, 16]}}
"""
)


def _network(spec: Spec, choices: dict[str, object]) -> str:
    """The network that `expand` gives when it asks."""
    return canonical_hash(expand(spec, choose=Questions(answering(choices))))  # type: ignore[arg-type]


def test_decisions_are_what_expand_asks_for_and_those_not_reached_are_none() -> None:
    spec = loads(SPACE)
    assert list(defaults(spec)) == [
        "vars.width", "vars.kernels", "vars.kernels#2", "conv1.kernel", "conv2.0.kernel", "conv2.1.kernel",
        "conv2.2.kernel", "choice1", "conv3.0.kernel", "conv3.1.kernel",
    ]  # fmt: skip
    assert defaults(spec)["conv1.kernel"] == 5
    asked = decisions(spec, answering({"choice1": "deep"}))
    assert "choice1.deep.conv1.kernel" in [one.name for one in asked]


def test_every_network_of_a_space_is_drawn_about_as_often() -> None:
    spec = loads(HEAD + "vars: {a: {choice: [1, 3]}, b: {choice: [3, 5, 7]}}\ngraph: [conv: [4, $a], conv: [4, $b]]\n")
    rng = Random(0)
    found = [tuple(drawn(spec, rng).values()) for _ in range(1200)]
    counted = space(spec)
    assert counted is not None and len(set(found)) == counted.networks == 6
    assert all(130 < found.count(one) < 270 for one in set(found))


def test_a_change_answers_one_decision_otherwise() -> None:
    spec = load("nasbench201")
    rng = Random(1)
    for _ in range(50):
        before = drawn(spec, rng)
        after = changed(spec, before, rng)
        assert sum(before[name] != after[name] for name in before) == 1


def test_a_change_that_opens_a_graph_draws_what_is_in_it() -> None:
    spec = loads(HEAD + "graph: [choice: {no: [], yes: [conv: [4, {choice: [1, 3]}]]}, relu: ]\n")
    assert changed(spec, {"choice1": "no"}, Random(0)).keys() == {"choice1", "choice1.yes.conv1.kernel"}


@pytest.mark.parametrize("text", [SPACE, dump(load("nasbench201"))], ids=["inline", "nasbench201"])
def test_a_settled_spec_is_the_network_that_expand_gives_and_has_no_choices(text: str) -> None:
    spec, rng = loads(text), Random(2)
    for _ in range(25):
        choices = dict(drawn(spec, rng))
        settled = settle(spec, choices)
        assert not has_choices(settled)
        assert canonical_hash(expand(loads(dump(settled)))) == _network(spec, choices)


def test_copies_that_agree_are_a_value_and_copies_that_differ_a_column() -> None:
    spec = loads(HEAD + "graph:\n  - {conv: {out: 8, kernel: {choice: [1, 3]}}, repeat: 2}\n")
    same = settle(spec, {"conv1.0.kernel": 3, "conv1.1.kernel": 3})
    assert "{conv: [8, 3], repeat: 2}" in dump(same)
    other = settle(spec, {"conv1.0.kernel": 1, "conv1.1.kernel": 3})
    assert "{conv: [8, $kernel], each: {kernel: [1, 3]}}" in dump(other)


def test_graphs_that_differ_in_copies_are_picked_by_a_column() -> None:
    spec = loads(HEAD + "graph:\n  - {choice: {a: [conv: [8, 3]], b: [relu: ]}, repeat: 2}\n")
    assert "each: {pick: [b, a]}" in dump(settle(spec, {"choice1.0": "b", "choice1.1": "a"}))


def test_what_no_column_can_say_is_refused_with_its_place() -> None:
    text = HEAD + "graph:\n  - {conv: {out: $i + 1, kernel: {choice: [1, 3]}}, repeat: 2}\n"
    with pytest.raises(UnsettledError, match=r"conv1\.kernel: copies differ, and the node reads \$i"):
        settle(loads(text), {"conv1.0.kernel": 1, "conv1.1.kernel": 3})


def test_names_stay_when_copies_become_columns() -> None:
    spec = loads(SPACE)
    choices = {"conv2.0.kernel": 1, "conv2.1.kernel": 5, "choice1": "deep"}
    asked = expand(spec, choose=Questions(answering(choices)))
    assert list(expand(settle(spec, choices)).nodes) == list(asked.nodes)
