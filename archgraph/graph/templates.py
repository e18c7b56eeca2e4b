"""Copies of a block with the same arguments and input shapes are expanded once and then written again by name.

In a ResNet-50 eight of sixteen blocks are such copies. In a search a child differs from its parent in a few nodes:
it holds the parent's very blocks and defaults, so what was expanded for the parent serves the child.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archgraph.graph.builder import Assembly
from archgraph.graph.model import Node, Scope
from archgraph.ops.base import Bundle, Primitive, Ref
from archgraph.ops.facts import Facts
from archgraph.shape import Shape
from archgraph.spec.evaluate import names_in
from archgraph.spec.model import Block, Spec


class Written(NamedTuple):
    """A node of a template: its name and that of the node it shares with begin below the block; its inputs are the
    numbers of values, which are the block's inputs and then the outputs of its nodes, in order.
    """

    name: str
    op: Primitive
    inputs: tuple[int, ...]
    facts: Facts
    shares: str | None
    at: Any


class Placed(NamedTuple):
    """A block as it is written in one place of a network: below one name, fed by the same values."""

    nodes: Mapping[str, Node]
    shapes: Mapping[str, Shape]
    further: Mapping[Ref, Shape]
    scopes: Mapping[str, Scope]
    gives: Bundle


class Template(NamedTuple):
    """An expanded block, ready to be written again: its nodes and scopes with names below its own, and the numbers of
    the values it gives. `placed` are the places where it was written, by name and inputs.
    """

    nodes: tuple[Written, ...]
    scopes: tuple[tuple[str, Scope], ...]
    params: int
    wires: int
    gives: tuple[int, ...]
    placed: dict[tuple[str, Bundle], Placed]

    def place(self, prefix: str, first: Bundle) -> Placed:
        """The block below `prefix`, fed by `first`."""
        nodes, shapes, further = {}, {}, {}
        # It makes the tuples without their constructors, which take as long as all else of this loop.
        new, values = tuple.__new__, list(first)
        know = values.append
        for below, op, fed, known, shares, at in self.nodes:
            name = prefix + below
            inputs = (values[fed[0]],) if len(fed) == 1 else tuple([values[number] for number in fed])
            nodes[name] = new(Node, (name, op, inputs, known, prefix + shares if shares else None, at))
            shapes[name] = known[0]
            know(new(Ref, (name, 0)))
            for number, shape in enumerate(known[5], 1):
                know(ref := Ref(name, number))
                further[ref] = shape
        scopes = {prefix + name: scope for name, scope in self.scopes}
        return Placed(nodes, shapes, further, scopes, tuple([values[number] for number in self.gives]))


class Original(NamedTuple):
    """An expanded block as it stands in its network. Most are never written again, so it is a template only then."""

    name: str
    nodes: tuple[Node, ...]
    scopes: tuple[tuple[str, Scope], ...]
    params: int
    first: Bundle
    last: Bundle

    def template(self) -> Template:
        """The block with numbers for its values."""
        cut = len(self.name)
        # Of equal inputs the first stands for all: a template is used for inputs that are equal in the same places.
        numbers: dict[Ref, int] = {}
        for number, ref in enumerate(self.first):
            numbers.setdefault(ref, number)
        made = []
        wires, number = 0, len(self.first)
        for name, op, inputs, known, shares, at in self.nodes:
            fed = (numbers[inputs[0]],) if len(inputs) == 1 else tuple([numbers[ref] for ref in inputs])
            made.append(Written(name[cut:], op, fed, known, shares[cut:] if shares else None, at))
            wires += len(fed)
            for output in range(1 + len(known.further)):
                numbers[Ref(name, output)] = number
                number += 1
        scopes = tuple([(name[cut:], scope) for name, scope in self.scopes])
        return Template(tuple(made), scopes, self.params, wires, tuple([numbers[ref] for ref in self.last]), {})


MAX_CONTEXTS = 16
MAX_TEMPLATES = 256
MAX_PLACES = 64
"""Places of one template that are kept; a child of a search has most of its blocks where its parent has them."""


class _Context(NamedTuple):
    """What was expanded of a spec's blocks, and the names that each of them reads.

    The spec's parts are held, so that their identity stays theirs.
    """

    parts: tuple[Any, ...]
    known: dict[Any, Template | Original]
    reads: dict[str, tuple[str, ...]]


_CONTEXTS: dict[tuple[int, ...], _Context] = {}
"""The latest contexts, by identity of a spec's blocks, used files and defaults."""


class Templates:
    """The blocks expanded so far, by name of the block, its arguments and its inputs' shapes."""

    def __init__(
        self, assembly: Assembly, spec: Spec, blocks: Mapping[str, Block], variables: Mapping[str, Any]
    ) -> None:
        self._assembly = assembly
        self._blocks, self._variables = blocks, variables
        parts = (spec.blocks, spec.used, spec.defaults)
        context = tuple(map(id, parts))
        held = _CONTEXTS.pop(context, None) or _Context(parts, {}, {"": tuple(names_in(spec.defaults))})
        _CONTEXTS[context] = held
        if len(_CONTEXTS) > MAX_CONTEXTS:
            del _CONTEXTS[next(iter(_CONTEXTS))]
        self._known, self._reads = held.known, held.reads

    def key(self, block: str, args: Mapping[str, Any], inputs: Bundle) -> Any:
        """What decides how a block expands, or None where an argument has no hash. 1, 1.0 and True differ."""
        values = tuple(args.values())
        equal = tuple(map(inputs.index, inputs)) if len(inputs) > 1 else ()
        shapes = tuple(map(self._assembly.shape, inputs))
        reads = self._reads.get(block)
        if reads is None:
            reads = self._reads[block] = self._read_by(block)
        variables = [self._variables.get(name) for name in reads]
        key = (block, tuple(args), values, repr(values), shapes, equal, repr(variables))
        try:
            hash(key)
        except TypeError:
            return None
        return key

    def _read_by(self, block: str) -> tuple[str, ...]:
        """The variables of the file that a block may read, in what it is made of and in the defaults of its ops."""
        found, seen, waiting = set(self._reads[""]), set(), [block]
        while waiting:
            name = waiting.pop()
            made = self._blocks.get(name)
            if made is not None and name not in seen:
                seen.add(name)
                ops: set[str] = set()
                found |= names_in((made.graph, made.vars, tuple(made.args.values())), ops)
                waiting.extend(ops)
        return tuple(sorted(found & self._variables.keys()))

    def record(self, key: Any, name: str, first: Bundle, last: Bundle, nodes: int, scopes: int, params: int) -> None:
        """Keep what was assembled for the block `name` since there were so many nodes, scopes and parameters."""
        assembly = self._assembly
        boxes = tuple([(n, assembly.scopes[n]) for n in assembly.opened[scopes:] if n in assembly.scopes])
        if len(self._known) >= MAX_TEMPLATES:
            self._known.clear()
        self._known[key] = Original(name, tuple(assembly.order[nodes:]), boxes, assembly.params - params, first, last)

    def replay(self, key: Any, prefix: str, first: Bundle) -> Bundle | None:
        """Write a known block again below `prefix`, fed by `first`; None where it is not known."""
        template = self._known.get(key)
        if template is None:
            return None
        if isinstance(template, Original):
            template = self._known[key] = template.template()
        place = (prefix, first)
        placed = template.placed.get(place)
        if placed is None:
            placed = template.place(prefix, first)
            if len(template.placed) >= MAX_PLACES:
                template.placed.clear()
            template.placed[place] = placed
        assembly = self._assembly
        assembly.scopes.update(placed.scopes)
        assembly.opened.extend(placed.scopes)
        assembly.nodes.update(placed.nodes)
        assembly.order.extend(placed.nodes.values())
        assembly.shapes.update(placed.shapes)
        assembly.further.update(placed.further)
        assembly.wires += template.wires
        assembly.grow(template.params, prefix, template.nodes[0].at)
        return placed.gives
