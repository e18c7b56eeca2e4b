"""Mutation `groups`: a conv that mixes all channels, some, none, or none and then all with a 1x1 conv."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.pinning import rewrite
from archgraph.search.saying import assumed, holds, tell, told, write
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, get
from archgraph.spec.model import Expr, NodeSpec, Spec

FEW = (2, 4, 8)
"""Groups that a dense conv is tried with; from there they are halved and doubled."""
MOST = 64
SHARED = ("out", "kernel", "stride", "pad", "dilation", "norm", "act")
"""Arguments that a conv and a separable conv have both."""


def groups(trace: Trace) -> Sequence[Site]:
    """Every number of groups as written, every conv of more than a pixel without any, and every separable conv."""
    sites = []
    widths = {literal.path for literal in trace.of("width")}
    for literal in trace.of("groups"):
        if type(literal.value) is int and not _of_conv(trace.spec, literal.path):
            write_there = partial(write, trace.spec, literal.path)
            # A number that is a width as well, as a depthwise conv's, is halved and doubled and no more.
            others = _near(literal.value) if literal.path in widths else _others(literal.value)
            options = [Option(f"{literal.value} -> {n}", partial(write_there, n)) for n in others]
            if options:
                sites.append(Site(trace.describe(literal.path), options))
    last = ("graph", len(trace.spec.graph.nodes) - 1)
    for path, body in trace.bodies.items():
        for index, node in enumerate(body.nodes):
            options = [] if (*path, index) == last else _options(trace.spec, path, index, node)
            if options:
                sites.append(Site(trace.describe((*path, index)), options))
    return sites


def _others(value: int) -> list[int]:
    return list(FEW) if value == 1 else sorted({1, *_near(value)})


def _near(value: int) -> list[int]:
    return [n for n in (value // 2, 2 * value) if 1 <= n <= MOST]


def _of_conv(spec: Spec, path: Path) -> bool:
    """Whether a number of groups stands at its conv, where other forms of it are options, too."""
    node = get(spec, path[:-2]) if path[-2:] == ("args", "groups") else None
    return isinstance(node, NodeSpec) and node.op == "conv"


def _options(spec: Spec, path: Path, index: int, node: NodeSpec) -> list[Option]:
    if node.op == "separable":
        return [Option("separable -> dense", partial(_swapped, spec, path, index, "conv"))]
    if node.op != "conv" or holds(spec, node, "kernel") in (1, (1,), (1, 1)):
        return []
    now, out = holds(spec, node, "groups"), holds(spec, node, "out")
    change = partial(tell, spec, (*path, index))
    if now == out and isinstance(now, (int, Expr)):
        return [Option("depthwise -> dense", partial(change, {"groups": 1}))]
    if type(now) is not int:
        return []
    # The channels of the network's input are known here, those of other nodes to `expand`.
    first = path == ("graph",) and index == 0 and isinstance(spec.input, tuple)
    channels = spec.input[0] if first and isinstance(spec.input, tuple) else 0
    fits = [n for n in _others(now) if channels % n == 0]
    options = [Option(f"{now} -> {n}", partial(change, {"groups": n})) for n in fits]
    if now == 1:
        if isinstance(out, (int, Expr)) and not first:
            options.append(Option("dense -> depthwise", partial(change, {"groups": out})))
        if _could_be_separable(spec, node):
            options.append(Option("dense -> separable", partial(_swapped, spec, path, index, "separable")))
    return options


def _could_be_separable(spec: Spec, node: NodeSpec) -> bool:
    """Whether all that a conv says can be said of a separable one, which has the norm and activation of the file."""
    usual = {"order": "post", "padding_mode": "zeros", "groups": 1, "bias": None}
    return all(holds(spec, node, name) == value for name, value in usual.items())


def _swapped(spec: Spec, path: Path, index: int, op: str) -> Spec:
    """The spec with the other op at a node: all that both can say stays as it is."""
    nodes = list(get(spec, path).nodes)
    node = nodes[index]
    bare = replace(node, op=op, args={}, marks={})
    said = {name: node.args[name] for name in node.args if name in SHARED}
    plain = {"order": "post", "groups": 1}  # what a separable conv is, whatever the file's default for conv
    nodes[index] = told(spec, bare, {**said, **plain}) if op == "conv" else _separable(spec, node, bare)
    return rewrite(spec, path, nodes, kept=range(len(nodes)))


def _separable(spec: Spec, conv: NodeSpec, bare: NodeSpec) -> NodeSpec:
    held = {name: holds(spec, conv, name) for name in SHARED}
    for name in ("norm", "act"):  # A separable conv takes these from the file's defaults of conv.
        if name not in conv.args:
            del held[name]
            if assumed(spec, "separable", name) is not None:
                held[name] = holds(spec, conv, name)
            elif name not in spec.defaults.get("conv", {}):
                held[name] = None
    return told(spec, bare, held)
