"""How long networks are trained in a search: the key `fidelity` of a recipe.

Most of a search's time goes into networks that were clearly behind after a part of their training. So all are trained
for a few epochs, and only the best of those longer.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, get_args

from annotated_types import Gt, Lt
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from archgraph.ops.arguments import Takes
from archgraph.search.mistakes import Mistake, MistakesError
from archgraph.train.proxies.settings import Proxying
from archgraph.train.settings import Training

PROXIES: tuple[str, ...] = get_args(Proxying.model_fields["name"].annotation)


def _rising(given: Any) -> Any:
    """Two or more rungs: epochs that rise, in the first place perhaps a proxy."""
    if not isinstance(given, list) or len(given) < 2:
        raise ValueError("not a list of two or more")
    epochs = given[1:] if given[0] in PROXIES else given
    if any(isinstance(rung, bool) or not isinstance(rung, int) or rung < 1 for rung in epochs):
        raise ValueError("not whole numbers from 1")
    if any(low >= high for low, high in pairwise(epochs)):
        raise ValueError("not rising")
    return given


class Fidelity(BaseModel):
    """The rungs, and the part of each that goes on to the next."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rungs: Annotated[
        Any,
        AfterValidator(_rising),
        Takes("epochs that rise, such as [1, 4, 16]; in place of the first may be a proxy: [naswot, 4, 16]"),
    ] = Field(description="Epochs after which networks are compared; the first rung may be a proxy.")
    keep: Annotated[float, Gt(0), Lt(1), Takes("a number above 0 and below 1")] = Field(
        0.25, description="Part of a rung's networks that goes on to the next."
    )

    @property
    def proxy(self) -> str | None:
        """The proxy of the first rung; None where all rungs train."""
        return self.rungs[0] if isinstance(self.rungs[0], str) else None

    @property
    def epochs(self) -> list[int]:
        """After how many epochs each rung ends; 0 for a proxy."""
        return [0 if isinstance(rung, str) else rung for rung in self.rungs]

    @property
    def learned(self) -> int:
        """The rung that samplers learn from: the first that trains."""
        return 0 if self.proxy is None else 1

    def label(self, rung: int) -> str:
        """A rung in words: `naswot`, `1 epoch`, `4 epochs`."""
        given = self.rungs[rung]
        return given if isinstance(given, str) else f"{given} epoch{'s' if given > 1 else ''}"


def with_epochs(recipe: Any) -> Any:
    """A recipe's values, with the epochs of its last rung where it says nothing else of them."""
    try:
        last, training = recipe["fidelity"]["rungs"][-1], recipe["evaluate"]["train"]
        if not isinstance(last, int) or "epochs" in training:
            return recipe
        return {**recipe, "evaluate": {**recipe["evaluate"], "train": {**training, "epochs": last}}}
    except (KeyError, IndexError, TypeError):
        return recipe  # Whatever is wrong with it is said where it is wrong.


def check_training(name: str, value: Any, kind: str, training: Training | None) -> None:
    """Raise MistakesError where `inherit` or `fidelity` do not go with the way in which networks are scored."""
    if kind not in ("train", "python"):
        message = f"{name} is about weights, and evaluate.{kind} trains none"
        raise MistakesError(Mistake((), message, "it goes with evaluate.train and evaluate.python"))
    if isinstance(value, Fidelity) and value.proxy is not None and kind != "train":
        message = f"the first rung is the proxy {value.proxy}, which goes with evaluate.train"
        raise MistakesError(Mistake(("rungs",), message, "a function of your own can be its own first rung"))
    if not isinstance(value, Fidelity) or training is None:
        return
    last = value.epochs[-1]
    if training.epochs != last:
        message = f"the last rung is {last} epochs, and evaluate.train.epochs is {training.epochs}"
        raise MistakesError(Mistake(("rungs",), message, "leave evaluate.train.epochs out: the last rung says it"))
    if training.seconds is not None:
        message = "rungs end after epochs, and evaluate.train.seconds ends a training by time"
        raise MistakesError(Mistake(("rungs",), message, "leave evaluate.train.seconds out"))
