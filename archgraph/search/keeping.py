"""Which trials' files a run's folder keeps: those that somebody may still ask for, so that a disk holds them."""

from __future__ import annotations

from collections.abc import Sequence

from archgraph.search.ledger import Ledger
from archgraph.search.ranking import Finished, ranked
from archgraph.search.sampler import population


class Keeping:
    """The winners, the parents that were given, where children inherit the trials that samplers draw parents from, and
    with rungs those that may go on.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.recipe = ledger, ledger.recipe
        self._size = population(self.recipe.trials)
        self._best: list[Finished] = []
        self._seen = 0
        self.kept = {trial.number for trial in ledger.trials if trial.state == "finished"}
        """The trials that may have files."""

    def wanted(self) -> set[int]:
        """The trials whose files are to be kept."""
        wanted = {trial.number for trial in self.ledger.won} | set(self.ledger.rungs.needed())
        if self.recipe.inherit:
            wanted |= self._parents()
        return wanted

    def dropped(self, ended: int) -> list[int]:
        """The trials whose files nobody wants any more, once another has ended."""
        wanted = self.wanted()
        gone = sorted((self.kept | {ended}) - wanted)
        self.kept = wanted
        return [number for number in gone if self.ledger.trials[number].parent is not None]

    def _parents(self) -> set[int]:
        """The latest and the best trials, of which samplers draw; that of `random` draws of older ones too."""
        finished: Sequence[Finished] = self.ledger.finished
        new, self._seen = finished[self._seen :], len(finished)
        self._best = ranked([*self._best, *new])[: self._size]
        return {trial.number for trial in (*finished[-self._size :], *self._best)}
