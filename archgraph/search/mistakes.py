"""Mistakes in a recipe that our own checks find, before they have a place in the file."""

from __future__ import annotations

from typing import NamedTuple


class Mistake(NamedTuple):
    """A mistake inside a field: where in it, what, and what is allowed; `at_key` points at a key, not its value."""

    path: tuple[str | int, ...]
    message: str
    hint: str = ""
    at_key: bool = False


class MistakesError(ValueError):
    """What a check of our own finds wrong with a field."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes
