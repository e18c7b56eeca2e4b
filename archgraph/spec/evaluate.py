"""A value with expressions and choices in it -> the value itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from archgraph.spec.model import Choice, Env, Expr, Range, Value

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
