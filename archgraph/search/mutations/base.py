"""What a mutation is: the places of a spec where one kind of change is possible, and what can be done at each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from archgraph.search.trace import Trace
from archgraph.spec.model import Spec


class Rejected(NamedTuple):
    """A change that cannot be made, or that gives no network."""

    why: str


class Option(NamedTuple):
    """One change at a place: what it is called (`48 -> 40`, `insert se`), and the spec it gives."""

    label: str
    make: Callable[[], Spec]


class Site(NamedTuple):
    """A place where a mutation can work, and what it can do there, from less to more where that has a meaning."""

    name: str
    options: Sequence[Option]


class Mutated(NamedTuple):
    """A changed spec, and what was changed: operator, site and change."""

    spec: Spec
    operator: str
    site: str
    change: str

    def as_dict(self) -> dict[str, str]:
        """What was changed, without the spec."""
        return {"operator": self.operator, "site": self.site, "change": self.change}

    def __str__(self) -> str:
        return f"{self.operator} ({self.site} {self.change})"


Sites: TypeAlias = Callable[[Trace], Sequence[Site]]
"""A mutation: a pure function from a traced spec to the places where it can work, in the order data passes them."""
