"""Places in a spec: paths to the values a person would edit, how to read and replace them, and what to call them.

A path is a tuple of steps from the spec inwards: a field name, the key of a mapping, or the index of a node or of a
list element. `("graph", 3, "each", "w", 1)` is the second width of the fourth node.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from archgraph.spec.model import Block, Body, NodeSpec, Spec, Value
from archgraph.spec.naming import node_names

Path: TypeAlias = tuple[str | int, ...]


def get(value: Any, path: Path) -> Any:
    """What stands at a path."""
    for step in path:
        value = _child(value, step)
    return value


def put(value: Any, path: Path, new: Any) -> Any:
    """The same value with `new` at a path; everything beside the path is shared, not copied."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    inner = put(_child(value, step), rest, new)
    if isinstance(value, Body):
        return Body(_with_item(value.nodes, step, inner))
    if isinstance(value, Mapping):
        return {**value, step: inner}
    if isinstance(value, tuple):
        return _with_item(value, step, inner)
    return dataclasses.replace(value, **{str(step): inner})


def describe(spec: Spec, path: Path) -> str:
    """A path in words a reader of the spec knows: `stage.w[1]`, `basic.residual1.body.conv2.kernel`, `vars.width`."""
    words: list[str] = []
    value: Any = spec
    for step in path:
        if isinstance(value, Body) and isinstance(step, int):
            words.append(node_names(value)[step])
        elif isinstance(step, int):
            words[-1:] = [f"{words[-1]}[{step}]"]
        elif not _is_wrapping(value, step):
            words.append(step)
        value = _child(value, step)
    return ".".join(words)


def nodes_in(value: Value) -> list[NodeSpec]:
    """All nodes in a graph, those in graph-valued arguments included."""
    if isinstance(value, Body):
        return [inner for node in value.nodes for inner in (node, *nodes_in(tuple(node.args.values())))]
    if isinstance(value, tuple):
        return [node for item in value for node in nodes_in(item)]
    return nodes_in(tuple(value.values())) if isinstance(value, Mapping) else []


def _is_wrapping(value: Any, step: str) -> bool:
    """Steps that a reader does not see as a level of its own: `graph`, `args` of a node, `each`, `blocks`."""
    if isinstance(value, NodeSpec):
        return step in ("args", "each")
    if isinstance(value, Spec):
        return step in ("graph", "blocks")
    return isinstance(value, Block) and step in ("graph", "args")


def _child(value: Any, step: str | int) -> Any:
    if isinstance(value, Body):
        return value.nodes[_index(step)]
    if isinstance(value, Mapping):
        return value[step]
    if isinstance(value, tuple):
        return value[_index(step)]
    return getattr(value, str(step))


def _with_item(items: Sequence[Any], step: str | int, new: Any) -> tuple[Any, ...]:
    index = _index(step)
    return (*items[:index], new, *items[index + 1 :])


def _index(step: str | int) -> int:
    assert isinstance(step, int), step
    return step
