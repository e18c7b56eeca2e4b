"""Multi-head attention: what the heads do, and the layer with its linear parts."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Ge
from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import OTHER, Count, Flag, Probability, Sizes, Takes
from archgraph.ops.base import Builder, Call, Example, Lowering, Macro, Primitive, Ref
from archgraph.ops.tokens import token_axes
from archgraph.ops.windows import Shift
from archgraph.shape import Shape, show

_Features = Annotated[int | None, Ge(1), Takes("a positive integer")]
_BARE = {"norm": "none", "act": "none", "order": "post"}
"""What the linear parts are, whatever the file's defaults say."""


class DotProductAttention(Primitive):
    """What the heads of an attention do: values, weighted by how well their keys fit each query.

    `(N, q + k + v) -> (N, v)` with queries, keys and values side by side; or `(N, q), (M, k + v) -> (N, v)`; or
    `(N, q), (M, k), (M, v) -> (N, v)`.
    Keys are as wide as queries. Its work is that of the two products.
    Source: arXiv:1706.03762, section 3.2.1; torch.nn.functional.scaled_dot_product_attention.
    """

    op = "dot_product_attention"
    arity = None
    heads: Count = Field(description="Heads; it divides the widths of queries and of values.")
    value: _Features = Field(
        None, description="Width of the values where they stand beside others; as wide as queries if not given."
    )
    dropout: Probability = Field(0.0, description="Share of the attention set to 0 in training.")

    examples = (
        Example({"heads": 2}, ((197, 12),)),
        Example({"heads": 2, "value": 6, "dropout": 0.1}, ((9, 14),)),
        Example({"heads": 2}, ((9, 8), (5, 16))),
        Example({"heads": 2, "value": 4}, ((9, 8), (5, 12))),
        Example({"heads": 4}, ((9, 8), (5, 8), (5, 12))),
    )

    def shape(self, *inputs: Shape) -> Shape:
        asked, _, _, value = self._sizes(*inputs)
        return asked, value

    def macs(self, *inputs: Shape) -> int:
        asked, others, key, value = self._sizes(*inputs)
        return asked * others * (key + value)

    def _sizes(self, *inputs: Shape) -> tuple[int, int, int, int]:
        """Queries, keys, and the widths of keys and of values, all heads together."""
        if len(inputs) > 3:
            raise RuleError(f"{self.op} takes one to three inputs, given {len(inputs)}", argument="from")
        counts, widths = zip(*(token_axes(x, self.op) for x in inputs), strict=True)
        if len(inputs) == 1:
            key, odd = divmod(widths[0] - (self.value or 0), 2 if self.value else 3)
            value = self.value or key
            fits = key > 0 and not odd
        else:
            key = widths[0]
            value = widths[2] if len(inputs) == 3 else widths[1] - key
            fits = (len(inputs) == 2 or widths[1] == key) and value == (self.value or (value if value > 0 else key))
        if len(set(counts[1:])) > 1:
            raise RuleError(
                f"{self.op} takes as many keys as values, given {counts[1]} and {counts[2]}", argument="from"
            )
        if not fits:
            given = ", ".join(map(show, inputs))
            hint = "keys are as wide as queries, and so are values where `value` is not given"
            raise RuleError(f"{given} do not divide into queries, keys and values", hint=hint, argument="from")
        if key % self.heads or value % self.heads:
            message = f"heads {self.heads} does not divide keys of {key} and values of {value} features"
            raise RuleError(message, argument="heads")
        return counts[0], counts[-1], key, value

    def lower(self, *inputs: Shape) -> Lowering:
        kwargs: dict[str, Any] = {"dropout": self.dropout} if self.dropout else {}
        if self.value and len(inputs) == 1:
            kwargs["value"] = self.value
        call = Call("archgraph.nn.attention.DotProductAttention", (self.heads,), kwargs)
        return Lowering("{self}({inputs})", module=call)


class Attention(Macro):
    """Multi-head attention: tokens exchange what they hold, by how well their keys fit each other's queries.

    `(N, C) -> (N, out)`; a map `(C, H, W) -> (out, H, W)` attends as tokens.
    With a second input the queries are of the first and keys and values of the second (cross attention). With
    `window` the pixels of a map attend inside windows, with a trained bias for each distance.
    Source: arXiv:1706.03762, section 3.2; windows arXiv:2103.14030.
    """

    op = "attention"
    arity = None
    heads: Count = Field(description="Heads; it divides dim and value_dim.")
    window: Annotated[Sizes | None, Takes("a positive integer or a pair of them")] = Field(
        None, description="Height and width of windows in pixels; all pixels attend to all where it is not given."
    )
    shift: Shift = Field(0, description="Pixels by which the windows are moved, less than a window.")
    dim: _Features = Field(
        None, description="Features of the queries of all heads together, and of the keys; the input's if not given."
    )
    value_dim: _Features = Field(None, description="Features of the values of all heads; dim if not given.")
    out: _Features = Field(None, description="Features that it gives; the input's if not given.")
    bias: Flag = Field(True, description="Queries, keys and values have a bias.")
    dropout: Probability = Field(0.0, description="Share of the attention set to 0 in training.")
    proj: Flag = Field(True, description="End with a linear layer over all heads; without it, value_dim come out.")

    examples = (
        Example({"heads": 3}, ((197, 192),)),
        Example({"heads": 3, "window": 7, "shift": 3}, ((12, 14, 20),)),
        Example({"heads": 2, "dim": 8, "value_dim": 4, "out": 10, "bias": False, "dropout": 0.1}, ((6, 4, 5),)),
        Example({"heads": 2, "proj": False}, ((9, 6),)),
    )

    def expand(self, build: Builder, *inputs: Ref) -> Ref:
        if len(inputs) > 2:
            build.fail(f"attention takes one or two inputs, given {len(inputs)}", argument="from")
        x = inputs[0]
        if self.window is not None:
            out = self._in_windows(build, *inputs)
        elif len(inputs) == 1:
            qkv = self._linear(
                build, "qkv", as_tokens(build, "tokens", x), 2 * self._dim(build, x) + self._value(build, x)
            )
            out = build.add("heads", "dot_product_attention", self._heads(build, x), qkv)
        else:
            keys = as_tokens(build, "key_tokens", inputs[1])
            q = self._linear(build, "q", as_tokens(build, "tokens", x), self._dim(build, x))
            kv = self._linear(build, "kv", keys, self._dim(build, x) + self._value(build, x))
            out = build.add("heads", "dot_product_attention", self._heads(build, x), q, kv)
        if self.proj:
            features = self.out or features_of(build, x)
            out = build.add("proj", "linear", {**_BARE, "out": features, "bias": True}, out)
        elif self.out is not None:
            build.fail("out is the width of proj, which is false", argument="out")
        if self.window is not None:
            return build.add("unwindows", "unwindows", {**self._grid(), "like": OTHER}, out, x)
        return as_before(build, "untokens", out, x)

    def _in_windows(self, build: Builder, *inputs: Ref) -> Ref:
        x, *others = inputs
        if others:
            build.fail("attention between two inputs has no windows", argument="window")
        if len(build.shape(x)) != 3:
            hint = "put `untokens` before it, or leave `window` out"
            build.fail(f"windows are parts of a map, the input is {show(build.shape(x))}", hint=hint, argument="window")
        dim = self._dim(build, x)
        if self.value_dim not in (None, dim):
            build.fail(f"value_dim is {self.value_dim}; in windows values are as wide as queries", argument="value_dim")
        out = build.add("windows", "windows", self._grid(), x)
        qkv = self._linear(build, "qkv", out, 3 * dim)
        heads = {"heads": self.heads, "dropout": self.dropout, **self._grid(), "like": OTHER}
        return build.add("heads", "window_attention", heads, qkv, x)

    def _grid(self) -> dict[str, Any]:
        return {"window": self.window, "shift": self.shift}

    def _dim(self, build: Builder, x: Ref) -> int:
        return self.dim or features_of(build, x)

    def _value(self, build: Builder, x: Ref) -> int:
        return self.value_dim or self._dim(build, x)

    def _heads(self, build: Builder, x: Ref) -> dict[str, Any]:
        value = {} if self._value(build, x) == self._dim(build, x) else {"value": self._value(build, x)}
        return {"heads": self.heads, "dropout": self.dropout, **value}

    def _linear(self, build: Builder, name: str, x: Ref, out: int) -> Ref:
        return build.add(name, "linear", {**_BARE, "out": out, "bias": self.bias}, x)


def features_of(build: Builder, x: Ref) -> int:
    """Channels of a map, features of tokens."""
    shape = build.shape(x)
    return shape[0] if len(shape) == 3 else token_axes(shape, "attention")[1]


def as_tokens(build: Builder, name: str, x: Ref) -> Ref:
    """A map as tokens; tokens as they are."""
    return build.add(name, "tokens", {}, x) if len(build.shape(x)) == 3 else x


def as_before(build: Builder, name: str, tokens: Ref, x: Ref) -> Ref:
    """Tokens as the map that they were made of; where that was tokens too, as they are."""
    return build.add(name, "untokens", {"like": OTHER}, tokens, x) if len(build.shape(x)) == 3 else tokens
