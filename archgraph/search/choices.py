"""The decisions of a spec with choices: drawn, changed one at a time, and told by name.

A decision is what `expand(choose=)` asks for, under its name (`vars.width`, `stage.0.1.kernel`). Which decisions there
are can depend on others: those of a graph that is not taken are never asked for. So a set of choices is made by one
walk through the spec, in the order of the questions, and holds the answers that were asked for and no others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from random import Random
from typing import Any, NamedTuple, TypeAlias

from archgraph.errors import SpecError
from archgraph.graph.evaluation import Choose, Evaluation
from archgraph.graph.expand import expand
from archgraph.spec.model import Block, Body, Choice, Expr, NodeSpec, Parameter, Range, Spec

Label: TypeAlias = "int | float | str | bool | None"
Choices: TypeAlias = Mapping[str, Label]
"""The options taken, by the names of the decisions. What is no single value stands as a text."""
Pick: TypeAlias = Callable[[str, Sequence[Label]], int]
"""Given the name of a decision and its options, the index of the one to take."""


class Decision(NamedTuple):
    """One question and its answer; `labels[taken]` is the option that was taken."""

    name: str
    labels: tuple[Label, ...]
    taken: int
    ordered: bool
    """Whether the options are numbers in a row, as of a `range`."""

    @property
    def label(self) -> Label:
        """The option that was taken."""
        return self.labels[self.taken]


def labels(choice: Choice | Range) -> tuple[Label, ...]:
    """What the options of a choice are called: themselves where they are single values, else their text."""
    if isinstance(choice, Range):
        return choice.options
    called = tuple(_label(option) for option in choice.options)
    if len({(type(label), label) for label in called}) == len(called):
        return called
    return tuple(f"option {number}" for number in range(1, len(called) + 1))


def _label(option: Any) -> Label:
    if option is None or isinstance(option, (int, float, str)):
        return option
    if isinstance(option, Expr):
        return option.text
    if isinstance(option, tuple):
        return f"[{', '.join(str(_label(part)) for part in option)}]"
    return type(option).__name__.lower()


class Questions:
    """A `choose` for `expand` that numbers questions of the same name (`vars.widths`, `vars.widths#2`, ...)."""

    def __init__(self, pick: Pick) -> None:
        self.pick = pick
        self.asked: list[Decision] = []
        self._met: Counter[str] = Counter()

    def __call__(self, name: str, choice: Choice | Range) -> Any:
        self._met[name] += 1
        full = name if self._met[name] == 1 else f"{name}#{self._met[name]}"
        known = labels(choice)
        taken = self.pick(full, known)
        self.asked.append(Decision(full, known, taken, ordered(choice)))
        return choice.options[taken]


def decisions(spec: Spec, pick: Pick) -> tuple[Decision, ...]:
    """All that is asked when `pick` answers, in order. What is no network is asked as far as it can be expanded."""
    questions = Questions(pick)
    walk(spec, questions)
    return tuple(questions.asked)


def needs_expanding(spec: Spec) -> bool:
    """Whether a spec has to be expanded to ask for its decisions: not where all of them stand in `vars`."""
    return any(path[0] != "vars" for path, _ in sites(spec))


def walk(spec: Spec, choose: Choose, *, expanding: bool | None = None) -> None:
    """Ask for every decision of a spec. `expanding` is what `needs_expanding` said of it, where that is known."""
    if not (needs_expanding(spec) if expanding is None else expanding):
        Evaluation(spec, choose)
        return
    try:
        expand(spec, choose=choose)
    except SpecError:
        # The questions up to the mistake were asked; whoever expands the network is told of the mistake.
        return


def has_choices(spec: Spec) -> bool:
    """Whether a spec leaves anything to decide."""
    return next(sites(spec), None) is not None


def defaults(spec: Spec) -> Choices:
    """The choices of a spec as it stands."""
    found: dict[str, Label] = {}
    met: Counter[str] = Counter()

    def choose(name: str, choice: Choice | Range) -> Any:
        met[name] += 1
        full = name if met[name] == 1 else f"{name}#{met[name]}"
        found[full] = labels(choice)[choice.options.index(choice.chosen)]
        return choice.chosen

    walk(spec, choose)
    return found


def drawn(spec: Spec, rng: Random) -> Choices:
    """Choices at random: every option of a decision with the same chance."""
    return {one.name: one.label for one in decisions(spec, lambda name, known: rng.randrange(len(known)))}


def changed(spec: Spec, choices: Choices, rng: Random) -> Choices:
    """The choices with another answer to one decision; decisions that this answer brings up are drawn."""
    kept = [one for one in decisions(spec, answering(choices, rng)) if len(one.labels) > 1]
    if not kept:
        return choices
    other = rng.choice(kept)
    step = rng.choice([index for index in range(len(other.labels)) if index != other.taken])
    new = {**{one.name: one.label for one in kept}, other.name: other.labels[step]}
    return {one.name: one.label for one in decisions(spec, answering(new, rng))}


def answering(choices: Choices, rng: Random | None = None) -> Pick:
    """Answers as the choices say; what they do not say is drawn, or without `rng` the first option."""

    def pick(name: str, known: Sequence[Label]) -> int:
        if name in choices:
            for index, label in enumerate(known):
                if label == choices[name] and isinstance(label, bool) == isinstance(choices[name], bool):
                    return index
        return rng.randrange(len(known)) if rng else 0

    return pick


def by_label(pick: Pick) -> Callable[[str, Choice | Range], int]:
    """The same answers for who has the options themselves."""
    return lambda name, choice: pick(name, labels(choice))


def sites(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every decision as written - a Choice, a Range, or a `choice` node without `pick` - with its path."""
    if isinstance(value, (Choice, Range)):
        yield path, value
        for index, option in enumerate(value.options if isinstance(value, Choice) else ()):
            yield from sites(option, (*path, "options", index))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from sites(item, (*path, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from sites(item, (*path, index))
    elif isinstance(value, Body):
        for index, node in enumerate(value.nodes):
            if node.op == "choice" and "pick" not in node.args:
                yield (*path, index), node
            yield from sites(node, (*path, index))
    elif isinstance(value, (NodeSpec, Block, Parameter, Spec)):
        for one in fields(value):
            if one.name not in ("marks", "variants", "expect"):
                yield from sites(getattr(value, one.name), (*path, one.name))


def ordered(choice: Choice | Range) -> bool:
    """Whether the options are numbers in a row, as of a `range`."""
    numbers = [option for option in choice.options if isinstance(option, (int, float)) and not isinstance(option, bool)]
    return len(numbers) == len(choice.options) and numbers == sorted(numbers)
