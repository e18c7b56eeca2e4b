"""Where the pieces of a graph are put together: nodes with their shapes, scopes, and what a macro may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from archgraph.errors import Finding, Mark, RuleError
from archgraph.graph.model import Node, Scope
from archgraph.ops import OPS, make
from archgraph.ops.base import Bundle, Macro, Op, Primitive, Ref
from archgraph.ops.facts import facts
from archgraph.ops.signatures import named
from archgraph.shape import Shape, show
from archgraph.spec.model import Body, Choice, Marks

if TYPE_CHECKING:
    from archgraph.graph.expand import _Expansion

MAX_NODES = 20_000
MAX_PARAMS = 10**11
MAX_WIRES = 400_000
"""Inputs of all nodes together: a dense block of n layers has few nodes and n * n / 2 wires."""


class Sharing(NamedTuple):
    """While the nodes below `own` are made: each uses the weights of the node of the same name below `other`."""

    own: str
    other: str


class Stop(Exception):  # noqa: N818 - a signal, caught by expand
    """The expansion cannot go on; `finding` says why, unless it stands in the list already."""

    def __init__(self, finding: Finding | None = None) -> None:
        super().__init__(finding)
        self.finding = finding


class Place(NamedTuple):
    """Where a node stands: its name in the graph, and its positions in the file."""

    name: str
    marks: Marks

    @property
    def op(self) -> Mark | None:
        return self.marks.get("op")

    def finding(self, error: RuleError) -> Finding:
        """The error of a rule as a finding at the argument to blame, or at the node."""
        at = self.op
        if error.argument:
            at = self.marks.get("." + error.argument) or self.marks.get(error.argument) or at
        return Finding(f"{self.name}: {error.message}", at, error.hint)


class Assembly:
    """The nodes and scopes put together so far, in execution order.

    `shapes` are those of inputs and of first outputs, `further` those of other outputs.
    """

    def __init__(self, inputs: Mapping[str, Shape], defaults: Callable[[str], dict[str, Any]]) -> None:
        self.inputs = inputs
        self.nodes: dict[str, Node] = {}
        self.scopes: dict[str, Scope] = {}
        self.order: list[Node] = []
        self.opened: list[str] = []
        self.shapes: dict[str, Shape] = dict(inputs)
        self.further: dict[Ref, Shape] = {}
        self.sharing: Sharing | None = None
        self.params = 0
        self.wires = 0
        self._read_defaults = defaults
        self._defaults: dict[str, dict[str, Any]] = {}
        self._parts: dict[Primitive, tuple[tuple[str, Primitive], ...]] = {}

    def defaults(self, op: str) -> dict[str, Any]:
        """The file's defaults for an op."""
        found = self._defaults.get(op)
        if found is None:
            found = self._defaults[op] = self._read_defaults(op)
        return found

    def make(self, op: str, args: Mapping[str, Any]) -> Op:
        """An op by its YAML name; the file's defaults fill what `args` leaves out."""
        defaults = self._defaults.get(op)
        if defaults is None:
            defaults = self.defaults(op)
        return make(op, {**defaults, **args} if defaults else args)

    def open(self, name: str, scope: Scope) -> None:
        """Begin a scope."""
        self.scopes[name] = scope
        self.opened.append(name)

    def close(self, scope: str, before: int) -> None:
        """End a scope that began when there were `before` nodes; one without nodes is no box."""
        if len(self.nodes) == before:
            del self.scopes[scope]

    def shape(self, ref: Ref) -> Shape:
        """Shape of what an input or a node gives."""
        return self.further[ref] if ref[1] else self.shapes[ref[0]]

    def check_arity(self, op: Op, inputs: Bundle) -> None:
        """Raise RuleError where an op is given more or fewer tensors than it takes."""
        if op.arity is None:
            return
        given = len(inputs) - named(op)
        if given != op.arity:
            wanted = "one input" if op.arity == 1 else f"{op.arity} inputs"
            hint = "`from: name/0` is one of several; `parallel` does the same to each" if given > op.arity else ""
            raise RuleError(f"{op.op} takes {wanted}, given {given}", argument="from", hint=hint)

    def primitive(self, name: str, op: Primitive, inputs: Bundle, at: Place, *, shares: str | None = None) -> Bundle:
        """Add a primitive; one that carries a norm or an activation becomes a scope of its parts."""
        self.check_arity(op, inputs)
        parts = self._parts.get(op)
        if parts is None:
            parts = self._parts[op] = self._resolve(op)
        if not parts:
            return self.add(name, op, inputs, at, shares)
        self.open(name, Scope(op.op, "macro", {}, at.op))
        for part, made in parts:
            inputs = self.add(f"{name}.{part}", made, inputs, at, f"{shares}.{part}" if shares else None)
        return inputs

    def _resolve(self, op: Primitive) -> tuple[tuple[str, Primitive], ...]:
        """The parts of an op that carries a norm or an activation; none where it is alone.

        They are remembered on the op where the file has no defaults for them.
        """
        try:
            words, known = op._plain_parts  # type: ignore[attr-defined]
            if not any(map(self.defaults, words)):
                return known  # type: ignore[no-any-return]
        except AttributeError:
            pass
        wrapped = op.wrapped()
        parts = []
        for part, what in wrapped.parts if wrapped else ():
            made = self.make(what, wrapped.given.get(part, {})) if wrapped and isinstance(what, str) else what
            assert isinstance(made, Primitive)
            parts.append((part, made))
        found = tuple(parts)
        words = [what for _, what in wrapped.parts if isinstance(what, str)] if wrapped else []
        if not any(map(self.defaults, words)):
            object.__setattr__(op, "_plain_parts", (words, found))
        return found

    def add(self, name: str, op: Primitive, inputs: Bundle, at: Place, shares: str | None) -> Bundle:
        """Add one node, with the shapes and costs its op gives for its inputs."""
        shapes = self.shapes
        if self.further:
            known = facts(op, tuple(map(self.shape, inputs)))
        else:
            known = facts(op, tuple([shapes[ref[0]] for ref in inputs]))
        if self.sharing is not None and (known.params or known.buffers):
            shares = self._counterpart(self.sharing, name, op, inputs)
        self.grow(0 if shares else known.params, name, at.op)
        return self.put(Node(name, op, inputs, known, shares, at.op))

    def put(self, node: Node) -> Bundle:
        """Append a node."""
        name, known = node[0], node[3]
        self.nodes[name] = node
        self.order.append(node)
        self.wires += len(node[2])
        self.shapes[name] = known[0]
        if not known.further:
            return (Ref(name),)
        given = (Ref(name), *(Ref(name, number) for number in range(1, len(known.further) + 1)))
        self.further.update(zip(given[1:], known.further, strict=True))
        return given

    def _counterpart(self, sharing: Sharing, name: str, op: Primitive, inputs: Bundle) -> str:
        """The node whose weights a node below `sharing.own` uses."""
        wanted = sharing.other + name[len(sharing.own) :]
        other = self.nodes.get(wanted)
        if other is None:
            raise RuleError(f"{sharing.other} has no weights for {name}: there is no {wanted}", argument="share")
        shapes, fed = tuple(map(self.shape, inputs)), tuple(map(self.shape, other.inputs))
        ours, theirs = op.weights(*shapes), other.op.weights(*fed)
        if other.op.op != op.op or ours != theirs or op.buffers(*shapes) != other.op.buffers(*fed):
            message = f"{wanted} is {other.op.op} with {_listed(theirs)}, {name} is {op.op} with {_listed(ours)}"
            raise RuleError(f"weights that do not fit cannot be shared: {message}", argument="share")
        return other.shares or other.name

    def grow(self, params: int, name: str, at: Mark | None) -> None:
        """Count parameters about to be added; stop where the network is larger than any spec may be."""
        self.params += params
        if len(self.nodes) >= MAX_NODES:
            raise Stop(Finding(f"{name}: the network grows past {MAX_NODES:,} nodes", at))
        if self.wires > MAX_WIRES:
            raise Stop(Finding(f"{name}: the network grows past {MAX_WIRES:,} connections between nodes", at))
        if self.params > MAX_PARAMS:
            raise Stop(Finding(f"{name}: the network grows past {MAX_PARAMS:.0e} parameters", at))


def _listed(weights: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {show(shape)}" for name, shape in weights.items()) or "no weights"


class MacroBuilder:
    """What a macro sees while it expands (see `archgraph.ops.base.Builder`)."""

    def __init__(
        self, assembly: Assembly, expansion: _Expansion, at: Place, scope: str, env: Mapping[str, Any]
    ) -> None:
        self._assembly, self._expansion, self._at, self._scope, self._env = (
            assembly,
            expansion,
            at,
            scope,
            env,
        )

    def shape(self, ref: Ref) -> Shape:
        return self._assembly.shape(ref)

    def add(self, name: str, op: str, args: Mapping[str, Any], *inputs: Ref, shares: Ref | None = None) -> Ref:
        (out,) = self._added(name, op, args, inputs, shares)
        return out

    def add_all(self, name: str, op: str, args: Mapping[str, Any], *inputs: Ref) -> Bundle:
        return self._added(name, op, args, inputs, None)

    def _added(self, name: str, op: str, args: Mapping[str, Any], inputs: Bundle, shares: Ref | None) -> Bundle:
        made = self._assembly.make(op, args)
        full = f"{self._scope}.{name}"
        at = self._at
        if isinstance(made, Primitive):
            return self._assembly.primitive(full, made, inputs, at, shares=shares.node if shares else None)
        assert isinstance(made, Macro)
        return self._expansion.macro(full, made, at, self._env, inputs, args)

    def body(self, name: str, body: Body, *inputs: Ref, env: Mapping[str, Any] | None = None) -> Ref:
        given = self.streams(name, body, *inputs, env=env)
        if len(given) != 1:
            message = f"{self._scope}.{name} gives {len(given)} tensors, it has to give one"
            self.fail(message, hint="`add` or `concat` joins several", argument=name)
        return given[0]

    def streams(self, name: str, body: Body, *inputs: Ref, env: Mapping[str, Any] | None = None) -> Bundle:
        known = {**self._env, **env} if env else self._env
        return self._expansion.inner(body, f"{self._scope}.{name}", known, inputs)

    def default(self, op: str, argument: str) -> Any:
        given = self._assembly.defaults(op)
        if argument in given:
            return given[argument]
        return OPS[op].model_fields[argument].get_default(call_default_factory=True)

    def decide(self, name: str, options: tuple[str, ...], default: str) -> str:
        key = f"{self._scope}.{name}" if name else self._scope
        return str(self._expansion.decide(key, Choice(options, default)))

    def fail(self, message: str, *, hint: str = "", argument: str | None = None) -> NoReturn:
        raise RuleError(message, hint=hint, argument=argument)
