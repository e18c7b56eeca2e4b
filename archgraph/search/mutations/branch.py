"""Mutation `branch`: a path beside a node or beside other paths, with another kernel, put in or taken out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from archgraph.search.mutations.base import Option, Site
from archgraph.search.pinning import heads, outside, references, rewrite
from archgraph.search.saying import holds, told
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, get, put
from archgraph.spec.model import Body, Expr, NodeSpec, Spec, Value
from archgraph.spec.naming import node_names

WINDOWED = frozenset({"conv", "separable", "max_pool", "avg_pool"})
LONGEST = 3
"""Nodes of a path that is copied."""
KERNELS = (1, 3, 5, 7)
MOST = 6
SHORT = 70
"""Characters of a node that is copied: one that takes several lines would make the child hard to read."""

_Paths: TypeAlias = Mapping[str, Body] | tuple[Body, ...]


def branch(trace: Trace) -> Sequence[Site]:
    """Every path of `branches`, to copy or to drop, and every conv in a chain, to put another one beside it."""
    sites = []
    for path, body in trace.bodies.items():
        for index, node in enumerate(body.nodes):
            options = []
            if node.op == "branches":
                options = list(_of_paths(trace, path, index))
            elif _stands_alone(trace, path, body, index):
                make = partial(_beside, trace.spec, path, index)
                options = [Option(f"add a path of kernel {n}", partial(make, n)) for n in _kernels(trace.spec, node)]
            if options:
                sites.append(Site(trace.describe((*path, index)), options))
    return sites


def _of_paths(trace: Trace, path: Path, index: int) -> Iterator[Option]:
    node = get(trace.spec, path).nodes[index]
    paths = node.args.get("paths")
    if not isinstance(paths, (Mapping, tuple)):
        return
    named: Mapping[str, Value] = paths if isinstance(paths, Mapping) else {str(n): one for n, one in enumerate(paths)}
    for name, one in named.items():
        if not isinstance(one, Body):
            continue
        if len(named) > 2:
            yield Option(f"drop {name}", partial(_dropped, trace.spec, (*path, index), name))
        elif (other := _left(trace, path, index, name, named)) is not None:
            yield Option(f"drop {name}", partial(_inlined, trace.spec, path, index, other))
        at = _window(trace.spec, one)
        if at is not None and len(named) < MOST and len(one.nodes) <= LONGEST and all(map(_is_short, one.nodes)):
            make = partial(_copied, trace.spec, (*path, index), name, at)
            for kernel in _kernels(trace.spec, one.nodes[at]):
                yield Option(f"copy {name} with kernel {kernel}", partial(make, kernel))


def _window(spec: Spec, path: Body) -> int | None:
    """The node of a path whose kernel a copy changes: the last that has one above 1, else the last."""
    windowed = [n for n, node in enumerate(path.nodes) if node.op in WINDOWED and _kernels(spec, node)]
    wide = [n for n in windowed if holds(spec, path.nodes[n], "kernel") != 1]
    found = wide or windowed
    return found[-1] if found else None


def _kernels(spec: Spec, node: NodeSpec) -> list[int]:
    """The nearest kernels that keep the size: padding has to follow."""
    now, pad = holds(spec, node, "kernel"), holds(spec, node, "pad")
    if type(now) is not int or not (pad in ("same", "tf_same") or (type(pad) is int and pad == now // 2)):
        return []
    smallest = 1 if node.op in ("conv", "separable") else 3
    return [n for n in (now - 2, now + 2) if n in KERNELS and n >= smallest]


def _with_kernel(spec: Spec, node: NodeSpec, kernel: int) -> NodeSpec:
    pad = holds(spec, node, "pad")
    return told(spec, node, {"kernel": kernel, "pad": kernel // 2 if type(pad) is int else pad})


def _copied(spec: Spec, path: Path, name: str, at: int, kernel: int) -> Spec:
    paths: _Paths = get(spec, path).args["paths"]
    one = paths[name] if isinstance(paths, Mapping) else paths[int(name)]
    nodes = [replace(node, id=None, share=None) for node in one.nodes] if not references(one.nodes) else [*one.nodes]
    nodes[at] = _with_kernel(spec, nodes[at], kernel)
    copy = Body(tuple(nodes))
    new: _Paths = {**paths, _free(name, kernel, paths): copy} if isinstance(paths, Mapping) else (*paths, copy)
    return put(spec, (*path, "args", "paths"), new)  # type: ignore[no-any-return]


def _free(name: str, kernel: int, taken: Mapping[str, Body]) -> str:
    new = f"{name}_k{kernel}"
    while new in taken:
        new += "b"
    return new


def _dropped(spec: Spec, path: Path, name: str) -> Spec:
    paths: _Paths = get(spec, path).args["paths"]
    if isinstance(paths, Mapping):
        left: _Paths = {key: one for key, one in paths.items() if key != name}
    else:
        left = (*paths[: int(name)], *paths[int(name) + 1 :])
    return put(spec, (*path, "args", "paths"), left)  # type: ignore[no-any-return]


def _left(trace: Trace, path: Path, index: int, name: str, paths: Mapping[str, Value]) -> Body | None:
    """The other of two paths, where it could stand in the place of both."""
    node = get(trace.spec, path).nodes[index]
    if node.repeat is not None or node.each is not None or node.when is not None or not _chained(node):
        return None
    if _named(trace, path, index):
        return None
    (other,) = [one for key, one in paths.items() if key != name]
    return other if isinstance(other, Body) and other.nodes and all(map(_chained, other.nodes)) else None


def _inlined(spec: Spec, path: Path, index: int, other: Body) -> Spec:
    nodes = list(get(spec, path).nodes)
    kept: list[int | None] = [*range(index), *[None] * len(other.nodes), *range(index + 1, len(nodes))]
    return rewrite(spec, path, [*nodes[:index], *other.nodes, *nodes[index + 1 :]], kept=kept)


def _stands_alone(trace: Trace, path: Path, body: Body, index: int) -> bool:
    """Whether a conv stands in the chain once, under no name that others use, and is not the network's output."""
    node = body.nodes[index]
    if node.op not in ("conv", "separable") or node.repeat is not None or node.each is not None or not _chained(node):
        return False
    if not _is_short(node) or node.share is not None or node.when is not None or holds(trace.spec, node, "kernel") == 1:
        return False
    whole_path = len(body.nodes) == 1 and "paths" in path
    return not whole_path and not _named(trace, path, index) and (path, index) != (("graph",), len(body.nodes) - 1)


def _is_short(node: NodeSpec) -> bool:
    texts = (value.text if isinstance(value, Expr) else str(value) for value in node.args.values())
    return sum(map(len, (*texts, *node.args))) + 4 * len(node.args) <= SHORT


def _named(trace: Trace, path: Path, index: int) -> bool:
    body = get(trace.spec, path)
    return node_names(body)[index] in references(body.nodes) | heads(outside(trace.spec, path))


def _chained(node: NodeSpec) -> bool:
    return node.inputs in (None, ("prev",))


def _beside(spec: Spec, path: Path, index: int, kernel: int) -> Spec:
    """The node as one path, a copy of another kernel as the other, and their sum."""
    nodes = list(get(spec, path).nodes)
    node = nodes[index]
    other = replace(_with_kernel(spec, node, kernel), id=None)
    args: dict[str, Value] = {"paths": (Body((node,)), Body((other,))), "merge": "add"}
    nodes[index] = NodeSpec("branches", args)
    kept: list[int | None] = [None if n == index else n for n in range(len(nodes))]
    return rewrite(spec, path, nodes, kept=kept)
