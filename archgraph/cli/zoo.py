"""The command about the networks that come with archgraph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgraph.cli.frame import AsJson, print_json

if TYPE_CHECKING:
    from archgraph.spec.model import Input


def zoo(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="These alone.", show_default=False)
    ] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Compare each with the figures of its `expect:`; exit code 1 if one differs."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the networks that come with archgraph.

    By family, with their parameters, MACs and sources; every command takes their names. The networks of one file are
    its variants.

    \b
    Examples:
      archgraph zoo
      archgraph zoo --verify
      archgraph zoo --verify resnet50 resnet101
    """
    if verify:
        _verify(names or [], as_json=as_json)
        return
    from archgraph.graph.cost import cost
    from archgraph.graph.expand import expand
    from archgraph.verifying import networks
    from archgraph.zoo import find

    listed = []
    for name, spec in networks(names or ()):
        if isinstance(spec, Exception):
            raise spec
        where = find(name)
        listed.append((where.path.parent.name, where.path.stem, spec, cost(expand(spec))))
    if as_json:
        print_json(
            [
                {"name": spec.name, "family": family, "file": file, "about": spec.about, "source": spec.source}
                | {"input": _plain(spec.input), **found.as_dict()}
                for family, file, spec, found in listed
            ]
        )
    else:
        from archgraph.cli import tables

        tables.zoo(sorted(listed, key=lambda line: (line[0], line[1])))


def _verify(names: list[str], *, as_json: bool) -> None:
    from archgraph.verifying import networks, verify

    found = [verify(name, spec) for name, spec in networks(names)]
    if as_json:
        print_json([one.as_dict() for one in found])
    else:
        from archgraph.cli import verdicts

        verdicts.show(found)
    if any(one.wrong for one in found):
        raise typer.Exit(1)


def _plain(shape: Input) -> Any:
    """A shape, or shapes by name, as JSON has them."""
    return list(shape) if isinstance(shape, tuple) else {name: list(one) for name, one in shape.items()}
