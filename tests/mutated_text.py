"""Texts with mistakes in them, as hands, editors and merges make them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random
from typing import TypeAlias

Change: TypeAlias = Callable[[str, Random], str]

COUNTS = (1, 1, 1, 2, 2, 3)
"""How many changes one text has, each as often."""
_TOKEN = re.compile(r"[A-Za-z_$][\w.$]*|-?\d+(?:\.\d+)?|[^\s\w]")
_DIGIT = re.compile(r"\d")
_KEY = re.compile(r"([A-Za-z_][\w-]*):")
_VALUE = re.compile(r"(?<=: )[^\s,\]}{\[][^,\]}\n]*|(?<=[\[ ])[-\d.]+(?=[,\]])")
_VALUES = (
    "0", "1", "-1", "2", "3", "7", "64", "1000", "100000", "1e9", "9223372036854775807", "1e400", "0.5", ".nan", "1.0",
    "true", "false", "null", "~", "", "none", "auto", "relu", "batch", "same", "conv", "in", "prev", "stem", "stage.0",
    "stage/1", "net/c2", "x.9", "$i", "$w", "$classes", "$nowhere", "2*$w", "$w // 0", "$w ** 99", "[]", "{}", "[3]",
    "[3, 3, 3]", "[relu]", "[[relu]]", "[conv: [8, 3]]", "{choice: [1, 2]}", "{choice: []}", "{range: [1, 9]}",
    "{choice: [relu, none]}", "{out: 8}", "resnet18", "nowhere.yaml", "nn.GELU", "nn.Conv2d", "int",
    "'", '"', "|", "*a",
)  # fmt: skip
_KEYS = (
    "id", "from", "repeat", "each", "when", "share", "graph", "blocks", "vars", "args", "inputs", "outputs", "features",
    "variants", "use", "spec", "take", "expect", "input", "defaults", "conv", "linear", "residual", "branches",
    "choice",
    "body", "paths", "out", "kernel", "stride", "pad", "groups", "norm", "act", "like", "add", "concat", "parallel",
    "flatten", "reshape", "upsample", "se", "dense", "default", "range", "name", "train_only", "nn.ReLU", "<<", "x",
)  # fmt: skip
_CHARACTERS = " \t\n-:,[]{}$#&*!|>'\"%@`?~./()0159aexX_é\x00\u2028"


def mutated(text: str, rng: Random) -> str:
    """The text with a few changes, more of those that leave it YAML."""
    names, weights = zip(*((name, weight) for name, (_, weight) in CHANGES.items()), strict=True)
    for name in rng.choices(names, weights, k=rng.choice(COUNTS)):
        change, _ = CHANGES[name]
        text = change(text, rng)
    return text


def _swap_tokens(text: str, rng: Random) -> str:
    tokens = list(_TOKEN.finditer(text))
    if len(tokens) < 2:
        return text
    first, second = sorted(rng.sample(range(len(tokens)), 2))
    if rng.random() < 0.5:
        second = min(first + rng.randint(1, 5), len(tokens) - 1)
    a, b = tokens[first], tokens[second]
    if a is b:
        return text
    return text[: a.start()] + b[0] + text[a.end() : b.start()] + a[0] + text[b.end() :]


def _drop_lines(text: str, rng: Random) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    return "\n".join(lines[:at] + lines[at + rng.randint(1, 3) :])


def _repeat_lines(text: str, rng: Random) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    part = lines[at : at + rng.randint(1, 3)]
    to = at if rng.random() < 0.5 else rng.randrange(len(lines))
    return "\n".join(lines[:to] + part + lines[to:])


def _move_line(text: str, rng: Random) -> str:
    lines = text.split("\n")
    line = lines.pop(rng.randrange(len(lines)))
    lines.insert(rng.randint(0, len(lines)), line)
    return "\n".join(lines)


def _reindent(text: str, rng: Random) -> str:
    lines = text.split("\n")
    at, by = rng.randrange(len(lines)), rng.choice([-4, -2, -1, 1, 2, 4])
    for number in range(at, min(at + rng.randint(1, 3), len(lines))):
        line = lines[number]
        lines[number] = " " * by + line if by > 0 else line[min(-by, len(line) - len(line.lstrip(" "))) :]
    return "\n".join(lines)


def _replace_value(text: str, rng: Random) -> str:
    return _replaced(_VALUE, text, rng.choice(_VALUES), rng)


def _rename_key(text: str, rng: Random) -> str:
    return _replaced(_KEY, text, rng.choice(_KEYS) + ":", rng)


def _copy_token(text: str, rng: Random) -> str:
    tokens: list[str] = _TOKEN.findall(text)
    return _replaced(_TOKEN, text, rng.choice(tokens), rng) if tokens else text


def _other_digit(text: str, rng: Random) -> str:
    return _replaced(_DIGIT, text, rng.choice("0123456789"), rng)


def _replaced(what: re.Pattern[str], text: str, new: str, rng: Random) -> str:
    found = list(what.finditer(text))
    if not found:
        return text
    at = rng.choice(found)
    return text[: at.start()] + new + text[at.end() :]


def _change_character(text: str, rng: Random) -> str:
    at = rng.randint(0, len(text))
    kept = rng.choice([0, 1, 1])
    new: str = rng.choice(["", *_CHARACTERS])
    return text[:at] + new + text[at + kept :]


CHANGES: Mapping[str, tuple[Change, int]] = {
    "swap tokens": (_swap_tokens, 2),
    "drop lines": (_drop_lines, 2),
    "repeat lines": (_repeat_lines, 1),
    "move a line": (_move_line, 1),
    "reindent lines": (_reindent, 1),
    "replace a value": (_replace_value, 8),
    "rename a key": (_rename_key, 4),
    "copy a token": (_copy_token, 4),
    "another digit": (_other_digit, 4),
    "change a character": (_change_character, 2),
}
