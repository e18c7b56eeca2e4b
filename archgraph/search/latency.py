"""A limit that has to be measured: `budget: {latency_ms: {max: 1.5, device: cpu, batch: 1}}`.

Other limits are known before a network exists. This one is known before it is trained: it is built and timed first,
and one over the limit is not trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from annotated_types import Gt
from pydantic import Field, ValidationError

from archgraph.errors import nearest
from archgraph.ops.arguments import Takes
from archgraph.search.mistakes import Mistake, MistakesError
from archgraph.train.latency.settings import Timing

LATENCY = "latency_ms"
"""The score, the objective and the key of `budget`: the median time of one forward, in milliseconds."""
RECORD = "timed"
"""The score with all that is known of the measurement."""


class LatencyLimit(Timing):
    """The most milliseconds that a network may take, and on what; without `max` it is measured alone."""

    max: Annotated[float | None, Gt(0), Takes("a number of milliseconds above 0")] = Field(
        default=None, description="The most milliseconds."
    )

    def __str__(self) -> str:
        """`latency_ms at most 1.5 (cpu, batch 1, float32, 1 thread)`."""
        most = f"at most {self.max:g} " if self.max is not None else ""
        return f"{LATENCY} {most}({super().__str__()})"


def latency_limit(value: Any) -> LatencyLimit:
    """What a recipe says of latency: `1.5`, or a mapping. Raises MistakesError."""
    allowed = f"{LATENCY}: 1.5, or {{max: 1.5, device: cpu, batch: 1}}"
    given = dict(value) if isinstance(value, Mapping) else {"max": value}
    try:
        limit = LatencyLimit.model_validate(given)
    except ValidationError as error:
        raise MistakesError(*[_mistake(found, value, allowed) for found in error.errors()]) from None
    if limit.max is None and not isinstance(value, Mapping):
        raise MistakesError(Mistake((LATENCY,), f"the budget for {LATENCY} has no limit", allowed))
    return limit


def _mistake(found: Mapping[str, Any], value: Any, allowed: str) -> Mistake:
    key = str(found["loc"][0])
    whole = isinstance(value, Mapping)
    path = (LATENCY, key) if whole else (LATENCY,)
    fields = LatencyLimit.model_fields
    if key not in fields:
        return Mistake(path, f"unknown key {key!r}", nearest(key, fields), at_key=True)
    takes = next(item.text for item in fields[key].metadata if isinstance(item, Takes))
    name = f"budget.{LATENCY}.{key}" if whole else f"the budget for {LATENCY}"
    return Mistake(path, f"{name} is {found['input']!r}, it takes {takes}", allowed)


def excess(limit: LatencyLimit | None, scores: Mapping[str, Any]) -> float | None:
    """How many milliseconds a network takes more than it may, 0 or less inside the limit; None without a limit."""
    return float(scores[LATENCY]) - limit.max if limit is not None and limit.max is not None else None
