"""Which weight of one module is which of another, found from their wirings alone.

Colour refinement: two vertices have one colour as long as nothing told them apart. What feeds them and what
they feed is added to their colours, forwards and backwards through the network, until no colour splits.
Where branches are alike their vertices stay of one colour; then one of them is given a colour of its own
with each of its possible partners in turn (as in B. McKay, "Practical graph isomorphism", 1981).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TypeAlias

from torch import nn

from archgraph.errors import MatchError
from archgraph.interop.recording import Example
from archgraph.interop.vertices import Vertex
from archgraph.interop.wiring import wiring

Colours: TypeAlias = list[int]


def match(source: nn.Module, target: nn.Module, example: Example, *, training: bool = True) -> dict[str, str]:
    """For every weight and buffer of `source`, its name in `target`.

    `example` is an input of both (or a tuple of several); they run in training mode (on shapes alone) unless
    `training` is False, so that heads of training are there too. Where parallel branches are alike, either of them
    may be the partner. Raises MatchError, which names the first difference, where the two are not the same network.
    """
    one, other = (wiring(module, example, training=training) for module in (source, target))
    partners = isomorphism(one, other)
    found = {vertex.weight: other[partners[n]].weight for n, vertex in enumerate(one) if vertex.weight is not None}
    mapping = {name: partner for name, partner in found.items() if name is not None and partner is not None}
    return completed(source, target, mapping)


def completed(source: nn.Module, target: nn.Module, mapping: dict[str, str]) -> dict[str, str]:
    """The pairs, with those of tensors that no output depends on. Raises MatchError where a weight has no partner."""
    mapping = mapping | _unread(source, target, mapping)
    _check_complete(source, target, mapping)
    return mapping


def isomorphism(one: Sequence[Vertex], other: Sequence[Vertex]) -> list[int]:
    """For every vertex of `one` its partner in `other`. Raises MatchError where there is none."""
    palette: dict[Hashable, int] = {}
    start = [[palette.setdefault(vertex.label, len(palette)) for vertex in graph] for graph in (one, other)]
    difference = _first_difference(one, other, start, palette)
    if difference:
        raise MatchError(difference)
    found = _individualised(one, other, (start[0], start[1]), palette)
    if found is None:
        raise MatchError("the modules have the same ops and shapes, but no pairing of them fits all connections")
    return found


def _individualised(
    one: Sequence[Vertex], other: Sequence[Vertex], start: tuple[Colours, Colours], palette: dict[Hashable, int]
) -> list[int] | None:
    """Refine; where a colour is left with several vertices, fix one pair of them and go on."""
    left, right = _refined(one, other, start, palette)
    sizes = Counter(left)
    if sizes != Counter(right):
        return None
    open_place = next((n for n, colour in enumerate(left) if sizes[colour] > 1), None)
    if open_place is None:
        place = {colour: n for n, colour in enumerate(right)}
        return [place[colour] for colour in left]
    colour = left[open_place]
    new = palette.setdefault(("individual", len(palette)), len(palette))
    for partner in (n for n, other_colour in enumerate(right) if other_colour == colour):
        pair = (_replaced(left, open_place, new), _replaced(right, partner, new))
        found = _individualised(one, other, pair, palette)
        if found is not None:
            return found
    return None


def _replaced(colours: Colours, place: int, colour: int) -> Colours:
    return [*colours[:place], colour, *colours[place + 1 :]]


def _refined(
    one: Sequence[Vertex], other: Sequence[Vertex], start: tuple[Colours, Colours], palette: dict[Hashable, int]
) -> tuple[Colours, Colours]:
    """Split colours by what feeds a vertex and what it feeds, until none splits."""
    left, right = start
    count = 0
    while (now := len(set(left))) > count:
        count = now
        left, right = (
            _backward(graph, _forward(graph, colours, palette), palette)
            for graph, colours in ((one, left), (other, right))
        )
    return left, right


def _forward(graph: Sequence[Vertex], colours: Colours, palette: dict[Hashable, int]) -> Colours:
    """Colours that also say what feeds a vertex."""
    found: Colours = []
    for vertex, colour in zip(graph, colours, strict=True):
        feeds = [found[n] for n in vertex.feeds]
        key = (colour, tuple(feeds if vertex.ordered else sorted(feeds)))
        found.append(palette.setdefault(key, len(palette)))
    return found


def _backward(graph: Sequence[Vertex], colours: Colours, palette: dict[Hashable, int]) -> Colours:
    """Colours that also say what a vertex feeds, and as which argument."""
    users: list[list[tuple[int, int]]] = [[] for _ in graph]
    found = list(colours)
    for number in range(len(graph) - 1, -1, -1):
        vertex = graph[number]
        found[number] = palette.setdefault((colours[number], *sorted(users[number])), len(palette))
        for position, feed in enumerate(vertex.feeds):
            users[feed].append((position if vertex.ordered else -1, found[number]))
    return found


def _first_difference(
    one: Sequence[Vertex], other: Sequence[Vertex], start: Sequence[Colours], palette: dict[Hashable, int]
) -> str | None:
    """The first op that the other side has no more of, told by all that stands above it."""
    left, right = (_forward(graph, colours, palette) for graph, colours in zip((one, other), start, strict=True))
    for graph, mine, theirs, sides in (
        (one, left, (other, right), ("the source", "the target")),
        (other, right, (one, left), ("the target", "the source")),
    ):
        spare = Counter(theirs[1])
        unmatched = []
        for vertex, colour in zip(graph, mine, strict=True):
            spare[colour] -= 1
            if spare[colour] < 0:
                unmatched.append(vertex)
        if unmatched:
            first = next((vertex for vertex in unmatched if vertex.feeds), unmatched[0])
            return _described(first, [mine[n] for n in first.feeds], theirs, sides)
    return None


def _described(
    vertex: Vertex, feeds: Sequence[int], theirs: tuple[Sequence[Vertex], Colours], sides: tuple[str, str]
) -> str:
    graph, colours = theirs
    message = f"{sides[0]} has {vertex.text}, to which nothing in {sides[1]} corresponds"
    fed = dict.fromkeys(
        other.text
        for other in graph
        if feeds and other.feeds and colours[other.feeds[0]] == feeds[0] and other.label != vertex.label
    )
    return f"{message}; fed by the same value, it has {', '.join([*fed][:3])}" if fed else message


def _unread(source: nn.Module, target: nn.Module, mapping: dict[str, str]) -> dict[str, str]:
    """Partners of tensors that no output depends on, such as a norm's count of batches: their neighbours'
    modules.
    """
    modules = {old.rpartition(".")[0]: new.rpartition(".")[0] for old, new in mapping.items()}
    theirs = target.state_dict()
    found: dict[str, str] = {}
    for name, tensor in source.state_dict().items():
        scope, _, last = name.rpartition(".")
        if name not in mapping and scope in modules:
            partner = f"{modules[scope]}.{last}" if modules[scope] else last
            if partner in theirs and theirs[partner].shape == tensor.shape:
                found[name] = partner
    return found


def _check_complete(source: nn.Module, target: nn.Module, mapping: dict[str, str]) -> None:
    for module, names, side in ((source, mapping.keys(), "source"), (target, mapping.values(), "target")):
        known = {*names}
        tied = {id(tensor) for name, tensor in module.state_dict(keep_vars=True).items() if name in known}
        missing = [name for name, tensor in module.state_dict(keep_vars=True).items() if id(tensor) not in tied]
        if missing:
            listed = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
            raise MatchError(f"no output of the {side} depends on {listed}: is it for the other mode?")
