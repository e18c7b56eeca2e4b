"""Located tree -> the values of the language: numbers, texts, lists, expressions, choices and ranges."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from archgraph.errors import Finding, Mark, SpecError, nearest
from archgraph.spec.expressions import ExpressionError, compile_expression, is_expression
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.identifiers import COPY, Known
from archgraph.spec.model import Choice, Expr, Range, Value
from archgraph.spec.tree import Entry, Located, Map, Scalar, Seq, kind

Read: TypeAlias = Callable[[Located], Value]

MAX_OPTIONS = 100_000
MAX_CHARACTERS = 200_000
"""Of all expressions of a file: compiled, each character takes a hundred bytes or more."""
VARIABLE_USE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


class Values:
    """Reads values and notes the mistakes in them; after a mistake a value is None."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.characters = 0

    def value(self, node: Located, known: Known, marks: dict[str, Mark], path: str) -> Value:
        """Any value, its position and those of its parts put into `marks` under `path`."""
        marks[path] = node.mark
        if isinstance(node, Scalar):
            return self.scalar(node, known)
        if isinstance(node, Seq):
            return tuple([self.value(item, known, marks, f"{path}.{n}") for n, item in enumerate(node.items)])
        if is_tagged(node):
            return self.tagged(node, known, lambda option: self.value(option, known, {}, ""))
        return {key: self.value(entry.value, known, marks, f"{path}.{key}") for key, entry in node.entries.items()}

    def scalar(self, node: Scalar, known: Known) -> Value:
        """A number, text, true, false or null; a text that holds a `$` is an expression."""
        value = node.value
        if isinstance(value, str) and is_expression(value):
            return self.expression(node, known)
        if value != value:
            self.findings.add(f"{node.text} is not a usable number", node.mark)
            return None
        return value

    def expression(self, node: Scalar, known: Known) -> Expr | None:
        """A text as an expression whose variables are all known."""
        self.characters += len(node.text)
        if self.characters > MAX_CHARACTERS:
            message = f"the expressions of this file have more than {MAX_CHARACTERS:,} characters"
            raise SpecError([*self.findings.found, Finding(message, node.mark)])
        try:
            expression = compile_expression(node.text)
        except ExpressionError as error:
            self.findings.add(error.message, _inside(node, error.start, error.length), error.hint)
            return None
        for match in VARIABLE_USE.finditer(node.text):
            if match[1] not in known:
                hint = nearest(match[0], [f"${name}" for name in known], kind="known here")
                if match[1] == COPY:
                    hint = "$i is a copy's number, known in the arguments of a node that has `repeat`"
                at = _inside(node, match.start(), len(match[0]))
                self.findings.add(f"unknown variable {quoted(match[0])}", at, hint)
        return expression

    def tagged(self, node: Map, known: Known, read: Read) -> Choice | Range | None:
        """`{choice: [...], default: ...}` or `{range: [low, high], step: ..., default: ...}`."""
        form, also = ("choice", ("default",)) if "choice" in node.entries else ("range", ("step", "default"))
        for key, entry in node.entries.items():
            if key != form and key not in also:
                hint = nearest(key, (form, *also))
                self.findings.add(f"unknown key {quoted(key)} in a {form}", entry.key, hint)
        if form == "choice":
            return self._choice(node, read)
        return self._range(node)

    def _choice(self, node: Map, read: Read) -> Choice | None:
        options = node.entries["choice"].value
        if not isinstance(options, Seq) or not options.items:
            given = "an empty list" if isinstance(options, Seq) else kind(options)
            hint = "e.g. `{choice: [3, 5, 7]}`"
            self.findings.add(f"choice takes a list of values, given {given}", options.mark, hint)
            return None
        values = tuple(read(item) for item in options.items)
        if "default" not in node.entries:
            return Choice(values)
        at = node.entries["default"].value
        default = read(at)
        if not any(_same(default, value) for value in values):
            allowed = [quoted(item.value) for item in options.items[:12] if isinstance(item, Scalar)]
            hint = f"allowed: {', '.join(allowed)}{', ...' if len(options.items) > 12 else ''}"
            self.findings.add("the default is not one of the choice's values", at.mark, hint)
        elif default is None and values[0] is not None:
            hint = "put null first in the list and leave `default` out"
            self.findings.add("`default: null` says that there is no default", at.mark, hint)
        return Choice(values, default)

    def _range(self, node: Map) -> Range | None:
        ends = node.entries["range"].value
        if not isinstance(ends, Seq) or len(ends.items) != 2:
            given = f"a list of {len(ends.items)}" if isinstance(ends, Seq) else kind(ends)
            hint = "e.g. `{range: [32, 128], step: 16}`"
            self.findings.add(f"range takes a low and a high end, given {given}", ends.mark, hint)
            return None
        low, high = (self._number(end, "an end of a range") for end in ends.items)
        step = self._optional(node.entries.get("step"), "a step")
        default = self._optional(node.entries.get("default"), "a default")
        if low is None or high is None:
            return None
        if low > high:
            message = f"the low end {low} is above the high end {high}"
            self.findings.add(message, ends.mark, f"write [{high}, {low}]")
        elif step is None and not (isinstance(low, int) and isinstance(high, int)):
            self.findings.add("a range of fractions needs a step", ends.mark, "e.g. `{range: [0.0, 0.5], step: 0.1}`")
        elif step is not None and step <= 0:
            self.findings.add(f"a step has to be above 0, given {step}", node.entries["step"].value.mark)
        elif (high - low) / (step or 1) >= MAX_OPTIONS:
            message = f"a range of more than {MAX_OPTIONS:,} values"
            self.findings.add(message, ends.mark, "give a larger `step`")
        else:
            result = Range(low, high, 1 if step is None else step, default)
            if default is not None and not _is_in(default, result):
                hint = f"the values are {low}, {low + result.step}, ... up to {high}"
                at = node.entries["default"].value.mark
                self.findings.add(f"the default {default} is not one of the range's values", at, hint)
            return result
        return None

    def _number(self, node: Located, what: str) -> int | float | None:
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf"):
            return value
        self.findings.add(f"{what} is a number, given {kind(node)}", node.mark)
        return None

    def _optional(self, entry: Entry | None, what: str) -> int | float | None:
        return None if entry is None else self._number(entry.value, what)


def _is_in(value: int | float, values: Range) -> bool:
    steps = (value - values.low) / values.step
    return abs(steps - round(steps)) < 1e-9 and values.low <= value <= values.high


def is_tagged(node: Located) -> bool:
    """Whether a mapping is a choice or a range rather than a mapping of values."""
    return isinstance(node, Map) and ("choice" in node.entries or "range" in node.entries)


def _same(a: Value, b: Value) -> bool:
    return a == b and type(a) is type(b)


def _inside(node: Scalar, start: int, length: int) -> Mark:
    """The place of a part of a text; of the whole, where escapes or folded lines move what is in it."""
    at, quotes = node.mark, 0 if node.plain else 1
    if at.length != len(node.text) + 2 * quotes:
        return at
    return Mark(at.source, at.line, at.col + quotes + start, length)
