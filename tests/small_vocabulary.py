"""A few ops by hand, so that what is said about reading and writing specs does not change with the vocabulary."""

from __future__ import annotations

from archgraph.errors import Source, SpecError
from archgraph.spec.model import Spec
from archgraph.spec.parser import parse
from archgraph.spec.reader import read
from archgraph.spec.vocabulary import Argument, Holds, Signature

_HOLDS: dict[str, Holds] = {"body": "graph", "shortcut": "graph", "paths": "graphs"}


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
    )
}

HEAD = "archgraph: 1\nname: net\ninput: [3, 8, 8]\n"


def spec_of(text: str) -> Spec:
    """The spec in a text; it is called net.yaml in errors."""
    return parse(read(Source("net.yaml", text)), WORDS)


def message_of(text: str) -> str:
    """What is said about a text with mistakes."""
    try:
        spec = spec_of(text)
    except SpecError as error:
        return str(error)
    raise AssertionError(f"no mistake found: {spec}")
