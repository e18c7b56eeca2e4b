"""The size of a space against counting by hand."""

from __future__ import annotations

import archgraph
from archgraph.graph.space import space

HEAD = "archgraph: 1\nname: net\ninput: [3, 16, 16]\n"


def explore(text: str, **options: int) -> object:
    return space(archgraph.loads(HEAD + text), **options)


def test_a_spec_without_choices_is_no_space() -> None:
    assert explore("graph: [conv: [8, 3]]") is None


def test_a_shared_choice_is_one_decision_and_an_inline_one_is_one_a_copy() -> None:
    shared = explore("vars: {k: {choice: [3, 5]}}\ngraph: [{conv: [8, $k], repeat: 3}]")
    inline = explore("graph: [{conv: {out: 8, kernel: {choice: [3, 5]}}, repeat: 3}]")
    assert (shared.networks, inline.networks) == (2, 8)
    assert shared.exact and inline.exact


def test_a_choice_inside_an_option_counts_only_where_it_is_taken() -> None:
    found = explore(
        "graph: [conv: [8, 3], choice: {plain: [], gate: [se: {reduction: {choice: [2, 4, 8]}}], deep: [conv: "
        "{out: 8, kernel: {range: [1, 7], step: 2}}]}]"
    )
    assert found.networks == 1 + 3 + 4


def test_costs_are_those_of_the_smallest_the_median_and_the_largest() -> None:
    found = explore("vars: {w: {choice: [4, 16, 8]}}\ngraph: [conv: [$w, 3]]")
    assert [c.macs for c in (found.smallest, found.median, found.largest)] == [27 * 256 * w for w in (4, 8, 16)]


def test_a_space_too_large_to_enumerate_is_counted_by_its_decisions() -> None:
    found = explore("graph: [{conv: {out: {range: [8, 64], step: 8}, kernel: 3}, repeat: 10}]", most=50)
    assert found.networks == 8**10 and found.exact
    assert len(found.costs) == 50


def test_combinations_that_are_no_network_are_told_apart() -> None:
    found = explore("graph: [conv: {out: 8, kernel: {choice: [3, 99]}, pad: 0}]")
    assert (found.networks, len(found.costs), found.refused) == (2, 1, 1)
