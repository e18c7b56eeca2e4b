"""Mutation `choice`: another default for one decision of a space. The child is a space still, and its default network
is the candidate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any

from archgraph.search.mutations.base import Option, Site
from archgraph.search.saying import tell
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, put
from archgraph.spec.model import Block, Body, Choice, NodeSpec, Parameter, Range, Spec, Value

NEAR = 4
"""Steps of a range to each side that are looked at, beside its ends."""
OWN = ("pick", "default")
"""Arguments of a `choice` node that are no graphs."""


def choice(trace: Trace) -> Sequence[Site]:
    """Every decision as written, in `vars`, blocks and nodes; one that follows a variable by `pick` is not made there.

    A value without a place in the network, such as an unused block's, is left out.
    """
    sites = []
    for path, value in _decisions(trace):
        options = _node(trace.spec, path, value) if isinstance(value, NodeSpec) else _value(trace.spec, path, value)
        if options:
            sites.append(Site(trace.describe(path), options))
    return sites


def _value(spec: Spec, path: Path, decision: Choice | Range) -> list[Option]:
    found = decision.options
    if isinstance(decision, Range):
        at = found.index(decision.chosen) if decision.chosen in found else 0
        near = {0, *range(max(0, at - NEAR), min(len(found), at + NEAR + 1)), len(found) - 1}
        found = tuple(found[n] for n in sorted(near))
    others = [option for option in found if option is not None and not _same(option, decision.chosen)]
    return [
        Option(f"{_shown(decision.chosen)} -> {_shown(option)}", partial(_chosen, spec, path, decision, option))
        for option in others
    ]


def _chosen(spec: Spec, path: Path, decision: Choice | Range, option: Any) -> Spec:
    first = decision.low if isinstance(decision, Range) else decision.options[0]
    return put(spec, path, replace(decision, default=None if _same(first, option) else option))  # type: ignore[no-any-return]


def _node(spec: Spec, path: Path, node: NodeSpec) -> list[Option]:
    names = [name for name in node.args if name not in OWN]
    now = node.args.get("default") or names[0]
    others = [name for name in names if name != now]
    new = {name: None if name == names[0] else name for name in others}
    return [Option(f"{now} -> {name}", partial(tell, spec, path, {"default": new[name]})) for name in others]


def _decisions(trace: Trace) -> Iterator[tuple[Path, Any]]:
    spec = trace.spec
    yield from _inside(spec.vars, ("vars",))
    yield from _inside(spec.defaults, ("defaults",))
    used = {str(path[1]) for path in trace.bodies if path[0] == "blocks"}
    yield from _inside(spec.graph, ("graph",))
    for name, block in spec.blocks.items():
        if name in used:
            yield from _inside(block, ("blocks", name))


def _inside(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Decisions in a value, with where they stand."""
    if isinstance(value, (Choice, Range)):
        yield path, value
    elif isinstance(value, Body):
        for index, node in enumerate(value.nodes):
            yield from _inside(node, (*path, index))
    elif isinstance(value, (NodeSpec, Block, Parameter)):
        if isinstance(value, NodeSpec) and value.op == "choice" and "pick" not in value.args:
            yield path, value
        for one in fields(value):
            if one.name != "marks":
                yield from _inside(getattr(value, one.name), (*path, one.name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _inside(item, (*path, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _inside(item, (*path, index))


def _same(one: Value, other: Value) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
