"""Keeping names: an edit that would shift an automatic name pins it with an `id`, so that what was not touched keeps
its name, its references and its weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from archgraph.ops import OPS
from archgraph.ops.signatures import node_arguments
from archgraph.search.tree import Path, get, put
from archgraph.spec.model import Body, Choice, NodeSpec, Spec
from archgraph.spec.naming import node_names


def rewrite(spec: Spec, path: Path, nodes: Sequence[NodeSpec], *, kept: Sequence[int | None]) -> Spec:
    """The spec with other nodes in the graph at `path`; see `edited` for `kept` and what is pinned."""
    body = edited(get(spec, path), nodes, kept=kept, referenced=outside(spec, path))
    return put(spec, path, body)  # type: ignore[no-any-return]


def outside(spec: Spec, path: Path) -> list[str]:
    """Names by which a spec refers to nodes of one of its graphs from outside of that graph."""
    if path == ("graph",):
        return [*spec.outputs.values(), *spec.features.values()]
    if len(path) == 3 and path[0] == "blocks":
        return [*spec.blocks[str(path[1])].outputs.values()]
    return []


def edited(
    before: Body,
    nodes: Sequence[NodeSpec],
    *,
    kept: Sequence[int | None],
    referenced: Collection[str] = (),
) -> Body:
    """The graph `before` after an edit to `nodes`, with an `id` wherever a name would shift or clash.

    `kept[n]` is the index in `before` of the node that stands at n now, or of the one it replaces; None for a new
    node. A node of the same op keeps its name; one of another op does where others refer to it, in this graph or in
    `referenced`. The rest get another `id` only where their name is taken.
    """
    old = node_names(before)
    names = list(node_names(Body(tuple(nodes))))
    wanted = references(nodes) | heads(referenced)
    pinned: dict[int, str] = {}
    settled: set[int] = set()
    for index, (node, origin) in enumerate(zip(nodes, kept, strict=True)):
        if origin is None:
            continue
        if node.id is None and names[index] != old[origin]:
            if before.nodes[origin].op != node.op and old[origin] not in wanted:
                continue
            pinned[index] = names[index] = old[origin]
        settled.add(index)
    uses = Counter(names)
    for index, node in enumerate(nodes):
        if index not in settled and uses[names[index]] > 1:
            pinned[index] = names[index] = _free(node.op, uses)
            uses[names[index]] += 1
    return Body(tuple(replace(n, id=pinned[i]) if i in pinned else n for i, n in enumerate(nodes)))


def references(nodes: Iterable[NodeSpec]) -> set[str]:
    """Names of the nodes that these nodes take as inputs, share weights with or take a size from."""
    return heads(name for node in nodes for name in _named(node))


def _named(node: NodeSpec) -> Iterator[str]:
    yield from node.inputs or ()
    if node.share is not None:
        yield node.share
    for argument in node_arguments(OPS[node.op]) if node.op in OPS else ():
        value = node.args.get(argument)
        for option in value.options if isinstance(value, Choice) else (value,):
            if isinstance(option, str):
                yield option


def heads(names: Iterable[str]) -> set[str]:
    """The node that each reference is about: `stage` for `stage.0.2`, `stage2` for `stage2/1`."""
    return {name.split("/")[0].split(".")[0] for name in names} - {"in", "prev"}


def _free(op: str, taken: Collection[str]) -> str:
    return next(name for number in count(1) if (name := f"{op}{number}") not in taken)
