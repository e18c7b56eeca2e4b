"""Long chains of random changes to the networks of the zoo: what comes out is a network, or is refused as one."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgraph import SpecError, cost, dump, expand, load, loads, zoo
from archgraph.graph.hashing import canonical_hash
from archgraph.graph.model import Graph
from archgraph.search.mutations import MUTATIONS, Mutated, mutate
from archgraph.search.trace import trace
from archgraph.spec.model import Spec

NETWORKS = [
    "cifar_resnet8",
    "cifar_resnet20",
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "googlenet_bn",
    "hrnetv2_w18",
    "lenet5",
    "mobilenet_v1",
    "mobilenet_v2",
    "nasbench201",
    "resnet50",
    "se_resnet50",
    "shufflenet_v2_x0_5",
    "unet_resnet34",
    "vgg11_bn",
    "vgg16_bn",
]
STEPS = 120
PAIRED = [
    "choice",
    "crossover",
    "depth",
    "dilation",
    "groups",
    "kernel",
    "norm",
    "order",
    "pool",
    "resolution",
    "stride",
]
"""Operators of which each change is undone by one change of the same operator."""
NOWHERE = {
    "cifar_resnet8": ["choice", "crossover"],
    "densenet121": ["choice", "crossover"],
    "mobilenet_v2": ["choice"],
    "nasbench201": ["crossover"],
    "vgg11_bn": ["choice", "stride"],
}
"""Operators that find no place in a network, or change it in a way that is refused."""


def graph_of(spec: Spec) -> Graph | None:
    """The network of a spec; None where it is refused, with a place or at least a reason."""
    try:
        return expand(spec)
    except SpecError as error:
        assert error.findings and all(finding.message for finding in error.findings)
        return None


@pytest.mark.parametrize("name", NETWORKS)
def test_chains_of_changes_give_networks_that_read_back_as_written(name: str) -> None:
    assert name in zoo.names()
    start = load(name)
    rng = Random(name)
    spec, mate, found, made = start, start, 0, 0
    for step in range(STEPS):
        changed = mutate(spec, rng.choice(list(MUTATIONS)), rng, mate=mate)
        if not isinstance(changed, Mutated):
            continue
        found += 1
        assert changed.spec != spec, changed
        if (graph := graph_of(changed.spec)) is None:
            continue
        made += 1
        if step % 5 == 0:
            graph.check()
            assert loads(dump(changed.spec)) == changed.spec, changed
        # What has grown too far begins anew, so that the test ends in time.
        mate, spec = spec, changed.spec if len(graph) < 400 and step % 25 else start
    assert made > found / 2 > STEPS / 10


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["cifar_resnet8", "resnet18", "densenet121"]), st.randoms(use_true_random=False))
def test_the_same_random_numbers_give_the_same_change(name: str, rng: Random) -> None:
    operator = rng.choice(list(MUTATIONS))
    state = rng.getstate()
    first = mutate(load(name), operator, rng)
    rng.setstate(state)
    assert mutate(load(name), operator, rng) == first


@pytest.mark.parametrize("name", ["cifar_resnet8", "googlenet", "resnet18", "vgg16"])
@pytest.mark.parametrize("operator", ["attention", "width", "kernel", "activation", "pool", "dilation"])
def test_what_was_not_touched_keeps_its_name(name: str, operator: str) -> None:
    """None of these takes a weight away, so all names with weights stay, but for shortcuts that are needed or not."""
    start = load(name)
    before = {node.name for node in expand(start) if node.op.weights(*expand(start).input_shapes(node))}
    rng = Random(0)
    for _ in range(15):
        changed = mutate(start, operator, rng)
        if isinstance(changed, Mutated) and (graph := graph_of(changed.spec)) is not None:
            lost = {node for node in before - graph.nodes.keys() if "shortcut" not in node}
            assert not lost, (changed, lost)


@pytest.mark.parametrize("name", ["cifar_resnet8", "densenet121", "mobilenet_v2", "nasbench201", "vgg11_bn"])
@pytest.mark.parametrize("operator", PAIRED)
def test_every_change_can_be_taken_back_by_one_of_its_kind(name: str, operator: str) -> None:
    start = load(name)
    digest = canonical_hash(expand(start))
    undone = 0
    other = mutate(start, "width", Random(3))
    mate = other.spec if isinstance(other, Mutated) else start
    rng = Random(name)
    for _ in range(4):
        changed = mutate(start, operator, rng, mate=mate)
        if isinstance(changed, Mutated) and graph_of(changed.spec) is not None:
            back = MUTATIONS[operator](trace(changed.spec, mate=trace(start)))
            graphs = (graph_of(option.make()) for site in back for option in site.options)
            assert any(graph and canonical_hash(graph) == digest for graph in graphs), changed
            undone += 1
    assert bool(undone) != (operator in NOWHERE[name])


@pytest.mark.parametrize("name", NETWORKS)
def test_a_child_reads_like_its_parent(name: str) -> None:
    """One change, in the places drawn, adds at most ten lines."""
    start = load(name)
    lines = len(dump(start).splitlines())
    for operator in MUTATIONS:
        rng = Random(operator)
        for _ in range(6):
            changed = mutate(start, operator, rng, mate=load("cifar_resnet8"))
            if isinstance(changed, Mutated):
                assert len(dump(changed.spec).splitlines()) <= lines + 10, changed


def test_a_change_never_reaches_the_parent() -> None:
    start = load("cifar_resnet8")
    text = dump(start)
    rng = Random(1)
    for _ in range(100):
        mutate(start, rng.choice(list(MUTATIONS)), rng)
    assert dump(start) == text
    assert cost(start).params == 78042
