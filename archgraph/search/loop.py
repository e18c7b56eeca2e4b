"""The loop of a worker: propose, train, keep; from the start, or from wherever the study stands."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any
from zlib import crc32

from archgraph import dump, loads
from archgraph.errors import UsageError
from archgraph.search.beginning import noted, request
from archgraph.search.evaluator import EvaluationError, Evaluator
from archgraph.search.files import RunFolder
from archgraph.search.genotype import genotype_of
from archgraph.search.identity import GRACE, INTERVAL, Heartbeat, Watch, enter, leave
from archgraph.search.keeping import Keeping
from archgraph.search.latency import LATENCY, excess
from archgraph.search.ledger import Ledger, over, values_of
from archgraph.search.mutations import Mutated
from archgraph.search.optuna_sampler import drawn
from archgraph.search.outcome import Outcome, shown_of
from archgraph.search.progress import View
from archgraph.search.proposal import Candidate, Parent, Proposals, Tally, given, named
from archgraph.search.recipe import Recipe
from archgraph.search.sampler import sampler
from archgraph.search.sighted import Sighted
from archgraph.search.stopping import Stop
from archgraph.search.study import StudyFile
from archgraph.search.trials import Trial, genotype

PAUSE = 0.2
"""Seconds between two looks at a study while there is nothing to do but wait for other workers."""
REAP = 2.0
"""Seconds between two looks for dead workers."""


class Search:
    """A search in its folder, as one worker knows it. `alone` says that no other worker was started with it."""

    def __init__(
        self,
        folder: RunFolder,
        study: StudyFile,
        recipe: Recipe,
        evaluator: Evaluator | None,
        view: View,
        *,
        alone: bool = True,
        grace: float = GRACE,
    ) -> None:
        self.folder, self.study, self.recipe, self.view = folder, study, recipe, view
        self.evaluator = evaluator
        self.name = enter()
        # Workers that counted the same candidates draw different ones.
        self._slot = 0 if alone else 1 + crc32(self.name.encode())
        self._current: int | None = None
        self._watch = Watch(grace=grace)
        self._beats = 0
        self._reaped = -math.inf
        self.before = list(study.sessions)
        self.retrained = study.retrained
        self.session: dict[str, Any] = {}
        self.started = time.perf_counter()
        self.operators = [name for name, weight in recipe.mutate.items() if weight]
        self.parents = [
            replace(given(loads(parent["spec"])), origin=parent["origin"]) for parent in study.begun["parents"]
        ]
        self.space = genotype_of([parent.spec for parent in self.parents], recipe.mutate)
        self.proposals = Proposals(recipe.limits, parent=self._parent, repair=recipe.repair, space=self.space)
        self.sampler = sampler(
            recipe.sampler,
            seed=recipe.seed,
            weights=recipe.mutate,
            trials=recipe.trials,
            directions=recipe.directions,
            sight=Sighted(self.proposals, parent=self._parent),
            space=self.space,
        )
        self.ledger = Ledger(study, recipe, self.sampler, self._ended)
        self._keeping = Keeping(self.ledger)

    @property
    def trials(self) -> list[Trial]:
        """All trials that are known, by number."""
        return self.ledger.trials

    def begin(self, session: Mapping[str, Any], *, started: float) -> None:
        """Note what this session runs on, and end the trials of workers that are gone."""
        self.session, self.started = dict(session), started
        self.ledger.rungs.total = session.get("trials", self.recipe.trials)
        self._beat()
        self.reap()

    def reap(self) -> None:
        """End the trials of dead workers."""
        self.ledger.reap(self._watch, me=self.name, current=self._current)
        self._reaped = time.monotonic()

    def heartbeat(self, interval: float = INTERVAL) -> Heartbeat:
        """A thread that says now and then that this worker lives."""
        return Heartbeat(self._beat, interval=interval)

    def end(self) -> None:
        """This worker runs nothing more."""
        try:
            self._note_time()
        finally:
            leave(self.name)

    def run(self, total: int, *, stop: Stop) -> None:
        """Go on until `total` candidates were taken up, by this worker or others, and all have ended.

        Raises UsageError where there is nothing to begin with.
        """
        self.ledger.rungs.total = total
        while not stop.asked:
            self.refresh()
            old = self.ledger.interrupted()
            if old is not None:
                self._train(self._candidate(old), index=old.index, tally=Tally(), old=old, rung=old.rung)
            elif (below := self.ledger.rungs.next()) is not None:
                old = self.trials[below]
                self._train(self._candidate(old), index=old.index, tally=Tally(), old=old, rung=old.rung + 1)
            elif self.ledger.count >= total:
                if not self.ledger.open:
                    return
                time.sleep(PAUSE)
            elif (untried := self._parent_left()) is not None:
                self._train(untried, index=self.ledger.next_index, tally=Tally(), total=total)
            elif not self.ledger.parents and self.ledger.open:
                time.sleep(PAUSE)
            elif not self._propose(total):
                return

    def refresh(self) -> None:
        """Read what other workers did, and look for dead ones now and then."""
        self.ledger.refresh()
        if self.ledger.open and time.monotonic() - self._reaped > REAP:
            self.reap()

    def outcome(self) -> Outcome:
        """The search as it stands."""
        sessions = [*self.before, self.session]
        won = shown_of(self.ledger.won, self.recipe)
        tested, tally = self.study.tested, self.ledger.tally
        return Outcome(self.folder.path, self.recipe, self.trials, won, tested, sessions, tally, self.retrained)

    def test_winners(self) -> None:
        """Score the winners on the test images, each once in its life, and the parents to compare them with."""
        found = self.outcome()
        for won in (*found.winners, *found.references):
            if found.test(won) is None and self.folder.weights(won.number).is_file():
                self.study.note_tested({str(won.number): dict(self._test(won))})
        self._note_time()

    def _test(self, won: Trial) -> Mapping[str, Any]:
        assert self.evaluator is not None
        try:
            return self.evaluator.test(won.text, self.folder.weights(won.number))
        except EvaluationError as error:
            return {"error": str(error)}

    def _parent_left(self) -> Candidate | None:
        """The first of the parents that no worker has taken up."""
        return next((parent for parent in self.parents if parent.hash not in self.ledger.seen), None)

    def _propose(self, total: int) -> bool:
        """Train something new; False where nothing is left, and nothing to wait for that might change it."""
        if not self.ledger.parents:
            why = next((trial.error for trial in self.trials if trial.error), "nothing was trained")
            raise UsageError(f"no parent could be trained, so there is nothing to change: {why}")
        index, tally = self.ledger.next_index, Tally()
        draws = self.sampler.draws(index + self._slot, self.ledger.parents)
        candidate = self.proposals.next(draws, seen=self.ledger.seen, tally=tally)
        if self._slot:
            self.sampler.failed(index + self._slot)
        if candidate is not None:
            self._train(candidate, index=index, tally=tally, total=total)
        elif self.ledger.open:
            time.sleep(PAUSE)
        else:
            self.view.say(
                f"the search ends here: of {tally.proposals:,} proposals in a row {tally.over_budget:,} were over "
                f"the budget and {tally.duplicates:,} known already; a wider budget or more mutations give more"
            )
            return False
        return True

    def _train(
        self,
        candidate: Candidate,
        *,
        index: int,
        tally: Tally,
        old: Trial | None = None,
        rung: int = 0,
        total: int | None = None,
    ) -> None:
        """Make a trial of a candidate and train it: a new one, or once more what `old` was, or a rung higher."""
        new = self._take_up(candidate, index=index, tally=tally, old=old, rung=rung, total=total)
        if new is None:
            return
        self.view.training(new.number, new.change)
        try:
            scores = self._scores(new)
        except EvaluationError as error:
            kept = self.study.fail(new.number, str(error))
        except (KeyboardInterrupt, UsageError):
            # It was not the network's fault: the trial is run again.
            self.study.interrupt(new.number)
            self._close(new)
            raise
        else:
            kept = self._keep(new, scores)
        if not kept:
            self.view.say(f"trial {new.number} was given to another worker meanwhile; its end here is not kept")
            self.folder.drop(new.number)
        self._close(new)

    def _keep(self, new: Trial, scores: Mapping[str, Any]) -> bool:
        """End a trial with its scores; False where somebody else ended it."""
        by = excess(self.recipe.latency, scores)
        if by is not None:
            self.study.constrain(new.number, LATENCY, by)
        if over(scores, self.recipe):
            return self.study.rule_out(new.number, scores)
        return self.study.finish(new.number, scores, values_of(new.cost, scores, self.recipe))

    def _close(self, ended: Trial) -> None:
        self._current = None
        self.ledger.look(ended.number)

    def _scores(self, new: Trial) -> Mapping[str, Any]:
        """What the evaluator says of a trial's network. Raises EvaluationError."""
        assert self.evaluator is not None
        began = request(new, self.trials, self.recipe, self.folder)
        training = self.recipe.evaluate.train
        epochs = began.epochs or (training.epochs if training else 1)
        scores = self.evaluator.train(
            began, lambda epoch, accuracy: self.view.epoch(new.number, epoch, accuracy, epochs)
        )
        scores = noted(scores, new, self.trials, self.recipe, began)
        wanted = ["proxy"] if began.untrained else self.recipe.objectives
        for name in (*([LATENCY] if self.recipe.latency else []), *wanted):
            if name not in new.cost and name not in scores:
                raise EvaluationError(f"the evaluation gave no {name}; it gave {', '.join(scores) or 'nothing'}")
            if not math.isfinite(new.cost[name] if name in new.cost else scores[name]):
                raise EvaluationError(f"the evaluation gave {name} {scores[name]}")
            if name == LATENCY and over(scores, self.recipe):
                break  # It was not trained, so there is nothing more.
        return scores

    def _take_up(
        self, candidate: Candidate, *, index: int, tally: Tally, old: Trial | None, rung: int, total: int | None
    ) -> Trial | None:
        """Make a trial, then look whether another worker was before; None where this one yields to it."""
        guess = len(self.trials)
        fresh = self._slot and old is None
        if fresh:
            # Of several workers each counts other candidates; the numbers of trials are nobody's twice.
            index = guess
        seed = old.seed if old else Random(f"{self.recipe.seed}/train/{index}").getrandbits(31)
        text = dump(named(candidate, self.recipe.name, guess))
        again = old is not None and old.rung == rung
        known = genotype(
            candidate,
            text,
            index=index,
            seed=seed,
            turned_away=tally.as_dict(),
            again=old.number if old and again else None,
            worker=self.name,
            rung=rung,
            below=(old.below if again else old.number) if old else None,
        )
        number = self._current = self.study.start(known, drawn(candidate.draw, self.operators, self.space))
        self.ledger.refresh()
        new = self.trials[number]
        if self.ledger.yields(new) or (total is not None and self.ledger.candidates_before(number) >= total):
            self.study.give_up(number)
            self._close(new)
            return None
        if number == guess:
            return new
        # Another worker made a trial meanwhile.
        text = dump(named(candidate, self.recipe.name, number))
        index = number if fresh else index
        self.study.correct(number, {**known, "spec": text, "index": index})
        return self.ledger.correct(number, text=text, index=index)

    def _ended(self, ended: Trial) -> None:
        """Bring the folder's files and the bar up to date."""
        won = self.ledger.won
        mine = ended.worker == self.name
        for number in self._keeping.dropped(ended.number):
            self.folder.drop(number)
        if mine and won and won[0] is ended:
            self.folder.write_best(ended)
        if mine or self.evaluator is None:
            self.view.ended(ended, self.ledger.count, self.outcome())

    def _parent(self, number: int) -> Parent:
        known = self.trials[number]
        outputs = {name: tuple(shape) for name, shape in known.cost["outputs"].items()}
        choices = known.draw.choices if known.draw else self.space.defaults if self.space else None
        return Parent(loads(known.text), outputs, choices)

    def _candidate(self, old: Trial) -> Candidate:
        """A trial as the candidate that it was."""
        spec = loads(old.text)
        mutation = Mutated(spec, **old.mutation) if old.mutation else None
        return replace(given(spec), parent=old.parent, mutation=mutation, draw=old.draw, origin=old.origin)

    def _beat(self) -> None:
        self._beats += 1
        self.study.beat(self.name, self._beats)
        self._note_time()  # A session that is killed has the time that it had then.

    def _note_time(self) -> None:
        if self.session:
            self.session["seconds"] = round(time.perf_counter() - self.started, 2)
            self.study.note_session(self.name, self.session)
