"""What YAML says of a text it cannot read, in our words."""

from __future__ import annotations

import yaml

from archgraph.errors import Finding, Mark, Source

_QUOTE = "put a text that begins with {} in quotes"
_ESCAPE = r'in "..." a backslash is written \\'
_BAD_TAG = ("a tag cannot be read", _QUOTE.format("'!'"))

# A part of the problem or its context as libyaml or PyYAML word it, what we say instead, and a hint.
_PROBLEMS = (
    ("could not find expected ':'", "a key without ':'", "write `key: value`"),
    ("mapping values are not allowed", "a ':' cannot stand here", "quote a text with ': ' in it"),
    ("expected ',' or ']'", "a list is not closed", "write ',' between items and ']' at the end"),
    ("expected ',' or '}'", "a mapping is not closed", "write ',' between entries and '}' at the end"),
    ("unknown escape character", "an unknown escape in a quoted text", _ESCAPE),
    ("expected escape sequence", "a wrong escape in a quoted text", _ESCAPE),
    ("while scanning a quoted scalar", "a quoted text is not closed", "end it with the quote it began with"),
    ("block sequence entries are not allowed", "a list cannot begin here", "begin it on a line of its own"),
    ("mapping keys are not allowed", "a key cannot begin here", _QUOTE.format("'?'")),
    ("while scanning an alias", "an alias without a name", _QUOTE.format("'*'")),
    ("while scanning an anchor", "an anchor without a name", _QUOTE.format("'&'")),
    ("while scanning a block scalar", "a block text cannot begin so", "write '|' or '>' and a new line"),
    ("while scanning a directive", "a line that begins with '%' cannot be read", _QUOTE.format("'%'")),
    ("incompatible", "this version of YAML is not known", "remove the line '%YAML'"),
    ("while scanning a tag", *_BAD_TAG),
    ("while parsing a tag", *_BAD_TAG),
    ("undefined tag handle", *_BAD_TAG),
)
_OUT_OF_PLACE = (
    "did not find expected key",
    "expected '-' indicator",
    "expected <block end>",
    "<document start>",
)
_NO_VALUE = ("expected node content", "expected the node content")


def explain(source: Source, error: yaml.MarkedYAMLError) -> Finding:
    """The finding for an error of YAML's syntax."""
    problem, context = error.problem or "", error.context or ""
    began, at = _place(source, error.context_mark), _place(source, error.problem_mark or error.context_mark)
    if "cannot start any token" in problem:
        return _cannot_start(at)
    if any(part in problem for part in _NO_VALUE):
        return _no_value(at)
    for part, message, hint in _PROBLEMS:
        if part in problem or part in context:
            if "not closed" in message and (began.line, began.col) != (at.line, at.col):
                message += f": it begins in line {began.line}, column {began.col}"
            return Finding(message, began if "without ':'" in message or "'%'" in message else at, hint)
    if any(part in problem for part in _OUT_OF_PLACE):
        return _out_of_place(at)
    return Finding(f"not YAML: {', '.join(filter(None, [context, problem]))}", at)


def _out_of_place(at: Mark) -> Finding:
    """Something that belongs to nothing before it: a line indented wrongly, or a text that goes on."""
    if _line(at)[: at.col - 1].strip():
        return Finding("the value ended before this", at, "put the whole text in quotes")
    hint = "what belongs to one list or mapping begins in the same column"
    return Finding("wrong indentation: this line belongs to nothing above it", at, hint)


def _no_value(at: Mark) -> Finding:
    if at.col > len(_line(at)):
        return Finding("the text ends where a value was expected", at, "close every '[' and '{'")
    return Finding("a value was expected here", at)


def _line(at: Mark) -> str:
    lines = at.source.text.splitlines()
    return lines[at.line - 1] if at.line <= len(lines) else ""


def _cannot_start(at: Mark) -> Finding:
    found = _line(at)[at.col - 1 : at.col]
    if found == "\t":
        return Finding("a tab cannot indent", at, "indent with spaces")
    return Finding(f"a text cannot begin with {found!r}", at, "put the text in quotes")


def _place(source: Source, mark: yaml.Mark | None) -> Mark:
    """YAML's place; what is after the end of the text is put at the end of its last line."""
    lines = source.text.splitlines()
    if mark is not None and mark.line < len(lines):
        return Mark(source, mark.line + 1, mark.column + 1)
    filled = [number for number, line in enumerate(lines, 1) if line.strip()]
    last = filled[-1] if filled else 1
    return Mark(source, last, len(lines[last - 1].rstrip()) + 1 if filled else 1)
