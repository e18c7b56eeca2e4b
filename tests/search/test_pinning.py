"""Edits keep the names of what they did not touch."""

from __future__ import annotations

from archgraph.search.pinning import edited
from archgraph.spec.model import Body, NodeSpec
from archgraph.spec.naming import node_names

CONV, SE, RELU = NodeSpec("conv"), NodeSpec("se"), NodeSpec("relu")


def test_nothing_is_pinned_where_no_name_shifts() -> None:
    before = Body((CONV, CONV))
    assert edited(before, [CONV, CONV, SE], kept=[0, 1, None]) == Body((CONV, CONV, SE))


def test_a_node_in_front_of_its_like_pins_the_old_one_and_takes_a_free_name() -> None:
    after = edited(Body((CONV, SE)), [SE, CONV, SE], kept=[None, 0, 1])
    assert node_names(after) == ("se2", "conv1", "se1")
    assert [node.id for node in after.nodes] == ["se2", None, "se1"]


def test_taking_a_node_out_pins_those_behind() -> None:
    after = edited(Body((CONV, CONV, CONV)), [CONV, CONV], kept=[0, 2])
    assert [node.id for node in after.nodes] == [None, "conv3"]


def test_a_node_of_another_op_keeps_its_name_where_something_refers_to_it() -> None:
    add = NodeSpec("add", inputs=("relu1.0", "prev"))
    after = edited(Body((RELU, CONV, add)), [NodeSpec("gelu"), CONV, add], kept=[0, 1, 2])
    assert node_names(after)[0] == "relu1"
    free = edited(Body((RELU, CONV)), [NodeSpec("gelu"), CONV], kept=[0, 1])
    assert node_names(free)[0] == "gelu1"


def test_an_output_is_a_reference() -> None:
    after = edited(Body((RELU,)), [NodeSpec("gelu")], kept=[0], referenced=["relu1"])
    assert node_names(after) == ("relu1",)


def test_a_new_name_avoids_ids_given_by_people() -> None:
    given = NodeSpec("conv", id="se1")
    after = edited(Body((given,)), [given, SE], kept=[0, None])
    assert node_names(after) == ("se1", "se2")


def test_a_new_node_gives_up_an_id_that_is_taken() -> None:
    after = edited(Body((SE, RELU)), [SE, NodeSpec("conv", id="se1"), RELU], kept=[0, None, 1])
    assert node_names(after) == ("se1", "conv1", "relu1")
