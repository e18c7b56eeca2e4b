"""A spec as a node of another spec: which spec with which variables, and its nodes below the node's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from archgraph.errors import RuleError, nearest
from archgraph.graph.builder import Assembly, Place
from archgraph.graph.model import Graph, Scope
from archgraph.ops.base import Bundle, Ref
from archgraph.spec.model import Spec

OWN_ARGUMENTS = ("spec", "take")
"""Arguments of `use` that are no variables of the used spec."""


def settled(spec: Spec, args: Mapping[str, Any], inputs: Bundle) -> Spec:
    """The spec that a `use` node of `spec` names, with the variables it gives. Raises RuleError."""
    name = str(args.get("spec"))
    inside = spec.used.get(name)
    if inside is None:
        raise RuleError(f"no spec {name!r}", hint=nearest(name, spec.used), argument="spec")
    wanted = len(inside.input) if isinstance(inside.input, Mapping) else 1
    if len(inputs) != wanted:
        takes = "one input" if wanted == 1 else f"{wanted} inputs"
        raise RuleError(f"{inside.name} takes {takes}, given {len(inputs)}", argument="from")
    take = args.get("take", "outputs")
    if not isinstance(take, str):
        raise RuleError(f"take is {take!r}, it takes a text", argument="take")
    settings = {key: value for key, value in args.items() if key not in OWN_ARGUMENTS}
    for key in settings:
        if key not in inside.vars:
            hint = nearest(key, inside.vars, kind="its variables")
            raise RuleError(f"{inside.name} has no variable {key!r}", hint=hint, argument=key)
    return replace(inside, vars={**inside.vars, **settings}) if settings else inside


def splice(assembly: Assembly, graph: Graph, at: Place, scope: Scope, inputs: Bundle) -> Bundle:
    """Add the nodes of a graph below the name of `at`, fed by `inputs`, and give what its outputs are."""
    prefix = at.name + "."
    assembly.open(at.name, scope._replace(at=at.op))
    for name, box in graph.scopes.items():
        assembly.open(prefix + name, box)
    fed: dict[Ref, Ref] = dict(zip(map(Ref, graph.inputs), inputs, strict=True))

    def moved(ref: Ref) -> Ref:
        return fed.get(ref) or Ref(prefix + ref.node, ref.output)

    for node in graph:
        shares = prefix + node.shares if node.shares else None
        here = Place(prefix + node.name, at.marks)
        assembly.add(here.name, node.op, tuple(map(moved, node.inputs)), here, shares)
    return tuple(map(moved, graph.outputs.values()))
