"""Copies of a block with the same arguments and input shape are expanded once and then written again by name.

In a ResNet-50 eight of sixteen blocks are such copies. In a search a child differs from its parent in a few nodes:
it holds the parent's very blocks and defaults, so what was expanded for the parent serves the child.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archgraph.graph.builder import Assembly
from archgraph.graph.model import Node, Scope
from archgraph.ops.base import Ref
from archgraph.shape import Shape
from archgraph.spec.model import Spec


class Template(NamedTuple):
    """An expanded block: where its nodes and scopes stand in the assembly, below `prefix`, and what it gave."""

    prefix: str
    nodes: tuple[Node, ...]
    scopes: tuple[tuple[str, Scope], ...]
    params: int
    wires: int
    first: Ref
    last: Ref


MAX_CONTEXTS = 16
MAX_TEMPLATES = 256

_CONTEXTS: dict[tuple[int, int, str], tuple[Any, Any, dict[Any, Template]]] = {}
"""What was expanded lately, by identity of a spec's blocks and defaults (held, so that the identity stays theirs)
and the values of its variables."""


class Templates:
    """The blocks expanded so far, by name of the block, its arguments and its input's shape."""

    def __init__(self, assembly: Assembly, spec: Spec, variables: Mapping[str, Any]) -> None:
        self._assembly = assembly
        context = (id(spec.blocks), id(spec.defaults), repr(variables))
        held = _CONTEXTS.pop(context, None) or (spec.blocks, spec.defaults, {})
        _CONTEXTS[context] = held
        if len(_CONTEXTS) > MAX_CONTEXTS:
            del _CONTEXTS[next(iter(_CONTEXTS))]
        self._known = held[2]

    def key(self, block: str, args: Mapping[str, Any], shape: Shape) -> Any:
        """What decides how a block expands, or None where an argument has no hash. 1, 1.0 and True differ."""
        values = tuple(args.values())
        key = (block, tuple(args), values, repr(values), shape)
        try:
            hash(key)
        except TypeError:
            return None
        return key

    def record(self, key: Any, prefix: str, first: Ref, last: Ref, nodes: int, scopes: int, params: int) -> None:
        """Keep what was assembled below `prefix` since there were so many nodes, scopes and parameters."""
        assembly = self._assembly
        made = tuple(assembly.order[nodes:])
        wires = sum(len(node.inputs) for node in made)
        boxes = tuple((n, assembly.scopes[n]) for n in assembly.opened[scopes:] if n in assembly.scopes)
        if len(self._known) >= MAX_TEMPLATES:
            self._known.clear()
        self._known[key] = Template(prefix, made, boxes, assembly.params - params, wires, first, last)

    def replay(self, key: Any, prefix: str, first: Ref) -> Ref | None:
        """Write a known block again below `prefix`, fed by `first`; None where it is not known."""
        template = self._known.get(key)
        if template is None:
            return None
        assembly, cut = self._assembly, len(template.prefix)
        for name, scope in template.scopes:
            assembly.open(prefix + name[cut:], scope)
        # This loop is most of the time of a search's proposal: it makes the tuples without their constructors.
        new, moved = tuple.__new__, {template.first.node: first}
        nodes, shapes, append = assembly.nodes, assembly.shapes, assembly.order.append
        for old, op, fed, known, shares, at in template.nodes:
            name = prefix + old[cut:]
            inputs = (moved[fed[0][0]],) if len(fed) == 1 else tuple([moved[ref[0]] for ref in fed])
            node = new(Node, (name, op, inputs, known, prefix + shares[cut:] if shares else None, at))
            nodes[name], shapes[name], moved[old] = node, known[0], new(Ref, (name, 0))
            append(node)
        assembly.wires += template.wires
        assembly.grow(template.params, prefix, template.nodes[0].at)
        return moved[template.last.node]
