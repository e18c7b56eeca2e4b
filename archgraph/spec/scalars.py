"""What a plain (unquoted) scalar stands for: YAML 1.2's core schema, and counts such as `20M`."""

from __future__ import annotations

import re
from typing import TypeAlias

Plain: TypeAlias = int | float | str | bool | None

MAX_INT = 2**63 - 1
"""Larger numbers have no use in a network, and arithmetic with them could take all time and memory."""

_WORDS: dict[str, Plain] = {
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], float("inf")),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], float("-inf")),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], float("nan")),
}
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_COUNT = re.compile(r"([-+]?[0-9]+)(?:\.([0-9]+))?([kMG])")
_DIGITS = frozenset("+-.0123456789")
_EXACT = 2**53
"""Up to here a float holds every whole number."""


class UnusableNumberError(ValueError):
    """A scalar that is a number, but none that can be used; the text says why."""


def resolve(text: str) -> Plain:
    """The value of a plain scalar. Raises UnusableNumberError."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _DIGITS:
        return text
    if _INT.fullmatch(text):
        return _bounded(text, 10)
    if match := _FLOAT.fullmatch(text):
        return _float(text, exponent=match[1] is not None)
    if _BASED.fullmatch(text):
        return _bounded(text, 8 if text[1] == "o" else 16)
    if match := _COUNT.fullmatch(text):
        return _count(text, match)
    return text


def _bounded(text: str, base: int) -> int:
    # The length is looked at first: to convert a million digits takes seconds.
    if len(text) > 40 or abs(value := int(text, base)) > MAX_INT:
        raise UnusableNumberError("is too large a number")
    return value


def _float(text: str, *, exponent: bool) -> int | float:
    """A number with a point or an exponent; `20e6` is a whole number, so that counts can be written so."""
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise UnusableNumberError("is too large a number")
    return int(value) if exponent and value.is_integer() and abs(value) < _EXACT else value


def _count(text: str, match: re.Match[str]) -> int:
    whole, fraction, unit = match.groups(default="")
    zeros = {"k": 3, "M": 6, "G": 9}[unit]
    if len(text) > 40 or fraction[zeros:].strip("0"):
        raise UnusableNumberError("is not a whole number")
    return _bounded(whole + fraction[:zeros].ljust(zeros, "0"), 10)
