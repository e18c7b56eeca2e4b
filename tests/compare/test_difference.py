"""What became of each node: names first, structure second, and every cost told once."""

from __future__ import annotations

from random import Random

import networkx as nx
import pytest

import archgraph
from archgraph.compare.change import Change, Difference, total
from archgraph.compare.difference import difference
from archgraph.graph.model import Graph

NETWORKS = ["cifar_resnet8", "googlenet_bn", "unet_resnet34", "densenet121", "hrnetv2_w18"]


def network(graph: str, *, more: str = "", size: str = "[3, 8, 8]") -> Graph:
    """A network whose `graph:` is given as YAML."""
    return archgraph.expand(archgraph.loads(f"archgraph: 1\nname: net\ninput: {size}\n{more}graph:\n{graph}"))


def told(found: Difference) -> list[tuple[str, str | None, str | None]]:
    """What was changed itself: what became of it, and its names."""
    return [(change.what, change.before, change.after) for change in found.own]


def costs(found: Difference) -> tuple[int, int, int]:
    """What the new network costs more, by the costs of both."""
    old, new = found.before, found.after
    return new.params - old.params, new.macs - old.macs, new.activation_bytes - old.activation_bytes


def as_networkx(graph: Graph) -> nx.MultiDiGraph:
    """The graph for networkx: what each node does, and which output is which input."""
    made = nx.MultiDiGraph()
    for name, size in graph.inputs.items():
        made.add_node(name, says=("input", size))
    for node in graph:
        made.add_node(node.name, says=(repr(node.op), node.shape))
        for number, ref in enumerate(node.inputs):
            made.add_edge(ref.node, node.name, says=(number, ref.output))
    return made


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_the_same_as_itself_written_anew(name: str) -> None:
    spec = archgraph.load(name)
    found = archgraph.diff(spec, archgraph.loads(archgraph.dump(spec)))
    assert found.same and not found.changes and not found.settings
    assert {node.what for node in found.nodes} == {"same"}


RENAMED = [
    (
        """
  - {conv: [8, 3], id: stem}
  - {conv: [8, 3], id: deep}
  - {add: , from: [stem, deep]}
  - conv: [2, 1]""",
        """
  - {conv: [8, 3], id: entry}
  - {conv: [8, 3], id: next}
  - {add: , from: [entry, next], id: sum}
  - conv: [2, 1]""",
    ),
    (
        """
  - {conv: {out: 8, kernel: 3, norm: batch, act: relu}, id: a}
  - {conv: [4, 1], id: b}
  - {conv: [4, 3], id: c, from: a}
  - {concat: , from: [b, c]}""",
        """
  - {conv: {out: 8, kernel: 3, norm: batch, act: relu}, id: c}
  - {conv: [4, 1], id: a}
  - {conv: [4, 3], id: b, from: c}
  - {concat: , from: [a, b]}""",
    ),
    (
        """
  - residual: {body: [conv: [3, 3], conv: [3, 3]]}
    id: one
  - relu""",
        """
  - residual: {body: [{conv: [3, 3], id: first}, conv: [3, 3]]}
    id: other
  - relu""",
    ),
]


@pytest.mark.parametrize(("before", "after"), RENAMED)
def test_new_names_are_those_of_the_isomorphism_and_no_difference(before: str, after: str) -> None:
    old, new = network(before), network(after)
    found = difference(old, new)
    names = {node.before: node.after for node in found.nodes}
    match = nx.isomorphism.MultiDiGraphMatcher(
        as_networkx(old), as_networkx(new), node_match=lambda a, b: a == b,
        edge_match=lambda a, b: sorted(e["says"] for e in a.values()) == sorted(e["says"] for e in b.values()),
    )  # fmt: skip
    maps = [{name: to for name, to in one.items() if name in old.nodes} for one in match.isomorphisms_iter()]
    assert maps and names in maps
    assert found.same and {change.what for change in found.changes} == {"renamed"}
    assert {change.what for change in found.own} <= {"renamed"}


@pytest.mark.parametrize("seed", range(12))
def test_a_line_put_into_an_anonymous_list_or_taken_out_is_one_change(seed: int) -> None:
    rng = Random(seed)
    widths = rng.sample(range(4, 40), 8)
    lines = [f"  - {{conv: {{out: {width}, kernel: 3, norm: batch, act: relu}}}}" for width in widths]
    place = rng.randrange(1, len(lines))
    put_in = [*lines[:place], "  - {conv: {out: 64, kernel: 5, act: silu}}", *lines[place:]]
    old, new = (network("\n".join(text)) for text in (lines, put_in))
    found = difference(old, new)
    assert told(found) == [("added", None, f"conv{place + 1}")]
    back = difference(new, old)
    assert told(back) == [("removed", f"conv{place + 1}", None)]
    shifted = {change.before: change.after for change in found.changes if change.what == "renamed"}
    kept = {node.before: node.after for node in found.nodes if node.before}
    for number in range(place + 1, len(lines) + 1):
        assert kept[f"conv{number}.norm"] == f"conv{number + 1}.norm"
    assert all(int(str(after)[4:]) == int(str(before)[4:]) + 1 for before, after in shifted.items())


def test_a_name_that_means_something_else_now_does_not_hide_where_the_old_one_went() -> None:
    old = network("  - {conv: [8, 3], id: head}\n  - {conv: [16, 5], id: tail}\n  - relu")
    new = network("  - {max_pool: 2, id: head}\n  - {conv: [8, 3], id: body}\n  - {conv: [16, 5], id: tail}\n  - relu")
    found = difference(old, new)
    assert told(found) == [("added", None, "head")]
    assert ("head", "body") in [(change.before, change.after) for change in found.following]


def test_widths_that_are_all_twice_as_much_are_changes_where_they_stand() -> None:
    lines = [f"  - conv: [{width}, 3]" for width in (8, 16, 32)]
    wider = [f"  - conv: [{width}, 3]" for width in (16, 32, 64)]
    found = difference(network("\n".join(lines)), network("\n".join(wider)))
    assert told(found) == [("changed", f"conv{n}", f"conv{n}") for n in (1, 2, 3)]
    assert [dict(change.arguments) for change in found.own] == [{"out": (n, 2 * n)} for n in (8, 16, 32)]


def test_what_follows_is_told_apart_from_what_was_changed() -> None:
    graph = "  - {conv: {out: %d, kernel: 3, norm: batch}}\n  - conv: [4, 1]\n  - relu\n  - conv: [2, 1]"
    found = difference(network(graph % 8), network(graph % 12))
    (own,) = found.own
    assert dict(own.arguments) == {"out": (8, 12)}
    assert own.cost.params == 4 * 3 * 9 + 4 * 2
    (follows,) = found.following
    assert follows.after == "conv2" and follows.weights == (((4, 8, 1, 1), (4,)), ((4, 12, 1, 1), (4,)))
    kept = {node.after: node for node in found.nodes}
    assert kept["relu1"].what == "same"
    assert kept["conv1.norm"].follows and kept["conv1.norm"].shape == ((8, 8, 8), (12, 8, 8))


def test_a_norm_that_is_taken_away_is_a_change_of_its_conv() -> None:
    old, new = network("  - {conv: {out: 8, kernel: 3, norm: batch}}\n  - relu"), network("  - conv: [8, 3]\n  - relu")
    for found, pair in ((difference(old, new), ("batch", "none")), (difference(new, old), ("none", "batch"))):
        (change,) = found.own
        assert change.name == "conv1" and dict(change.arguments) == {"norm": pair}


def test_another_input_of_a_node_is_a_change_of_its_own() -> None:
    graph = (
        "  - {conv: [8, 3], id: a}\n  - {conv: [8, 3], id: b}\n  - {conv: [8, 3], id: c}\n  - {add: , from: [%s, c]}"
    )
    (change,) = difference(network(graph % "a"), network(graph % "b")).own
    assert (change.what, change.after, change.inputs) == ("rewired", "add1", (("a", "c"), ("b", "c")))


def test_the_order_of_a_sum_is_no_difference_and_that_of_a_concat_is() -> None:
    graph = "  - {conv: [8, 3], id: a}\n  - {conv: [8, 3], id: b}\n  - {%s: , from: [%s]}\n  - conv: [2, 1]"
    assert difference(network(graph % ("add", "a, b")), network(graph % ("add", "b, a"))).same
    (change,) = difference(network(graph % ("concat", "a, b")), network(graph % ("concat", "b, a"))).own
    assert change.what == "rewired"


def test_a_residual_put_around_nodes_holds_them() -> None:
    inner = "  - conv: [3, 3]\n  - conv: [3, 5]\n"
    around = "  - residual:\n      body:\n        - conv: [3, 3]\n        - conv: [3, 5]\n"
    old, new = network(inner + "  - relu"), network(around + "  - relu")
    (put,) = difference(old, new).own
    assert (put.what, put.op, put.after) == ("added", "residual", "residual1")
    assert put.holds == ("residual1.body.conv1", "residual1.body.conv2")
    (gone,) = difference(new, old).own
    assert (gone.what, gone.before, gone.holds) == ("removed", "residual1", put.holds)


def test_weights_that_are_shared_are_a_change() -> None:
    graph = "  - {conv: [3, 3], id: a}\n  - {conv: [3, 3], id: b%s}\n  - conv: [2, 1]"
    found = difference(network(graph % ""), network(graph % ", share: a"))
    (change,) = found.own
    assert dict(change.arguments) == {"share": (None, "a")} and change.cost.params == -(3 * 3 * 9 + 3)


def test_inputs_and_outputs_are_told() -> None:
    body = "  - {conv: [8, 3], id: a}\n  - {conv: [8, 3], id: b}"
    old = network(body, more="outputs: {mask: b}\n")
    other = network(body, more="outputs: {mask: a, edge: b}\n", size="[3, 16, 16]")
    found = difference(old, other)
    assert [(change.what, change.op, change.name) for change in found.own] == [
        ("changed", "input", "in"), ("rewired", "output", "mask"), ("added", "output", "edge"),
    ]  # fmt: skip
    (moved,) = (change for change in found.own if change.name == "mask")
    assert moved.inputs == (("b",), ("a",))


PAIRS = [
    ("resnet18", "vgg16"),
    ("lenet5", "googlenet_bn"),
    ("mobilenet_v2", "efficientnet_b0"),
    ("resnet18", "resnet50"),
    ("deeplabv3_hrnetv2_w48", "hrnetv2_w32"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_costs_of_what_differs_add_up_in_both_directions(one: str, other: str) -> None:
    graphs = [archgraph.expand(archgraph.load(name)) for name in (one, other)]
    for old, new in (graphs, graphs[::-1]):
        found = difference(old, new)
        assert not found.same
        assert tuple(total(node.cost for node in found.nodes)) == costs(found)
        assert tuple(total(change.cost for change in found.changes)) == costs(found)
        assert sorted(filter(None, (node.before for node in found.nodes))) == sorted(old.nodes)
        assert [node.after for node in found.nodes if node.after] == list(new.nodes)


def test_a_head_that_only_training_runs_costs_no_macs() -> None:
    body = "  - {conv: [8, 3], id: a}\n  - {conv: [8, 3], id: b}\n"
    old = network(
        body + "  - {conv: [4, 1], id: aux, from: a}", more="outputs: {main: b, aux: aux}\ntrain_only: [aux]\n"
    )
    new = network(body, more="outputs: {main: b}\n")
    found = difference(old, new)
    assert tuple(total(change.cost for change in found.changes)) == costs(found)
    (gone,) = (change for change in found.own if change.op == "conv")
    assert gone.cost.macs == 0 and gone.cost.params < 0


def test_a_default_that_is_given_up_is_told() -> None:
    """Its squeeze-and-excitation blocks come from `defaults`, and no block's own arguments say that they go."""
    found = archgraph.diff(archgraph.load("efficientnet_b0"), archgraph.load("mobilenet_v2"))
    assert found.settings["defaults.inverted.se"] == (4, None)
    assert "defaults.inverted.se     4 → none" in str(found)


def test_defaults_written_out_at_the_nodes_are_the_same_network() -> None:
    head = "archgraph: 1\nname: net\ninput: [3, 8, 8]\n"
    old = archgraph.loads(head + "defaults: {conv: {act: relu}}\ngraph: [{conv: [4, 3]}, {conv: [8, 3]}]\n")
    new = archgraph.loads(
        head + "graph: [{conv: {out: 4, kernel: 3, act: relu}}, {conv: {out: 8, kernel: 3, act: relu}}]\n"
    )
    assert "the same network" in str(archgraph.diff(old, new)) and "defaults" not in str(archgraph.diff(old, new))


def test_variables_of_specs_that_differ_are_told() -> None:
    spec = archgraph.load("resnet18")
    found = archgraph.diff(spec, archgraph.override(spec, {"classes": 10}))
    assert found.settings == {"vars.classes": (1000, 10)}
    assert [change.name for change in found.own] == ["linear1"]
    assert archgraph.diff(archgraph.expand(spec), spec).settings == {}


def test_a_change_is_plain_data_for_json() -> None:
    change = Change("changed", "conv", "a", "b", arguments={"kernel": (3, 5)}, shape=((8, 4, 4), (8, 2, 2)))
    assert change.as_dict() == {
        "what": "changed", "op": "conv", "before": "a", "after": "b", "arguments": {"kernel": [3, 5]},
        "shape": [(8, 4, 4), (8, 2, 2)], "cost": {"params": 0, "macs": 0, "activation_bytes": 0}, "follows": False,
    }  # fmt: skip
