"""A hash of what a graph computes: equal for isomorphic graphs, whatever their nodes are called."""

from __future__ import annotations

from collections.abc import Mapping

from archgraph.graph.chains import Chain, chains
from archgraph.graph.model import Graph
from archgraph.graph.normal_form import normal_form
from archgraph.graph.signature import digest

ROUNDS = 2
COMMUTATIVE = frozenset({"add", "mul", "max", "mean"})

Users = Mapping[str, list[tuple[str, str]]]
"""For each chain and source those that it feeds, and as which of their inputs."""


def canonical_hash(graph: Graph) -> str:
    """32 hexadecimal digits, the same for graphs that differ in names, in the order of independent nodes or of a
    commutative op's inputs, in how an argument is written, or in what changes nothing (see `normal_form`), and
    different for any other difference.

    Colours are refined along the edges, against the flow and then with it (Weisfeiler and Leman's test), until no two
    are alike, at most `ROUNDS` times each way. A colour tells what a chain feeds, as which input: where all of them
    differ, they are the graph.
    """
    form = normal_form(graph)
    outputs: dict[str, str] = {}
    for name, (node, output) in sorted(form.outputs.items()):
        mode = "train" if name in graph.train_only else "always"
        outputs[node] = f"{outputs.get(node, '')}\0{name}:{mode}/{output}"
    vertices = chains(graph, form)
    read = [name for name in form.sources if name in graph.inputs or form.readers[name]]
    colour = {name: f"input\0{name}\0{form.sources[name]}" for name in read}
    for name, chain in vertices.items():
        colour[name] = "".join(chain.does)
    users = _users(vertices)
    for _ in range(ROUNDS):
        _backward((*read, *vertices), colour, users, outputs)
        if _all_differ(vertices, colour):
            break
        _forward(vertices, colour)
    return digest("".join(sorted(colour.values())), size=16)


def _all_differ(vertices: Mapping[str, Chain], colour: Mapping[str, str]) -> bool:
    """Whether every colour is one of a kind; what shares weights with what is not in the colours of the first round."""
    return len(set(colour.values())) == len(colour) and not any(chain.group for chain in vertices.values())


def _backward(names: tuple[str, ...], colour: dict[str, str], users: Users, outputs: Mapping[str, str]) -> None:
    """Colours that also say what a chain or a source feeds, as which input, and which output it is."""
    # This loop is the greater part of a hash: it joins texts in the shortest way.
    for name in reversed(names):
        feeds = [slot + colour[user] for slot, user in users.get(name, ())]
        if len(feeds) > 1:
            feeds.sort()
        colour[name] = digest(f"{colour[name]}{outputs.get(name, '')}\0{'|'.join(feeds)}")


def _forward(vertices: Mapping[str, Chain], colour: dict[str, str]) -> None:
    """Colours that also say what feeds a chain, and with which others it shares its weights."""
    groups: dict[str, list[str]] = {}
    for name, chain in vertices.items():
        if chain.group:
            groups.setdefault(chain.group, []).append(colour[name])
    shared = {group: digest("\0".join(sorted(each))) for group, each in groups.items() if len(each) > 1}
    for name, (_, op, inputs, group) in vertices.items():
        fed = [f"{colour[node]}/{output}" for node, output in inputs]
        if op.op in COMMUTATIVE:
            fed.sort()
        colour[name] = digest(f"{colour[name]}\0{shared.get(group, '')}\0{'|'.join(fed)}")


def _users(vertices: Mapping[str, Chain]) -> Users:
    users: dict[str, list[tuple[str, str]]] = {}
    for name, (_, op, inputs, _) in vertices.items():
        if len(inputs) == 1:
            node, output = inputs[0]
            users.setdefault(node, []).append((f"0/{output}:" if output else "", name))
            continue
        any_slot = op.op in COMMUTATIVE
        for position, (node, output) in enumerate(inputs):
            users.setdefault(node, []).append((f"{'any' if any_slot else position}/{output}:", name))
    return users
