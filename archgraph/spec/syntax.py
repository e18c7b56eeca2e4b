"""What YAML says of a text it cannot read, in our words."""

from __future__ import annotations

import yaml

from archgraph.errors import Finding, Mark, Source

_INDENT = "items of one list or mapping begin in the same column"

# A part of the problem or its context as libyaml or PyYAML word it, what we say instead, and a hint.
_PROBLEMS: tuple[tuple[str, str, str], ...] = (
    ("could not find expected ':'", "a key without ':'", "write `key: value`"),
    ("mapping values are not allowed", "a ':' cannot stand here", "quote a text that holds ': ', or check the indentation"),
    ("expected ',' or ']'", "a list is not closed", "write ',' between items and ']' at the end"),
    ("expected ',' or '}'", "a mapping is not closed", "write ',' between entries and '}' at the end"),
    ("while scanning a quoted scalar", "a quoted text is not closed", "end it with the quote it began with"),
    ("unknown escape character", "an unknown escape in a quoted text", "in \"...\" a backslash is written twice; in '...' once"),
    ("expected escape sequence", "a wrong escape in a quoted text", r"\x takes 2 hexadecimal digits, \u 4"),
    ("block sequence entries are not allowed", "a list cannot begin here", "put its first '-' on a line of its own"),
    ("did not find expected '-' indicator", "a list item was expected: '-'", _INDENT),
    ("expected <block end>, but found '-'", "a list item was not expected here", _INDENT),
    ("did not find expected key", "a key was expected here", _INDENT),
    ("expected <block end>", "a key was expected here", _INDENT),
    ("expected <document start>", "the text goes on after its end", "a file holds one mapping; check the indentation"),
    ("did not find expected node content", "a value was expected here", ""),
    ("expected the node content", "a value was expected here", ""),
    ("mapping keys are not allowed", "a key cannot begin here", ""),
    ("while scanning an alias", "an alias without a name", "quote a text that begins with '*'"),
    ("while scanning an anchor", "an anchor without a name", "quote a text that begins with '&'"),
    ("while scanning a block scalar", "a wrong block text", "write '|' or '>' and begin the text in the next line, indented with spaces"),
    ("while scanning a directive", "a line that begins with '%' cannot be read", "quote a text that begins with '%'"),
    ("incompatible", "this version of YAML is not known", "remove the line '%YAML'"),
    ("while scanning a tag", "a tag cannot be read", "quote a text that begins with '!'"),
    ("while parsing a tag", "a tag cannot be read", "quote a text that begins with '!'"),
    ("undefined tag handle", "a tag cannot be read", "quote a text that begins with '!'"),
)  # fmt: skip


def explain(source: Source, error: yaml.MarkedYAMLError) -> Finding:
    """The finding for an error of YAML's syntax."""
    at = _place(source, error.problem_mark or error.context_mark)
    problem, context = error.problem or "", error.context or ""
    if "cannot start any token" in problem:
        return _cannot_start(at)
    for part, message, hint in _PROBLEMS:
        if part in problem or part in context:
            opened = _place(source, error.context_mark) if error.context_mark else None
            if "not closed" in message and opened and (opened.line, opened.col) != (at.line, at.col):
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


def _place(source: Source, mark: yaml.Mark) -> Mark:
    """YAML's place; what is after the end of the text is put at the end of its last line."""
    lines = source.text.splitlines()
    if mark.line < len(lines):
        return Mark(source, mark.line + 1, mark.column + 1)
    filled = [number for number, line in enumerate(lines, 1) if line.strip()]
    last = filled[-1] if filled else 1
    return Mark(source, last, len(lines[last - 1].rstrip()) + 1 if filled else 1)
