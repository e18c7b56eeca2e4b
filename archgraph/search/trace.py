"""What the values of a spec mean: which are widths, kernels, activations, depths.

Ops say what their arguments are (`archgraph.ops.roles`). A value's meaning follows where it flows: of
`each: {w: [64, 128]}`, used as `$w`, handed to a block as `planes` and there to `conv.out`, each element is a width.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeAlias

from archgraph.ops import roles as op_roles
from archgraph.ops import vocabulary
from archgraph.search.tree import Path, describe
from archgraph.spec.model import Body, Choice, Expr, NodeSpec, Range, Spec, Value
from archgraph.spec.naming import node_names

CLASSES = "classes"
"""The role of a value that decides what the network gives; such a value is never a site."""
FEATURES = {"linear": {"out": "width"}}
"""A linear layer's features are widths to a search."""
GROWTH, LAYERS = "growth", "layers"
"""What the width that a layer of a dense node adds, and the number of its layers, are beside a width and a depth."""
ARITHMETIC = frozenset({"width", GROWTH, CLASSES})
"""Roles that survive arithmetic: in `4*$planes`, `planes` is a width; in `2*$k + 1`, `k` is no kernel."""


@cache
def roles(op: str) -> Mapping[str, str]:
    """What the arguments of an op mean to a search."""
    return {**op_roles(op), **FEATURES.get(op, {})}


class Literal(NamedTuple):
    """A value as written, with one of the roles it plays."""

    path: Path
    value: Any
    role: str


@dataclass(frozen=True)
class Trace:
    """A spec read for what could be changed. Literals and graphs are in the order in which data passes them."""

    spec: Spec
    literals: tuple[Literal, ...]
    bodies: Mapping[Path, Body]
    parameters: Mapping[str, Mapping[str, frozenset[str]]]
    """Roles of each used block's arguments."""
    mate: Trace | None = None
    """Another parent, for a change that takes something from a second one."""

    def of(self, role: str) -> Iterator[Literal]:
        """The literals of one role that may be changed."""
        return (literal for literal in self.literals if literal.role == role)

    def describe(self, path: Path) -> str:
        """A path in words; see `tree.describe`."""
        return describe(self.spec, path)


@dataclass(eq=False)
class _Binder:
    """A variable: an argument of a block, an `each` name or a `vars` entry, and the values it may have."""

    values: list[_Use] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)


_Env: TypeAlias = dict[str, _Binder]


class _Use(NamedTuple):
    """A value as written, the variables its expressions may read, and where it stands."""

    path: Path
    value: Value
    env: _Env


def trace(spec: Spec, *, mate: Trace | None = None) -> Trace:
    """Find the role of every value that the network uses; `mate` is a second parent."""
    walk = _Walk(spec)
    walk.body(spec.graph, ("graph",), walk.vars)
    walk.defaults()
    for name in spec.outputs.values() if spec.outputs else [_last(spec)]:
        walk.classes(name)
    literals = _Flow(walk.order).run(walk.uses)
    frozen = {literal.path for literal in literals if literal.role == CLASSES}
    return Trace(
        spec=spec,
        literals=tuple(literal for literal in literals if literal.path not in frozen),
        bodies=walk.bodies,
        parameters={
            block: {name: frozenset(binder.roles - {CLASSES, GROWTH, LAYERS}) for name, binder in env.items()}
            for block, env in walk.blocks.items()
        },
        mate=mate,
    )


class _Walk:
    """First pass: every use of a value whose role an op knows, and what may be bound to every variable."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.uses: list[tuple[_Use, str]] = []
        self.order: dict[Path, int] = {}
        self.bodies: dict[Path, Body] = {}
        self.blocks: dict[str, _Env] = {}
        self.omitted: dict[str, set[str]] = {}
        self.vars: _Env = {}
        for name, value in spec.vars.items():
            self._bind(self.vars.setdefault(name, _Binder()), ("vars", name), value, self.vars)

    def body(self, body: Body, path: Path, env: _Env) -> None:
        self.bodies[path] = body
        for index, node in enumerate(body.nodes):
            self.node(node, (*path, index), env)

    def node(self, node: NodeSpec, path: Path, env: _Env) -> None:
        if node.each:
            outer, env = env, dict(env)
            for name, value in node.each.items():
                env[name] = _Binder()
                self._bind(env[name], (*path, "each", name), value, outer)
        if node.repeat is not None:
            self._use((*path, "repeat"), node.repeat, env, "depth")
        if node.op in self.spec.blocks:
            self._block(node, path, env)
            return
        known = roles(node.op)
        self.omitted.setdefault(node.op, set()).update(known.keys() - node.args.keys())
        env = self._columns(node, path, env)
        for name, value in node.args.items():
            if name in known:
                self._use((*path, "args", name), value, env, known[name])
            elif node.op != "choice":
                self._graphs(value, (*path, "args", name), env)
        if node.op == "dense":
            self._dense(node, path, env)

    def _dense(self, node: NodeSpec, path: Path, env: _Env) -> None:
        """A dense node grows by its `growth`, or by the width of the last node in its body."""
        if "layers" in node.args:
            self._use((*path, "args", "layers"), node.args["layers"], env, LAYERS)
        body = node.args.get("body")
        if isinstance(body, Body) and body.nodes and "out" in body.nodes[-1].args:
            at = (*path, "args", "body", len(body.nodes) - 1, "args", "out")
            self._use(at, body.nodes[-1].args["out"], env, GROWTH)
        elif "growth" in node.args:
            self._use((*path, "args", "growth"), node.args["growth"], env, GROWTH)

    def _columns(self, node: NodeSpec, path: Path, env: _Env) -> _Env:
        """What the graphs of a node see: an argument of columns, as `parallel` has it, names variables for them."""
        signature = vocabulary().get(node.op)
        known = signature.arguments if signature else {}
        for name, value in node.args.items():
            if name in known and known[name].holds == "columns" and isinstance(value, Mapping):
                outer, env = env, dict(env)
                for column, values in value.items():
                    env[column] = _Binder()
                    self._bind(env[column], (*path, "args", name, column), values, outer)
        return env

    def defaults(self) -> None:
        """The file's defaults are used by every node that does not say otherwise, those inside macros included."""
        for op, given in self.spec.defaults.items():
            known = roles(op)
            for name in given.keys() & known.keys() & self.omitted.get(op, set()):
                self._use(("defaults", op, name), given[name], self.vars, known[name])

    def classes(self, name: str) -> None:
        """Follow an output back to the op that decides its size, and mark that size."""
        names = node_names(self.spec.graph)
        head = name.split("/")[0].split(".")[0]
        while head in names:
            index = names.index(head)
            node = self.spec.graph.nodes[index]
            known = {n: r for n, r in self._roles(node.op).items() if r == "width" and n in node.args}
            for argument in known:
                self._use(("graph", index, "args", argument), node.args[argument], self.vars, CLASSES)
            if known or node.op in self.spec.blocks:
                return
            above = names[index - 1] if index else "in"
            head = node.inputs[0].split("/")[0].split(".")[0] if node.inputs else "prev"
            head = above if head == "prev" else head

    def _roles(self, op: str) -> Mapping[str, str]:
        block = self.spec.blocks.get(op)
        # What a block of the file gives is not known yet; any whole number may decide it.
        return dict.fromkeys(block.args, "width") if block else roles(op)

    def _block(self, node: NodeSpec, path: Path, env: _Env) -> None:
        block = self.spec.blocks[node.op]
        first_use = node.op not in self.blocks
        if first_use:
            self.blocks[node.op] = {name: _Binder() for name in block.args}
        bound = self.blocks[node.op]
        for name, parameter in block.args.items():
            if name in node.args:
                self._bind(bound[name], (*path, "args", name), node.args[name], env)
            elif parameter.type is None:
                self._bind(bound[name], ("blocks", node.op, "args", name, "default"), parameter.default, self.vars)
        if first_use:
            inner = {**self.vars, **bound}
            for name, value in block.vars.items():
                inner[name] = _Binder()
                self._bind(inner[name], ("blocks", node.op, "vars", name), value, {**inner})
            self.body(block.graph, ("blocks", node.op, "graph"), inner)

    def _graphs(self, value: Value, path: Path, env: _Env) -> None:
        if isinstance(value, Body):
            self.body(value, path, env)
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                self._graphs(item, (*path, index), env)
        elif isinstance(value, Mapping):
            for name, item in value.items():
                self._graphs(item, (*path, name), env)

    def _bind(self, binder: _Binder, path: Path, value: Value, env: _Env) -> None:
        self.order.setdefault(path, len(self.order))
        binder.values.append(_Use(path, value, env))

    def _use(self, path: Path, value: Value, env: _Env, role: str) -> None:
        self.order.setdefault(path, len(self.order))
        self.uses.append((_Use(path, value, env), role))


class _Flow:
    """Second pass: carry each role from where it is known, through variables, to the values as written."""

    def __init__(self, order: Mapping[Path, int]) -> None:
        self.order = order
        self.found: dict[tuple[Path, str], Literal] = {}

    def run(self, uses: Sequence[tuple[_Use, str]]) -> list[Literal]:
        for use, role in uses:
            self._visit(use, role)
        return sorted(self.found.values(), key=self._rank)

    def _rank(self, literal: Literal) -> tuple[int, tuple[int, ...]]:
        path: Path = literal.path
        while path not in self.order:
            path = path[:-1]
        return self.order[path], tuple(step for step in literal.path[len(path) :] if isinstance(step, int))

    def _visit(self, use: _Use, role: str) -> None:
        value = use.value
        if isinstance(value, Expr):
            for name in carriers(value, arithmetic=role in ARITHMETIC):
                binder = use.env.get(name)
                if binder is not None and role not in binder.roles:
                    binder.roles.add(role)
                    for bound in binder.values:
                        self._visit(bound, role)
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                self._visit(_Use((*use.path, index), item, use.env), role)
        elif not isinstance(value, (Body, Choice, Range, Mapping)) and value is not None:
            self.found.setdefault((use.path, role), Literal(use.path, value, role))


def carriers(expression: Expr, *, arithmetic: bool) -> frozenset[str]:
    """The variables whose value an expression passes on: not those in its conditions, indices and exponents.

    Without `arithmetic`, only those that it passes on unchanged.
    """
    return _carriers(expression.text, arithmetic) & expression.names


@lru_cache(maxsize=1024)
def _carriers(text: str, arithmetic: bool) -> frozenset[str]:
    try:
        # A variable may be called `in` or `lambda`; behind an underscore it is no keyword of Python's.
        tree = ast.parse(text.replace("$", "_").strip(), mode="eval").body
    except SyntaxError:
        return frozenset()
    return frozenset(_passed_on(tree, arithmetic))


def _passed_on(tree: ast.expr, arithmetic: bool) -> Iterator[str]:
    parts: Sequence[ast.expr] = ()
    match tree:
        case ast.Name(id=name):
            yield name[1:]
        case ast.IfExp(body=body, orelse=orelse):
            parts = (body, orelse)
        case ast.Subscript(value=value):
            parts = (value,)
        case ast.Call(func=ast.Name(id="min" | "max"), args=args):
            parts = args
        case ast.Call(args=[first, *_]) if arithmetic:
            parts = (first,)
        case ast.BinOp(left=left, op=ast.Pow()) if arithmetic:
            parts = (left,)
        case ast.BinOp(left=left, right=right) if arithmetic:
            parts = (left, right)
        case ast.UnaryOp(operand=operand) if arithmetic:
            parts = (operand,)
    for part in parts:
        yield from _passed_on(part, arithmetic)


def _last(spec: Spec) -> str:
    names = node_names(spec.graph)
    return names[-1] if names else "in"
