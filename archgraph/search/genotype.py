"""A space as what a search changes: a draw is a whole set of choices, and each set is one plain spec.

A decision in a node with copies is asked once a copy. Where the answers differ, a plain spec says them as a column of
the node's `each`; where none can, as in a block that is used twice, the copies are tied: asked once, answered alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from archgraph.search.choices import Choices, Decision, Label, answering, by_label, sites
from archgraph.search.places import Answer, Places
from archgraph.search.ranking import Draw, Finished
from archgraph.search.settling import UnsettledError, in_column, settle
from archgraph.search.tree import Path, get
from archgraph.spec.model import NodeSpec, Spec

KEPT = 50_000
"""Sets of choices whose decisions are remembered."""
OPERATOR = "choice"
"""What a trial says of where it came from."""


class Genotype:
    """The choices of a spec, drawn, changed, and settled into plain specs."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.places = Places(spec)
        self._known: dict[tuple[tuple[str, str], ...], tuple[Decision, ...]] = {}
        self.tied = frozenset(path for path in self.places.paths if _is_tied(spec, path))
        self.defaults = self.chosen(lambda name, choice: choice.options.index(choice.chosen))
        """The choices of the spec as it stands."""

    def decisions(self, answer: Answer) -> tuple[Decision, ...]:
        """All that is asked, with the answers, in order."""
        return tuple(one.decision for one in self.places.ask(answer, tied=self.tied))

    def chosen(self, answer: Answer) -> Choices:
        """The choices that come of asking `answer`."""
        return {one.name: one.label for one in self.decisions(answer)}

    def settled(self, choices: Choices) -> Spec:
        """The plain spec of these choices. Raises UnsettledError, and SpecError where they are no network."""
        return settle(self.spec, choices, places=self.places, tied=self.tied)

    def drawn(self, rng: Random) -> Choices:
        """Choices at random: every option of a decision with the same chance."""
        return self.chosen(lambda name, choice: rng.randrange(len(choice.options)))

    def changed(self, choices: Choices, rng: Random) -> Choices:
        """The choices with another answer to one decision; decisions that this answer brings up are drawn."""
        asked = self._complete(choices, rng)
        free = [one for one in asked if len(one.labels) > 1]
        if not free:
            return choices
        other = rng.choice(free)
        step = rng.choice([index for index in range(len(other.labels)) if index != other.taken])
        new = {**{one.name: one.label for one in asked}, other.name: other.labels[step]}
        return {one.name: one.label for one in self._complete(new, rng)}

    def _complete(self, choices: Choices, rng: Random) -> tuple[Decision, ...]:
        """The decisions that choices answer, and those that they bring up, drawn; known at once where nothing is."""
        known = self._known.get(_key(choices.items()))
        if known is None:
            known = self.decisions(by_label(answering(choices, rng)))
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[_key((one.name, one.label) for one in known)] = known
        return known

    def of(self, trial: Finished) -> Choices:
        """The choices of a trial; those of the spec as it stands where it is the parent that was given."""
        return self.defaults if trial.draw is None or trial.draw.choices is None else trial.draw.choices

    def anew(self, rng: Random, parents: Sequence[Finished]) -> Draw:
        """A draw of choices at random, as a child of the first trial."""
        first = min(parents, key=lambda trial: trial.index)
        return draw_of(self.drawn(rng), parent=first.number)

    def child(self, rng: Random, parents: Sequence[Finished], position: int, *, steps: int = 1) -> Draw:
        """A draw of some parent's choices with one changed, or as many as `steps` says."""
        choices = self.of(parents[position])
        for _ in range(steps):
            choices = self.changed(choices, rng)
        return draw_of(choices, parent=parents[position].number, rank=(position + 0.5) / len(parents))


def genotype_of(specs: Sequence[Spec], weights: Mapping[str, float]) -> Genotype | None:
    """The genotype of a search that changes nothing but the choices of one spec; None for any other."""
    if [name for name, weight in weights.items() if weight] != [OPERATOR] or len(specs) != 1:
        return None
    made_here = [path[0] != "used" for path, _ in sites(specs[0])]
    return Genotype(specs[0]) if made_here and all(made_here) else None


def draw_of(choices: Choices, *, parent: int, rank: float = 0.0) -> Draw:
    """Choices as what a sampler draws."""
    return Draw(parent, rank, OPERATOR, 0.0, 0.0, choices=choices)


def change(before: Choices, after: Choices) -> tuple[str, str]:
    """Where two sets of choices differ, and how, in a few words."""
    names = [name for name in after if name not in before or before[name] != after[name]]
    if len(names) == 1 and names[0] in before:
        return names[0], f"{_shown(before[names[0]])} -> {_shown(after[names[0]])}"
    listed = ", ".join(f"{name} {_shown(after[name])}" for name in names)
    return f"{len(names)} decisions", listed


def _key(choices: Iterable[tuple[str, Label]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, repr(label)) for name, label in choices)


def _shown(label: Label) -> str:
    return str(label).lower() if isinstance(label, bool) else str(label)


def _is_tied(spec: Spec, path: Path) -> bool:
    site = get(spec, path)
    graphs = [name for name in site.args if name != "default"] if isinstance(site, NodeSpec) else site.options
    try:
        in_column(spec, path, range(len(graphs)))
    except UnsettledError:
        return True
    return False
