"""The study of a search: an Optuna study in a storage, of which every finished trial can be rebuilt.

The storage is the only thing that workers share. One commit makes a trial with everything known of it, one adds its
scores, one ends it. Nothing is written of a candidate before it was found to be new and inside the budget.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import DuplicatedStudyError, UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from archgraph.errors import UsageError, nearest
from archgraph.files import write_whole
from archgraph.search import journal
from archgraph.search.optuna_sampler import Drawn
from archgraph.search.recipe import Recipe
from archgraph.search.storage import Patient, open_storage
from archgraph.search.trials import State, Trial, trial

KEY = "archgraph"
"""The attribute of a trial with its network, and of the study with its recipe."""
SCORES = "scores"
TESTED = "tested"
RETRAINED = "retrained"
SESSION = "session:"
"""Begins the attributes of the study that each run, resume or worker keeps up to date: what it runs on, how long."""
BEAT = "beat:"
"""Begins the attributes that say that a worker lives."""
ELSEWHERE = "study.json"
"""The file in a run's folder that says in which storage the study is, where that is no journal file beside it."""
_STATES: Mapping[TrialState, State] = {
    TrialState.RUNNING: "running",
    TrialState.WAITING: "running",
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "yielded",
    TrialState.FAIL: "failed",
}


class StudyFile:
    """An open study. `begun` is what it was made with: recipe, parents and version."""

    def __init__(self, storage: BaseStorage, study_id: int) -> None:
        self._ask = Patient(storage)
        self._study_id = study_id
        self._ids: dict[int, int] = {}

    @property
    def place(self) -> tuple[BaseStorage, int]:
        """The storage and the study's id in it, for Optuna's own tools."""
        return self._ask.storage, self._study_id

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
        """What each run, resume and worker took, and on what machine, in the order in which they began."""
        found = [value for name, value in self._attributes().items() if name.startswith(SESSION)]
        return sorted(found, key=lambda session: str(session.get("began", "")))

    def beats(self) -> Mapping[str, Any]:
        """The latest heartbeat of each worker, by its name."""
        found = self._attributes().items()
        return {name.removeprefix(BEAT): value for name, value in found if name.startswith(BEAT)}

    def beat(self, worker: str, count: int) -> None:
        """Say that a worker lives."""
        self._set(BEAT + worker, count)

    def note_tested(self, scores: Mapping[str, Any]) -> None:
        """Keep scores on the test images, by trial number."""
        self._set(TESTED, {**self.tested, **scores})

    def note_retrained(self, scores: Mapping[str, Any]) -> None:
        """Keep what trials that were trained in full came to, by trial number."""
        self._set(RETRAINED, {**self.retrained, **scores})

    def note_session(self, name: str, session: Mapping[str, Any]) -> None:
        """Keep what a session runs on and how long it took so far."""
        self._set(SESSION + name, dict(session))

    def trials(self) -> list[Trial]:
        """All trials, in order. It looks at every one: call it once, at the start."""
        found = []
        for frozen in self._ask(lambda storage: storage.get_all_trials(self._study_id, deepcopy=False)):
            self._ids[frozen.number] = frozen._trial_id
            found.append(_view(frozen))
        return found

    def next_trial(self) -> Trial | None:
        """The first trial that was not seen yet, if there is one; `trials` was called before."""
        number = len(self._ids)
        try:
            trial_id = self._ask(
                lambda storage: storage.get_trial_id_from_study_id_trial_number(self._study_id, number)
            )
        except KeyError:
            return None
        self._ids[number] = trial_id
        return self.look(number)

    def look(self, number: int) -> Trial:
        """A trial as it is now."""
        return _view(self._ask(lambda storage: storage.get_trial(self._ids[number])))

    def start(self, known: Mapping[str, Any], drawn: Drawn) -> int:
        """Make a running trial with all that is known of it, in one commit; gives its number."""
        params, distributions = drawn
        frozen = optuna.trial.create_trial(
            state=TrialState.RUNNING,
            params=dict(params),
            distributions=dict(distributions),
            user_attrs={KEY: dict(known)},
        )
        made = self._ask(lambda storage: storage.create_new_trial(self._study_id, template_trial=frozen))
        return self._ask(lambda storage: storage.get_trial(made).number)

    def correct(self, number: int, known: Mapping[str, Any]) -> None:
        """Keep something else of a running trial than what it was made with."""
        self._set_of(number, KEY, dict(known))

    def finish(self, number: int, scores: Mapping[str, Any], values: Sequence[float]) -> bool:
        """End a trial with its scores; False where somebody else ended it without them.

        Killed between the two commits, it is ended by whoever finds its worker dead.
        """
        if not self._set_of(number, SCORES, dict(scores)):
            return False
        # Ended already it is as well where a database did it and its answer was lost.
        return self.end(number, values) or self.look(number).state == "finished"

    def end(self, number: int, values: Sequence[float]) -> bool:
        """End a trial that has its scores; False where somebody else ended it."""
        return self._end(number, TrialState.COMPLETE, list(values))

    def constrain(self, number: int, name: str, excess: float) -> None:
        """Note how far a running trial is over a limit that was measured, 0 or less inside: an Optuna constraint."""
        try:
            self._ask(lambda storage: storage.set_trial_system_attr(self._ids[number], f"constraints:{name}", excess))
        except UpdateFinishedTrialError:
            return  # Whoever ended it has its scores, which say the same.

    def rule_out(self, number: int, scores: Mapping[str, Any]) -> bool:
        """End a trial that is over a limit, with what was measured; False where somebody else ended it."""
        return self._set_of(number, SCORES, dict(scores)) and self._end(number, TrialState.PRUNED)

    def fail(self, number: int, why: str) -> bool:
        """End a trial that could not be scored, and say why; False where somebody else ended it."""
        return self._set_of(number, SCORES, {"error": why}) and self._end(number, TrialState.FAIL)

    def interrupt(self, number: int) -> bool:
        """End a trial whose worker was stopped; False where somebody else ended it."""
        return self._end(number, TrialState.FAIL)

    def give_up(self, number: int) -> bool:
        """End a trial whose network is another trial's; False where somebody else ended it."""
        return self._end(number, TrialState.PRUNED)

    def _end(self, number: int, state: TrialState, values: list[float] | None = None) -> bool:
        try:
            self._ask(lambda storage: storage.set_trial_state_values(self._ids[number], state, values))
        except UpdateFinishedTrialError:
            return False
        return True

    def _set_of(self, number: int, key: str, value: Any) -> bool:
        try:
            self._ask(lambda storage: storage.set_trial_user_attr(self._ids[number], key, value))
        except UpdateFinishedTrialError:
            return False
        return True

    def _set(self, key: str, value: Any) -> None:
        self._ask(lambda storage: storage.set_study_user_attr(self._study_id, key, value))

    def _attribute(self, key: str, missing: Any) -> Any:
        return self._attributes().get(key, missing)

    def _attributes(self) -> Mapping[str, Any]:
        return self._ask(lambda storage: storage.get_study_user_attrs(self._study_id))


def create(folder: Path, recipe: Recipe, begun: Mapping[str, Any]) -> None:
    """Make a study for a folder. Whoever calls it puts the folder in its place once all of it is written.

    Raises UsageError where the storage has a study of this name already.
    """
    storage = open_storage(recipe.storage or str(folder / journal.NAME))
    try:
        study = optuna.create_study(storage=storage, study_name=recipe.name, directions=list(recipe.directions))
    except DuplicatedStudyError:
        raise UsageError(
            f"{recipe.storage} has a study {recipe.name!r} already; `archgraph search worker --storage URL --study "
            f"{recipe.name}` works on it, and another name in the recipe begins a new one"
        ) from None
    study.set_user_attr(KEY, dict(begun))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(list(recipe.objectives))
    if recipe.storage:
        write_whole(folder / ELSEWHERE, json.dumps({"storage": recipe.storage, "study": recipe.name}) + "\n")


def is_search(folder: Path) -> bool:
    """Whether a folder is one of a search."""
    return (folder / journal.NAME).is_file() or (folder / ELSEWHERE).is_file()


def open_study(folder: Path, *, patience: float = 0.0) -> StudyFile:
    """The study of a run's folder. Raises UsageError where there is none, or its database is away for `patience`
    seconds."""
    if not is_search(folder):
        raise UsageError(f"no search in {folder}: there is no {journal.NAME}")
    if (folder / ELSEWHERE).is_file():
        place = json.loads((folder / ELSEWHERE).read_text())
        return join_study(place["storage"], place["study"], patience=patience)
    storage = open_storage(str(folder / journal.NAME))
    studies = storage.get_all_studies()
    if not studies:
        raise UsageError(f"no search in {folder}: {journal.NAME} is empty")
    return StudyFile(storage, studies[0]._study_id)


def join_study(url: str, name: str, *, patience: float = 0.0) -> StudyFile:
    """A study by its storage and name. Raises UsageError where there is none, or the storage is away for `patience`
    seconds."""
    if "://" not in url and not Path(url).is_file():
        raise UsageError(f"no storage {url}: there is no such file")
    storage = open_storage(url, patience=patience)
    ask = Patient(storage)
    try:
        return StudyFile(storage, ask(lambda storage: storage.get_study_id_from_name(name)))
    except KeyError:
        names = [study.study_name for study in ask(lambda storage: storage.get_all_studies())]
        raise UsageError(f"no study {name!r} in the storage; {nearest(name, names, kind='studies')}") from None


def _view(frozen: FrozenTrial) -> Trial:
    attributes = frozen.user_attrs
    state = _STATES[frozen.state]
    if state == "yielded" and SCORES in attributes:
        state = "infeasible"  # Nobody measures what another trial stands for.
    return trial(frozen.number, state, attributes[KEY], attributes.get(SCORES), frozen.values)
