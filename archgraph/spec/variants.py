"""Variants: named settings of a spec's variables, each of them a network of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from archgraph.errors import Mark, UsageError, nearest
from archgraph.spec.expectations import read_expect
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.identifiers import NAME, NAME_RULE, Known
from archgraph.spec.inputs import read_input
from archgraph.spec.model import Spec, Value, Variant
from archgraph.spec.tree import Entry, Map, Scalar, kind
from archgraph.spec.values import Values

KEYS = ("input", "about", "source", "expect")
"""What a variant may say beside the variables it sets."""


def variant(spec: Spec, name: str) -> Spec:
    """A variant as a spec of its own: what the file would be if it were written for this network alone.

    It expects what the variant does; where that says nothing, what the file does, if it is the file's network.
    Raises UsageError for a variant that the spec does not have.
    """
    made = spec.variants.get(name)
    if made is None:
        hint = nearest(name, spec.variants, kind="variants")
        raise UsageError(f"{spec.name} has no variant {name!r}" + (f"; {hint}" if spec.variants else ""))
    same = not made.vars and made.input is None
    marks = spec.marks if same else {key: mark for key, mark in spec.marks.items() if not key.startswith("expect.")}
    return replace(
        spec,
        name=name,
        input=spec.input if made.input is None else made.input,
        about=made.about or spec.about,
        source=made.source or spec.source,
        vars={**spec.vars, **made.vars},
        expect=made.expect or (spec.expect if same else {}),
        variants={},
        marks={**marks, **made.marks},
    )


def read_variants(
    entries: Mapping[str, Entry], variables: Mapping[str, Value], marks: Mapping[str, Mark], values: Values
) -> dict[str, Variant]:
    """The variants of a file with these `vars`, whose positions are in `marks`."""
    findings = values.findings
    found: dict[str, Variant] = {}
    if not entries:
        return found
    order = {name: number for number, name in enumerate(variables)}
    for name in KEYS:
        if name in variables:
            hint = f"`{name}` of a variant is the spec's; give the variable another name"
            message = f"a variable of a spec with variants cannot be {quoted(name)}"
            findings.add(message, marks.get(f"vars.{name}"), hint)
    for name, entry in entries.items():
        if not NAME.fullmatch(name):
            findings.add(f"{quoted(name)} cannot name a variant", entry.key, f"a variant's name has {NAME_RULE}")
        if isinstance(entry.value, Map):
            found[name] = _variant(name, entry.value, order, values)
        elif isinstance(entry.value, Scalar) and entry.value.value is None:
            found[name] = Variant()
        else:
            hint = f"e.g. `{name}: {{{next(iter(variables), 'width')}: ...}}`"
            findings.add(f"the variant {quoted(name)} is a mapping, given {kind(entry.value)}", entry.value.mark, hint)
    return found


class _Above(Collection[str]):
    """The variables that stand above one: what its value may use."""

    def __init__(self, order: Mapping[str, int], end: int) -> None:
        self.order, self.end = order, end

    def __contains__(self, name: object) -> bool:
        return self.order.get(str(name), self.end) < self.end

    def __iter__(self) -> Iterator[str]:
        return islice(self.order, self.end)

    def __len__(self) -> int:
        return self.end


def _variant(name: str, node: Map, order: Mapping[str, int], values: Values) -> Variant:
    findings, entries = values.findings, node.entries
    marks: dict[str, Mark] = {}
    texts = {key: _text(key, entries[key], marks, findings) for key in ("about", "source") if key in entries}
    given: dict[str, Value] = {}
    for key, entry in entries.items():
        if key in order:
            given[key] = values.value(entry.value, Known(_Above(order, order[key])), marks, f"vars.{key}")
        elif key not in KEYS:
            hint = nearest(key, [*order, *KEYS], kind="variables and keys")
            findings.add(f"unknown variable {quoted(key)} in variant {quoted(name)}", entry.key, hint)
    shape = None
    if "input" in entries:
        marks["input"] = entries["input"].value.mark
        shape = read_input(entries["input"].value, marks, findings)
    return Variant(
        vars=given,
        input=shape,
        about=texts.get("about", ""),
        source=texts.get("source", ""),
        expect=_expect(entries, marks, findings),
        marks=marks,
    )


def _expect(entries: Mapping[str, Entry], marks: dict[str, Mark], findings: Findings) -> dict[str, Value]:
    if "expect" not in entries:
        return {}
    node = entries["expect"].value
    marks["expect"] = node.mark
    if isinstance(node, Map):
        return read_expect(node.entries, marks, findings)
    if not (isinstance(node, Scalar) and node.value is None):
        findings.add(f"`expect` is a mapping, given {kind(node)}", node.mark)
    return {}


def _text(key: str, entry: Entry, marks: dict[str, Mark], findings: Findings) -> str:
    node = entry.value
    marks[key] = node.mark
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return node.value
    findings.add(f"`{key}` is a text, given {kind(node)}", node.mark)
    return ""
