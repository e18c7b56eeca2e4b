"""What a training run is told: the keys of `train:` in a recipe, with their defaults."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Gt, Interval
from pydantic import BaseModel, ConfigDict, Field

from archgraph.ops.arguments import Takes

Optimizer: TypeAlias = Literal["sgd", "adamw"]
Schedule: TypeAlias = Literal["one_cycle", "cosine", "constant"]
Augment: TypeAlias = Literal["none", "crop"]

RATES = {"sgd": 0.2, "adamw": 0.005}
"""Peak learning rates that train small networks with batch norm well within a few epochs."""


class Training(BaseModel):
    """How a network is trained. The same settings and seed on the same machine give the same weights."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    data: Annotated[str, Takes("the name of a data set")] = Field(description="Data set, by its name.")
    epochs: Annotated[int, Ge(1), Takes("a whole number from 1")] = Field(4, description="Passes over the data.")
    batch: Annotated[int, Ge(2), Takes("a whole number from 2")] = Field(64, description="Images a step.")
    optimizer: Annotated[Optimizer, Takes("sgd or adamw")] = Field(
        "sgd", description="`sgd` with Nesterov momentum 0.9, or `adamw`."
    )
    lr: Annotated[float, Gt(0), Takes("a number above 0")] | None = Field(
        None, description="Peak learning rate; 0.2 for sgd and 0.005 for adamw where not given."
    )
    schedule: Annotated[Schedule, Takes("one_cycle, cosine or constant")] = Field(
        "one_cycle",
        description="`one_cycle` rises for a quarter of the steps and falls to zero; `cosine` falls from the start.",
    )
    weight_decay: Annotated[float, Ge(0), Takes("a number from 0")] = Field(
        5e-4, description="Of weights of two and more dimensions; biases and norms have none."
    )
    label_smoothing: Annotated[float, Interval(ge=0, lt=1), Takes("a number from 0, below 1")] = Field(
        0.0, description="Part of the target that is spread over all classes."
    )
    augment: Annotated[Augment, Takes("none or crop")] = Field(
        "none", description="`crop` shifts each image by up to an eighth of its size."
    )
    images: Annotated[int, Ge(10), Takes("a whole number from 10")] | None = Field(
        None, description="Train on the first so many images alone, for a quick try."
    )

    @property
    def rate(self) -> float:
        """The peak learning rate."""
        return RATES[self.optimizer] if self.lr is None else self.lr
