"""The command that makes a change of a search's by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgraph.cli.frame import AsJson, Inputs, Name, Plugins, Settings, print_json
from archgraph.errors import UsageError, nearest

if TYPE_CHECKING:
    from archgraph.graph.cost import Cost
    from archgraph.search.applying import Applied

SHOWN = ("params", "macs")


def mutate(
    name: Name,
    op: Annotated[str | None, typer.Option(metavar="MUTATION", help="Which one; any without it.")] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="The same seed makes the same change.")] = 0,
    count: Annotated[int, typer.Option(min=1, metavar="N", help="Changes in a row, one on top of the other.")] = 1,
    mate: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The second parent of a crossover.", show_default=False),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the child to a file.", show_default=False),
    ] = None,
    inputs: Inputs = None,
    settings: Settings = None,
    plugins: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Change a network as a search would.

    Prints what was changed, the lines of the spec that differ, and the costs before and after. The child is a spec
    that gives what its parent gives. Where a network has no place for a mutation, the exit code is 1.

    \b
    Examples:
      archgraph mutate resnet50 --op width --seed 3
      archgraph mutate nets/mine.yaml --op skip -o nets/child.yaml
      archgraph mutate resnet50 --count 5 --json
    """
    from archgraph.cli.given import Given
    from archgraph.search.applying import apply
    from archgraph.search.mutations import MUTATIONS, USUAL
    from archgraph.search.mutations.plugins import known

    if op is not None and op not in MUTATIONS and op not in known():
        raise UsageError(f"no mutation {op!r}; {nearest(op, MUTATIONS, kind='mutations')}")
    second = Given.read(mate, None, None).spec if mate else None
    parent = Given.read(name, inputs, settings)
    if parent.fixed:
        raise UsageError(f"{parent.spec.name} has no variable {next(iter(parent.fixed))!r} to set")
    applied = apply(parent.spec, [op] if op else USUAL, seed=seed, count=count, mate=second)
    if output is not None and applied.changes:
        _write(output, applied.text)
    if as_json:
        print_json(_data(applied, output))
    else:
        print(_told(applied, output))
    raise typer.Exit(0 if len(applied.changes) == count else 1)


def _told(applied: Applied, output: str | None) -> str:
    lines = [str(change) for change in applied.changes]
    if applied.changes:
        lines += ["", *applied.difference, "", *_costs(applied.before, applied.after)]
        lines += [f"{output} is written"] if output else []
    return "\n".join([*lines, *([applied.refused] if applied.refused else [])])


def _costs(before: Cost, after: Cost) -> list[str]:
    rows = []
    for name in SHOWN:
        old, new = getattr(before, name), getattr(after, name)
        part = f" ({(new - old) / old:+.1%})" if old else ""
        rows.append(f"{name:<6} {old:,} -> {new:,}{part}")
    return rows


def _data(applied: Applied, output: str | None) -> dict[str, Any]:
    return {
        "changes": [change.as_dict() for change in applied.changes],
        "spec": applied.text,
        "cost": {"before": applied.before.as_dict(), "after": applied.after.as_dict()},
        "file": output if applied.changes else None,
        "refused": applied.refused or None,
    }


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error
