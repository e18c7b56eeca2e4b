"""The weights of a network put into a changed copy of it: what a child of a search inherits from its parent.

Nodes are paired by their names, which a mutation leaves where it changed nothing. A tensor of another size is cut or
grown; what is grown reads and gives nothing new to what was there, so a wider network begins as the one it came from.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from archgraph.graph.model import Graph, Node

SIZED = ("conv", "conv_transpose", "linear", "batch_norm", "instance_norm", "layer_norm", "rms_norm", "group_norm")
"""Ops whose tensors have channels on the first axes: the first channels of one are the first of the other."""


@dataclass(frozen=True)
class Inherited:
    """What came from the parent: the share of the parameters, from 0 to 1, and the parent's node of each node."""

    share: float
    pairs: Mapping[str, str]


@torch.no_grad()
def transfer(weights: Mapping[str, Tensor], parent: Graph, module: nn.Module, graph: Graph) -> Inherited:
    """Put the weights of `parent`, by their names in its module, into the module that was built from `graph`.

    Of two tensors that differ in size the first channels go over, and kernels are centred on each other. In a grown
    tensor, what old outputs would read of new inputs is zero, and all else stays as the module has it. Running
    statistics go over like weights. Growing so is that of Net2Net (arXiv:1511.05641), but for new channels, which are
    not copies.
    """
    pairs = pair(parent, graph)
    tensors = module.state_dict(keep_vars=True)
    trained = {name for name, _ in module.named_parameters()}
    total = sum(parameter.numel() for parameter in module.parameters())
    inherited = 0
    for name, partner in pairs.items():
        node, other = graph.nodes[name], parent.nodes[partner]
        for key, tensor in tensors.items():
            given = weights.get(f"{partner}{key[len(name) :]}") if key.startswith(f"{name}.") else None
            if given is None or not _fits(node, other, tensor, given):
                continue
            moved = _put(tensor, given, kernel=node.op.op in ("conv", "conv_transpose"))
            inherited += moved if key in trained else 0
    return Inherited(inherited / total if total else 1.0, pairs)


def pair(parent: Graph, graph: Graph) -> dict[str, str]:
    """The parent's node of each node with weights that has one.

    Nodes of one name and op are a pair. Of the others, two of one op and one set of weight shapes are, which read from
    nodes that are paired, where no third is like them.
    """
    mine, theirs = _weighted(graph), _weighted(parent)
    pairs = {name: name for name, node in mine.items() if name in theirs and theirs[name].op.op == node.op.op}
    while True:
        left = _by_place(graph, {n: node for n, node in mine.items() if n not in pairs}, pairs)
        known = {partner: partner for partner in pairs.values()}
        free = _by_place(parent, {n: node for n, node in theirs.items() if n not in known}, known)
        found = {
            names[0]: free[place][0]
            for place, names in left.items()
            if len(names) == 1 and len(free.get(place, ())) == 1
        }
        if not found:
            return pairs
        pairs |= found


def _weighted(graph: Graph) -> dict[str, Node]:
    return {n.name: n for n in graph if n.shares is None and (n.facts.params or n.facts.buffers)}


def _by_place(graph: Graph, nodes: Mapping[str, Node], pairs: Mapping[str, str]) -> dict[Hashable, list[str]]:
    """Nodes by their op, weight shapes and the pairs whose values they read, where these are all paired."""
    places: dict[Hashable, list[str]] = {}
    for name, node in nodes.items():
        above = _above(graph, node)
        if all(source in pairs or source in graph.inputs for source in above):
            read = frozenset(pairs.get(source, source) for source in above)
            places.setdefault((node.op.op, node.facts.weights, read), []).append(name)
    return places


def _above(graph: Graph, node: Node) -> set[str]:
    """The nearest nodes with weights, or inputs of the graph, that a node's values come from."""
    found: set[str] = set()
    waiting = [ref.node for ref in node.inputs]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        source = graph.nodes.get(name)
        if source is None or source.facts.params or source.facts.buffers:
            found.add(name)
        else:
            waiting += [ref.node for ref in source.inputs]
    return found


def _fits(node: Node, other: Node, tensor: Tensor, given: Tensor) -> bool:
    """Whether a tensor can be cut or grown to another: equal ones can, others where an axis means the same."""
    if tensor.shape == given.shape:
        return True
    same_groups = getattr(node.op, "groups", 1) == getattr(other.op, "groups", 1) or _depthwise(node, other)
    return node.op.op in SIZED and tensor.ndim == given.ndim and (tensor.ndim == 1 or same_groups)


def _depthwise(node: Node, other: Node) -> bool:
    return all(one.facts.weights[0][1] == 1 for one in (node, other))


def _put(tensor: Tensor, given: Tensor, *, kernel: bool) -> int:
    """Put what both have room for into a tensor; gives the number of elements."""
    if tensor.ndim == 0:
        tensor.copy_(given)
        return 1
    channels = min(2, tensor.ndim) if kernel else tensor.ndim
    to, of = [], []
    for axis, (mine, theirs) in enumerate(zip(tensor.shape, given.shape, strict=True)):
        size = min(mine, theirs)
        starts = (0, 0) if axis < channels else ((mine - size) // 2, (theirs - size) // 2)
        to.append(slice(starts[0], starts[0] + size))
        of.append(slice(starts[1], starts[1] + size))
    if tensor.ndim > 1:
        tensor[to[0]].zero_()
    tensor[tuple(to)] = given[tuple(of)].to(tensor.dtype)
    return tensor[tuple(to)].numel()
