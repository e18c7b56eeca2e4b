"""Two networks as one graph to draw: the nodes of the new one, and those of the old one that are gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from archgraph.compare.change import Change, Difference
from archgraph.compare.marks import Arrow, Marks, Status
from archgraph.graph.model import Graph, Node, Scope
from archgraph.graph.wording import human, printable, text
from archgraph.ops.base import Ref

GONE = "′"
"""What is put to the name of a removed node or box where the new network has that name for another."""


def union(old: Graph, new: Graph, found: Difference) -> tuple[Graph, Marks]:
    """One graph and what became of each node in it. `found` is the difference of the two.

    The removed nodes stand in the boxes that they were in, where they were, and keep the facts they had: the graph is
    to be looked at, not to be run.
    """
    names = {change.before: change.after for change in found.nodes if change.before and change.after}
    names.update(zip(old.inputs, old.inputs, strict=True))
    names.update({one.before: one.after for one in found.changes if one.op == "input" and one.before and one.after})
    boxes = _boxes(old, new, found)
    for change in found.nodes:
        if change.before and change.after is None:
            names[change.before] = _name(change.before, boxes, {*new.nodes, *new.inputs, *new.scopes})
    nodes = _ordered(old, new, found, names)
    scopes: dict[str, Scope] = {**new.scopes}
    for before, box in boxes.items():
        scopes.setdefault(box, old.scopes[before])
    used = {name.rpartition(".")[0] for name in nodes}
    used |= {".".join(name.split(".")[:n]) for name in used for n in range(1, name.count(".") + 1)}
    gone = {name: size for name, size in old.inputs.items() if names[name] == name and name not in new.inputs}
    graph = Graph(
        name=new.name if old.name == new.name else f"{old.name} → {new.name}",
        inputs={**gone, **new.inputs},
        nodes=nodes,
        outputs=new.outputs,
        train_only=new.train_only,
        features=new.features,
        scopes={name: scope for name, scope in scopes.items() if name in used},
    )
    return graph, _marks(old, new, found, names)


def _boxes(old: Graph, new: Graph, found: Difference) -> dict[str, str]:
    """What each box of the old network is called: as in the new one, or, where it is gone, as it was if it can be."""
    names: dict[str, str] = {"": ""}
    for name in sorted(old.scopes, key=lambda name: name.count(".")):
        names[name] = found.boxes.get(name) or _name(name, names, {*new.nodes, *new.scopes})
    del names[""]
    return names


def _name(name: str, boxes: Mapping[str, str], taken: Collection[str]) -> str:
    """A name within the box that its own box is now."""
    above, _, local = name.rpartition(".")
    box = boxes.get(above, above)
    made = f"{box}.{local}" if box else local
    while made in taken:
        made += GONE
    return made


def _ordered(old: Graph, new: Graph, found: Difference, names: Mapping[str, str]) -> dict[str, Node]:
    """All nodes with what they read above them: a removed one as near to where it was as its inputs let it be."""
    place = dict.fromkeys((*new.inputs, *old.inputs), -1) | {name: number for number, name in enumerate(new.nodes)}
    rows = [((number, 0), node) for number, node in enumerate(new)]
    kept = {change.before for change in found.nodes if change.after}
    above = -1
    for number, node in enumerate(old, start=1):
        name = names[node.name]
        if node.name in kept:
            above = place[name]
            continue
        inputs = tuple(Ref(names.get(ref.node, ref.node), ref.output) for ref in node.inputs)
        place[name] = max([above, *(place[ref.node] for ref in inputs)])
        shares = names.get(node.shares) if node.shares else None
        rows.append(((place[name], number), node._replace(name=name, inputs=inputs, shares=shares)))
    return {node.name: node for _, node in sorted(rows, key=lambda row: row[0])}


def _marks(old: Graph, new: Graph, found: Difference, names: Mapping[str, str]) -> Marks:
    status: dict[str, Status] = {}
    outputs: dict[str, Status] = {}
    notes: dict[str, tuple[str, ...]] = {}
    added: set[Arrow] = set()
    removed: set[Arrow] = set()
    for change in found.nodes:
        name = change.after or names[change.before or ""]
        if change.after is None:
            status[name] = "removed"
        elif change.before is None:
            status[name] = "added"
        elif change.arguments or (change.what == "rewired" and not change.follows):
            status[name] = "changed"
        if said := _notes(change):
            notes[name] = said
        if change.before and change.after:
            was = [Ref(names.get(ref.node, ref.node), ref.output) for ref in old.nodes[change.before].inputs]
            now = list(new.nodes[change.after].inputs)
            if change.inputs is not None:
                added |= {Arrow(ref, name) for ref in now if ref not in was}
                removed |= {Arrow(ref, name) for ref in was if ref not in now}
        elif change.after:
            added |= {Arrow(ref, name) for ref in new.nodes[change.after].inputs}
    for change in found.changes:
        if change.op == "input" and change.after:
            status[change.after] = "added" if change.before is None else "changed"
        elif change.op == "input" and change.before:
            status[change.before] = "removed"
        elif change.op == "output" and change.after:
            outputs[change.after] = "changed" if change.before else "added"
            added.add(Arrow(new.outputs[change.after], change.after, output=True))
            if change.before:
                gone = old.outputs[change.before]
                removed.add(Arrow(Ref(names.get(gone.node, gone.node), gone.output), change.after, output=True))
    return Marks(status, outputs, notes, frozenset(added), frozenset(removed), _totals(found))


def _totals(found: Difference) -> str:
    before, after = found.before, found.after
    params, macs = ((human(was), human(now)) for was, now in ((before.params, after.params), (before.macs, after.macs)))
    return " · ".join(
        f"{was} → {now} {name}" if was != now else f"{now} {name}"
        for (was, now), name in ((params, "parameters"), (macs, "MACs"))
    )


def _notes(change: Change) -> tuple[str, ...]:
    """What changed in a node, in lines."""
    found = [f"{printable(key)} {_value(was)} → {_value(now)}" for key, (was, now) in change.arguments.items()]
    if change.what == "rewired" and change.inputs is not None:
        was, now = (", ".join(printable(name.rpartition(".")[2]) for name in names) for names in change.inputs)
        found.append(f"reads {now}, was {was}")
    if change.renamed and (change.before or "").rpartition(".")[2] != (change.after or "").rpartition(".")[2]:
        found.append(f"was {printable((change.before or '').rpartition('.')[2])}")
    return tuple(found)


def _value(value: Any) -> str:
    return "none" if value is None else text(value)
