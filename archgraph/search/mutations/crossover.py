"""Mutation `crossover`: a stage of a second parent in the place of one of this network's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from archgraph import dump
from archgraph.search.mutations.base import Option, Site
from archgraph.search.pinning import outside, rewrite
from archgraph.search.trace import Trace
from archgraph.search.tree import Path, nodes_in, put
from archgraph.spec.model import Block, Body, Choice, Expr, NodeSpec, Parameter, Spec, Value
from archgraph.spec.naming import node_names

MACROS = frozenset({"residual", "branches", "dense", "inverted", "separable"})
"""Ops that are a stage by themselves, as the blocks of a file are, and as all that stands several times is."""
LONGEST = 10
"""Lines that may come along with a stage, so that a child still reads like its parent."""


def crossover(trace: Trace) -> Sequence[Site]:
    """Every stage here that the second parent has otherwise: a column of a stage with the same lists, or all of it.

    A stage is a node of the main graph. One of the same name takes its place, or any where no name is the same. The
    blocks and variables that it reads come along, or are there with the same meaning.
    """
    if trace.mate is None:
        return []
    here, there = trace.spec, trace.mate.spec
    theirs = dict(_stages(there))
    sites = []
    for name, index in _stages(here):
        options: list[Option] = []
        if name in theirs:
            options += _columns(here, index, there, theirs[name], name)
        for other in [name] if name in theirs else theirs:
            if not _fits(here, index, there, theirs[other]):
                continue
            if (brought := _brought(here, there, index, theirs[other])) is not None:
                make = partial(_replaced, brought.spec, index, brought.node)
                options.append(Option(f"all of {other} from {there.name}", make))
        if options:
            sites.append(Site(name, options))
    return sites


def _stages(spec: Spec) -> Iterator[tuple[str, int]]:
    """Nodes of the main graph that are stages, the last one apart: it is the output."""
    names = node_names(spec.graph)
    for index, node in enumerate(spec.graph.nodes[:-1]):
        many = node.repeat is not None or node.each is not None
        if (many or node.op in spec.blocks or node.op in MACROS) and node.inputs in (None, ("prev",)):
            yield names[index], index


def _fits(here: Spec, index: int, there: Spec, other: int) -> bool:
    """Whether what refers to a copy or an output of a stage here would find it in the other."""
    name = node_names(here.graph)[index]
    named = {text for node in here.graph.nodes for text in node.inputs or ()} | set(outside(here, ("graph",)))
    parts = {text for text in named if text.partition("/")[0].partition(".")[0] == name and text != name}
    if not parts:
        return True
    mine, theirs = ({len(found.values) for found in _lists(*one).values()} for one in ((here, index), (there, other)))
    repeated = [spec.graph.nodes[at].repeat is None for spec, at in ((here, index), (there, other))]
    return len(mine) == 1 and mine == theirs and repeated[0] == repeated[1] and not any("/" in text for text in parts)


def _columns(here: Spec, index: int, there: Spec, other: int, name: str) -> Iterator[Option]:
    """Columns of a stage whose lists have the same names in both, where they differ."""
    mine, theirs = _lists(here, index), _lists(there, other)
    if not mine or mine.keys() != theirs.keys() or not _alike(here.graph.nodes[index], there.graph.nodes[other]):
        return
    count = min(len(found.values) for found in (*mine.values(), *theirs.values()))
    for column in range(count):
        new = {name: found.values[column] for name, found in theirs.items()}
        if any(new[name] != found.values[column] for name, found in mine.items()) and not _reads(new.values()):
            make = partial(_column, here, mine, column, new)
            yield Option(f"{name}.{column} from {there.name}", make)


class _List(NamedTuple):
    """A list of an `each`: where it is written, and what is in it."""

    path: Path
    values: tuple[Value, ...]


def _lists(spec: Spec, index: int) -> Mapping[str, _List]:
    """The lists of a node, in it or in the variable that it names; none at all where one is computed."""
    found: dict[str, _List] = {}
    for name, value in (spec.graph.nodes[index].each or {}).items():
        path: Path = ("graph", index, "each", name)
        while isinstance(value, Expr) and value.text.removeprefix("$") in spec.vars:
            path = ("vars", value.text.removeprefix("$"))
            value = spec.vars[str(path[1])]
        if not isinstance(value, tuple):
            return {}
        found[name] = _List(path, value)
    return found


def _alike(one: NodeSpec, other: NodeSpec) -> bool:
    return (one.op, one.args, one.repeat) == (other.op, other.args, other.repeat)


def _column(spec: Spec, lists: Mapping[str, _List], column: int, values: Mapping[str, Value]) -> Spec:
    for name, found in lists.items():
        spec = put(spec, (*found.path, column), values[name])
    return spec


def _replaced(spec: Spec, index: int, node: NodeSpec) -> Spec:
    nodes = list(spec.graph.nodes)
    nodes[index] = node
    spec = rewrite(spec, ("graph",), nodes, kept=range(len(nodes)))
    used = {*_blocks(spec, spec.graph)}
    return replace(spec, blocks={name: block for name, block in spec.blocks.items() if name in used})


class _Brought(NamedTuple):
    """A node of the other parent with the words of this one, and this one with all that the node needs."""

    node: NodeSpec
    spec: Spec


def _brought(here: Spec, there: Spec, index: int, other: int) -> _Brought | None:
    """None where a variable means something else here, a node or a spec is named, or too much would come along."""
    old, node = here.graph.nodes[index], there.graph.nodes[other]
    needed = _blocks(there, Body((node,)))
    parts = [node, *(there.blocks[name] for name in needed)]
    if any(one.op == "use" or one.share is not None for part in parts for one in nodes_in(_body(part))):
        return None
    reads = _variables(there, _reads(parts))
    if any(name in here.vars and here.vars[name] != there.vars[name] for name in reads):
        return None
    new = {name: _free(here, there, name) for name in needed}
    blocks = {new[name]: replace(there.blocks[name], graph=_renamed(there.blocks[name].graph, new)) for name in needed}
    spec = replace(
        here,
        vars={**here.vars, **{name: there.vars[name] for name in reads if name not in here.vars}},
        blocks={**here.blocks, **{name: block for name, block in blocks.items() if name not in here.blocks}},
    )
    (renamed,) = _renamed(Body((node,)), new).nodes
    brought = _Brought(replace(renamed, id=old.id, inputs=old.inputs), spec)
    return brought if brought.node != old and _longer(here, old, brought) <= LONGEST else None


def _longer(here: Spec, old: NodeSpec, brought: _Brought) -> int:
    """Lines that a stage and its blocks need beyond those of the old one."""
    short = Spec("stage", (1,), Body((old,)), blocks=here.blocks)
    long = replace(short, graph=Body((brought.node,)), blocks=brought.spec.blocks)
    return dump(long).count("\n") - dump(short).count("\n")


def _body(part: Any) -> Body:
    return Body((part,)) if isinstance(part, NodeSpec) else part.graph


def _blocks(spec: Spec, body: Body) -> list[str]:
    """The blocks that a graph is made of, those inside of others too."""
    found: list[str] = []
    waiting = [body]
    while waiting:
        for node in nodes_in(waiting.pop()):
            if node.op in spec.blocks and node.op not in found:
                found.append(node.op)
                waiting.append(spec.blocks[node.op].graph)
    return found


def _free(here: Spec, there: Spec, name: str) -> str:
    """The other's name for a block, or with a number where this one has another block of that name."""
    new, number = name, 1
    while new in here.blocks and not (new == name and _same(here, there, name)):
        number += 1
        new = f"{name}{number}"
    return new


def _same(here: Spec, there: Spec, name: str) -> bool:
    """Whether a block is the same in both, with all the blocks inside of it."""
    inner = _blocks(there, Body((NodeSpec(name),)))
    return all(here.blocks.get(block) == there.blocks[block] for block in inner)


def _renamed(value: Any, new: Mapping[str, str]) -> Any:
    """A graph, or any value with graphs in it, with other names for blocks."""
    if isinstance(value, Body):
        return Body(tuple(_renamed(node, new) for node in value.nodes))
    if isinstance(value, NodeSpec):
        args = {name: _renamed(item, new) for name, item in value.args.items()}
        return replace(value, op=new.get(value.op, value.op), args=args)
    if isinstance(value, tuple):
        return tuple(_renamed(item, new) for item in value)
    return {name: _renamed(item, new) for name, item in value.items()} if isinstance(value, Mapping) else value


def _variables(spec: Spec, names: Collection[str]) -> list[str]:
    """The file's variables among some names, with those that their values read."""
    found = [name for name in spec.vars if name in names]
    for name in found:
        found += [other for other in spec.vars if other in _reads([spec.vars[name]]) and other not in found]
    return found


def _reads(values: Any) -> set[str]:
    """The names that the expressions in some values read."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, Expr):
            found |= value.names
        elif isinstance(value, Body):
            found |= _reads(value.nodes)
        elif isinstance(value, NodeSpec):
            found |= _reads([value.args, value.repeat, value.each or {}, value.when])
        elif isinstance(value, Parameter):
            found |= _reads([value.default])
        elif isinstance(value, Mapping):
            found |= _reads(value.values())
        elif isinstance(value, Choice):
            found |= _reads(value.options)
        elif isinstance(value, tuple):
            found |= _reads(value)
        elif isinstance(value, Block):
            found |= _reads([value.graph, value.args, value.vars])
    return found
