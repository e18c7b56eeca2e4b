"""The loop of a search: propose, train, keep; from the start, or from wherever it was stopped."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from archgraph import dump, loads
from archgraph.errors import UsageError
from archgraph.search.console import View
from archgraph.search.evaluator import EvaluationError, Evaluator
from archgraph.search.files import RunFolder
from archgraph.search.mutations import Mutated
from archgraph.search.outcome import Outcome, candidates, shown_of, turn, winners
from archgraph.search.proposal import Candidate, Parent, Proposals, Tally, given, named
from archgraph.search.ranking import Finished, Values, improved
from archgraph.search.recipe import Recipe
from archgraph.search.sampler import sampler
from archgraph.search.study import StudyFile
from archgraph.search.trials import INTERRUPTED, Trial, genotype, trial


class Search:
    """A search in its folder. The study is read once; from then on what it holds is known here too."""

    def __init__(self, folder: RunFolder, study: StudyFile, recipe: Recipe, evaluator: Evaluator, view: View) -> None:
        self.folder, self.study, self.recipe, self.evaluator, self.view = folder, study, recipe, evaluator, view
        self.trials: list[Trial] = study.trials()
        self.parents = study.begun["parents"]
        self.seen = {trial.hash for trial in self.trials}
        self.finished: list[Finished] = []
        self.values: dict[int, Values] = {}
        self.won: list[Trial] = []
        self.tally = Tally()
        self.operators = [name for name, weight in recipe.mutate.items() if weight]
        self.sampler = sampler(
            recipe.sampler,
            seed=recipe.seed,
            weights=recipe.mutate,
            trials=recipe.trials,
            directions=recipe.directions,
        )
        self.proposals = Proposals(recipe.limits, parent=self._parent)
        self.before = list(study.sessions)
        self.retrained = study.retrained
        self.session: dict[str, Any] = {}
        self.started = time.perf_counter()

    def begin(self, session: Mapping[str, Any], *, started: float) -> None:
        """Note what this session runs on, and end the trials that the one before left running."""
        self.session, self.started = dict(session), started
        for old in [t for t in self.trials if t.state == "running"]:
            if old.scores is not None:
                values = self._values(old.cost, old.scores)
                self.study.end(old.number, values)
                self.trials[old.number] = replace(old, state="finished", values=values)
            else:
                self._fail(old, old.error or INTERRUPTED)
        for known in sorted(self.trials, key=lambda trial: trial.index):
            self.tally.add(known.turned_away)
            self.won = winners(self.won, known, self.recipe)
            if known.state == "finished":
                self._learn(known)
        self._note_time()

    def run(self, total: int) -> None:
        """Go on until `total` candidates were taken up. Raises UsageError where there is nothing to begin with."""
        for old in self._interrupted():
            self._train(self._candidate(old), index=old.index, tally=Tally(), again=old.number)
        while (index := candidates(self.trials)) < total:
            tally = Tally()
            candidate = self._next(index, tally)
            if candidate is None:
                self.view.say(
                    f"the search ends here: of {tally.proposals:,} proposals in a row {tally.over_budget:,} were over "
                    f"the budget and {tally.duplicates:,} known already; a wider budget or more mutations give more"
                )
                return
            self._train(candidate, index=index, tally=tally)

    def outcome(self) -> Outcome:
        """The search as it stands."""
        sessions = [*self.before, self.session]
        won = shown_of(self.won, self.recipe)
        return Outcome(
            self.folder.path, self.recipe, self.trials, won, self.study.tested, sessions, self.tally, self.retrained
        )

    def test_winners(self) -> None:
        """Score the winners on the test images, each once in its life, and the parents to compare them with."""
        found = self.outcome()
        for won in (*found.winners, *found.references):
            if found.test(won) is None and self.folder.weights(won.number).is_file():
                self.study.note_tested({str(won.number): dict(self._test(won))})
        self._note_time()

    def _test(self, won: Trial) -> Mapping[str, Any]:
        try:
            return self.evaluator.test(won.text, self.folder.weights(won.number))
        except EvaluationError as error:
            return {"error": str(error)}

    def _interrupted(self) -> list[Trial]:
        """Trials that were stopped with their process, and have not been run again."""
        repeated = {trial.again for trial in self.trials}
        return [t for t in self.trials if t.error == INTERRUPTED and t.again is None and t.number not in repeated]

    def _next(self, index: int, tally: Tally) -> Candidate | None:
        if index < len(self.parents):
            parent = self.parents[index]
            return replace(given(loads(parent["spec"])), origin=parent["origin"])
        if not self.finished:
            why = next((trial.error for trial in self.trials if trial.error), "nothing was trained")
            raise UsageError(f"no parent could be trained, so there is nothing to change: {why}")
        draws = self.sampler.draws(index, self.finished)
        return self.proposals.next(draws, seen=self.seen, tally=tally)

    def _train(self, candidate: Candidate, *, index: int, tally: Tally, again: int | None = None) -> None:
        number = self.study.next_number
        seed = Random(f"{self.recipe.seed}/train/{index}").getrandbits(31)
        text = dump(named(candidate, self.recipe.name, number))
        known = genotype(candidate, text, index=index, seed=seed, turned_away=tally.as_dict(), again=again)
        self.study.start(number, known, candidate.draw, self.operators)
        new = trial(number, "running", known)
        self.trials.append(new)
        self.seen.add(new.hash)
        self.tally.add(new.turned_away)
        self.view.training(number, new.change)
        training = self.recipe.evaluate.train
        epochs = training.epochs if training else 1
        try:
            scores = self.evaluator.train(
                text,
                seed=seed,
                weights=self.folder.weights(number),
                each_epoch=lambda epoch, accuracy: self.view.epoch(number, epoch, accuracy, epochs),
            )
        except EvaluationError as error:
            self._fail(new, str(error))
        except KeyboardInterrupt:
            self._fail(new, INTERRUPTED)
            raise
        else:
            values = self._values(new.cost, scores)
            self.study.finish(number, scores, values)
            self.trials[number] = replace(new, state="finished", scores=scores, values=values)
            self._learn(self.trials[number])
        self._keep(self.trials[number])

    def _keep(self, ended: Trial) -> None:
        """Bring the folder's files and the bar up to date."""
        self.won = winners(self.won, ended, self.recipe)
        if ended in self.won:
            parents = [trial.number for trial in self.trials if trial.parent is None]
            self.folder.keep_weights([*parents, *(trial.number for trial in self.won)])
            if self.won[0] is ended:
                self.folder.write_best(ended)
        elif ended.parent is not None:
            self.folder.weights(ended.number).unlink(missing_ok=True)
        self._note_time()
        self.view.ended(ended, candidates(self.trials), self.outcome())

    def _learn(self, known: Trial) -> None:
        """Let the sampler know of a finished trial."""
        assert known.values is not None
        values = turn(known.values, self.recipe)
        self.values[known.number] = values
        parent = self.values.get(known.parent) if known.parent is not None else None
        better = parent is not None and improved(values, parent, self.finished)
        done = Finished(known.number, known.index, values, known.draw, better)
        self.finished.append(done)
        self.sampler.told(done)

    def _fail(self, old: Trial, why: str) -> None:
        self.study.fail(old.number, why)
        self.trials[old.number] = replace(old, state="failed", scores=None, error=why)
        self.sampler.failed(old.index)

    def _parent(self, number: int) -> Parent:
        known = self.trials[number]
        outputs = {name: tuple(shape) for name, shape in known.cost["outputs"].items()}
        return Parent(loads(known.text), outputs)

    def _candidate(self, old: Trial) -> Candidate:
        """A trial as the candidate that it was."""
        spec = loads(old.text)
        mutation = Mutated(spec, **old.mutation) if old.mutation else None
        return replace(given(spec), parent=old.parent, mutation=mutation, draw=old.draw, origin=old.origin)

    def _values(self, cost: Mapping[str, Any], scores: Mapping[str, Any]) -> tuple[float, ...]:
        return tuple(float(cost[n] if n in cost else scores[n]) for n in self.recipe.objectives)

    def _note_time(self) -> None:
        self.session["seconds"] = round(time.perf_counter() - self.started, 2)
        self.study.note_sessions([*self.before, self.session])
