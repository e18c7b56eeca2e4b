"""The choices of a spec, in the picture of one of its networks: what was drawn, and what else there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from archgraph.graph.expand import expand
from archgraph.graph.outline import Part
from archgraph.graph.wording import text
from archgraph.spec.model import Choice, Range, Spec

Made: TypeAlias = "tuple[Choice | Range, Any]"

MOST_OPTIONS = 6
"""Alternatives named for one choice."""


@dataclass(frozen=True)
class Choices:
    """The choices met in a spec by their names (`stem.kernel`, `vars.width`), each with what was taken."""

    made: Mapping[str, Made] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: Spec, fixed: Mapping[str, Any]) -> Choices:
        """Those of a spec; `fixed` has what is taken instead of a default."""
        made: dict[str, Made] = {}

        def choose(name: str, choice: Choice | Range) -> Any:
            taken = fixed.get(name, choice.chosen)
            made[name] = (choice, taken)
            return taken

        expand(spec, choose=choose)
        return cls(made)

    def within(self, part: Part) -> list[str]:
        """What a box says of the choices in it: each where they are its own, else how many there are."""
        own, inner = [], 0
        places = {part.name, part.inner} - {""}
        for name, made in self.made.items():
            owner, _, argument = name.rpartition(".")
            if name in places:
                own.append(alternatives(*made))
            elif owner in places:
                own.append(f"{argument}: {alternatives(*made)}")
            elif not part.parts and name.startswith(f"{part.name}."):
                inner += 1
        return own + [f"holds {inner} choice" + "s" * (inner > 1)] * bool(inner)

    def of_variables(self) -> list[str]:
        """What is chosen for the whole network."""
        return [f"{name[5:]}: {alternatives(*made)}" for name, made in self.made.items() if name.startswith("vars.")]


def alternatives(choice: Choice | Range, taken: Any) -> str:
    """What was taken and the rest: `5 of 3 | 5 | 7`."""
    if isinstance(choice, Range):
        step = f" by {text(choice.step)}" if choice.step != 1 else ""
        return f"{text(taken)} of {text(choice.low)}–{text(choice.high)}{step}"
    named = " | ".join(map(text, choice.options[:MOST_OPTIONS]))
    more = f" | {len(choice.options) - MOST_OPTIONS} more" if len(choice.options) > MOST_OPTIONS else ""
    return f"{text(taken)} of {named}{more}"
