"""What YAML says of a text it cannot read, in our words."""

from __future__ import annotations

import yaml

from archgraph.errors import Finding, Mark, Source

_INDENT = "what belongs to one list or mapping begins in the same column"
_QUOTE = "put a text that begins with {} in quotes"

# A part of the problem or its context as libyaml or PyYAML word it, what we say instead, and a hint.
_PROBLEMS = (
    ("could not find expected ':'", "a key without ':'", "write `key: value`"),
    ("mapping values are not allowed", "a ':' cannot stand here", "quote a text with ': ' in it"),
    ("expected ',' or ']'", "a list is not closed", "write ',' between items and ']' at the end"),
    ("expected ',' or '}'", "a mapping is not closed", "write ',' between entries and '}' at the end"),
    ("unknown escape character", "an unknown escape in a quoted text", r'in "..." a backslash is written \\'),
    ("expected escape sequence", "a wrong escape in a quoted text", r"\x takes 2 hexadecimal digits, \u 4"),
    ("while scanning a quoted scalar", "a quoted text is not closed", "end it with the quote it began with"),
    ("block sequence entries are not allowed", "a list cannot begin here", "begin it on a line of its own"),
    ("expected '-' indicator", "a list item was expected here: '- '", _INDENT),
    ("but found '-'", "a list item was not expected here", _INDENT),
    ("did not find expected key", "a key was expected here", _INDENT),
    ("expected <block end>", "a key was expected here", _INDENT),
    ("expected <document start>", "the text goes on after its end", "check the indentation"),
    ("expected '<document start>'", "the text goes on after its end", "check the indentation"),
    ("expected node content", "a value was expected here", ""),
    ("expected the node content", "a value was expected here", ""),
    ("mapping keys are not allowed", "a key cannot begin here", _QUOTE.format("'?'")),
    ("while scanning an alias", "an alias without a name", _QUOTE.format("'*'")),
    ("while scanning an anchor", "an anchor without a name", _QUOTE.format("'&'")),
    ("while scanning a block scalar", "a block text cannot begin so", "write '|' or '>' and a new line"),
    ("while scanning a directive", "a line that begins with '%' cannot be read", _QUOTE.format("'%'")),
    ("incompatible", "this version of YAML is not known", "remove the line '%YAML'"),
    ("while scanning a tag", "a tag cannot be read", _QUOTE.format("'!'")),
    ("while parsing a tag", "a tag cannot be read", _QUOTE.format("'!'")),
    ("undefined tag handle", "a tag cannot be read", _QUOTE.format("'!'")),
)  # fmt: skip


def explain(source: Source, error: yaml.MarkedYAMLError) -> Finding:
    """The finding for an error of YAML's syntax."""
    at = _place(source, error.problem_mark or error.context_mark)
    problem, context = error.problem or "", error.context or ""
    if "cannot start any token" in problem:
        return _cannot_start(at)
    for part, message, hint in _PROBLEMS:
        if part in problem or part in context:
            opened = _place(source, error.context_mark)
            if "not closed" in message and (opened.line, opened.col) != (at.line, at.col):
                message += f": it begins in line {opened.line}, column {opened.col}"
            return Finding(message, at, hint)
    return Finding(f"not YAML: {', '.join(filter(None, [context, problem]))}", at)


def _cannot_start(at: Mark) -> Finding:
    lines = at.source.text.splitlines()
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    found = line[at.col - 1 : at.col]
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
