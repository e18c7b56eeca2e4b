"""A value with expressions and choices in it -> the value itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from archgraph.spec.model import Body, Choice, Env, Expr, NodeSpec, Parameter, Range, Value

Decide: TypeAlias = Callable[[Choice | Range], Value]


def evaluate(value: Value, env: Env, decide: Decide | None = None) -> Any:
    """Resolve every expression and choice in a value, inside lists and mappings too; a Body stays as it is.

    `decide` is asked at every choice; without it a choice takes its default. Raises RuleError.
    """
    if isinstance(value, Expr):
        return value.evaluate(env)
    if isinstance(value, (Choice, Range)):
        return evaluate(decide(value) if decide else value.chosen, env, decide)
    if isinstance(value, tuple):
        return tuple([evaluate(part, env, decide) for part in value])
    if isinstance(value, Mapping):
        return {key: evaluate(part, env, decide) for key, part in value.items()}
    return value


def names_in(value: Any, ops: set[str] | None = None) -> set[str]:
    """The variables that the expressions in a value read, in graphs too; the ops of these are added to `ops`."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Expr):
            found |= part.names
        elif isinstance(part, Mapping):
            waiting.extend(part.values())
        elif isinstance(part, tuple):
            waiting.extend(part)
        elif isinstance(part, Choice):
            waiting += [*part.options, part.default]
        elif isinstance(part, Parameter):
            waiting.append(part.default)
        elif isinstance(part, Body):
            waiting.extend(part.nodes)
        elif isinstance(part, NodeSpec):
            waiting += [part.args, part.repeat, part.each, part.when]
            if ops is not None:
                ops.add(part.op)
    return found
