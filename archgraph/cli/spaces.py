"""The command about what a spec with choices holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgraph.cli.frame import AsJson, Inputs, Name, Plugins, Settings, print_json, settings_from
from archgraph.cli.given import Given
from archgraph.errors import UsageError, nearest

if TYPE_CHECKING:
    from archgraph.search.budget import Budget


def space(
    name: Name,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="KEY=LIMIT,...", help="What part fits, e.g. macs=20M,params=[10k,300k].", show_default=False
        ),
    ] = None,
    sample: Annotated[int, typer.Option("--sample", min=1, metavar="N", help="Networks to look at, at most.")] = 500,
    inputs: Inputs = None,
    settings: Settings = None,
    plugins: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Tell what networks a spec with choices holds.

    How many there are, what they cost, and what part of them fits a budget.

    Small spaces are gone through, of large ones a sample is drawn; the output says which. Where nothing fits, it names
    the nodes that alone are over the budget.

    \b
    Examples:
      archgraph space nasbench201 --budget macs=60M,params=500k
      archgraph space nets/mine.yaml --sample 5000 --json
    """
    from archgraph.graph.space import space as explore
    from archgraph.search.budget import COSTS
    from archgraph.search.share import share

    limits = None if budget is None else _budget(budget)
    given = Given.read(name, inputs, settings)
    given.graph()
    if not set(given.met) - given.fixed.keys():
        what = "no choices left" if given.met else "no choices"
        raise UsageError(f"{given.spec.name} has {what}; a value such as {{choice: [3, 5]}} makes one")
    held = explore(given.spec, most=sample, fixed=given.fixed)
    assert held is not None
    fits = None if limits is None else share(given.spec, held, limits, fixed=given.fixed)
    if as_json:
        found: dict[str, Any] = {"name": given.spec.name, "networks": held.networks, "exact": held.exact}
        found |= {"looked_at": held.looked_at, "whole": held.whole, "refused": held.refused}
        found["costs"] = {cost: dict(zip(("min", "median", "max"), held.spread(cost), strict=True)) for cost in COSTS}
        print_json(found if fits is None else {**found, "budget": fits.as_dict()})
    else:
        from archgraph.cli import tables

        tables.space(given.spec.name, held, fits, COSTS)


def _budget(text: str) -> Budget:
    """`macs=60M,params=[10k,300k]` as a budget. Raises UsageError."""
    from archgraph.search.budget import LIMITED, Budget, Limit

    limits: dict[str, Limit] = {}
    for pair in re.split(r",(?![^\[]*\])", text):
        if "=" not in pair:
            raise UsageError(f"--budget is {text!r}; it takes COST=MOST,..., e.g. macs=60M,params=[10k,300k]")
        ((name, value),) = settings_from([pair.strip()]).items()
        if name not in LIMITED:
            raise UsageError(f"--budget has no limit {name!r}; {nearest(name, LIMITED)}")
        least, most = value if isinstance(value, (list, tuple)) and len(value) == 2 else (None, value)
        numbers = [bound for bound in (least, most) if bound is not None]
        if any(isinstance(bound, bool) or not isinstance(bound, int) or bound < 0 for bound in numbers) or most is None:
            raise UsageError(f"--budget {pair}: it takes whole numbers from 0, e.g. {name}=60M or {name}=[10k,300k]")
        if least is not None and least > most:
            raise UsageError(f"--budget {pair}: at least {least:,} and at most {most:,} is impossible")
        limits[name] = Limit(least, most)
    return Budget(limits)
