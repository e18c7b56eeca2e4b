"""What a measurement is told: where, on how many inputs at once, in which numbers, with how many threads."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict, Field

from archgraph.ops.arguments import Takes

DeviceName: TypeAlias = Literal["cpu", "cuda"]
DTypeName: TypeAlias = Literal["float32", "bfloat16", "float16"]


class Timing(BaseModel):
    """On what a latency is measured."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    device: Annotated[DeviceName, Takes("cpu or cuda")] = Field(default="cpu", description="Where the network runs.")
    batch: Annotated[int, Ge(1), Takes("a whole number from 1")] = Field(default=1, description="Inputs at once.")
    dtype: Annotated[DTypeName, Takes("float32, bfloat16 or float16")] = Field(
        default="float32", description="Type of weights and inputs."
    )
    threads: Annotated[int, Ge(1), Takes("a whole number from 1")] = Field(
        default=1, description="Torch's threads on the CPU; one does not depend on what the other cores do."
    )

    def __str__(self) -> str:
        """`cpu, batch 1, float32, 1 thread`."""
        threads = f", {self.threads} thread{'s' if self.threads > 1 else ''}" if self.device == "cpu" else ""
        return f"{self.device}, batch {self.batch}, {self.dtype}{threads}"
