"""Mutation `block`: one kind of block for another, of the same width and stride."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path as FilePath
from typing import NamedTuple

from archgraph.loading import load
from archgraph.search.mutations.base import Option, Site
from archgraph.search.pinning import rewrite
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, get, nodes_in
from archgraph.spec.model import Block, NodeSpec, Spec, Value

LIBRARY = FilePath(__file__).with_name("blocks.yaml")


def block(trace: Trace) -> Sequence[Site]:
    """Every use of a block that has one width, to each kind of `blocks.yaml`; it changes in all copies of the node."""
    sites = []
    for path, body in trace.bodies.items():
        for index, node in enumerate(body.nodes):
            size = _size(trace, node)
            if size is not None:
                options = [
                    Option(f"{node.op} -> {kind}", partial(_swapped, trace.spec, path, index, size, kind))
                    for kind in kinds()
                    if node.op.rstrip("0123456789") != kind
                ]
                sites.append(Site(trace.describe((*path, index)), options))
    return sites


@cache
def kinds() -> Mapping[str, Block]:
    """The blocks that can be swapped in, by name; each takes `out` and `stride`."""
    return load(LIBRARY).blocks


class _Size(NamedTuple):
    """What a block is told at one of its uses: its width, and its stride where it has one."""

    out: Value
    stride: Value = None


def _size(trace: Trace, node: NodeSpec) -> _Size | None:
    """The size of a block's use; None for what is no block, or one whose size is not a single width."""
    if node.op not in trace.spec.blocks:
        return None
    definition, roles = trace.spec.blocks[node.op], trace.parameters[node.op]
    widths = [name for name in definition.args if "width" in roles[name]]
    strides = [name for name in definition.args if "stride" in roles[name]]
    if len(widths) != 1 or len(strides) > 1:
        return None
    return _Size(*(node.args.get(name, definition.args[name].default) for name in (*widths, *strides)))


def _swapped(spec: Spec, path: Path, index: int, size: _Size, kind: str) -> Spec:
    name = _name_for(spec, kind)
    nodes = list(get(spec, path).nodes)
    args = {"out": size.out} if size.stride in (None, 1) else {"out": size.out, "stride": size.stride}
    nodes[index] = replace(nodes[index], op=name, args=args, marks={})
    spec = replace(spec, blocks={**spec.blocks, name: kinds()[kind]})
    return _without_unused(rewrite(spec, path, nodes, kept=range(len(nodes))))


def _name_for(spec: Spec, kind: str) -> str:
    """The kind's name, or with a number where the spec has another block of that name."""
    name, number = kind, 1
    while name in spec.blocks and spec.blocks[name] != kinds()[kind]:
        number += 1
        name = f"{kind}{number}"
    return name


def _without_unused(spec: Spec) -> Spec:
    used: set[str] = set()
    waiting = [spec.graph]
    while waiting:
        for node in nodes_in(waiting.pop()):
            if node.op in spec.blocks and node.op not in used:
                used.add(node.op)
                waiting.append(spec.blocks[node.op].graph)
    return replace(spec, blocks={name: spec.blocks[name] for name in spec.blocks if name in used})
