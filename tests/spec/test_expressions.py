"""Expression in, value or message out; what is a valid expression of Python too is compared with Python's own value."""

from __future__ import annotations

import math
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgraph.errors import RuleError
from archgraph.spec.evaluate import evaluate
from archgraph.spec.expressions import ExpressionError, compile_expression
from archgraph.spec.model import Body, Choice, Expr, Range

ENV: dict[str, Any] = {"n": 3, "w": 64, "x": 2.5, "zero": 0, "yes": True, "op": "conv", "list": (4, 2, 1)}


def value(text: str) -> Any:
    return compile_expression(text).evaluate(ENV)


def refusal(text: str) -> RuleError:
    with pytest.raises(RuleError) as caught:
        value(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$n", 3), ("4*$n", 12), ("$w // 5", 12), ("$w / 4", 16.0), ("$w % 5", 4), ("2**$n", 8), ("-$n + 1", -2),
        ("$n == 3", True), ("$op == 'conv'", True), ("$op != 'conv'", False), ("1 < $n <= 3", True),
        ("1 < $n < 3", False), ("$n > 1 and $op == 'conv'", True), ("$n > 9 or not $yes", False),
        ("$w if $n == 0 else 1", 1), ("$list[0]", 4), ("$list[-1]", 1), ("$list[$n - 2]", 2), ("$list", (4, 2, 1)),
        ("min($n, $w, 2)", 2), ("max($list)", 4), ("round($x)", 2), ("ceil($x)", 3), ("floor($x)", 2),
        ("int($w / 3)", 21), ("divisible($w * $x, 8)", 160), ("'a' if $yes else 'b'", "a"), ("$yes == true", True),
        ("  $n + 1", 4), ("($n + 1) * 2", 8), ("false or $yes", True),
    ],
)  # fmt: skip
def test_value(text: str, result: object) -> None:
    found = value(text)
    assert (found, type(found)) == (result, type(result))


_LEAVES = st.sampled_from(["$n", "$w", "$x", "$zero"]) | st.integers(0, 99).map(str) | st.sampled_from(["0.5", "1e3"])
_NUMBERS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(lambda t: f"({' '.join(t)})"),
        inner.map(lambda a: f"-{a}"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
        st.tuples(st.sampled_from(["round", "ceil", "floor", "int"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner, inner, inner).map(
            lambda t: f"({t[3]} if {t[0]} {t[1]} {t[2]} else {t[4]})"
        ),
    ),
    max_leaves=12,
)


@given(_NUMBERS)
def test_arithmetic_is_pythons(text: str) -> None:
    functions = {"min": min, "max": max, "round": round, "int": int, "ceil": math.ceil, "floor": math.floor}
    try:
        expected = eval(text.replace("$", ""), {"__builtins__": {}}, {**functions, **ENV})
    except ZeroDivisionError:
        assert refusal(text).message.startswith("division by zero: ")
        return
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


def test_divisible_gives_mobilenets_widths() -> None:
    # MobileNetV2 at width 0.35, as Keras and torchvision publish it.
    widths = [32, 16, 24, 32, 64, 96, 160, 320]
    scaled = [compile_expression("divisible(0.35 * $w, 8)").evaluate({"w": width}) for width in widths]
    assert scaled == [16, 8, 8, 16, 24, 32, 56, 112]


@given(st.floats(1, 5000), st.integers(1, 64))
def test_divisible_is_a_multiple_not_far_below(size: float, divisor: int) -> None:
    found = compile_expression("divisible($size, $d)").evaluate({"size": size, "d": divisor})
    assert found % divisor == 0
    assert found >= max(divisor, 0.9 * size)
    assert found <= max(divisor, size + divisor)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$n // $zero", "division by zero: 3 // 0"),
        ("$n % $zero", "division by zero: 3 % 0"),
        ("$zero ** (0 - 1)", "division by zero: 0 ** -1"),
        ("$m", "unknown variable $m"),
        ("$op * 3", "'*' takes numbers, given 'conv' and 3"),
        ("$list * 3", "'*' takes numbers, given (4, 2, 1) and 3"),
        ("$yes + 1", "'+' takes numbers, given true and 1"),
        ("$op < 3", "'<' takes numbers, given 'conv' and 3"),
        ("$n and $yes", "'and' takes true or false, given 3"),
        ("not $n", "'not' takes true or false, given 3"),
        ("1 if $n else 2", "'if' takes true or false, given 3"),
        ("$list[3]", "index 3 is outside the list"),
        ("$list[$x]", "a list's index is a whole number, given 2.5"),
        ("$op[0]", "[...] takes a list, given 'conv'"),
        ("$n ** 65", "the exponent 65 is too large"),
        ("9**9**9 * $n", "the exponent 387420489 is too large"),
        ("$w ** 60", "a number too large to be used"),
        ("2.0 ** 64 * $n", "a number too large to be used"),
        ("(0 - 8) ** 0.5 * $n", "-8 ** 0.5 is not a real number"),
        ("divisible($n, 0)", "divisible takes a divisor from 1, given 0"),
        ("int($op)", "'int' takes numbers, given 'conv'"),
        ("min($list, 1)", "'min' takes numbers, given (4, 2, 1)"),
    ],
)
def test_value_that_cannot_be_computed(text: str, message: str) -> None:
    assert refusal(text).message == message


@pytest.mark.parametrize(
    ("text", "message", "start", "length"),
    [
        ("4 * ", "'4 * ' is not an expression", 3, 1),
        ("$n $w", "'$n $w' is not an expression", 3, 1),
        ("2 * width + $n", "'width' is neither a variable nor a text", 4, 5),
        ("$a-b", "'b' is neither a variable nor a text", 3, 1),
        ("2 * _n + $n", "'_n' is neither a variable nor a text", 4, 2),
        ("$n.real", "'$n.real' cannot stand in an expression", 0, 7),
        ("$n.__class__", "'$n.__class__' cannot stand in an expression", 0, 12),
        ("[$n][0]", "'[$n]' cannot stand in an expression", 0, 4),
        ("{$n: 1}", "'{$n: 1}' cannot stand in an expression", 0, 7),
        ("$list[0:1]", "'0:1' cannot stand in an expression", 6, 3),
        ("lambda: $n", "'lambda: $n' cannot stand in an expression", 0, 10),
        ("(y := $n)", "'y := $n' cannot stand in an expression", 1, 7),
        ("[$n for n in $list]", "'[$n for n in $list]' cannot stand in an expression", 0, 19),
        ("open($n)", "unknown function 'open'", 0, 4),
        ("__import__($op)", "unknown function '__import__'", 0, 10),
        ("$n($w)", "unknown function '$n'", 0, 2),
        ("min(*$list)", "'*$list' cannot stand in an expression", 4, 6),
        ("max($n, key=$w)", "max takes values without names", 0, 15),
        ("round($x, 1)", "round takes 1 value, given 2", 0, 12),
        ("min()*$n", "min takes at least one value, given 0", 0, 5),
        ("$n in $list", "'$n in $list' cannot stand in an expression", 0, 11),
        ("$n is 3", "'$n is 3' cannot stand in an expression", 0, 7),
        ("$n & 1", "'$n & 1' cannot stand in an expression", 0, 6),
        ("~$n", "'~$n' cannot stand in an expression", 0, 3),
        ("True and $yes", "'True' cannot stand in an expression", 0, 4),
        ("f'{1}' == $op", "\"f'{1}'\" cannot stand in an expression", 0, 6),
        ("1if $yes else 2", "'1i' is not a number", 0, 2),
        ("0x1f * $n", "'0x' is not a number", 0, 2),
        ("1_0 * $n", "'1_' is not a number", 0, 2),
        ("$1", "'$1' is not a variable", 0, 2),
        ("'$n' == $op", "'$' inside the text '$n'", 0, 1),
        ("$n \\ 2", "'\\\\' cannot stand in an expression", 3, 1),
        ("$n\n+1", "'\\n' cannot stand in an expression", 2, 1),
        ("$größe", "'ö' cannot stand in an expression", 3, 1),
        ("9" * 30 + "*$n", "a number too large to be used", 0, 30),
        ("1e400*$n", "a number too large to be used", 0, 5),
        ("(" * 300 + "$n" + ")" * 300, "an expression of 602 characters", 0, 1),
        ("-" * 400 + "$n", "an expression nested too deeply", 32, 370),
    ],
)
def test_text_that_is_no_expression(text: str, message: str, start: int, length: int) -> None:
    error = refusal(text)
    assert isinstance(error, ExpressionError)
    assert (error.message, error.start, error.length) == (message, start, length)


@given(st.text("$nwx 0123456789+-*/%()[].,<>=!'\"and or not if else min max", max_size=40).map(lambda t: "$n" + t))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        compile_expression(text).evaluate(ENV)
    except RuleError as error:
        assert error.message


def test_hints_name_what_is_near() -> None:
    assert refusal("$lst").hint.startswith("did you mean 'list'?")
    assert refusal("celi($n)").hint.startswith("did you mean 'ceil'?")
    assert refusal("$list[7]").hint == "it has 3 values, counted from 0"
    assert refusal("$a-b").hint == (
        "write $b for a variable, 'b' in quotes for a text; '-' is a minus, variable names have none"
    )


def test_expressions_are_their_text() -> None:
    expression = compile_expression("4*$n")
    assert expression == compile_expression("4*$n") != compile_expression("4 * $n")
    assert expression.names == {"n"}
    assert hash(expression) == hash(Expr("4*$n", frozenset(), len))
    assert pickle.loads(pickle.dumps(expression)).evaluate(ENV) == 12


def test_evaluate_resolves_lists_mappings_and_choices() -> None:
    n = compile_expression("$n")
    body = Body()
    assert evaluate((1, (n, "text"), {"a": n}), ENV) == (1, (3, "text"), {"a": 3})
    assert evaluate(body, ENV) is body
    assert evaluate(Choice((n, 5)), ENV) == 3
    assert evaluate(Choice((n, 5), default=5), ENV) == 5
    assert evaluate((Range(8, 32, 8),), ENV) == (8,)
    assert evaluate({"a": Choice((5, n))}, ENV, lambda choice: choice.options[-1]) == {"a": 3}
