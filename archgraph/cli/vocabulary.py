"""The command about the words of the language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from archgraph.cli.frame import AsJson, Plugins, print_json
from archgraph.errors import RuleError, UsageError, nearest

if TYPE_CHECKING:
    from archgraph.ops.base import Example
    from archgraph.ops.reference import OpReference


def ops(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="An op.", show_default=False)] = None,
    plugins: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """List the ops of the language, or explain one.

    With a name: its shapes, its arguments with their defaults, and examples. Ops of plug-ins are there, too.

    \b
    Examples:
      archgraph ops
      archgraph ops conv
      archgraph ops nn.Softplus
    """
    found = _every() if name is None else [_one(name)]
    if as_json:
        print_json([one.as_dict() for one in found] if name is None else found[0].as_dict())
        return
    from archgraph.cli import tables

    if name is None:
        tables.ops(found)
    else:
        tables.op(found[0], [_written(name, example) for example in found[0].examples])


def _every() -> list[OpReference]:
    from archgraph.ops import OPS
    from archgraph.ops.plugins import installed
    from archgraph.ops.reference import WORDS, reference

    installed()
    return [*map(reference, OPS.values()), *WORDS]


def _one(name: str) -> OpReference:
    if name.startswith("nn.") and name != "nn.<Class>":
        from archgraph.ops.reference import reference
        from archgraph.ops.torch_module import torch_class

        try:
            return reference(torch_class(name))
        except RuleError as error:
            raise UsageError(f"{error.message}; {error.hint}" if error.hint else error.message) from None
    known = {one.name: one for one in _every()}
    if name not in known:
        raise UsageError(f"no op {name!r}; {nearest(name, known) or '`archgraph ops` lists them'}")
    return known[name]


def _written(op: str, example: Example) -> str:
    """An example as the YAML of a node, with the shapes it takes."""
    from archgraph import dump
    from archgraph.shape import show
    from archgraph.spec.model import Body, NodeSpec, Spec

    spec = Spec("example", example.inputs[0], Body((NodeSpec(op, example.args),)))
    node = dump(spec).partition("graph:\n")[2].rstrip()
    return f"{node}    # input {', '.join(map(show, example.inputs))}"
