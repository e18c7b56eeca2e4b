"""Several tensors side by side: the same to each of them, and HRNet's ways from resolution to resolution."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from annotated_types import Ge, MinLen
from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import OTHER, Act, AreGraphs, Flag, Held, IsGraph, Role, Takes
from archgraph.ops.base import Builder, Bundle, Example, Macro, Ref
from archgraph.shape import show
from archgraph.spec.model import Body, NodeSpec

_CONV3 = Body((NodeSpec("conv", {"out": 8, "kernel": 3}),))
_STREAMS = ((8, 16, 16), (16, 8, 8))
_Widths = Annotated[tuple[Annotated[int, Ge(1)], ...], MinLen(1)]


class Parallel(Macro):
    """One graph for each stream, side by side.

    `(C1, H1, W1), (C2, H2, W2), ... -> (C1', H1', W1'), (C2', H2', W2'), ...`, as many as came in.
    Source: arXiv:1904.04514 (HRNet's parallel streams).
    """

    op = "parallel"
    arity = None
    body: Annotated[Body | None, IsGraph(), Held("graph"), Takes("a list of nodes")] = Field(
        None, description="The nodes that every stream passes, each with weights of its own."
    )
    each: Annotated[
        Mapping[str, tuple[Any, ...]] | None, Held("columns"), Takes("names with lists of one value a stream")
    ] = Field(None, description="Variables of the body: a list for each name, with one value a stream.")
    paths: Annotated[
        tuple[Body, ...] | Mapping[str, Body] | None,
        AreGraphs(),
        Held("graphs"),
        Takes("a list of graphs, or graphs by name"),
    ] = Field(None, description="In place of a body: one graph a stream, in order or by name.")

    examples = (
        Example({"body": _CONV3}, _STREAMS),
        Example({"paths": (_CONV3, Body())}, _STREAMS),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Bundle:
        if (self.body is None) == (self.paths is None):
            given = "neither" if self.body is None else "both"
            raise RuleError(f"parallel takes a body or paths, given {given}", hint="body: [conv: 64]")
        if self.paths is not None:
            named = self.paths if isinstance(self.paths, Mapping) else dict(enumerate(self.paths))
            self._check_count("paths", len(named), len(inputs))
            pairs = zip(named.items(), inputs, strict=True)
            return tuple(build.body(str(name), path, x) for (name, path), x in pairs)
        assert self.body is not None
        for name, values in (self.each or {}).items():
            self._check_count(f"each.{name}", len(values), len(inputs))
        outs = []
        for number, x in enumerate(inputs):
            env = {name: values[number] for name, values in (self.each or {}).items()}
            outs.append(build.body(str(number), self.body, x, env=env))
        return tuple(outs)

    @staticmethod
    def _check_count(what: str, given: int, streams: int) -> None:
        if given != streams:
            noun = "stream" if streams == 1 else "streams"
            message = f"{what} has {given} values, {streams} {noun} came in"
            raise RuleError(message, hint="one a stream", argument=what.partition(".")[0])


class HRTransition(Macro):
    """One stream for each width: those that come in are brought to it, new ones are made from the last.

    `(C1, H, W), ... -> (widths[0], H, W), (widths[1], H/2, W/2), ...`; a stream that has its width passes unchanged,
    another takes a 3x3 conv; a new stream is half the size of the one before, by 3x3 convs of stride 2.
    Source: arXiv:1904.04514, figure 2.
    """

    op = "hr_transition"
    arity = None
    widths: Annotated[_Widths, Takes("a list of positive integers"), Role("width")] = Field(
        description="Channels of each stream it gives."
    )
    act: Act = Field("relu", description="Activation after each conv.")

    examples = (
        Example({"widths": (8, 16)}, ((12, 16, 16),)),
        Example({"widths": (8, 16, 32)}, ((8, 9, 9), (16, 5, 5))),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Bundle:
        there = len(inputs)
        if len(self.widths) < there:
            message = f"{there} streams came in, widths has {len(self.widths)}"
            raise RuleError(message, hint="a transition keeps the streams and adds some", argument="widths")
        outs = []
        for number, width in enumerate(self.widths):
            if number < there:
                x = inputs[number]
                same = build.shape(x)[0] == width
                outs.append(x if same else build.add(str(number), "conv", _conv(width, 3, 1, self.act), x))
                continue
            x = inputs[-1]
            steps = number - there + 1
            for step in range(steps):
                last = step == steps - 1
                channels = width if last else build.shape(x)[0]
                name = str(number) if last else f"{number}_{step}"
                x = build.add(name, "conv", _conv(channels, 3, 2, self.act), x)
            outs.append(x)
        return tuple(outs)


class HRFusion(Macro):
    """Every stream gets the sum of all streams, each brought to its resolution and width.

    `(C1, H1, W1), (C2, H2, W2), ... -> ` the same shapes. From a lower resolution: a 1x1 conv without activation,
    resized; from a higher one: 3x3 convs of stride 2, the last one to the width and without activation.
    Source: arXiv:1904.04514, figure 3.
    """

    op = "hr_fusion"
    arity = None
    widths: Annotated[_Widths | None, Takes("a list of positive integers")] = Field(
        None, description="Channels of each stream, to be checked against those that come in."
    )
    outputs: Annotated[int | None, Ge(1), Takes("a positive integer")] = Field(
        None, description="How many streams it gives, from the first on; all where it is not given."
    )
    mode: Annotated[Literal["nearest", "bilinear"], Takes("nearest or bilinear")] = Field(
        "nearest", description="How a lower resolution is resized."
    )
    align_corners: Flag = Field(False, description="Map corner pixels to corner pixels; for bilinear.")
    act: Act = Field("relu", description="Activation after each sum and inside chains of convs.")

    examples = (
        Example({}, ((8, 16, 16), (16, 8, 8), (32, 4, 4))),
        Example({"widths": (8, 16), "outputs": 1, "mode": "bilinear", "align_corners": True}, ((8, 9, 9), (16, 5, 5))),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Bundle:
        self._check(build, inputs)
        fused = []
        for to in range(min(self.outputs or len(inputs), len(inputs))):
            brought = [self._brought(build, source, to, inputs) for source in range(len(inputs))]
            out = build.add(f"add{to}", "add", {}, *brought) if len(brought) > 1 else brought[0]
            fused.append(out if self.act == "none" else build.add(f"act{to}", self.act, {}, out))
        return tuple(fused)

    def _check(self, build: Builder, inputs: Bundle) -> None:
        shapes = [build.shape(x) for x in inputs]
        channels = tuple(shape[0] for shape in shapes)
        if self.widths is not None and channels != self.widths:
            message = f"widths is {list(self.widths)}, the streams have {list(channels)} channels"
            raise RuleError(message, argument="widths")
        for high, low in pairwise(shapes):
            if tuple(-(-size // 2) for size in high[1:]) != low[1:]:
                message = f"a stream of {show(low)} follows one of {show(high)}"
                raise RuleError(message, hint="each stream is half the size of the one before", argument="from")

    def _brought(self, build: Builder, source: int, to: int, inputs: Bundle) -> Ref:
        """One stream at the resolution and width of another one."""
        x, width = inputs[source], build.shape(inputs[to])[0]
        name = f"from{source}_to{to}"
        if source > to:
            x = build.add(name, "conv", _conv(width, 1, 1, "none"), x)
            resize = {"like": OTHER, "mode": self.mode, "align_corners": self.align_corners}
            return build.add(f"{name}_resize", "upsample", resize, x, inputs[to])
        for step in range(source + 1, to + 1):
            last = step == to
            channels, act = (width, "none") if last else (build.shape(x)[0], self.act)
            x = build.add(name if last else f"{name}_{step}", "conv", _conv(channels, 3, 2, act), x)
        return x


def _conv(out: int, kernel: int, stride: int, act: str) -> dict[str, Any]:
    """Arguments of a conv; the file's defaults may set its norm and bias alone."""
    fixed = {"pad": "same", "dilation": 1, "groups": 1, "order": "post"}
    return {"out": out, "kernel": kernel, "stride": stride, "act": act, **fixed}
