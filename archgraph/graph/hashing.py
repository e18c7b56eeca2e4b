"""A hash of what a graph computes: equal for isomorphic graphs, whatever their nodes are called."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from archgraph.graph.model import Graph
from archgraph.graph.normal_form import NormalForm, normal_form
from archgraph.ops.base import Primitive

ROUNDS = 2
COMMUTATIVE = frozenset({"add", "mul", "max", "mean"})


def canonical_hash(graph: Graph) -> str:
    """32 hexadecimal digits, the same for graphs that differ in names, in the order of independent nodes or of a
    commutative op's inputs, or in what changes nothing (see `normal_form`), and different for any other difference.

    Colours are refined along the edges, first with and then against the flow, `ROUNDS` times (Weisfeiler and
    Leman's test, which on these ordered acyclic graphs ends after few rounds).
    """
    form = normal_form(graph)
    outputs: dict[str, str] = {}
    for name, (node, output) in sorted(form.outputs.items()):
        mode = "train" if name in graph.train_only else "always"
        outputs[node] = f"{outputs.get(node, '')}\0{name}:{mode}/{output}"
    colour = {name: _digest(f"input\0{name}\0{shape}") for name, shape in form.sources.items()}
    colour |= {name: _signature(vertex.op) for name, vertex in form.vertices.items()}
    users = _users(form)
    for _ in range(ROUNDS):
        _forward(form, colour)
        _backward(form, colour, users, outputs)
    passed = sorted([f"{colour[node]}>{names}" for node, names in outputs.items() if node in form.sources])
    used = sorted([colour[name] for name in (*graph.inputs, *form.vertices)])
    return _digest("\0".join((*used, *passed)), size=16)


def _forward(form: NormalForm, colour: dict[str, str]) -> None:
    """Colours that also say what feeds a vertex, and with which others it shares its weights."""
    groups: dict[str, list[str]] = {}
    for name, vertex in form.vertices.items():
        if vertex.group:
            groups.setdefault(vertex.group, []).append(colour[name])
    shared = {group: _digest("\0".join(sorted(each))) for group, each in groups.items() if len(each) > 1}
    # The two loops below are most of the time of a hash: they join texts in the shortest way.
    for name, (op, inputs, group) in form.vertices.items():
        fed = [colour[node] if not output else f"{colour[node]}/{output}" for node, output in inputs]
        if len(fed) > 1 and op.op in COMMUTATIVE:
            fed.sort()
        alike = shared.get(group, "") if group else ""
        colour[name] = _digest(f"{colour[name]}\0{alike}\0{'|'.join(fed)}")


def _backward(
    form: NormalForm, colour: dict[str, str], users: dict[str, list[tuple[str, str]]], outputs: dict[str, str]
) -> None:
    """Colours that also say what a vertex feeds, as which input, and which output it is."""
    for name in reversed(form.vertices):
        feeds = [slot + colour[user] for slot, user in users.get(name, ())]
        if len(feeds) > 1:
            feeds.sort()
        colour[name] = _digest(f"{colour[name]}{outputs.get(name, '')}\0{'|'.join(feeds)}")


def _users(form: NormalForm) -> dict[str, list[tuple[str, str]]]:
    """For each vertex those that it feeds, and as which of their inputs."""
    users: dict[str, list[tuple[str, str]]] = {}
    for name, (op, inputs, _) in form.vertices.items():
        if len(inputs) == 1:
            node, output = inputs[0]
            users.setdefault(node, []).append((f"0/{output}:" if output else "", name))
            continue
        any_slot = op.op in COMMUTATIVE
        for position, (node, output) in enumerate(inputs):
            users.setdefault(node, []).append((f"{'any' if any_slot else position}/{output}:", name))
    return users


@lru_cache(maxsize=100_000)
def _signature(op: Primitive) -> str:
    return _digest(f"{op.op} {op!r}")


def _digest(text: str, size: int = 8) -> str:
    return blake2b(text.encode(), digest_size=size).hexdigest()
