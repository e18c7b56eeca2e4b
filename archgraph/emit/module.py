"""Graph -> `torch.nn.Module`, as `emit/plan` says it.

Every scope becomes an instance of a small generated class: children, and a forward of straight-line code.
Equal forwards are one class. The text of a forward is known to `linecache`, so tracebacks show it and
TorchScript can read it. What is pickled is the graph, never the text: a module that is loaded plans its
forward again.
"""

from __future__ import annotations

import importlib
import itertools
import linecache
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn

from archgraph.emit.forward import Forward
from archgraph.emit.plan import ModulePlan, Shared, plan
from archgraph.graph.model import Graph
from archgraph.ops.base import Call


def build(graph: Graph, *, init: bool = True) -> nn.Module:
    """An ordinary module that computes the graph: `(N, *shape)` in; a tensor out, or a dict of the named
    outputs.

    Weights start as torch's own constructors leave them. With `init=False` they are whatever was in memory
    (all else, buffers included, is as usual): for weights that are loaded right after.
    """
    blueprint = Blueprint(graph)
    make = _initialised if init else _uninitialised
    root = _module(blueprint.plan, Origin(blueprint, ""), make)
    for name, node in blueprint.shared.items():
        scope, _, last = name.rpartition(".")
        child(root, scope)._modules[last] = child(root, node)
    return root


class Blueprint:
    """A graph with its plan: what all modules of one network were built from. Copies of a module share it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def plan(self) -> ModulePlan:
        return plan(self.graph)

    @cached_property
    def shared(self) -> Mapping[str, str]:
        """Names in the tree that stand for the module of another node."""
        return dict(_shared(self.plan, ""))

    def at(self, scope: str) -> ModulePlan:
        """The plan of a scope."""
        found: Any = self.plan
        for name in scope.split(".") if scope else ():
            found = found.children[name]
        assert isinstance(found, ModulePlan)
        return found

    def __deepcopy__(self, memo: Any) -> Blueprint:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Positions would carry the text of the spec's file into every pickle.
        nodes = {name: node._replace(at=None) for name, node in self.graph.nodes.items()}
        scopes = {name: scope._replace(at=None) for name, scope in self.graph.scopes.items()}
        return Blueprint, (replace(self.graph, nodes=nodes, scopes=scopes),)


class Origin(NamedTuple):
    """Where a module comes from: a scope of a network."""

    blueprint: Blueprint
    scope: str


class GeneratedModule(nn.Module):
    """Base of the generated classes. It adds nothing but pickling."""

    if TYPE_CHECKING:  # TorchScript would take an annotation that it sees for one of its own
        _origin: Origin

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._origin,), self.__dict__


def _restore(origin: Origin) -> GeneratedModule:
    """A module without its contents, which pickle fills in."""
    blueprint, scope = origin
    found = _class(blueprint.at(scope))
    return found.__new__(found)


def _shared(tree: ModulePlan, prefix: str) -> Any:
    for name, child in tree.children.items():
        if isinstance(child, ModulePlan):
            yield from _shared(child, f"{prefix}{name}.")
        elif isinstance(child, Shared):
            yield prefix + name, child.node


def child(module: nn.Module, name: str) -> nn.Module:
    """The module inside another one at a path of attributes; the same one for an empty path."""
    for part in name.split(".") if name else ():
        module = module._modules[part]  # type: ignore[assignment]  # not `get_submodule`: a child may be called `half`
    return module


def _module(tree: ModulePlan, origin: Origin, make: Callable[[Call], nn.Module]) -> nn.Module:
    module = _class(tree)()
    module._origin = origin
    children = module._modules
    prefix = f"{origin.scope}." if origin.scope else ""
    for name, child in tree.children.items():
        if isinstance(child, Call):
            children[name] = make(child)
        elif isinstance(child, Shared):
            children[name] = None  # keeps its place among the children until there is something to share
        else:
            children[name] = _module(child, Origin(origin.blueprint, prefix + name), make)
    return module


def _initialised(call: Call) -> nn.Module:
    return _target(call.target)(*call.args, **call.kwargs)


def _uninitialised(call: Call) -> nn.Module:
    """A leaf made without the work of filling its weights, which is nearly all of the work."""
    module = _without_reset(call.target)(*call.args, **call.kwargs)
    module.__class__ = _target(call.target)
    return module


@lru_cache(maxsize=256)
def _target(name: str) -> type[nn.Module]:
    module, _, last = name.rpartition(".")
    found: type[nn.Module] = getattr(nn if module == "nn" else importlib.import_module(module), last)
    return found


@lru_cache(maxsize=256)
def _without_reset(name: str) -> type[nn.Module]:
    """The class with `reset_parameters`, which torch's constructors call last, doing nothing."""
    target = _target(name)
    if not hasattr(target, "reset_parameters"):
        return target
    return type(target.__name__, (target,), {"reset_parameters": lambda self: None})


_CLASSES: weakref.WeakValueDictionary[tuple[str, Forward | None], type[GeneratedModule]] = weakref.WeakValueDictionary()
_NUMBERS = itertools.count()


def _class(tree: ModulePlan) -> type[GeneratedModule]:
    """The class of a plan; it lives as long as a module of it does."""
    key = tree.name, tree.forward
    found = _CLASSES.get(key)
    if found is None:
        _CLASSES[key] = found = _generate(tree.name, tree.source)
    return found


def _generate(name: str, source: str) -> type[GeneratedModule]:
    filename = f"<archgraph {name} {next(_NUMBERS)}>"
    namespace: dict[str, Any] = {"torch": torch, "Tensor": torch.Tensor, "__name__": __name__}
    exec(compile(source, filename, "exec"), namespace)  # the text is `plan`'s, made from a graph in memory
    members: dict[str, Any] = {"__module__": __name__}
    if source:
        members["forward"] = namespace["forward"]
        namespace["forward"].__qualname__ = f"{name}.forward"
    found = type(name, (GeneratedModule,), members)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    weakref.finalize(found, linecache.cache.pop, filename, None)
    return found
