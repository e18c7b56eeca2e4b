"""What scoring by a proxy is told: the keys of `proxy:` in a recipe, with their defaults."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict, Field, model_validator

from archgraph.ops.arguments import Takes


class Proxying(BaseModel):
    """Which proxy, on which batch; a name alone stands for `{name: NAME}`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[
        Literal["synflow", "naswot", "snip", "grad_norm", "fisher", "zen", "params", "macs"],
        Takes("synflow, naswot, snip, grad_norm, fisher, zen, params or macs"),
    ] = Field(description="The proxy; more of it is better.")
    data: Annotated[str, Takes("the name of a data set")] | None = Field(
        None, description="Whose first training images are the batch; without it, normal random numbers are."
    )
    batch: Annotated[int, Ge(2), Takes("a whole number from 2")] = Field(64, description="Images in the batch.")

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, given: Any) -> Any:
        return {"name": given} if isinstance(given, str) else given
