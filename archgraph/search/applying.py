"""Mutations made by hand: a few in a row, each as a search makes it, and what they changed in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from archgraph import dump
from archgraph.errors import SpecError
from archgraph.graph.cost import Cost, cost
from archgraph.graph.expand import expand
from archgraph.search.mutations import Mutated, mutate
from archgraph.search.textual import changed_lines
from archgraph.spec.foreign import standalone
from archgraph.spec.model import Spec

ATTEMPTS = 100
"""Draws for one change; those that give no network, or one with other outputs, are passed over."""


@dataclass(frozen=True)
class Applied:
    """A child with the changes that led to it. `refused` says why there are fewer than asked for."""

    text: str
    changes: Sequence[Mutated]
    before: Cost
    after: Cost
    difference: Sequence[str]
    refused: str = ""


def apply(
    parent: Spec, operators: Sequence[str], *, seed: int = 0, count: int = 1, mate: Spec | None = None
) -> Applied:
    """`count` changes in a row, each by one of the operators. Raises SpecError where the parent is no network.

    What the parent is expected to cost, and its variants, are not the child's.
    """
    rng = Random(seed)
    start = replace(standalone(parent), expect={}, variants={})
    before = after = cost(expand(start))
    spec, changes, refused = start, [], ""
    for _ in range(count):
        found = _change(spec, operators, rng, mate, before)
        if found is None:
            refused = f"{parent.name} has no place for {' or '.join(operators) if len(operators) < 3 else 'a change'}"
            break
        change, after = found
        changes.append(change)
        spec = change.spec
    child = spec if not changes else replace(spec, about=f"{parent.name} after {_listed(changes)}", source="")
    return Applied(dump(child), changes, before, after, changed_lines(dump(start), dump(spec)), refused)


def _change(
    spec: Spec, operators: Sequence[str], rng: Random, mate: Spec | None, before: Cost
) -> tuple[Mutated, Cost] | None:
    for _ in range(ATTEMPTS):
        changed = mutate(spec, rng.choice(operators), rng, mate=mate)
        if not isinstance(changed, Mutated):
            continue
        try:
            found = cost(expand(changed.spec))
        except SpecError:
            continue
        if found.outputs == before.outputs:
            return changed, found
    return None


def _listed(changes: Sequence[Mutated]) -> str:
    return ", ".join(map(str, changes))
