"""Expressions such as `4*$planes`: parsed by Python's own parser, checked, and compiled to nested closures.

No `eval`, no code objects: a node of the syntax tree that is not in `_COMPILERS` does not exist. The text's
length and depth are bounded here, numbers in `operators`, so that no expression can hang or take memory.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NoReturn, TypeAlias

from archgraph.errors import RuleError, nearest
from archgraph.spec.model import Env, Expr
from archgraph.spec.operators import BINARY, COMPARE, FUNCTIONS, UNARY, check_number, item, truth

Run: TypeAlias = Callable[[Env], Any]

MAX_LENGTH = 500
MAX_DEPTH = 32
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
GRAMMAR = "allowed: + - * / // % **, comparisons, and or not, a if c else b, $list[i], " + " ".join(FUNCTIONS)

_TEXTS = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBER_WITH_LETTERS = re.compile(r"(?<![\w.$])\d[\d.]*+(?:[eE][-+]?\d++)?+[A-Za-z_]")
_WORDS = {"true": True, "false": False}


class ExpressionError(RuleError):
    """A text that is no expression; `start` and `length` say which part of it is wrong."""

    def __init__(self, message: str, *, hint: str = "", start: int = 0, length: int = 1) -> None:
        super().__init__(message, hint=hint)
        self.start, self.length = start, length


def is_expression(text: str) -> bool:
    """A text is an expression if and only if it holds a `$`."""
    return "$" in text


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expr:
    """The expression written in a text. Raises ExpressionError.

    >>> compile_expression("4*$planes").evaluate({"planes": 16})
    64
    """
    _check_characters(text)
    source = text.lstrip(" ")
    compiler = _Compiler(text, len(text) - len(source))
    try:
        tree = ast.parse(source.replace("$", "_"), mode="eval")
    except SyntaxError as error:
        # Python gives 0 for what is missing at the end.
        start = min(compiler.indent + (error.offset or len(source) + 1) - 1, max(len(text) - 1, 0))
        raise ExpressionError(f"{text!r} is not an expression", hint=GRAMMAR, start=start) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"{text!r} is not an expression", hint=GRAMMAR) from None
    run = compiler.run(tree.body, 0)
    return Expr(text, frozenset(compiler.names), run)


def _check_characters(text: str) -> None:
    """Refuse what Python's tokenizer would take and the language does not have."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression of {len(text)} characters", hint=f"at most {MAX_LENGTH} are read")
    for start, letter in enumerate(text):
        if not " " <= letter <= "~" or letter in "\\#":
            raise ExpressionError(f"{letter!r} cannot stand in an expression", hint=GRAMMAR, start=start)
    bare = _TEXTS.sub(lambda match: '"' * len(match[0]), text)
    if match := _NUMBER_WITH_LETTERS.search(bare):
        message = f"{match[0]!r} is not a number"
        raise ExpressionError(message, hint="write it out in digits", start=match.start(), length=len(match[0]))
    for match in _TEXTS.finditer(text):
        if "$" in match[0]:
            hint = "a text has no variables in it"
            raise ExpressionError(f"'$' inside the text {match[0]}", hint=hint, start=match.start())


class _Compiler:
    """Walks the syntax tree of one expression and collects the variables it reads."""

    def __init__(self, text: str, indent: int) -> None:
        self.text, self.indent = text, indent
        self.names: set[str] = set()

    def run(self, node: ast.expr, depth: int) -> Run:
        """The closure for a node."""
        if depth >= MAX_DEPTH:
            self.fail(node, "an expression nested too deeply", f"at most {MAX_DEPTH} levels are read")
        compile_node = _COMPILERS.get(type(node))
        if compile_node is None:
            self.fail(node, f"{self.written(node)!r} cannot stand in an expression", GRAMMAR)
        return compile_node(self, node, depth + 1)

    def written(self, node: ast.expr) -> str:
        start = node.col_offset + self.indent
        return self.text[start : (node.end_col_offset or start) + self.indent]

    def fail(self, node: ast.expr, message: str, hint: str) -> NoReturn:
        start = node.col_offset + self.indent
        raise ExpressionError(message, hint=hint, start=start, length=max(1, len(self.written(node))))

    def name(self, node: ast.Name, depth: int) -> Run:
        written = self.written(node)
        name = written[1:]
        if written in _WORDS:
            return _constant(_WORDS[written])
        if not written.startswith("$"):
            self.fail(node, f"{written!r} is neither a variable nor a text", self._bare_name(written))
        if not NAME.fullmatch(name):
            self.fail(node, f"{written!r} is not a variable", "a name has letters, digits, '_', no digit first")
        self.names.add(name)

        def variable(env: Env) -> Any:
            try:
                return env[name]
            except KeyError:
                raise RuleError(f"unknown variable ${name}", hint=nearest(name, env)) from None

        return variable

    def _bare_name(self, written: str) -> str:
        if "$" in written:
            return f"write ${written.replace('$', '_')} for a variable; names have no '$' inside"
        if written in FUNCTIONS:
            return f"{written} is a function: write {written}(...)"
        before = self.text[: self.text.find(written)].rstrip()
        minus = "; '-' is a minus, variable names have none" if before.endswith("-") else ""
        return f"write ${written} for a variable, '{written}' in quotes for a text{minus}"

    def constant(self, node: ast.Constant, depth: int) -> Run:
        value = node.value
        if type(value) is int or type(value) is float:
            try:
                check_number(value)
            except RuleError as error:
                self.fail(node, error.message, error.hint)
        elif type(value) is not str:
            written = self.written(node)
            self.fail(
                node,
                f"{written!r} cannot stand in an expression",
                "write true or false" if value is not None else "",
            )
        return _constant(value)

    def unary(self, node: ast.UnaryOp, depth: int) -> Run:
        operand = self.run(node.operand, depth)
        if type(node.op) not in UNARY:
            self.fail(node, f"{self.written(node)!r} cannot stand in an expression", GRAMMAR)
        return UNARY[type(node.op)](operand)

    def binary(self, node: ast.BinOp, depth: int) -> Run:
        left, right = self.run(node.left, depth), self.run(node.right, depth)
        if type(node.op) not in BINARY:
            self.fail(node, f"{self.written(node)!r} cannot stand in an expression", GRAMMAR)
        return BINARY[type(node.op)](left, right)

    def compare(self, node: ast.Compare, depth: int) -> Run:
        operands = [self.run(operand, depth) for operand in (node.left, *node.comparators)]
        for operator in node.ops:
            if type(operator) not in COMPARE:
                self.fail(
                    node,
                    f"{self.written(node)!r} cannot stand in an expression",
                    "compare with == != < <= > >=",
                )
        tests = [COMPARE[type(operator)] for operator in node.ops]
        if len(tests) == 1:
            test, (left, right) = tests[0], operands
            return lambda env: test(left(env), right(env))

        def chain(env: Env) -> bool:
            before = operands[0](env)
            for test, operand in zip(tests, operands[1:], strict=True):
                after = operand(env)
                if not test(before, after):
                    return False
                before = after
            return True

        return chain

    def boolean(self, node: ast.BoolOp, depth: int) -> Run:
        operands = [self.run(operand, depth) for operand in node.values]
        word, wanted = ("and", all) if isinstance(node.op, ast.And) else ("or", any)
        return lambda env: wanted(truth(operand(env), word) for operand in operands)

    def conditional(self, node: ast.IfExp, depth: int) -> Run:
        test, yes, no = (self.run(part, depth) for part in (node.test, node.body, node.orelse))
        return lambda env: yes(env) if truth(test(env), "if") else no(env)

    def subscript(self, node: ast.Subscript, depth: int) -> Run:
        values, index = self.run(node.value, depth), self.run(node.slice, depth)
        return lambda env: item(values(env), index(env))

    def call(self, node: ast.Call, depth: int) -> Run:
        name = self.written(node.func)
        if name not in FUNCTIONS:
            self.fail(node.func, f"unknown function {name!r}", nearest(name, FUNCTIONS, kind="functions"))
        if node.keywords:
            self.fail(node, f"{name} takes values without names", GRAMMAR)
        function, fewest, most = FUNCTIONS[name]
        if len(node.args) < fewest or (most is not None and len(node.args) > most):
            wanted = "at least one value" if most is None else f"{most} value{'s' * (most > 1)}"
            self.fail(node, f"{name} takes {wanted}, given {len(node.args)}", "")
        args = [self.run(argument, depth) for argument in node.args]
        if len(args) == 1:
            only = args[0]
            return lambda env: function(only(env))
        return lambda env: function(*[argument(env) for argument in args])


def _constant(value: Any) -> Run:
    return lambda env: value


_COMPILERS: Mapping[type[ast.expr], Callable[[_Compiler, Any, int], Run]] = {
    ast.Name: _Compiler.name,
    ast.Constant: _Compiler.constant,
    ast.UnaryOp: _Compiler.unary,
    ast.BinOp: _Compiler.binary,
    ast.Compare: _Compiler.compare,
    ast.BoolOp: _Compiler.boolean,
    ast.IfExp: _Compiler.conditional,
    ast.Subscript: _Compiler.subscript,
    ast.Call: _Compiler.call,
}
