"""The budget of a search: hard limits on what a network costs, checked before any of it exists."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from archgraph.graph.cost import Cost

COSTS = ("macs", "flops", "params", "activation_bytes", "peak_activation_bytes", "weights_bytes")
"""What a cost is counted in, as it is called in specs, recipes and tables."""
LIMITED = ("macs", "params", "flops")
"""What a budget can limit."""


class Limit(NamedTuple):
    """The least and the most of one cost, both included; None leaves a side open."""

    least: int | None = None
    most: int | None = None

    def __contains__(self, value: object) -> bool:
        assert isinstance(value, int)
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        if self.least is None:
            return f"at most {self.most:,}"
        return f"at least {self.least:,}" if self.most is None else f"{self.least:,} to {self.most:,}"

    def miss(self, value: int) -> float:
        """How far outside a value is, as the logarithm of a ratio; 0 inside."""
        if self.most is not None and value > self.most:
            return math.log((value + 1) / (self.most + 1))
        if self.least is not None and value < self.least:
            return math.log((self.least + 1) / (value + 1))
        return 0.0


@dataclass(frozen=True)
class Budget:
    """Limits by the name of the cost; all hold at once, and none means that everything is allowed."""

    limits: Mapping[str, Limit]

    def allows(self, cost: Cost) -> bool:
        """Whether a network of this cost may be trained."""
        return all(getattr(cost, name) in limit for name, limit in self.limits.items())

    def broken(self, cost: Cost) -> list[str]:
        """The costs outside their limits."""
        return [name for name, limit in self.limits.items() if getattr(cost, name) not in limit]

    def miss(self, cost: Cost) -> float:
        """How far a cost is outside of all limits together; 0 exactly where `allows` is true."""
        return sum(limit.miss(getattr(cost, name)) for name, limit in self.limits.items())

    def __str__(self) -> str:
        return ", ".join(f"{name} {limit}" for name, limit in self.limits.items()) or "none"
