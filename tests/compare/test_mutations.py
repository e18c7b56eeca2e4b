"""A search's child beside its parent: what was changed itself is the mutation, where the mutation says, and no more."""

from __future__ import annotations

import re
from random import Random

import pytest

import archgraph
from archgraph import SpecError
from archgraph.compare.change import Change, total
from archgraph.compare.difference import difference
from archgraph.compare.telling import folded
from archgraph.compare.union import union
from archgraph.graph.model import Graph
from archgraph.search.mutations import MUTATIONS, Mutated, mutate
from archgraph.spec.model import Spec

PARENTS = ["cifar_resnet8", "vgg11_bn", "mobilenet_v2", "googlenet_bn", "unet_resnet34", "densenet121"]
SEEDS = range(3)
MOST_LINES = 6
"""Lines that tell a mutation: one a place of the spec that has the value, such as each kind of conv for a default."""


def children(name: str) -> list[tuple[Mutated, Graph]]:
    """Children of a network, of each mutation that finds a place in it."""
    spec, mate = archgraph.load(name), archgraph.load("mobilenet_v1")
    found = []
    for operator in MUTATIONS:
        for seed in SEEDS:
            made = mutate(spec, operator, Random(f"{name} {operator} {seed}"), mate=mate)
            if isinstance(made, Mutated):
                try:
                    found.append((made, archgraph.expand(made.spec)))
                except SpecError:
                    continue
    return found


def words_around(graph: Graph, name: str | None) -> set[str]:
    """The words of a node or box and of all boxes around it."""
    steps = name.split(".") if name else []
    boxes = [".".join(steps[:n]) for n in range(1, len(steps) + 1)]
    return {graph.scopes[box].op for box in boxes if box in graph.scopes}


def is_there(change: Change, made: Mutated, spec: Spec, old: Graph, new: Graph) -> bool:
    """Whether a change is where a mutation says: in a top node, in uses of a block, at what takes a default."""
    sites = [re.sub(r"\[.*?\]", "", site) for site in re.findall(r"[\w.\[\]]+", made.site) + made.change.split()]
    names = [name for name in (change.before, change.after, *change.holds) if name]
    words = words_around(old, change.before) | words_around(new, change.after) | {change.op}
    for site in sites:
        head, _, rest = site.partition(".")
        if head == "vars" or head in spec.vars or (head == "input" and change.op == "input"):
            return True
        if (head == "defaults" and rest.partition(".")[0] in words) or (head in spec.blocks and head in words):
            return True
        if head in old.scopes or head in old.nodes:
            # What replaces a node, or is put around it or beside it, stands in the graph that the node stands in.
            if any(name == head or name.startswith(f"{head}.") for name in names):
                return True
            if change.what == "added" and not {name.partition(".")[0] for name in names} & {*old.scopes, *old.nodes}:
                return True
    return False


@pytest.mark.parametrize("name", PARENTS)
def test_a_child_shows_its_mutation_and_nothing_else(name: str) -> None:
    spec = archgraph.load(name)
    parent = archgraph.expand(spec)
    made_of = children(name)
    assert len(made_of) >= 30
    for made, child in made_of:
        found = difference(parent, child)
        own = [change for change in found.own if change.what != "renamed"]
        assert own, made
        elsewhere = [change for change in own if not is_there(change, made, spec, parent, child)]
        assert not elsewhere, (made[1:], elsewhere)
        assert len(folded(own)) <= MOST_LINES, (made[1:], str(found))


@pytest.mark.parametrize("name", PARENTS)
def test_costs_add_up_and_the_way_back_has_the_opposite_sign(name: str) -> None:
    parent = archgraph.expand(archgraph.load(name))
    for made, child in children(name)[::2]:
        before, after = archgraph.cost(parent), archgraph.cost(child)
        more = (
            after.params - before.params, after.macs - before.macs, after.activation_bytes - before.activation_bytes
        )  # fmt: skip
        there, back = difference(parent, child), difference(child, parent)
        for found, sign in ((there, 1), (back, -1)):
            for costs in (total(change.cost for change in found.changes), total(node.cost for node in found.nodes)):
                assert tuple(sign * number for number in costs) == more, made[1:]


@pytest.mark.parametrize("name", PARENTS)
def test_both_networks_can_be_read_off_the_graph_of_both(name: str) -> None:
    parent = archgraph.expand(archgraph.load(name))
    for made, child in children(name)[1::3]:
        graph, marks = union(parent, child, difference(parent, child))
        came = {node for node in graph.nodes if marks.of(node) != "removed"}
        assert came == set(child.nodes), made[1:]
        assert all(graph.nodes[node] == child.nodes[node] for node in came)
        stay = [node for node in graph if marks.of(node.name) != "added"]
        assert len(stay) == len(parent), made[1:]
        above: set[str] = set(graph.inputs)
        for node in graph:
            assert all(ref.node in above for ref in node.inputs), (made[1:], node.name)
            assert not {ref.node for ref in node.inputs if marks.of(ref.node) == "removed"} or (
                marks.of(node.name) == "removed"
            )
            steps = node.name.split(".")
            assert all(".".join(steps[:n]) in graph.scopes for n in range(1, len(steps)))
            above.add(node.name)
        edges = {(ref.node, node.name) for node in graph for ref in node.inputs}
        assert {(ref.node, to) for ref, to, output in marks.added if not output} <= edges
        assert not {(ref.node, to) for ref, to, output in marks.removed if not output} & edges
