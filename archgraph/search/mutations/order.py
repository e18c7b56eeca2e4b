"""Mutation `order`: normalise and activate before a conv instead of after it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from archgraph.search.mutations.base import Option, Site
from archgraph.search.saying import holds, tell, told
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, get, put
from archgraph.spec.model import Body, NodeSpec, Spec

NONE = "none"
OTHER_ORDER = {"post": "pre", "pre": "post"}


def order(trace: Trace) -> Sequence[Site]:
    """Every residual unit of convs, all of it at once, every other conv with a norm or activation, and the default.

    In a unit the activation after the sum goes to its last conv and back (arXiv:1603.05027).
    """
    sites = []
    given = trace.spec.defaults.get("conv", {}).get("order")
    if isinstance(given, str) and given in OTHER_ORDER:
        path: Path = ("defaults", "conv", "order")
        sites.append(_site(trace, path, given, partial(put, trace.spec, path, OTHER_ORDER[given])))
    for path, body in trace.bodies.items():
        if path[-1:] == ("body",) and _unit(trace.spec, get(trace.spec, path[:-2])):
            continue
        for index, node in enumerate(body.nodes):
            now = _order(trace.spec, node)
            if node.op == "residual" and (now := _unit(trace.spec, node)):
                sites.append(_site(trace, (*path, index), now, partial(_turned, trace.spec, (*path, index))))
            elif node.op == "conv" and now and not (path == ("graph",) and index == len(body.nodes) - 1):
                swap = partial(tell, trace.spec, (*path, index), {"order": OTHER_ORDER[now]})
                sites.append(_site(trace, (*path, index), now, swap))
    return sites


def _site(trace: Trace, path: Path, now: str, make: partial[Spec]) -> Site:
    return Site(trace.describe(path), [Option(f"{now} -> {OTHER_ORDER[now]}", make)])


def _order(spec: Spec, node: NodeSpec) -> str:
    """The order of a conv with a norm or an activation; empty for any other node."""
    if node.op != "conv" or all(holds(spec, node, name) == NONE for name in ("norm", "act")):
        return ""
    found = holds(spec, node, "order")
    return found if isinstance(found, str) and found in OTHER_ORDER else ""


def _unit(spec: Spec, node: NodeSpec) -> str:
    """The order of a residual whose body is convs in a chain; empty where they differ, or it is something else.

    In a `post` unit the last conv has no activation and the sum has; in a `pre` unit it is the other way around.
    """
    body = node.args.get("body") if node.op == "residual" else None
    if not isinstance(body, Body) or len(body.nodes) < 2 or any(n.inputs or n.op != "conv" for n in body.nodes):
        return ""
    orders = {_order(spec, conv) for conv in body.nodes}
    acts = [holds(spec, conv, "act") for conv in body.nodes]
    after = holds(spec, node, "act")
    if orders == {"post"} and acts[-1] == NONE and after == acts[0] != NONE:
        return "post"
    return "pre" if orders == {"pre"} and acts[-1] == acts[0] != NONE and after == NONE else ""


def _turned(spec: Spec, path: Path) -> Spec:
    node = get(spec, path)
    first, *_, last = range(len(node.args["body"].nodes))
    before = _unit(spec, node)
    convs = [told(spec, conv, {"order": OTHER_ORDER[before]}) for conv in node.args["body"].nodes]
    act = holds(spec, convs[first], "act")
    convs[last] = told(spec, convs[last], {"act": act if before == "post" else NONE})
    turned = told(spec, node, {"body": Body(tuple(convs)), "act": NONE if before == "post" else act})
    return put(spec, path, turned)  # type: ignore[no-any-return]
