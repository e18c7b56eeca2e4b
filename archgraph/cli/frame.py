"""What all commands share: arguments that mean the same everywhere, and how a mistake is told.

A user's mistake is never a traceback. Without `--json` it is text on standard error; with it, JSON on standard
output, `{"findings": [{"message", "hint", "file", "line", "col"}, ...]}` for a spec and `{"error": "..."}` for wrong
use. A spec's mistakes end with exit code 1, wrong use with 2; an option that does not exist is always plain text.
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from archgraph.errors import SpecError, UsageError

if TYPE_CHECKING:
    from archgraph.spec.model import Input

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A network of the zoo, or a YAML file (FILE:VARIANT for one of its variants).",
        show_default=False,
    ),
]  # fmt: skip
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="C,H,W",
        help="Another input than the spec's; NAME=C,H,W for each of several.",
        show_default=False,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Another value for a variable of the spec, or for a choice by its name, e.g. stage.0.1.kernel=5.",
        show_default=False,
    ),
]
Take = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT", help="A part alone: outputs, features, or the name of one of them.", show_default=False
    ),
]
Plugins = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin", metavar="MODULE", help="Take the ops of a Python module or file, too.", show_default=False
    ),
]


def reported(command: Callable[..., None]) -> Callable[..., None]:
    """The command with its mistakes told as the module says, and a closed pipe as a reason to stop, not to complain."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            for source in options.get("plugins") or ():
                _plug_in(source)
            command(*args, **options)
            sys.stdout.flush()
        except (SpecError, UsageError) as error:
            _tell(error, as_json=bool(options.get("as_json")))
        except BrokenPipeError:
            # Whoever read our output has seen enough; Python would complain again when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None

    return run


def _plug_in(source: str) -> None:
    from archgraph.ops.plugins import plugin

    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # The command, unlike `python -m`, does not look for modules where it runs.
    plugin(source)


def _tell(error: SpecError | UsageError, *, as_json: bool) -> NoReturn:
    code = 1 if isinstance(error, SpecError) else 2
    if as_json and isinstance(error, SpecError):
        print_json({"findings": [finding.as_dict() for finding in error.findings]})
    elif as_json:
        print_json({"error": str(error)})
    else:
        print(error if code == 1 else f"archgraph: {error}", file=sys.stderr)
    raise typer.Exit(code)


def print_json(data: Mapping[str, Any] | Sequence[Any]) -> None:
    """Plain data on standard output."""
    print(json.dumps(data, indent=2, ensure_ascii=False))


def input_from(texts: Sequence[str] | None) -> Input | None:
    """`["3,320,320"]` (or `["3x320x320"]`) as a shape, `["left=3x64x64", "right=3x64x64"]` as shapes by name.

    None where nothing is given. Raises UsageError.
    """
    if not texts:
        return None
    shapes: dict[str, tuple[int, ...]] = {}
    for text in texts:
        name, equals, sizes = text.rpartition("=")
        name = name.strip()
        if equals and not name:
            raise UsageError(f"--input is {text!r}; it takes NAME=C,H,W, e.g. left=3,64,64")
        if name in shapes:
            raise UsageError(
                f"--input gives {name or 'a shape'} twice; several inputs go by name: --input left=3,64,64"
            )
        shapes[name] = _shape(sizes, text)
    if "" in shapes and len(shapes) > 1:
        raise UsageError("--input has a shape without a name beside others; give each as NAME=C,H,W")
    return shapes.get("", shapes)


def _shape(text: str, given: str) -> tuple[int, ...]:
    sizes = [size.strip() for size in re.split("[,x×]", text)]
    if len(sizes) > 3 or not all(re.fullmatch("[1-9][0-9]{0,5}", size) for size in sizes):
        raise UsageError(f"--input is {given!r}; it takes sizes without the batch, e.g. 3,320,320 or 16")
    return tuple(int(size) for size in sizes)


def settings_from(pairs: Sequence[str] | None) -> dict[str, Any]:
    """`["classes=10"]` as values, read as YAML reads them. Raises UsageError."""
    if not pairs:
        return {}
    from archgraph.errors import Source
    from archgraph.spec.reader import read
    from archgraph.spec.tree import plain

    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--set is {pair!r}; it takes KEY=VALUE, e.g. classes=10")
        try:
            found[key] = plain(read(Source("--set", value)).root)
        except SpecError as error:
            raise UsageError(f"--set {pair}: {error.findings[0].message}") from None
    return found
