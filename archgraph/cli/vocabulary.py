"""The command about the words of the language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from archgraph.cli.frame import AsJson, print_json
from archgraph.errors import UsageError, nearest

if TYPE_CHECKING:
    from archgraph.ops.base import Example


def ops(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="An op.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """List the ops of the language, or explain one.

    With a name: its shapes, its arguments with their defaults, and examples.

    \b
    Examples:
      archgraph ops
      archgraph ops conv
    """
    from archgraph.ops import OPS
    from archgraph.ops.reference import reference

    if name is not None and name not in OPS:
        raise UsageError(f"no op {name!r}; {nearest(name, OPS) or '`archgraph ops` lists them'}")
    found = [reference(op) for op in (OPS.values() if name is None else [OPS[name]])]
    if as_json:
        print_json([one.as_dict() for one in found] if name is None else found[0].as_dict())
        return
    from archgraph.cli import tables

    if name is None:
        tables.ops(found)
    else:
        tables.op(found[0], [_written(name, example) for example in found[0].examples])


def _written(op: str, example: Example) -> str:
    """An example as the YAML of a node, with the shapes it takes."""
    from archgraph import dump
    from archgraph.shape import show
    from archgraph.spec.model import Body, NodeSpec, Spec

    spec = Spec("example", example.inputs[0], Body((NodeSpec(op, example.args),)))
    node = dump(spec).partition("graph:\n")[2].rstrip()
    return f"{node}    # input {', '.join(map(show, example.inputs))}"
