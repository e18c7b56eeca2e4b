"""A spec with choices and the answers to them -> an ordinary spec, as a person could have written it.

A decision that came out the same in all copies becomes its value. Where the copies of a node differ, their values
become a column of its `each`. What can be written in neither way is refused: a spec says what it is, or is not made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeAlias

from archgraph.errors import ArchgraphError, SpecError
from archgraph.graph.expand import expand
from archgraph.graph.hashing import canonical_hash
from archgraph.search.choices import Choices, answering, by_label
from archgraph.search.places import Places
from archgraph.search.tree import Path, describe, get, put
from archgraph.spec.evaluate import names_in
from archgraph.spec.expressions import compile_expression
from archgraph.spec.model import Block, Body, Choice, NodeSpec, Parameter, Range, Spec

Taken: TypeAlias = Mapping[Path, list[int]]
"""By the place of a decision the options that were taken there, copy by copy."""


class UnsettledError(ArchgraphError):
    """Choices for which there is no plain spec; the text says where."""


def settle(spec: Spec, choices: Choices, *, places: Places | None = None, tied: Collection[Path] = ()) -> Spec:
    """The spec with its decisions made as `choices` say, by the names under which `expand` asks; those that it does
    not name take their first option.

    The result has no choices, and is the network that `expand` gives with these answers; copies of a decision whose
    place is `tied` are answered as the first one. Raises UnsettledError where copies of a node differ in a way that
    no column of `each` can say, and SpecError where the choices are no network.
    """
    places = places or _places(spec)
    answer = by_label(answering(choices))
    taken: dict[Path, list[int]] = {}
    for path, decision in places.ask(answer, tied=tied):
        taken.setdefault(path, []).append(decision.taken)
    differing = [path for path, options in taken.items() if len(set(options)) > 1]
    columned = spec
    for path in differing:
        columned = in_column(columned, path, taken[path])
    settled: Spec = _Settling(taken).inside(columned, ())
    settled = replace(settled, expect={}, variants={})
    if differing:
        choose, _ = places.questions(answer, tied=tied)
        if not _same(settled, canonical_hash(expand(places.tagged, choose=choose))):
            raise UnsettledError(f"{describe(spec, differing[0])}: its copies differ, and no column of `each` says how")
    return settled


def _same(settled: Spec, digest: str) -> bool:
    try:
        return canonical_hash(expand(settled)) == digest
    except SpecError:
        return False  # Copies that were not asked at all leave a column too short.


def in_column(spec: Spec, path: Path, options: Sequence[int]) -> Spec:
    """The spec with a decision whose copies differ as a variable, and its values as a column of the `each` of the
    node around it that has copies. Raises UnsettledError."""
    where = describe(spec, path)
    decision = get(spec, path)
    around = [path[:end] for end in range(1, len(path) + 1) if _has_copies(get(spec, path[:end]))]
    if len(around) != 1 or path[0] != "graph":
        inside = f"in the block {path[1]}" if path[0] == "blocks" else "in copies of copies"
        raise UnsettledError(f"{where}: copies differ {inside}, which no column of `each` can say")
    node: NodeSpec = get(spec, around[0])
    values = _column_values(decision, options, where)
    if node.each is None and "i" in names_in(node):
        raise UnsettledError(f"{where}: copies differ, and the node reads $i, which goes with `repeat`")
    if node.each is not None and node.repeat is not None:
        raise UnsettledError(f"{where}: copies differ in a node with both `each` and `repeat`")
    name = _free(str(path[-1]) if isinstance(path[-1], str) else "pick", {*spec.vars, *(node.each or {})})
    variable = compile_expression(f"${name}")
    new = replace(decision, args={**_without_default(decision), "pick": variable}) if _is_node(decision) else variable
    spec = put(spec, path, new)
    node = get(spec, around[0])
    return put(spec, around[0], replace(node, repeat=None, each={**(node.each or {}), name: values}))  # type: ignore[no-any-return]


def _column_values(decision: Any, options: Sequence[int], where: str) -> tuple[Any, ...]:
    if _is_node(decision):
        graphs = list(_without_default(decision))
        return tuple(graphs[option] for option in options)
    values = tuple(decision.options[option] for option in options)
    if not all(isinstance(value, (int, float, str)) for value in values):
        raise UnsettledError(f"{where}: copies differ in values that are no numbers or words")
    return values


def _without_default(node: NodeSpec) -> dict[str, Any]:
    return {name: value for name, value in node.args.items() if name != "default"}


def _is_node(decision: Any) -> bool:
    return isinstance(decision, NodeSpec)


def _has_copies(value: Any) -> bool:
    return isinstance(value, NodeSpec) and (value.repeat is not None or value.each is not None)


def _free(name: str, taken: Collection[str]) -> str:
    """A name for a variable that no other has: `kernel`, `kernel2`, ..."""
    return name if name not in taken else next(n for count in range(2, 100) if (n := f"{name}{count}") not in taken)


def _places(spec: Spec) -> Places:
    places = Places(spec)
    if any(path[0] == "used" for path in places.paths):
        raise UnsettledError(f"{spec.name}: the choices of a network that it uses are made in that network's own file")
    return places


class _Settling:
    """Rebuilds a spec with its decisions made; every value is visited with its path in the spec as it was."""

    def __init__(self, taken: Taken) -> None:
        self.taken = taken

    def value(self, value: Any, path: Path) -> Any:
        if isinstance(value, (Choice, Range)):
            return self._decided(value, path)
        if isinstance(value, Mapping):
            return {key: self.value(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, tuple):
            return tuple(self.value(item, (*path, index)) for index, item in enumerate(value))
        if isinstance(value, Body):
            return Body(tuple(self._node(node, (*path, index)) for index, node in enumerate(value.nodes)))
        if isinstance(value, (Block, Parameter)):
            return self.inside(value, path)
        return value

    def inside(self, value: Any, path: Path) -> Any:
        """The same object with its fields settled."""
        names = [one.name for one in fields(value) if one.name not in ("marks", "variants", "expect", "used")]
        return replace(value, **{name: self.value(getattr(value, name), (*path, name)) for name in names})

    def _decided(self, value: Choice | Range, path: Path) -> Any:
        options = self.taken.get(path)
        if options is None:
            # A decision that never came up: whatever it is, the network is the same.
            return self.value(value.chosen, path)
        return self.value(value.options[options[0]], (*path, "options", options[0]))

    def _node(self, node: NodeSpec, path: Path) -> NodeSpec:
        made: NodeSpec = self.inside(node, path)
        if node.op != "choice" or "pick" in node.args:
            return made
        graphs = {name: value for name, value in made.args.items() if name != "default"}
        options = self.taken.get(path)
        pick = list(graphs)[options[0]] if options else node.args.get("default") or next(iter(graphs))
        assert isinstance(pick, str)
        return replace(made, args={"pick": pick, pick: graphs[pick]})
