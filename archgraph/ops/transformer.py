"""The transformer block."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from archgraph.ops.arguments import NORMS, Act, Count, Flag, Norm, Positive, Probability, Sizes, Takes
from archgraph.ops.base import Builder, Example, Macro, Ref
from archgraph.ops.multi_head import as_before, as_tokens, features_of
from archgraph.ops.windows import Shift

_BARE = {"norm": "none", "act": "none", "order": "post", "bias": True}


class Transformer(Macro):
    """Attention and then two linear layers, each behind a norm and beside an identity (pre-norm).

    `(N, C) -> (N, C)`, and `(C, H, W) -> (C, H, W)`.
    Source: arXiv:2010.11929, section 3.1; windows arXiv:2103.14030, scale arXiv:2103.17239.
    """

    op = "transformer"
    heads: Count = Field(description="Heads of the attention; it divides the features.")
    mlp: Positive = Field(4.0, description="Features between the two linear layers, as a multiple of the input's.")
    window: Annotated[Sizes | None, Takes("a positive integer or a pair of them")] = Field(
        None, description="Attention inside windows of so many pixels; everywhere where it is not given."
    )
    shift: Shift = Field(0, description="Pixels by which the windows are moved, less than a window.")
    bias: Flag = Field(True, description="Queries, keys and values have a bias.")
    norm: Norm = Field("layer", description="Normalisation before the attention and before the linear layers.")
    act: Act = Field("gelu", description="Activation between the two linear layers.")
    dropout: Probability = Field(0.0, description="Share of elements set to 0 in training after each linear layer.")
    attention_dropout: Probability = Field(0.0, description="Share of the attention set to 0 in training.")
    scale: Annotated[float | None, Takes("a number")] = Field(
        None, description="Layer scale: a trainable factor a channel on both branches, that starts at this."
    )
    drop_path: Probability = Field(
        0.0, description="Stochastic depth: the chance in training that an input skips a branch."
    )

    examples = (
        Example({"heads": 3}, ((197, 192),)),
        Example({"heads": 2, "window": 4, "shift": 2, "mlp": 2.0, "drop_path": 0.1, "bias": False}, ((12, 8, 10),)),
        Example({"heads": 2, "norm": "rms", "act": "silu", "dropout": 0.1, "scale": 1e-5}, ((6, 4, 5),)),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        (x,) = inputs
        given = {"heads": self.heads, "bias": self.bias, "dropout": self.attention_dropout, "proj": True}
        window = {} if self.window is None else {"window": self.window, "shift": self.shift}
        out = build.add("attention", "attention", {**given, **window}, self._norm(build, "norm1", x))
        if self.dropout:
            out = build.add("dropout", "dropout", {"p": self.dropout}, out)
        x = self._add(build, "1", x, out)
        return self._add(build, "2", x, self._mlp(build, self._norm(build, "norm2", x)))

    def _norm(self, build: Builder, name: str, x: Ref) -> Ref:
        return x if self.norm == "none" else build.add(name, NORMS[self.norm], {}, x)

    def _mlp(self, build: Builder, x: Ref) -> Ref:
        features = features_of(build, x)
        hidden = int(features * self.mlp)
        out = build.add("expand", "linear", {**_BARE, "out": hidden}, as_tokens(build, "tokens", x))
        if self.act != "none":
            out = build.add("act", self.act, {}, out)
        if self.dropout:
            out = build.add("expand_dropout", "dropout", {"p": self.dropout}, out)
        out = build.add("reduce", "linear", {**_BARE, "out": features}, out)
        if self.dropout:
            out = build.add("reduce_dropout", "dropout", {"p": self.dropout}, out)
        return as_before(build, "untokens", out, x)

    def _add(self, build: Builder, number: str, x: Ref, out: Ref) -> Ref:
        """What a branch gives, beside the identity."""
        if self.scale is not None:
            out = build.add(f"scale{number}", "scale", {"value": self.scale}, out)
        if self.drop_path:
            out = build.add(f"drop_path{number}", "drop_path", {"p": self.drop_path}, out)
        return build.add(f"add{number}", "add", {}, x, out)
