"""The forward of one scope as straight-line text: a statement a part, with locals that people can read.

A local is given up as soon as its value is not needed: the next value takes its name, or `del` frees it.
What runs in training mode alone stands below `if self.training:`; a value that leaves such a block is
declared above it, so that TorchScript can follow.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple, TypeAlias

Value: TypeAlias = str
"""A value by a name that is unique in its forward."""

_INDENT = "    "


class Step(NamedTuple):
    """One part of a scope, ready to be written.

    `template` holds `{0}`, `{1}`, `{inputs}` for what it takes; `labels` are what its values are called
    where they need names of their own, `main` is the place of the one that goes on along the main path.
    `overwrites` says that the result is kept in the memory of the first input.
    """

    template: str
    takes: tuple[Value, ...]
    gives: tuple[Value, ...]
    labels: tuple[str, ...]
    train_only: bool = False
    overwrites: bool = False
    main: int = 0


class Forward(NamedTuple):
    """A forward: the names of its parameters, the type it gives, its statements."""

    parameters: tuple[str, ...]
    gives: str
    statements: tuple[str, ...]


@lru_cache(maxsize=10_000)
def write(
    steps: tuple[Step, ...], takes: tuple[Value, ...], gives: tuple[Value, ...], parameters: tuple[str, ...]
) -> Forward:
    """The forward of a scope that takes and gives these values. Most scopes of a network are like another
    one.
    """
    writer = _Writer(steps, takes, gives, parameters)
    kind = "Tensor" if len(gives) == 1 else f"tuple[{', '.join(['Tensor'] * len(gives))}]"
    # Several values are named first: to TorchScript, what `torch.split` gives is a list and no tuple.
    if steps and steps[-1].gives == gives and len(gives) == 1 and not steps[-1].train_only:
        writer.write(steps[:-1])
        writer.lines.append(f"return {writer.expression(steps[-1])}")
    else:
        writer.write(steps)
        writer.lines.append("return " + ", ".join(writer.names[value] for value in gives))
    return Forward(writer.parameters, kind, tuple(writer.lines))


def write_outputs(
    steps: Iterable[Step],
    takes: Sequence[Value],
    outputs: Mapping[str, Value],
    parameters: Sequence[str],
    train_only: Iterable[str],
) -> Forward:
    """The forward of a network with several outputs: a dict, where those of training are in training mode
    alone.
    """
    steps = list(steps)
    outputs = dict(outputs)
    guarded = {value for step in steps if step.train_only for value in step.gives}
    for name in train_only:
        if (value := outputs[name]) not in guarded:
            # A second name for a value of every mode, so that eval mode does not keep it for an absent
            # output.
            place = next((n + 1 for n, step in enumerate(steps) if value in step.gives), 0)
            outputs[name] = f"output {name}"
            steps.insert(place, Step("{0}", (value,), (outputs[name],), (name,), train_only=True))
    writer = _Writer(steps, takes, outputs.values(), parameters)
    writer.write(steps)
    shown = {name: writer.names[value] for name, value in outputs.items()}
    return Forward(writer.parameters, "dict[str, Tensor]", (*writer.lines, *_gather(shown, frozenset(train_only))))


def _gather(outputs: Mapping[str, str], train_only: frozenset[str]) -> list[str]:
    """The statements that put outputs into a dict, in their order."""
    first = list(takewhile(lambda name: name not in train_only, outputs))
    literal = "{" + ", ".join(f"{name!r}: {outputs[name]}" for name in first) + "}"
    if len(first) == len(outputs):
        return [f"return {literal}"]
    lines = [f"outputs: dict[str, Tensor] = {literal}"]
    for name, local in list(outputs.items())[len(first) :]:
        if name in train_only:
            lines += [f"if {local} is not None:", f"{_INDENT}outputs[{name!r}] = {local}"]
        else:
            lines.append(f"outputs[{name!r}] = {local}")
    return [*lines, "return outputs"]


class _Writer:
    """Writes the statements of one forward, and knows which local holds which value."""

    def __init__(
        self, steps: Sequence[Step], takes: Sequence[Value], gives: Iterable[Value], parameters: Sequence[str]
    ) -> None:
        self.lines: list[str] = []
        self._taken = {"self", "torch", "Tensor", "outputs", "_"}
        self.parameters = tuple(self._fresh(name) for name in parameters)
        self._taken.add("x")  # for the main path alone
        self.names = dict(zip(takes, self.parameters, strict=True))
        self._passed = frozenset(takes)
        self._holds = {name: value for value, name in self.names.items()}  # the values that a later step needs
        self._last_use = {value: place for place, step in enumerate(steps) for value in step.takes}
        self._last_use.update(dict.fromkeys(gives, len(steps)))
        self._end = len(steps) - 1
        self._block: dict[Value, int] = {}  # which guarded block makes a value
        self._declare(steps)

    def _declare(self, steps: Sequence[Step]) -> None:
        """Declare what is made in a guarded block and used outside that block."""
        block = 0
        outside: dict[Value, str] = {}
        labels: dict[Value, str] = {}
        for place, step in enumerate(steps):
            if not step.train_only:
                block = place + 1
                continue
            self._block.update(dict.fromkeys(step.gives, block))
            labels.update(zip(step.gives, step.labels, strict=True))
            outside |= {value: labels[value] for value in step.takes if self._block.get(value, block) != block}
            outside |= {value: labels[value] for value in step.gives if self._last_use.get(value, 0) > self._end}
        for value, label in outside.items():
            self.names[value] = self._fresh(label)
            self.lines.append(f"{self.names[value]}: Tensor | None = None")

    def write(self, steps: Sequence[Step]) -> None:
        """Write steps, each as one statement."""
        guarded = False
        for place, step in enumerate(steps):
            indent = _INDENT if step.train_only else ""
            if step.train_only:
                if not guarded:
                    self.lines.append("if self.training:")
                here = {self._block[value] for value in step.gives}
                for value in dict.fromkeys(step.takes):
                    if self._block.get(value) not in {None, *here}:
                        self.lines.append(f"{indent}assert {self.names[value]} is not None")
            guarded = step.train_only
            expression = self.expression(step)
            self._name(step, place)
            result = ", ".join(self.names[value] for value in step.gives)
            if guarded or result != expression:  # an identity may change nothing, not even a name
                self.lines.append(f"{indent}{result} = {expression}")
            if not (guarded and place < len(steps) - 1 and steps[place + 1].train_only):
                self._free(place)

    def expression(self, step: Step) -> str:
        """The right-hand side of a step."""
        given = [self.names[value] for value in step.takes]
        return step.template.format(*given, inputs=", ".join(given))

    def _name(self, step: Step, place: int) -> None:
        """Name what a step gives: as the input it replaces where there is one, else by its label."""
        labels = {}
        for value, label in zip(step.gives, step.labels, strict=True):
            if value in self._last_use:
                labels[value] = label
            else:
                self.names[value] = "_"
        if step.train_only:
            for value, label in labels.items():
                self.names[value] = self.names.get(value) or self._fresh(label)
            return
        ending = (self.names[value] for value in dict.fromkeys(step.takes) if self._last_use[value] == place)
        dying = [name for name in ending if name in self._holds]
        if step.overwrites:
            self._holds.pop(self.names[step.takes[0]], None)  # the result is in its memory: there is nothing to free
        for value, name in self._replaced(dying, list(labels), step.gives[step.main]).items():
            self.names[value] = name or self._fresh(labels[value])
            self._holds[self.names[value]] = value

    def _replaced(self, dying: Sequence[str], gives: Sequence[Value], main: Value) -> dict[Value, str | None]:
        """The names that results take over: streams those of the streams they come from, the main one `x`, or the
        only name that ends.
        """
        if len(dying) == len(gives) > 1:
            return dict(zip(gives, dying, strict=True))
        name = dying[0] if len(dying) == 1 else None
        if "x" in dying or (len(dying) != 1 and "x" not in self._holds):
            name = "x"
        return {value: name if value == main else None for value in gives}

    def _free(self, place: int) -> None:
        """Give up the locals that no later step needs. A caller holds what it passed in, so `del` is no use
        there.
        """
        dead = [name for name, value in self._holds.items() if self._last_use.get(value, -1) <= place]
        freed = [name for name in dead if self._holds.pop(name) not in self._passed]
        if freed and place < self._end:
            self.lines.append("del " + ", ".join(freed))

    def _fresh(self, label: str) -> str:
        """A name for a local that is not taken yet, as close to the label as an identifier allows."""
        wanted = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in label)
        if not wanted or wanted[0].isdigit():
            wanted = "x" + wanted
        if keyword.iskeyword(wanted):
            wanted += "_"
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}_{number}", number + 1
        self._taken.add(name)
        return name
