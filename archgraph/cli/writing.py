"""Commands that write a file to begin with: a first spec, and the schema that an editor checks specs with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from archgraph.cli.frame import Plugins
from archgraph.errors import UsageError

SCHEMA = "archgraph.schema.json"
SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA}\n"

FIRST = """\
# A small residual network, to be edited. The line above lets an editor complete and check it, once
# `archgraph schema -o archgraph.schema.json` has written that file.
archgraph: 1  # version of the language
name: NAME
about: A small residual network for small images
input: [3, 32, 32]                          # channels, height, width; the batch is not written
vars: {width: 16, classes: 10}              # `--set width=24` changes one; a search may, too
defaults: {conv: {norm: batch, act: relu}}  # what every conv has that does not say otherwise

blocks:  # your own ops
  unit:
    args: {out: int, stride: 1}  # `name: type` is required, `name: value` has a default
    graph:
      - residual:  # its shortcut is the identity, or a 1x1 conv where the shape changes
          body:
            - conv: {out: $out, kernel: 3, stride: $stride}
            - conv: {out: $out, kernel: 3, act: none}
          act: relu
graph:  # from top to bottom; input channels and padding are inferred
  - {conv: [$width, 3], id: stem}  # arguments in order: out, kernel
  - unit: [$w, $s]
    each: {w: [$width, 2*$width, 4*$width], s: [1, 2, 2]}  # one unit a column: stage.0, stage.1, stage.2
    id: stage
  - global_avg_pool
  - linear: $classes
features: {c2: stage.0, c3: stage.1, c4: stage.2}  # taps for another network that uses this one
"""


def init(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Where to write it.")] = "network.yaml",
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="Begin with a network of the zoo instead.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write a first spec to edit.

    A small network with comments, or one of the zoo.

    \b
    Examples:
      archgraph init
      archgraph init nets/mine.yaml --from resnet18
    """
    path = Path(file)
    if path.suffix not in (".yaml", ".yml"):
        raise UsageError(f"a spec is a YAML file: {file!r} does not end in .yaml")
    if path.exists() and not force:
        raise UsageError(f"{file} is there already; --force overwrites it")
    text = FIRST.replace("NAME", _name(path)) if start is None else _network(start)
    _write(path, SCHEMA_LINE + text)
    print(f"{file} is written. Next:")
    for command, about in (
        (f"archgraph check {file}", "find mistakes"),
        (f"archgraph show {file}", "its nodes, shapes and costs"),
        (f"archgraph render {file} -o {path.with_suffix('.svg')}", "a picture of it"),
        (f"archgraph schema -o {path.parent / SCHEMA}", "completion and checks in an editor"),
    ):
        print(f"  {command:<48} {about}")


def schema(
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to a file.", show_default=False)
    ] = None,
    plugins: Plugins = None,
) -> None:
    """Print the JSON Schema of the language, for editors.

    With it an editor completes ops and arguments, shows what they are for, and marks mistakes. A spec names it in its
    first line, `# yaml-language-server: $schema=archgraph.schema.json`.

    \b
    Example:
      archgraph schema -o archgraph.schema.json
    """
    import json

    from archgraph.ops.plugins import installed
    from archgraph.schema import schema
    from archgraph.zoo import names

    installed()
    text = json.dumps(schema(networks=names()), ensure_ascii=False, indent=1) + "\n"
    if output is None:
        print(text, end="")
    else:
        _write(Path(output), text)
        print(f"{output} is written")


def _name(path: Path) -> str:
    """The name that a file gives its network."""
    from archgraph.spec.identifiers import NAME

    return path.stem if NAME.fullmatch(path.stem) else "network"


def _network(name: str) -> str:
    """The text of a network of the zoo: its file with its comments, else what stands alone as a spec of its own."""
    from archgraph import dump
    from archgraph.loading import load
    from archgraph.zoo import find

    where, spec = find(name), load(name)
    if not where.variant and not spec.use:
        return where.path.read_text(encoding="utf-8")
    for file in spec.use:  # The files beside it are not beside the new one.
        spec = replace(spec, blocks={**spec.used[file].blocks, **spec.blocks})
    return dump(replace(spec, use=()))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
