"""Graph -> the module tree as data: what every module holds, and its forward as text. No torch.

This is the one statement of how a graph becomes PyTorch: `emit/module` builds it. Every scope is a module;
the names of modules and weights are the names in the graph.
"""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from archgraph.emit.flow import Flow, Part
from archgraph.emit.forward import Forward, Step, Value, write, write_outputs
from archgraph.graph.model import Graph, Node
from archgraph.ops.base import Call, Lowering, Ref

_ATTRIBUTES = (
    "T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double "
    "dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter "
    "get_submodule half ipu load_state_dict modules mtia named_buffers named_children named_modules "
    "named_parameters parameters register_backward_hook register_buffer register_forward_hook "
    "register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook "
    "register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module "
    "register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ "
    "set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu "
    "zero_grad "
)
MODULE_ATTRIBUTES = frozenset(_ATTRIBUTES.split())
"""Names that every `nn.Module` has."""


class Shared(NamedTuple):
    """A module that is another one of the tree: the full name of that node."""

    node: str


Child: TypeAlias = "ModulePlan | Call | Shared"


@dataclass(frozen=True, slots=True)
class ModulePlan:
    """A module: its class name, what it holds by name, and its forward.

    A scope that cannot run as one call has no forward; the scope around it calls its children.
    """

    name: str
    children: Mapping[str, Child]
    forward: Forward | None

    @property
    def source(self) -> str:
        """The forward as Python, and an empty text where there is none."""
        if self.forward is None:
            return ""
        parameters = "".join(f", {name}: Tensor" for name in self.forward.parameters)
        lines = (f"def forward(self{parameters}) -> {self.forward.gives}:", *self.forward.statements)
        return "\n    ".join(lines) + "\n"


def plan(graph: Graph) -> ModulePlan:
    """The module tree of a graph; its state_dict keys are node names followed by the weight's name."""
    return _Planner(graph).module("")


class NodeCall(NamedTuple):
    """How a node runs: an expression over its inputs (see `Lowering`), and the path of its module, if it has one.

    `overwrites` says that the result is put into the memory of the first input.
    """

    template: str
    module: str | None
    overwrites: bool


def calls(graph: Graph) -> dict[str, NodeCall]:
    """How each node of a graph runs in the module of its plan, by name."""
    return _Planner(graph).calls()


def attribute(name: str) -> str:
    """What the node or scope `name` is called in its module: a child called `half` could not be reached by its name."""
    return f"{name}_" if name.rstrip("_") in MODULE_ATTRIBUTES else name


def _class_name(graph: Graph, scope: str) -> str:
    if not scope:
        word = graph.name
    else:
        box = graph.scopes[scope]
        word = f"{box.op}_copies" if box.kind == "copies" else box.op
    letters = "".join(c if c.isascii() and c.isalnum() else " " for c in word).split()
    name = "".join(part[0].upper() + part[1:] for part in letters)
    return name if name.isidentifier() else f"Net{name}"


class _Planner:
    """Plans the modules of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.flow = Flow(graph)
        self._uses = Counter(ref for node in graph for ref in node.inputs)
        self._kept = {*graph.outputs.values(), *graph.features.values()}
        self._lowered: dict[str, Lowering] = {}
        self._overwritable: set[Ref] = set()
        self._overwriting: set[str] = set()
        for node in graph:
            lowering = node.op.lower(*graph.input_shapes(node))
            if lowering.overwritable:
                self._overwritable.add(Ref(node.name))
            in_place = lowering.in_place
            # A node keeps its module in any case: hooks and printed trees count on it.
            if in_place and bool(in_place.module) == bool(lowering.module) and self._may_overwrite(node):
                lowering = in_place
                self._overwriting.add(node.name)
            self._lowered[node.name] = lowering

    def _may_overwrite(self, node: Node) -> bool:
        """Whether a node may put its result into the memory of its first input.

        Nobody else may need that value, backward included, and it must come from the same block: what a block
        gives, a hook may be looking at.
        """
        value = node.inputs[0]
        if value not in self._overwritable or self._uses[value] > 1 or value in self._kept:
            return False
        scope = self.graph.nodes[value.node].scope
        while scope != node.scope:
            if not scope or self.graph.scopes[scope].kind in ("block", "copies"):
                return False
            scope = scope.rpartition(".")[0]
        return True

    def module(self, scope: str) -> ModulePlan:
        """The plan of a scope and all that is inside it."""
        forward = self._forward(scope)  # before those inside: it may open some of them
        children: dict[str, Child] = {}
        for name in self.flow.children[scope]:
            node = self.graph.nodes.get(name)
            child = self._leaf(node) if node else self.module(name)
            if child is not None:
                children[attribute(name.rpartition(".")[2])] = child
        return ModulePlan(_class_name(self.graph, scope), children, forward)

    def _leaf(self, node: Node) -> Child | None:
        owner = self._owner(node)
        if owner is node:
            return self._lowered[node.name].module
        return None if owner.scope == node.scope else Shared(".".join(map(attribute, owner.name.split("."))))

    def _owner(self, node: Node) -> Node:
        """The node whose module a node uses: the one it shares with, if there are tensors to share."""
        owner = node
        while owner.shares is not None and (node.facts.params or node.facts.buffers):
            owner = self.graph.nodes[owner.shares]
        return owner

    def calls(self) -> dict[str, NodeCall]:
        """How each node runs."""
        found = {}
        for node in self.graph:
            lowering = self._lowered[node.name]
            path = ".".join(map(attribute, self._owner(node).name.split("."))) if lowering.module else None
            found[node.name] = NodeCall(lowering.forward, path, node.name in self._overwriting)
        return found

    def _forward(self, scope: str) -> Forward | None:
        flow, graph = self.flow, self.graph
        if scope not in flow.running or scope in flow.opened:
            return None
        whole = flow.part(scope) if scope else None
        takes = whole.inputs if whole else tuple(map(Ref, graph.inputs))
        gives = whole.outputs if whole else tuple(graph.outputs.values())
        parameters = _numbered(len(takes)) if whole else tuple("x" if name == "in" else name for name in graph.inputs)
        # Values are named as seen from the scope, so that scopes that are alike have one forward.
        known = {ref: f"input {number}" for number, ref in enumerate(takes)}
        start = len(scope) + 1 if scope else 0
        steps = tuple([self._step(part, start, known, flow.running[scope]) for part in flow.parts(scope)])
        passed = tuple(known.values())
        if whole or len(graph.outputs) == 1:
            return write(steps, passed, tuple([known.get(ref) or _value(ref, start) for ref in gives]), parameters)
        outputs = {name: known.get(ref) or _value(ref, 0) for name, ref in graph.outputs.items()}
        return write_outputs(steps, passed, outputs, parameters, graph.train_only)

    def _step(self, part: Part, start: int, known: Mapping[Ref, str], always: bool) -> Step:
        """A part as a step of a forward. `start` is where names begin as seen from its scope.

        `always` says that the scope runs in eval mode too, so that a part for training needs a guard.
        """
        label = part.name[start:]
        takes = tuple([known.get(ref) or _value(ref, start) for ref in part.inputs])
        gives = tuple([_value(ref, start) for ref in part.outputs])
        guarded = always and part.train_only
        node = self.graph.nodes.get(part.name)
        if node is None:
            last = part.outputs[-1].node
            # The main path is the first value that its last node gives.
            main = next(n for n, ref in enumerate(part.outputs) if ref.node == last)
            labels = [self._giver(part.name, ref)[start:] for ref in part.outputs]
            labels[main] = label
            return Step(f"{_path(label)}({{inputs}})", takes, gives, tuple(labels), guarded, main=main)
        template = self._lowered[node.name].forward
        if "{self}" in template:
            owner = self._owner(node)
            called = owner.name[start:] if owner.scope == node.scope else label
            template = template.replace("{self}", _path(called))
        return Step(template, takes, gives, gives, guarded, node.name in self._overwriting)

    def _giver(self, around: str, ref: Ref) -> str:
        """The outermost scope inside `around` that gives this value alone, or the node that makes it."""
        name, of_node = ref.node, _value(ref, 0)
        while (outer := name.rpartition(".")[0]) != around and len(self.flow.leaving[outer]) == 1:
            name = of_node = outer
        return of_node


def _value(ref: Ref, start: int) -> Value:
    """A value by its name as seen from the scope where names begin at `start`."""
    return f"{ref.node[start:]}/{ref.output}" if ref.output else ref.node[start:]


def _numbered(count: int) -> tuple[str, ...]:
    """Names of the parameters of a scope, which has none of its own for what it takes."""
    return ("x", "y", "z")[:count] if count <= 3 else tuple(f"x{number}" for number in range(count))


@lru_cache(maxsize=10_000)
def _path(name: str) -> str:
    """The expression for a module inside `self`."""
    path = "self"
    for part in map(attribute, name.split(".")):
        if part in MODULE_ATTRIBUTES or part.startswith("_"):
            path += f"._modules[{part!r}]"  # `self.requires_grad_` is a method of every module
        elif part.isascii() and part.isidentifier() and not keyword.iskeyword(part):
            path += f".{part}"
        else:
            path = f"getattr({path}, {part!r})"
    return path
