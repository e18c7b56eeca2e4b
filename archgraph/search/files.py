"""The files of a run's folder: the best network at any moment, weights of the winners, and the recipe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from archgraph.errors import UsageError
from archgraph.files import write_whole
from archgraph.search.trials import Trial


@dataclass(frozen=True)
class RunFolder:
    """Where a search keeps what it found."""

    path: Path

    @property
    def log(self) -> Path:
        """What the training process printed."""
        return self.path / "trainer.log"

    def weights(self, number: int) -> Path:
        """The trained weights of a trial, kept while somebody may ask for them; see `Keeping`."""
        return self.path / "weights" / f"{number:04d}.safetensors"

    def drop(self, number: int) -> None:
        """Delete the weights of a trial, and what lies beside them."""
        weights = self.weights(number)
        for file in (weights, checkpoint_of(weights), spec_of(weights)):
            file.unlink(missing_ok=True)

    def write_best(self, best: Trial) -> None:
        """`best.yaml` and `best.safetensors`: an ordinary spec, and weights that its module loads."""
        write_whole(self.path / "best.yaml", best.text)
        weights = self.weights(best.number)
        if weights.is_file():
            write_whole(self.path / "best.safetensors", weights.read_bytes())

    def draw_best(self, best: Trial) -> None:
        """`best.svg`, a picture of the best network. Raises UsageError where nothing here can draw."""
        from archgraph import draw, loads

        draw(loads(best.text)).save(self.path / "best.svg")


def checkpoint_of(weights: str | Path) -> Path:
    """The file beside a trial's weights from which its training goes on."""
    return Path(weights).with_suffix(".checkpoint")


def spec_of(weights: str | Path) -> Path:
    """The file beside a parent's weights that says of which network they are."""
    return Path(weights).with_suffix(".yaml")


def new_folder(out: str | os.PathLike[str] | None, name: str) -> Path:
    """Where a new search goes: `out`, or the first of `runs/<name>`, `runs/<name>-2`, ... that is free.

    Raises UsageError where `out` holds something already.
    """
    if out is not None:
        folder = Path(out)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"{folder} exists already; `archgraph search resume {folder}` continues a search, "
                "and another --out starts one"
            )
        return folder
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(folder for found in names if not (folder := Path("runs") / found).exists())


@contextmanager
def growing(folder: Path) -> Iterator[Path]:
    """A folder beside the one to be, put in its place at the end: a search is there whole or not at all."""
    place = folder.parent / f".{folder.name}.{os.getpid()}"
    try:
        place.mkdir(parents=True)
        try:
            (place / "weights").mkdir()
            yield place
            if folder.is_dir():
                folder.rmdir()
            place.rename(folder)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
    except OSError as error:
        raise UsageError(f"cannot make the folder {folder}: {error.strerror}") from error
