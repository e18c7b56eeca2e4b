"""Everything a user's mistake can raise, and the one place that renders it with its position."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, repr=False)
class Source:
    """A text that positions point into: a file, or a text given in memory."""

    name: str
    text: str

    def __repr__(self) -> str:
        return f"Source({self.name!r})"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a source; line and column count from 1, `length` characters long."""

    source: Source
    line: int
    col: int
    length: int = 1

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.col}"

    def excerpt(self) -> str:
        """The source line and, under it, a caret below the place."""
        lines = self.source.text.splitlines()
        text = lines[self.line - 1] if self.line <= len(lines) else ""
        start = max(0, self.col - 61) if len(text) > 120 else 0
        shown = "".join(c if c.isprintable() else " " for c in text[start : start + 120])
        carets = "^" * max(1, min(self.length, len(shown) - (self.col - 1 - start)))
        return f"{self.line:>5} | {shown}\n      | {' ' * (self.col - 1 - start)}{carets}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: what is wrong and what was given, where, and what is allowed or nearest."""

    message: str
    at: Mark | None = None
    hint: str = ""

    def __str__(self) -> str:
        head = f"{self.at}: {self.message}" if self.at else self.message
        parts = [head, self.at.excerpt() if self.at else "", f"      = {self.hint}" if self.hint else ""]
        return "\n".join(part for part in parts if part)

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain data, for `--json`."""
        place = {"file": self.at.source.name, "line": self.at.line, "col": self.at.col} if self.at else {}
        return {"message": self.message, "hint": self.hint, **place}


class ArchgraphError(Exception):
    """Base of every error that archgraph raises for a user's mistake."""


class SpecError(ArchgraphError):
    """A spec (or a recipe) that cannot be read: all its findings, in the order of the file.

    `partial` is what could be read of it, for those who look for more mistakes in there.
    """

    def __init__(self, findings: Iterable[Finding], *, partial: Any = None) -> None:
        unique = dict.fromkeys(findings)
        self.findings: tuple[Finding, ...] = tuple(sorted(unique, key=_position))
        self.partial = partial
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.findings,)


class RuleError(ArchgraphError):
    """An op's rule refuses its arguments or input shapes; whoever knows the place turns it into a finding.

    `argument` names the argument to point at, where one is to blame; `others` are further mistakes of the same op.
    """

    def __init__(
        self, message: str, *, hint: str = "", argument: str | None = None, others: Iterable[RuleError] = ()
    ) -> None:
        super().__init__(message)
        self.message, self.hint, self.argument = message, hint, argument
        self.others = tuple(others)


class MatchError(ArchgraphError):
    """Two modules that should be one network are not: the first difference."""


class UsageError(ArchgraphError):
    """A wrong use of the tool rather than a mistake in a spec: a missing program, folder or package."""


def _position(finding: Finding) -> tuple[str, int, int]:
    at = finding.at
    return (at.source.name, at.line, at.col) if at else ("", 0, 0)


def nearest(given: str, allowed: Iterable[str], *, kind: str = "", most: int = 12) -> str:
    """A hint for a name that does not exist: the nearest one, and what is allowed where the list is short."""
    names: Sequence[str] = sorted(set(allowed))
    # difflib takes milliseconds for hundreds of names, and a hostile file has tens of thousands.
    alike = names if len(names) <= 500 else [name for name in names if name[:1] == given[:1]][:500]
    close = difflib.get_close_matches(given[:100], alike, n=1, cutoff=0.55)
    hint = f"did you mean {close[0]!r}?" if close else ""
    if len(names) <= most:
        listed = f"{kind + ': ' if kind else 'allowed: '}{', '.join(names) or 'none'}"
        return f"{hint} ({listed})" if hint else listed
    return hint
