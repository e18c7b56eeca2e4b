"""The command that lays specs out."""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archgraph.cli.frame import Plugins
from archgraph.errors import SpecError, UsageError

if TYPE_CHECKING:
    from archgraph.errors import Source

STDIN = "-"


def fmt(
    names: Annotated[list[str], typer.Argument(metavar="FILE...", help="Specs; - is standard input.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 if a file would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; print what would change.")] = False,
    plugins: Plugins = None,
) -> None:
    """Lay specs out, comments kept.

    What a spec says stays the same; it is written as archgraph writes specs. A file with mistakes stays as it is, and
    they are told. With - the layout is printed.

    \b
    Examples:
      archgraph fmt nets/*.yaml
      archgraph fmt --check --diff nets/*.yaml
    """
    code = 0
    for name in names:
        try:
            before = _read(name)
            after = _laid_out(name, before)
        except SpecError as error:
            print(error, file=sys.stderr)
            code = max(code, 1)
        except UsageError as error:
            print(f"archgraph: {error}", file=sys.stderr)
            code = 2
        else:
            changes = after != before.text
            if diff and changes:
                print(_difference(name, before.text, after), end="")
            if check and changes:
                print(f"{name} would be laid out", file=sys.stderr)
                code = max(code, 1)
            if not check and not diff:
                _write(name, after, changes=changes)
    raise typer.Exit(code)


def _read(name: str) -> Source:
    from archgraph.loading import is_path, source_of
    from archgraph.spec.reader import MAX_BYTES, decode

    if name == STDIN:
        return decode("<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1))
    path = Path(name)
    if path.is_dir():
        raise UsageError(f"{name!r} is a folder, not a file")
    if not path.exists():
        hint = "" if is_path(name) else "; a network of the zoo is laid out already: give files"
        raise UsageError(f"no file {name!r}{hint}")
    return source_of(path)


def _laid_out(name: str, source: Source) -> str:
    from archgraph.loading import laid_out

    if re.search("^archgraph_search *:", source.text, re.MULTILINE):
        raise UsageError(f"{name} is a recipe: only specs are laid out")
    return laid_out(source, path=None if name == STDIN else Path(name))


def _difference(name: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, f"{name} laid out", lineterm="")
    return "".join(line + "\n" for line in lines)


def _write(name: str, text: str, *, changes: bool) -> None:
    from archgraph.files import write_whole

    if name == STDIN:
        print(text, end="")
    elif changes:
        write_whole(name, text)
        print(f"{name} is laid out")
