"""A trial as it is kept: the whole network and where it came from in one JSON attribute, its scores in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from archgraph.search.proposal import Candidate
from archgraph.search.ranking import Draw

State: TypeAlias = Literal["running", "finished", "failed", "yielded", "infeasible"]
"""`yielded` is a trial whose network another worker took up at the same moment; it was never trained. An `infeasible`
one was measured, found over the budget, and not trained either."""

INTERRUPTED = "its process was ended"
"""The error of a trial that was running when its worker was stopped; it is run again."""


@dataclass(frozen=True)
class Trial:
    """One trained network, or one that failed or is being trained.

    `index` counts candidates; a second try of an interrupted trial has the index of the first, whose number is
    `again`. `worker` is the name of who runs it. `turned_away` is the tally of proposals before it. `values` are the
    objectives as the recipe has them. `rung` counts from 0, and `below` is the trial from whose checkpoint it goes on.
    """

    number: int
    state: State
    index: int
    text: str
    hash: str
    cost: Mapping[str, Any]
    origin: str
    seed: int
    turned_away: Mapping[str, Any]
    parent: int | None = None
    mutation: Mapping[str, str] | None = None
    draw: Draw | None = None
    again: int | None = None
    worker: str = ""
    scores: Mapping[str, Any] | None = None
    error: str | None = None
    values: tuple[float, ...] | None = None
    rung: int = 0
    below: int | None = None

    def measure(self, name: str) -> float:
        """A score or a cost by its name, of a trial that has it."""
        found = self.cost[name] if name in self.cost else (self.scores or {})[name]
        return float(found)

    @property
    def change(self) -> str:
        """Where it came from, in a few words."""
        if self.mutation is None:
            return self.origin
        return "{operator} ({site} {change})".format(**self.mutation)


def genotype(
    candidate: Candidate,
    text: str,
    *,
    index: int,
    seed: int,
    turned_away: Mapping[str, Any],
    again: int | None,
    worker: str = "",
    rung: int = 0,
    below: int | None = None,
) -> dict[str, Any]:
    """The attribute of a new trial: everything that is known before it is trained."""
    higher = {"rung": rung, "below": below} if rung else {}
    return {
        "spec": text,
        "index": index,
        "hash": candidate.hash,
        "cost": candidate.cost.as_dict(),
        "origin": candidate.origin,
        "parent": candidate.parent,
        "mutation": candidate.mutation and candidate.mutation.as_dict(),
        "draw": candidate.draw and candidate.draw._asdict(),
        "seed": seed,
        "turned_away": turned_away,
        "again": again,
        "worker": worker,
        **higher,
    }


def trial(
    number: int,
    state: State,
    known: Mapping[str, Any],
    scores: Mapping[str, Any] | None = None,
    values: Sequence[float] | None = None,
) -> Trial:
    """The trial of two attributes as they are kept."""
    error = scores.get("error") if scores else None
    if state == "failed" and error is None:
        # Nothing was said of it by whoever found its worker dead.
        scores, error = None, INTERRUPTED
    return Trial(
        number=number,
        state=state,
        text=known["spec"],
        draw=Draw(**known["draw"]) if known["draw"] else None,
        scores=scores if error is None else None,
        error=error,
        values=tuple(values) if values is not None else None,
        **{key: value for key, value in known.items() if key not in ("spec", "draw")},
    )
