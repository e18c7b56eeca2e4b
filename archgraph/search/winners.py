"""The specs of a search's winners, to print or to take elsewhere, with their weights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from archgraph import loads
from archgraph.errors import UsageError
from archgraph.files import write_whole
from archgraph.search.files import RunFolder
from archgraph.search.outcome import Outcome, read_outcome
from archgraph.search.retraining import chosen, weights_of
from archgraph.search.trials import Trial


def specs(folder: str | os.PathLike[str], *, top: int | None = None) -> list[str]:
    """The specs of the best `top` networks of a search, best first; see `chosen` for how many else.

    Raises UsageError where there is no search, or no trial has finished.
    """
    return [trial.text for trial in _winners(read_outcome(folder), top)]


def write(folder: str | os.PathLike[str], out: str | os.PathLike[str], *, top: int | None = None) -> list[Path]:
    """Write the best networks of a search, with their weights where it has them; gives the specs' files.

    One goes to the file `out`, several to the folder `out`, each by its name. Weights of a network that was retrained
    are those. Raises UsageError as `specs` does, and where something cannot be written.
    """
    found = read_outcome(folder)
    trials = _winners(found, top)
    target = Path(out)
    if len(trials) == 1 and not target.is_dir():
        files = [target]
    else:
        files = [target / f"{loads(trial.text).name}.yaml" for trial in trials]
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            several = "several networks go into a folder"
            raise UsageError(f"cannot make the folder {target}: {error.strerror}; {several}") from error
    for trial, file in zip(trials, files, strict=True):
        write_whole(file, trial.text)
        weights = [weights_of(found.folder, trial), RunFolder(found.folder).weights(trial.number)]
        known = next((one for one in weights if one.is_file()), None)
        if known is not None:
            write_whole(file.with_suffix(".safetensors"), known.read_bytes())
    return files


def _winners(found: Outcome, top: int | None) -> Sequence[Trial]:
    if not found.winners:
        raise UsageError(f"no trial of the search in {found.folder} has finished: there is no best network yet")
    return chosen(found, top)
