"""A few ops by hand, so that what is said about reading and writing specs does not change with the vocabulary."""

from __future__ import annotations

from archgraph.errors import RuleError, Source, SpecError
from archgraph.spec.model import Spec
from archgraph.spec.parser import parse
from archgraph.spec.reader import read
from archgraph.spec.vocabulary import Argument, Holds, Signature

_HOLDS: dict[str, Holds] = {
    "body": "graph", "shortcut": "graph", "paths": "graphs", "like": "node", "columns": "columns",
}  # fmt: skip


def _op(name: str, arguments: str = "", *, rest: bool = False) -> Signature:
    """An op from words: `!` stands after a required argument."""
    words = [(word.rstrip("!"), word.endswith("!")) for word in arguments.split()]
    return Signature(name, {w: Argument(w, required, _HOLDS.get(w, "value")) for w, required in words}, rest)


WORDS = {
    signature.op: signature
    for signature in (
        _op("conv", "out! kernel! stride pad norm act"),
        _op("linear", "out!"),
        _op("max_pool", "kernel! stride pad"),
        _op("global_avg_pool"),
        _op("relu"),
        _op("add"),
        _op("concat"),
        _op("dropout", "p"),
        _op("spp", "levels!"),
        _op("se", "reduction"),
        _op("residual", "body! shortcut act"),
        _op("branches", "paths! merge"),
        _op("choice", "pick default", rest=True),
        _op("upsample", "like mode"),
        _op("parallel", "columns! body!"),
    )
}

HEAD = "archgraph: 1\nname: net\ninput: [3, 8, 8]\n"


USED = {
    "backbone": "archgraph: 1\nname: backbone\ninput: [3, 8, 8]\nvars: {w: 8, classes: 10}\n"
    "graph: [{linear: $w, id: a}, {linear: $classes, id: b}]\noutputs: {y: b, aux: a}\ntrain_only: [aux]\n"
    "features: {c1: a, c2: b}\n",
    "plain": "archgraph: 1\nname: plain\ninput: [3, 8, 8]\nvars: {w: 8}\ngraph: [linear: $w]\n",
    "more.yaml": "archgraph: 1\nname: more\nblocks: {more: {args: {out: int}, graph: [linear: $out]}}\n",
    "parts.yaml": "archgraph: 1\nname: parts\nblocks: {unit: {args: {out: int, wide: 1}, graph: [linear: $out]}}\n",
}
"""The specs that another may use, by the names it uses them under."""


def opened(text: str, *, blocks: bool) -> Spec:
    """One of the specs in USED."""
    if text not in USED:
        raise RuleError(f"no spec {text!r}")
    return parse(read(Source(text, USED[text])), WORDS, blocks=blocks)


def spec_of(text: str) -> Spec:
    """The spec in a text; it is called net.yaml in errors."""
    return parse(read(Source("net.yaml", text)), WORDS, opener=opened)


def message_of(text: str) -> str:
    """What is said about a text with mistakes."""
    try:
        spec = spec_of(text)
    except SpecError as error:
        return str(error)
    raise AssertionError(f"no mistake found: {spec}")
