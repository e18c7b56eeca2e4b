"""The study of a search: an Optuna study in a journal file, of which every finished trial can be rebuilt.

One commit makes a trial with everything known of it, one adds its scores, one ends it. Nothing is written of a
candidate before it was found to be new and inside the budget.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from archgraph.errors import UsageError
from archgraph.search import journal
from archgraph.search.optuna_sampler import distributions, params
from archgraph.search.ranking import Draw
from archgraph.search.recipe import Recipe
from archgraph.search.trials import State, Trial, trial

KEY = "archgraph"
"""The attribute of a trial with its network, and of the study with its recipe."""
SCORES = "scores"
TESTED = "tested"
RETRAINED = "retrained"
SESSIONS = "sessions"
_STATES: Mapping[TrialState, State] = {
    TrialState.RUNNING: "running",
    TrialState.WAITING: "running",
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "failed",
    TrialState.FAIL: "failed",
}


class StudyFile:
    """An open study. `begun` is what it was made with: recipe, parents and version."""

    def __init__(self, storage: JournalStorage, study_id: int) -> None:
        self._storage = storage
        self._study_id = study_id
        self._ids: dict[int, int] = {}

    @property
    def place(self) -> tuple[BaseStorage, int]:
        """The storage and the study's id in it, for Optuna's own tools."""
        return self._storage, self._study_id

    @property
    def begun(self) -> Mapping[str, Any]:
        """What the study was made with."""
        begun: Mapping[str, Any] = self._attribute(KEY, {})
        return begun

    @property
    def tested(self) -> Mapping[str, Any]:
        """Scores on the test images, by trial number."""
        tested: Mapping[str, Any] = self._attribute(TESTED, {})
        return tested

    @property
    def retrained(self) -> Mapping[str, Any]:
        """What winners that were trained in full came to on the test images, by trial number."""
        retrained: Mapping[str, Any] = self._attribute(RETRAINED, {})
        return retrained

    @property
    def sessions(self) -> Sequence[Mapping[str, Any]]:
        """What each run and resume took, and on what machine; the last one is brought up to date after every trial."""
        sessions: Sequence[Mapping[str, Any]] = self._attribute(SESSIONS, [])
        return sessions

    def note_tested(self, scores: Mapping[str, Any]) -> None:
        """Keep scores on the test images, by trial number."""
        self._storage.set_study_user_attr(self._study_id, TESTED, {**self.tested, **scores})

    def note_retrained(self, scores: Mapping[str, Any]) -> None:
        """Keep what trials that were trained in full came to, by trial number."""
        self._storage.set_study_user_attr(self._study_id, RETRAINED, {**self.retrained, **scores})

    def note_sessions(self, sessions: Sequence[Mapping[str, Any]]) -> None:
        """Keep what the sessions took."""
        self._storage.set_study_user_attr(self._study_id, SESSIONS, list(sessions))

    def trials(self) -> list[Trial]:
        """All trials, in order. It looks at every one: call it once, at the start."""
        found = []
        for frozen in self._storage.get_all_trials(self._study_id, deepcopy=False):
            self._ids[frozen.number] = frozen._trial_id
            found.append(_view(frozen))
        return found

    @property
    def next_number(self) -> int:
        """The number of the next trial; `trials` was called before, and nobody else makes any."""
        return len(self._ids)

    def start(self, number: int, known: Mapping[str, Any], draw: Draw | None, operators: Sequence[str]) -> None:
        """Make a running trial with all that is known of it, in one commit."""
        frozen = optuna.trial.create_trial(
            state=TrialState.RUNNING,
            params=dict(params(draw)) if draw else {},
            distributions=distributions(operators) if draw else {},
            user_attrs={KEY: dict(known)},
        )
        trial_id = self._storage.create_new_trial(self._study_id, template_trial=frozen)
        assert self._storage.get_trial(trial_id).number == number
        self._ids[number] = trial_id

    def finish(self, number: int, scores: Mapping[str, Any], values: Sequence[float]) -> None:
        """End a trial with its scores. Killed between the two commits, it is ended by the next `resume`."""
        self._storage.set_trial_user_attr(self._ids[number], SCORES, dict(scores))
        self.end(number, values)

    def end(self, number: int, values: Sequence[float]) -> None:
        """End a trial that has its scores."""
        self._storage.set_trial_state_values(self._ids[number], TrialState.COMPLETE, list(values))

    def fail(self, number: int, why: str) -> None:
        """End a trial that could not be scored, and say why."""
        self._storage.set_trial_user_attr(self._ids[number], SCORES, {"error": why})
        self._storage.set_trial_state_values(self._ids[number], TrialState.FAIL)

    def _attribute(self, key: str, missing: Any) -> Any:
        return self._storage.get_study_user_attrs(self._study_id).get(key, missing)


def create(folder: Path, recipe: Recipe, begun: Mapping[str, Any]) -> None:
    """Make a study in a folder. Whoever calls it puts the folder in its place once all of it is written."""
    storage = _storage(folder)
    study = optuna.create_study(storage=storage, study_name=recipe.name, directions=list(recipe.directions))
    study.set_user_attr(KEY, dict(begun))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(list(recipe.objectives))


def open_study(folder: Path) -> StudyFile:
    """The study in a run's folder. Raises UsageError where there is none."""
    if not (folder / journal.NAME).is_file():
        raise UsageError(f"no search in {folder}: there is no {journal.NAME}")
    storage = _storage(folder)
    studies = storage.get_all_studies()
    if not studies:
        raise UsageError(f"no search in {folder}: {journal.NAME} is empty")
    return StudyFile(storage, studies[0]._study_id)


def _storage(folder: Path) -> JournalStorage:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return JournalStorage(JournalFileBackend(str(folder / journal.NAME)))


def _view(frozen: FrozenTrial) -> Trial:
    attributes = frozen.user_attrs
    return trial(frozen.number, _STATES[frozen.state], attributes[KEY], attributes.get(SCORES), frozen.values)
