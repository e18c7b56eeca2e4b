"""What a mutation changed in the text of a spec."""

from __future__ import annotations

from difflib import unified_diff

CONTEXT = 1
"""Lines shown before and after each that differs."""

ANEW = ("name:", "about:")
"""How the lines begin that every child has anew."""


def changed_lines(before: str, after: str) -> list[str]:
    """The lines that differ, as `diff -u` marks them, with `...` for what lies between."""
    lines = list(unified_diff(_lines(before), _lines(after), lineterm="", n=CONTEXT))
    # The first three name the files and the place.
    return ["..." if line.startswith("@@") else line for line in lines[3:]]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith(ANEW)]
