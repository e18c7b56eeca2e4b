"""The residual connection."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NoReturn

from pydantic import Field

from archgraph.ops.arguments import Act, Graph, Held, Probability, Takes
from archgraph.ops.base import Builder, Example, Macro, Ref
from archgraph.ops.sizes import one_if_equal
from archgraph.shape import show
from archgraph.spec.model import Body, NodeSpec


class Residual(Macro):
    """What its body gives, added to what came in, so that the body learns the difference.

    `(C, H, W) -> (C', H', W')`, the body's output shape.
    What the body gives goes through `scale`, `factor` and `drop_path` before it is added, where they are given.
    Source: arXiv:1512.03385, section 3; factor arXiv:1602.07261, drop_path arXiv:1603.09382, scale arXiv:2103.17239.
    """

    op = "residual"
    body: Graph = Field(description="The nodes that work on the input.")
    shortcut: Annotated[
        Literal["auto", "identity", "conv", "pool", "none"] | Graph,
        Held("graph"),
        Takes("auto, identity, conv, pool, none or a list of nodes"),
    ] = Field(
        "auto",
        description="What brings the input to the body's output shape: `identity`; `conv`, 1x1 with the "
        "stride that fits, the file's default norm and no activation; `pool`, an average pool for the size "
        "and, where channels differ, that conv; `auto`, identity where the shapes agree and else conv; a "
        "list of nodes; or `none`, nothing is added.",
    )
    act: Act = Field("none", description="Activation after the sum.")
    scale: Annotated[float | None, Takes("a number")] = Field(
        None, description="Layer scale: a trainable factor a channel on what the body gives, that starts at this."
    )
    factor: Annotated[float | None, Takes("a number")] = Field(
        None, description="A fixed factor on what the body gives, 0.17 in Inception-ResNet."
    )
    drop_path: Probability = Field(
        0.0, description="Stochastic depth: the chance in training that an input skips the body."
    )

    examples = (
        Example({"body": Body((NodeSpec("conv", {"out": 16, "kernel": 3}),)), "act": "relu"}, ((16, 8, 8),)),
        Example({"body": Body((NodeSpec("conv", {"out": 32, "kernel": 3, "stride": 2}),))}, ((16, 9, 8),)),
        Example(
            {"body": Body((NodeSpec("conv", {"out": 8, "kernel": 7, "groups": 8}),)), "scale": 1e-6, "drop_path": 0.1},
            ((8, 9, 8),),
        ),
        Example({"body": Body((NodeSpec("conv", {"out": 8, "kernel": 1}),)), "factor": 0.17}, ((8, 9, 8),)),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        (x,) = inputs
        out = build.body("body", self.body, x)
        if self.scale is not None:
            out = build.add("scale", "scale", {"value": self.scale}, out)
        if self.factor is not None:
            out = build.add("factor", "scale", {"value": self.factor, "trainable": False}, out)
        if self.drop_path:
            out = build.add("drop_path", "drop_path", {"p": self.drop_path}, out)
        if self.shortcut != "none":
            out = build.add("add", "add", {}, out, self._shortcut(build, x, out))
        return out if self.act == "none" else build.add("act", self.act, {}, out)

    def _shortcut(self, build: Builder, x: Ref, out: Ref) -> Ref:
        given, wanted = build.shape(x), build.shape(out)
        if isinstance(self.shortcut, Body):
            found = build.body("shortcut", self.shortcut, x)
            if build.shape(found) != wanted:
                self._mismatch(build, f"the shortcut gives {show(build.shape(found))}", out)
            return found
        if given == wanted and self.shortcut != "conv":
            return x
        if self.shortcut == "identity":
            hint = "`shortcut: auto` puts a 1x1 conv there"
            self._mismatch(build, f"the input is {show(given)}", out, hint=hint)
        stride = self._stride(build, x, out)
        if self.shortcut == "pool" and set(stride) != {1}:
            pool = {"kernel": stride, "ceil": True, "count_include_pad": False}
            x, stride = build.add("shortcut_pool", "avg_pool", pool, x), (1,) * len(stride)
            if build.shape(x) == wanted:
                return x
        return build.add("shortcut", "conv", _projection(wanted[0], stride), x)

    def _stride(self, build: Builder, x: Ref, out: Ref) -> tuple[int, ...]:
        """The smallest stride per axis at which a 1x1 conv brings the input's size to the body's."""
        given, wanted = build.shape(x), build.shape(out)
        strides = []
        for size, less in zip(given[1:], wanted[1:], strict=False):
            stride = -(-size // less)
            if -(-size // stride) != less:
                break
            strides.append(stride)
        if len(given) != len(wanted) or len(given) == 1 or len(strides) < len(given) - 1:
            what = f"the input is {show(given)} and no stride of a 1x1 conv brings it there"
            hint = "give the shortcut as a list of nodes, or change the stride or the pad of the body"
            self._mismatch(build, what, out, hint=hint)
        return tuple(strides)

    @staticmethod
    def _mismatch(build: Builder, what: str, out: Ref, *, hint: str = "") -> NoReturn:
        message = f"the shortcut does not match: the body gives {show(build.shape(out))}, {what}"
        build.fail(message, hint=hint, argument="shortcut")


def _projection(out: int, stride: tuple[int, ...]) -> dict[str, Any]:
    """Arguments of the shortcut's conv; the file's defaults may set its norm and bias alone."""
    fixed = {"kernel": 1, "pad": "valid", "dilation": 1, "groups": 1, "act": "none", "order": "post"}
    return {"out": out, "stride": one_if_equal(stride), **fixed}
