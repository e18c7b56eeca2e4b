"""Located tree -> `expect`: the numbers that a spec, or a variant of it, promises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from archgraph.errors import Mark, nearest
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.inputs import sizes
from archgraph.spec.model import Value
from archgraph.spec.tree import Entry, Located, Map, Scalar, Seq, kind

HASHES = ("param_shapes", "param_shapes_sq")
"""The first digits of the SHA-256 of all parameter shapes, and of them without dimensions of 1."""
EXPECT = ("params", "macs", "buffers", "flops", "output", "convs", "linears", "batch_norms", *HASHES)
"""The keys of `expect`, in the order in which they are written."""
_DIGITS = re.compile("[0-9a-f]{16,64}")


def read_expect(entries: Mapping[str, Entry], marks: dict[str, Mark], findings: Findings) -> dict[str, Value]:
    """The entries of an `expect`; their positions are put into `marks` under `expect.`."""
    expect: dict[str, Any] = {}
    for key, entry in entries.items():
        node = entry.value
        marks[f"expect.{key}"] = node.mark
        if key not in EXPECT:
            findings.add(f"unknown key {quoted(key)} in `expect`", entry.key, nearest(key, EXPECT))
        elif key == "output":
            _read_output(node, expect, findings)
        elif key in HASHES:
            _read_hash(key, node, expect, findings)
        elif isinstance(node, Scalar) and type(node.value) is int and node.value >= 0:
            expect[key] = node.value
        else:
            findings.add(f"expect.{key} is a whole number, given {kind(node)}", node.mark)
    return expect


def _read_output(node: Located, expect: dict[str, Any], findings: Findings) -> None:
    if isinstance(node, Seq):
        expect["output"] = sizes(node, "a size of the output", findings)
    elif isinstance(node, Map):
        expect["output"] = _shapes(node, findings)
    else:
        hint = "a list of sizes, e.g. `output: [1000]`"
        findings.add(f"expect.output is a shape, given {kind(node)}", node.mark, hint)


def _shapes(node: Map, findings: Findings) -> dict[str, Value]:
    shapes: dict[str, Value] = {}
    for name, entry in node.entries.items():
        if isinstance(entry.value, Seq):
            shapes[name] = sizes(entry.value, "a size of the output", findings)
        else:
            message = f"the shape of {quoted(name)} is a list of sizes, given {kind(entry.value)}"
            findings.add(message, entry.value.mark)
    return shapes


def _read_hash(key: str, node: Located, expect: dict[str, Any], findings: Findings) -> None:
    if isinstance(node, Scalar) and isinstance(node.value, str) and _DIGITS.fullmatch(node.value):
        expect[key] = node.value
    elif isinstance(node, Scalar) and _DIGITS.fullmatch(node.text):
        findings.add(f"expect.{key} is a text, given {kind(node)}", node.mark, "put the digits in quotes")
    else:
        hint = "the first digits of a SHA-256 in small letters, in quotes"
        findings.add(f"expect.{key} is a text of 16 to 64 hex digits, given {kind(node)}", node.mark, hint)
