"""`share`: a node that uses the weights of another one."""

from __future__ import annotations

import pytest

import archgraph

HEAD = "archgraph: 1\nname: net\ninput: [8, 16, 16]\n"


def expand(text: str) -> archgraph.Graph:
    graph = archgraph.expand(archgraph.loads(HEAD + text, name="net.yaml"))
    graph.check()
    return graph


def error(text: str) -> str:
    with pytest.raises(archgraph.SpecError) as caught:
        expand(text)
    return str(caught.value)


def shares(graph: archgraph.Graph) -> dict[str, str]:
    return {node.name: node.shares for node in graph if node.shares}


def test_a_node_without_arguments_takes_those_of_the_node_it_shares_with() -> None:
    graph = expand("graph: [{conv: [8, 3], id: a}, {conv: , share: a, id: b}]")
    assert shares(graph) == {"b": "a"}
    assert graph.nodes["b"].op == graph.nodes["a"].op
    assert archgraph.cost(graph).params == 8 * 8 * 9 + 8
    assert archgraph.cost(graph).macs == 2 * 8 * 8 * 9 * 16 * 16


def test_arguments_that_change_no_weight_may_differ() -> None:
    graph = expand("graph: [{conv: [8, 3], id: a}, {conv: {out: 8, kernel: 3, stride: 2}, share: a, id: b}]")
    assert graph.nodes["b"].shape == (8, 8, 8)
    assert shares(graph) == {"b": "a"}


def test_whole_blocks_share_node_by_node() -> None:
    unit = (
        "blocks: {unit: {args: {w: int}, graph: [residual: {body: [conv: {out: $w, kernel: 3, norm: batch}]},"
        " {se: 2}]}}\n"
    )
    graph = expand(unit + "graph: [{unit: 8, id: a}, {unit: , share: a, id: b}, {unit: 8, share: b, id: c}]")
    own = [node.name for node in graph if node.facts.params and not node.shares]
    assert own and all(name.startswith("a.") for name in own)
    assert shares(graph) == {name.replace("a.", f"{x}.", 1): name for x in "bc" for name in own}


def test_copies_share_with_copies_by_number_and_with_a_single_node_all() -> None:
    graph = expand("graph: [{conv: [8, 3], repeat: 2, id: a}, {conv: [8, 3], repeat: 2, share: a, id: b}]")
    assert shares(graph) == {"b.0": "a.0", "b.1": "a.1"}
    graph = expand("graph: [{conv: [8, 3], id: a}, {conv: , repeat: 3, share: a, id: b}]")
    assert shares(graph) == {"b.0": "a", "b.1": "a", "b.2": "a"}


def test_a_block_that_shares_inside_is_written_again_with_its_own_weights() -> None:
    block = "blocks: {twice: {graph: [{conv: [8, 3], id: x}, {conv: , share: x, id: y}]}}\n"
    graph = expand(block + "graph: [{twice: , repeat: 2, id: t}]")
    assert shares(graph) == {"t.0.y": "t.0.x", "t.1.y": "t.1.x"}


def test_weights_that_do_not_fit_are_not_shared() -> None:
    message = error("graph: [{conv: [8, 3], id: a}, {conv: [4, 3], share: a}]")
    assert "net.yaml:4:" in message
    assert "a is conv with weight 8x8x3x3, bias 8, conv1 is conv with weight 4x8x3x3, bias 4" in message or (
        "a is conv" in message and "4x8x3x3" in message
    )


def test_another_op_or_an_unknown_name_is_a_located_error() -> None:
    assert "share: a is conv, this node is relu" in error("graph: [{conv: [8, 3], id: a}, {relu: , share: a}]")
    message = error("graph: [{conv: [8, 3], id: stem}, {conv: , share: stam}]")
    assert "'stam'" in message
    assert "stem" in message


def test_weights_go_to_the_first_who_shares_them_where_their_owner_is_left_out() -> None:
    text = (
        "archgraph: 1\nname: net\ninput: [3, 8, 8]\ngraph:\n"
        "  - {conv: [3, 3], id: first, from: in}\n"
        "  - {conv: [3, 3], id: again, from: in, share: first}\n"
        "  - {conv: [3, 3], id: third, share: first}\n"
        "outputs: {one: first, two: third}\n"
    )
    whole = archgraph.loads(text)
    graph = archgraph.expand(whole, take="two")
    assert {name: node.shares for name, node in graph.nodes.items()} == {"again": None, "third": "again"}
    assert archgraph.cost(graph).params == archgraph.cost(whole).params == 3 * 3 * 9 + 3
