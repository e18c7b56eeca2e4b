"""What a training run is told: the keys of `train:` in a recipe, with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Gt, Interval
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from archgraph.ops.arguments import Takes

Optimizer: TypeAlias = Literal["sgd", "adamw"]
Schedule: TypeAlias = Literal["one_cycle", "cosine", "constant"]
Augment: TypeAlias = Literal["flip", "crop", "cutout"]
Precision: TypeAlias = Literal["auto", "fp32", "bf16"]

RATES = {"sgd": 0.2, "adamw": 0.005}
"""Peak learning rates that train small networks with batch norm well within a few epochs."""
WARMUPS = {"one_cycle": 0.25, "cosine": 0.0, "constant": 0.0}


def _text_or_mapping(given: Any) -> Any:
    if not isinstance(given, str | Mapping) or not given:
        raise ValueError("neither a text nor a mapping")
    return given


def _as_list(given: Any) -> Any:
    return ([] if given == "none" else [given]) if isinstance(given, str) else given


class Training(BaseModel):
    """How a network is trained. The same settings and seed on the same machine give the same weights."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    data: Annotated[
        Any,
        AfterValidator(_text_or_mapping),
        Takes("the name of a data set, a path, or a mapping such as {folder: PATH, size: 64}"),
    ] = Field(description="Data set: a name, a path, or a mapping that says what lies at a path.")
    epochs: Annotated[int, Ge(1), Takes("a whole number from 1")] = Field(4, description="Passes over the data.")
    batch: Annotated[int, Ge(2), Takes("a whole number from 2")] = Field(64, description="Images a step.")
    optimizer: Annotated[Optimizer, Takes("sgd or adamw")] = Field(
        "sgd", description="`sgd` with Nesterov momentum 0.9, or `adamw`."
    )
    lr: Annotated[float | None, Gt(0), Takes("a number above 0")] = Field(
        None, description="Peak learning rate; 0.2 for sgd and 0.005 for adamw where not given."
    )
    schedule: Annotated[Schedule, Takes("one_cycle, cosine or constant")] = Field(
        "one_cycle",
        description="`one_cycle` rises for a quarter of the steps and falls to zero; `cosine` falls from the start.",
    )
    warmup: Annotated[float | None, Interval(ge=0, lt=1), Takes("a number from 0, below 1")] = Field(
        None, description="Part of the steps in which the rate rises from 0: 0.25 for one_cycle, else 0."
    )
    weight_decay: Annotated[float, Ge(0), Takes("a number from 0")] = Field(
        5e-4, description="Of weights of two and more dimensions; biases and norms have none."
    )
    label_smoothing: Annotated[float, Interval(ge=0, lt=1), Takes("a number from 0, below 1")] = Field(
        0.0, description="Part of the target that is spread over all classes."
    )
    augment: Annotated[
        list[Augment], BeforeValidator(_as_list), Takes("none, or one or more of flip, crop and cutout")
    ] = Field(
        default=[],
        description="`flip` mirrors every second image, `crop` shifts each by up to an eighth of its size, `cutout` "
        "leaves out a square of a quarter of its sides.",
    )
    precision: Annotated[Precision, Takes("auto, fp32 or bf16")] = Field(
        "auto", description="`bf16` computes in bfloat16 where that loses little; `auto` does so on CUDA."
    )
    images: Annotated[int | None, Ge(10), Takes("a whole number from 10")] = Field(
        None, description="Train on the first so many images alone, for a quick try."
    )
    seconds: Annotated[float | None, Gt(0), Takes("a number of seconds above 0")] = Field(
        None,
        description="End after so many seconds, with the rate falling by then, and score what was reached; such a run "
        "is not the same every time.",
    )

    @property
    def rate(self) -> float:
        """The peak learning rate."""
        return RATES[self.optimizer] if self.lr is None else self.lr

    @property
    def rising(self) -> float:
        """The part of the training in which the rate rises."""
        return WARMUPS[self.schedule] if self.warmup is None else self.warmup
