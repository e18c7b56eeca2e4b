"""The mistakes found while one file is read, and how names and values are quoted in them."""

from __future__ import annotations

from archgraph.errors import Finding, Mark, SpecError

MAX_FINDINGS = 100
"""Nobody reads more, and a file made to be slow could hold hundreds of thousands."""


class Findings:
    """Collects the mistakes of a file, to raise them all at once."""

    def __init__(self, found: tuple[Finding, ...] = ()) -> None:
        self._found: list[Finding] = list(found)

    def add(self, message: str, at: Mark | None, hint: str = "") -> None:
        """Note a mistake; reading stops with a SpecError where there are too many."""
        self._found.append(Finding(message, at, hint))
        if len(self._found) >= MAX_FINDINGS:
            self.check()

    def check(self) -> None:
        """Raise SpecError if anything was found."""
        if self._found:
            raise SpecError(self._found)

    @property
    def found(self) -> tuple[Finding, ...]:
        return tuple(self._found)

    def __len__(self) -> int:
        return len(self._found)


def quoted(value: object, *, most: int = 60) -> str:
    """A value as it stands in a message: short, printable, `true` and `null` as in YAML."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value[: most + 1]) if isinstance(value, str) else repr(value)
    return text if len(text) <= most + 2 else f"{text[: most - 3]}...{text[0] if text[0] in QUOTES else ''}"


def listed(names: tuple[str, ...]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


QUOTES = "'\""
