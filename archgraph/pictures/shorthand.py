"""Arguments as the field writes them in pictures: `3×3, 64, /2, BN, relu`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from archgraph.graph.outline import Part
from archgraph.graph.wording import arguments, op_name, text

NORMS = {"batch": "BN", "layer": "LN", "group": "GN", "instance": "IN", "rms": "RMSNorm", "lrn": "LRN"}

FIRST = ("kernel", "out", "stride", "factor")
"""These come first, whatever the order of an op's arguments."""

PLAIN = ("stride", "dilation", "groups")
"""Of these, a 1 that was given to a block says nothing."""

LINE_LENGTH = 34
"""Characters of arguments in one line of a box."""


def shorthand(part: Part) -> list[str]:
    """The arguments of a part, shortest and most telling first; those of a block with the names that it gives them."""
    given = dict(arguments(part))
    found = []
    primitive = part.scope is None or part.scope.kind != "block"
    for name in sorted(given, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST)):
        value = given[name]
        if name in PLAIN and value in (1, (1, 1)):
            continue
        said = SHORT[name](value, part) if primitive and name in SHORT else _stride(name, value) or named(name, value)
        if said:
            found.append(said)
    return found


def named(name: str, value: Any) -> str:
    """An argument with its name: `heads 8`, `no bias`, `indices`."""
    if isinstance(value, bool):
        return name if value else f"no {name}"
    return f"{name} {text(value)}"


def _stride(name: str, value: Any) -> str:
    return f"/{_sizes(value)}" if name == "stride" and isinstance(value, int | tuple) else ""


def _sizes(value: Any) -> str:
    return "×".join(map(text, value)) if isinstance(value, tuple | list) else text(value)


def _kernel(value: Any, part: Part) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return _sizes(value)
    axes = len(part.shape) - 1
    return "×".join([str(value)] * axes) if axes > 1 else f"kernel {value}"


def _out(value: Any, part: Part) -> str:
    return text(value)


def _step(value: Any, part: Part) -> str:
    """A stride: of a transposed convolution it makes the map larger."""
    return f"{'×' if op_name(part) in ('conv_transpose', 'max_unpool') else '/'}{_sizes(value)}"


def _factor(value: Any, part: Part) -> str:
    return f"{'/' if op_name(part) == 'pixel_unshuffle' else '×'}{_sizes(value)}"


def _groups(value: Any, part: Part) -> str:
    """Groups of one channel each are depthwise."""
    widest = max((node.shape[0] for node in part.copies[0] if node.op.op == "conv" and node.shape), default=0)
    return "depthwise" if value == widest else f"groups {text(value)}"


def _norm(value: Any, part: Part) -> str:
    return NORMS.get(value, f"norm {value}") if isinstance(value, str) else named("norm", value)


def _act(value: Any, part: Part) -> str:
    return text(value) if isinstance(value, str) else named("act", value)


SHORT: Mapping[str, Callable[[Any, Part], str]] = {
    "kernel": _kernel, "out": _out, "stride": _step, "factor": _factor, "groups": _groups, "norm": _norm, "act": _act,
}  # fmt: skip


def wrapped(words: list[str]) -> Iterator[str]:
    """Words as lines of about LINE_LENGTH characters."""
    line = ""
    for word in words:
        if line and len(line) + len(word) > LINE_LENGTH:
            yield line + ","
            line = word
        else:
            line = f"{line}, {word}" if line else word
    if line:
        yield line
