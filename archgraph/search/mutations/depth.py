"""Mutation `depth`: one copy more or less of a repeated node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.trace import Trace, roles
from archgraph.search.tree import Path, nodes_in, put
from archgraph.spec.expressions import compile_expression
from archgraph.spec.model import Body, Expr, NodeSpec, Spec, Value

STACKABLE = frozenset({"conv", "separable", "residual"})
"""Ops that make sense twice in a row, as the blocks of a file do."""


def depth(trace: Trace) -> Sequence[Site]:
    """Every number of repeats or layers as written, and every node that could be repeated."""
    sites = []
    for literal in trace.of("depth"):
        value = literal.value
        if type(value) is int and value > 0:
            counts = [n for n in (value - 1, value + 1) if n > 0]
            options = [Option(f"{value} -> {n}", partial(put, trace.spec, literal.path, n)) for n in counts]
            sites.append(Site(trace.describe(literal.path), options))
    for path, body in trace.bodies.items():
        for index in range(len(body.nodes)):
            if _can_repeat(trace, path, body, index):
                sites += _repeated(trace, (*path, index), body.nodes[index])
    return sites


def _can_repeat(trace: Trace, path: Path, body: Body, index: int) -> bool:
    """Whether a node has no `repeat` yet, stands in the chain, and can be fed by itself."""
    node = body.nodes[index]
    if node.op not in STACKABLE and node.op not in trace.spec.blocks:
        return False
    if node.repeat is not None or node.inputs not in (None, ("prev",)):
        return False
    # A repeat binds `$i` anew, so nothing in the node may read the `$i` of a repeat around it.
    if any(isinstance(value, Expr) and "i" in value.names for value in node.args.values()):
        return False
    if not all(isinstance(stride, (int, Expr)) for stride in _strides(trace, node).values()):
        return False
    strided_inside = any(_strides(trace, other) for other in nodes_in(tuple(node.args.values())))
    return not strided_inside and not (path == ("graph",) and index == len(body.nodes) - 1)


def _repeated(trace: Trace, path: Path, node: NodeSpec) -> list[Site]:
    """The node twice; where it has one copy a column, one of the columns twice."""
    if node.each is None:
        option = Option("1 -> 2", partial(_put_repeat, trace, path, node, 2))
        return [Site(trace.describe((*path, "repeat")), [option])]
    name = next(name for name in ("n", "repeats", "copies_of_each") if name not in node.each)
    columns = [values for values in node.each.values() if isinstance(values, tuple)]
    sites = []
    for column in range(len(columns[0]) if columns else 0):
        counts = tuple(2 if n == column else 1 for n in range(len(columns[0])))
        widened = replace(node, each={**node.each, name: counts})
        option = Option("1 -> 2", partial(_put_repeat, trace, path, widened, compile_expression(f"${name}")))
        sites.append(Site(f"{trace.describe(path)}.{name}[{column}]", [option]))
    return sites


def _put_repeat(trace: Trace, path: Path, node: NodeSpec, count: int | Expr) -> Spec:
    """The spec with a repeat on the node; only the first copy keeps the stride."""
    args = {**node.args, **{name: _first_copy(value) for name, value in _strides(trace, node).items()}}
    return put(trace.spec, path, replace(node, args=args, repeat=count))  # type: ignore[no-any-return]


def _strides(trace: Trace, node: NodeSpec) -> Mapping[str, Value]:
    """The node's strides other than 1, by the names of its arguments."""
    known: Mapping[str, object]
    if node.op in trace.spec.blocks:
        known = {name: "stride" for name, found in trace.parameters[node.op].items() if "stride" in found}
    else:
        known = {name: role for name, role in roles(node.op).items() if role == "stride"}
    return {name: node.args[name] for name in known if node.args.get(name, 1) != 1}


def _first_copy(stride: Value) -> Expr:
    """`2 if $i == 0 else 1`."""
    text = stride.text if isinstance(stride, Expr) else str(stride)
    simple = text.lstrip("$").isidentifier() or text.isdigit()
    return compile_expression(f"{text if simple else f'({text})'} if $i == 0 else 1")
