"""The decisions of a spec by the places where they are written, however often each is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from archgraph.graph.evaluation import Choose
from archgraph.search.choices import Decision, labels, needs_expanding, ordered, sites, walk
from archgraph.search.tree import Path, get, put
from archgraph.spec.model import Body, Choice, NodeSpec, Range, Spec

Answer: TypeAlias = Callable[[str, "Choice | Range"], int]
"""Given the name of a decision and its options, the index of the one to take."""
_SITE = "site of the choice"
"""Begins the name of a graph that is put into a `choice` node so that its question can be told from others."""


class Asked(NamedTuple):
    """A question with its answer, and where it is written."""

    path: Path
    decision: Decision


class Places:
    """A spec in which every decision is known by its place. `tagged` is the same network, each place its own object."""

    def __init__(self, spec: Spec) -> None:
        self.paths = tuple(path for path, _ in sites(spec))
        tagged = spec
        for number, path in enumerate(self.paths):
            tagged = put(tagged, path, _fresh(get(tagged, path), f"{_SITE} {number}"))
        self.tagged = tagged
        self._expanding = needs_expanding(spec)
        self._path = {id(site): path for path, site in sites(tagged) if not isinstance(site, NodeSpec)}

    def ask(self, answer: Answer, *, tied: Collection[Path] = ()) -> list[Asked]:
        """All questions with their answers, in order. A place in `tied` is asked once, whatever copies it has."""
        choose, asked = self.questions(answer, tied=tied)
        walk(self.tagged, choose, expanding=self._expanding)
        return asked

    def questions(self, answer: Answer, *, tied: Collection[Path] = ()) -> tuple[Choose, list[Asked]]:
        """A `choose` for `expand` of the tagged spec, and the list of what it was asked."""
        asked: list[Asked] = []
        met: Counter[str] = Counter()
        once: dict[Path, int] = {}

        def choose(name: str, choice: Choice | Range) -> Any:
            path, choice = self._placed(choice)
            if path in once:
                return choice.options[once[path]]
            met[name] += 1
            full = name if met[name] == 1 else f"{name}#{met[name]}"
            taken = answer(full, choice)
            asked.append(Asked(path, Decision(full, labels(choice), taken, ordered(choice))))
            if path in tied:
                once[path] = taken
            return choice.options[taken]

        return choose, asked

    def _placed(self, choice: Choice | Range) -> tuple[Path, Choice | Range]:
        path = self._path.get(id(choice))
        if path is not None:
            return path, choice
        # Of a `choice` node the question is made anew each time; the graph put in last says which it is.
        *options, site = choice.options
        return self.paths[int(str(site).removeprefix(_SITE))], Choice(tuple(options), choice.chosen)


def _fresh(site: Any, mark: str) -> Any:
    """An equal decision that is no other one; a `choice` node with one graph more, named `mark`."""
    return replace(site, args={**site.args, mark: Body()}) if isinstance(site, NodeSpec) else replace(site)
