"""Arguments of a node as a mutation reads and writes them: what holds where nothing is said, and how to say little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from archgraph.ops import OPS
from archgraph.search.tree import Path, get, put
from archgraph.spec.model import NodeSpec, Spec, Value


def assumed(spec: Spec, op: str, name: str) -> Value:
    """What an argument is at a node that does not give it: the file's default, the op's or the block's; else None."""
    if op in spec.blocks:
        parameter = spec.blocks[op].args.get(name)
        return parameter.default if parameter else None
    if name in spec.defaults.get(op, {}):
        return spec.defaults[op][name]
    field = OPS[op].model_fields.get(name) if op in OPS else None
    return None if field is None or field.is_required() else field.default


def holds(spec: Spec, node: NodeSpec, name: str) -> Value:
    """What an argument of a node is, given or not."""
    return node.args[name] if name in node.args else assumed(spec, node.op, name)


def told(spec: Spec, node: NodeSpec, values: Mapping[str, Any]) -> NodeSpec:
    """The node with other values for some arguments; one that holds without being said is not written."""
    kept = {name: value for name, value in node.args.items() if name not in values}
    order = [*node.args, *(name for name in values if name not in node.args)]
    said = {name: value for name, value in values.items() if not _is(assumed(spec, node.op, name), value)}
    args = {**kept, **said}
    return replace(node, args={name: args[name] for name in order if name in args}, marks={})


def tell(spec: Spec, path: Path, values: Mapping[str, Any]) -> Spec:
    """The spec whose node at `path` has other values for some arguments; see `told`."""
    return put(spec, path, told(spec, get(spec, path), values))  # type: ignore[no-any-return]


def write(spec: Spec, path: Path, value: Value) -> Spec:
    """The spec with a value at the place of a literal; an argument that then holds anyway is not written."""
    node = get(spec, path[:-2]) if path[-2:-1] == ("args",) else None
    if isinstance(node, NodeSpec):
        return tell(spec, path[:-2], {str(path[-1]): value})
    return put(spec, path, value)  # type: ignore[no-any-return]


def _is(one: Value, other: Value) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)
