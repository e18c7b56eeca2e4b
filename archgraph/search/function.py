"""A user's own score: the keys of `python:` in a recipe, and what the function is told of the trial.

def shortcut(module, spec, trial):       # in the file scores.py: `python: scores:shortcut`
    return {"accuracy": ...}
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from archgraph.ops.arguments import Takes
from archgraph.search.latency import LATENCY
from archgraph.search.mistakes import Mistake, MistakesError

Way: TypeAlias = Literal["maximize", "minimize"]


class Function(BaseModel):
    """Which function, and which way its own names are better; a text stands for `{function: TEXT}`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    function: Annotated[str, Takes("package.module:function")] = Field(
        pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$",
        description="A function `(module, spec, trial) -> {name: number}`, found from the current folder too.",
    )
    gives: Annotated[
        dict[str, Annotated[Way, Takes("maximize or minimize")]],
        Takes("a mapping of names to maximize or minimize"),
    ] = Field(default={}, description="Names of its own that are objectives, and which way each is better.")

    @model_validator(mode="before")
    @classmethod
    def _text_alone(cls, given: Any) -> Any:
        return {"function": given} if isinstance(given, str) else given

    @field_validator("gives")
    @classmethod
    def _names_of_its_own(cls, given: dict[str, Way]) -> dict[str, Way]:
        if LATENCY in given:
            message = f"{LATENCY} is what a search measures itself"
            raise MistakesError(Mistake((LATENCY,), message, "give yours another name", at_key=True))
        return given


@dataclass(frozen=True)
class TrialGiven:
    """What a user's function is told of its trial beside the module and the spec.

    `seed` is the trial's own. What is written to `weights` is kept while somebody may ask for it; `parent` is what was
    written for the parent where the recipe says `inherit`, its spec beside it as `.yaml`. With `fidelity` `epochs` is
    the rung, and `resume` what was written for the same network on the rung below.
    """

    seed: int
    weights: Path
    parent: Path | None = None
    epochs: int | None = None
    resume: Path | None = None
