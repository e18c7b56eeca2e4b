"""Parallel paths, and a choice between graphs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from archgraph.errors import RuleError, nearest
from archgraph.ops.arguments import Graph, Graphs, Takes
from archgraph.ops.base import Builder, Example, Macro, Ref
from archgraph.spec.model import Body, NodeSpec

_CONV1 = Body((NodeSpec("conv", {"out": 16, "kernel": 1}),))
_CONV3 = Body((NodeSpec("conv", {"out": 16, "kernel": 3}),))


class Branches(Macro):
    """Several graphs side by side on the same input, and their outputs merged.

    `(C, H, W) -> (C1 + C2 + ..., H', W')` with merge concat, else the shape that all paths give.
    An empty path `[]` gives the input.
    Source: arXiv:1409.4842 (Inception).
    """

    op = "branches"
    paths: Graphs = Field(description="The graphs: a list, or by name.")
    merge: Annotated[Literal["concat", "add", "mul", "max", "mean"], Takes("concat, add, mul, max or mean")] = Field(
        "concat", description="The op that merges their outputs, in the order of the paths."
    )

    examples = (
        Example({"paths": (_CONV1, _CONV3, Body())}, ((8, 14, 14),)),
        Example({"paths": {"narrow": _CONV1, "wide": _CONV3}, "merge": "add"}, ((8, 14, 14),)),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        (x,) = inputs
        named = self.paths if isinstance(self.paths, Mapping) else dict(enumerate(self.paths))
        outs = [build.body(str(name), path, x) for name, path in named.items()]
        return build.add(self.merge, self.merge, {}, *outs)


class Choice(Macro):
    """One of several graphs: the one a search chose, or `pick` names, else the default.

    `(C, H, W) -> (C', H', W')`, what the graph gives.
    Every other key is a graph by its name.
    """

    op = "choice"
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Graph]

    pick: Annotated[str | None, Takes("the name of one of the graphs")] = Field(
        None, description="The graph to take, for a choice that follows a variable."
    )
    default: Annotated[str | None, Takes("the name of one of the graphs")] = Field(
        None, description="The graph to take where nothing chose; the first where it is not given."
    )

    examples = (
        Example({"narrow": _CONV1, "wide": _CONV3, "default": "wide"}, ((8, 14, 14),)),
        Example({"pick": "wide", "skip": Body(), "wide": _CONV3}, ((8, 14, 14),)),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        (x,) = inputs
        graphs: dict[str, Any] = self.__pydantic_extra__
        if not graphs:
            raise RuleError("choice has no graphs", hint="give them by name: {plain: [], wide: [conv: [64, 5]]}")
        for argument, name in (("pick", self.pick), ("default", self.default)):
            if name is not None and name not in graphs:
                hint = nearest(name, graphs, kind="graphs")
                raise RuleError(f"{argument} is {name!r}, which is none of its graphs", hint=hint, argument=argument)
        names = tuple(graphs)
        taken = self.pick or build.decide("", names, self.default or names[0])
        return build.body(taken, graphs[taken], x)
