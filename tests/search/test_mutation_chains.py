"""Long chains of random changes to the networks of the zoo: what comes out is a network, or is refused as one."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgraph import SpecError, cost, dump, expand, load, loads, zoo
from archgraph.graph.model import Graph
from archgraph.search.mutations import MUTATIONS, Mutated, mutate
from archgraph.spec.model import Spec

NETWORKS = [
    "cifar_resnet8",
    "cifar_resnet20",
    "googlenet",
    "lenet5",
    "mobilenet_v1",
    "resnet50",
    "se_resnet50",
    "vgg16_bn",
]


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
    spec, made = start, 0
    for step in range(250):
        changed = mutate(spec, rng.choice(list(MUTATIONS)), rng)
        if not isinstance(changed, Mutated):
            continue
        assert changed.spec != spec, changed
        if (graph := graph_of(changed.spec)) is None:
            continue
        made += 1
        if step % 5 == 0:
            graph.check()
            assert loads(dump(changed.spec)) == changed.spec, changed
        # What has grown too far begins anew, so that the test ends in time.
        spec = changed.spec if len(graph) < 400 and step % 25 else start
    assert made > 125


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["cifar_resnet8", "resnet18", "densenet121"]), st.randoms(use_true_random=False))
def test_the_same_random_numbers_give_the_same_change(name: str, rng: Random) -> None:
    operator = rng.choice(list(MUTATIONS))
    state = rng.getstate()
    first = mutate(load(name), operator, rng)
    rng.setstate(state)
    assert mutate(load(name), operator, rng) == first


@pytest.mark.parametrize("name", ["cifar_resnet8", "googlenet", "resnet18", "vgg16"])
@pytest.mark.parametrize("operator", ["attention", "width", "kernel", "activation"])
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


def test_a_change_never_reaches_the_parent() -> None:
    start = load("cifar_resnet8")
    text = dump(start)
    rng = Random(1)
    for _ in range(100):
        mutate(start, rng.choice(list(MUTATIONS)), rng)
    assert dump(start) == text
    assert cost(start).params == 78042
