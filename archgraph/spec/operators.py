"""What the operators and functions of expressions do, with types checked and numbers bounded."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from archgraph.errors import RuleError
from archgraph.spec.findings import quoted
from archgraph.spec.model import Env
from archgraph.spec.scalars import MAX_INT

Run: TypeAlias = Callable[[Env], Any]

MAX_EXPONENT = 64
_NUMBERS = (int, float)


def check_number(value: Any) -> Any:
    """The number, if it is one that can be used: neither past 2^63 nor undefined."""
    if -MAX_INT <= value <= MAX_INT:
        return value
    raise RuleError("a number too large to be used", hint="at most 2^63 - 1")


def truth(value: Any, where: str) -> bool:
    """A condition's value, which has to be true or false."""
    if value is True or value is False:
        return value
    raise RuleError(f"{where!r} takes true or false, given {quoted(value)}", hint="compare it, e.g. `$n > 0`")


def item(values: Any, index: Any) -> Any:
    """`$list[i]`; -1 is the last."""
    if type(values) not in (tuple, list):
        raise RuleError(f"[...] takes a list, given {quoted(values)}")
    if type(index) is not int:
        raise RuleError(f"a list's index is a whole number, given {quoted(index)}")
    try:
        return values[index]
    except IndexError:
        hint = f"it has {len(values)} values, counted from 0"
        raise RuleError(f"index {index} is outside the list", hint=hint) from None


def _wrong(symbol: str, *values: Any) -> RuleError:
    given = " and ".join(quoted(value) for value in values)
    return RuleError(f"{symbol!r} takes numbers, given {given}")


def _arithmetic(symbol: str, operate: Callable[[Any, Any], Any]) -> Callable[[Run, Run], Run]:
    def compiled(left: Run, right: Run) -> Run:
        def run(env: Env) -> Any:
            a, b = left(env), right(env)
            if type(a) not in _NUMBERS or type(b) not in _NUMBERS:
                raise _wrong(symbol, a, b)
            try:
                result = operate(a, b)
            except ZeroDivisionError:
                raise RuleError(f"division by zero: {a} {symbol} {b}") from None
            except OverflowError:
                result = math.inf
            return result if -MAX_INT <= result <= MAX_INT else check_number(result)

        return run

    return compiled


def _power(a: Any, b: Any) -> Any:
    if abs(b) > MAX_EXPONENT:
        raise RuleError(f"the exponent {b} is too large", hint=f"at most {MAX_EXPONENT}")
    if a < 0 and not float(b).is_integer():
        raise RuleError(f"{a} ** {b} is not a real number")
    return a**b


def _sign(symbol: str, operate: Callable[[Any], Any]) -> Callable[[Run], Run]:
    def compiled(operand: Run) -> Run:
        def run(env: Env) -> Any:
            a = operand(env)
            if type(a) not in _NUMBERS:
                raise _wrong(symbol, a)
            return operate(a)

        return run

    return compiled


def _negation(operand: Run) -> Run:
    return lambda env: not truth(operand(env), "not")


def _order(symbol: str, test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compared(a: Any, b: Any) -> bool:
        if type(a) not in _NUMBERS or type(b) not in _NUMBERS:
            raise _wrong(symbol, a, b)
        return test(a, b)

    return compared


def _extreme(name: str, choose: Callable[[Any], Any]) -> Callable[..., Any]:
    def extreme(*values: Any) -> Any:
        numbers = values[0] if len(values) == 1 and isinstance(values[0], (tuple, list)) else values
        if not numbers:
            raise RuleError(f"{name} of an empty list")
        for value in numbers:
            if type(value) not in _NUMBERS:
                raise _wrong(name, value)
        return choose(numbers)

    return extreme


def _whole(name: str, operate: Callable[[Any], int]) -> Callable[[Any], int]:
    def whole(value: Any) -> int:
        if type(value) not in _NUMBERS:
            raise _wrong(name, value)
        check_number(value)
        return operate(value)

    return whole


def divisible(value: Any, divisor: Any) -> int:
    """The nearest multiple of the divisor: at least the divisor, and not below 90% of the value.

    Source: `_make_divisible` of TensorFlow's MobileNet code, as in torchvision.
    """
    if type(value) not in _NUMBERS or type(divisor) is not int:
        raise _wrong("divisible", value, divisor)
    if divisor < 1:
        raise RuleError(f"divisible takes a divisor from 1, given {divisor}")
    check_number(value)
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * value else nearest


UNARY: Mapping[type[ast.unaryop], Callable[[Run], Run]] = {
    ast.USub: _sign("-", operator.neg),
    ast.UAdd: _sign("+", operator.pos),
    ast.Not: _negation,
}
BINARY: Mapping[type[ast.operator], Callable[[Run, Run], Run]] = {
    ast.Add: _arithmetic("+", operator.add),
    ast.Sub: _arithmetic("-", operator.sub),
    ast.Mult: _arithmetic("*", operator.mul),
    ast.Div: _arithmetic("/", operator.truediv),
    ast.FloorDiv: _arithmetic("//", operator.floordiv),
    ast.Mod: _arithmetic("%", operator.mod),
    ast.Pow: _arithmetic("**", _power),
}
COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: _order("<", operator.lt),
    ast.LtE: _order("<=", operator.le),
    ast.Gt: _order(">", operator.gt),
    ast.GtE: _order(">=", operator.ge),
}
# A function, and how many values it takes at least and at most.
FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int, int | None]] = {
    "min": (_extreme("min", min), 1, None),
    "max": (_extreme("max", max), 1, None),
    "round": (_whole("round", round), 1, 1),
    "ceil": (_whole("ceil", math.ceil), 1, 1),
    "floor": (_whole("floor", math.floor), 1, 1),
    "int": (_whole("int", int), 1, 1),
    "divisible": (divisible, 2, 2),
}
