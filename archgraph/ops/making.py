"""Arguments -> op, the same object for the same arguments; a mistake in the words of the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from archgraph.errors import RuleError, UsageError, nearest
from archgraph.ops.arguments import OTHER, Takes
from archgraph.ops.base import Op
from archgraph.ops.table import OPS
from archgraph.spec.model import Body

_MADE: dict[tuple[Any, ...], Op] = {}
_EQUAL: dict[Op, Op] = {}
_LIMIT = 100_000
"""Ops kept at most, so that a search of many days does not fill the memory."""


def make(name: str, args: Mapping[str, Any]) -> Op:
    """The op `name` with these arguments, the same object for the same arguments.

    Raises RuleError for an argument that is unknown, missing or wrong, with the dotted path to it.
    """
    values = args.values()
    kinds = tuple(map(type, values))
    # 1, 1.0 and True are equal but not the same argument; inside a tuple only the text tells them apart.
    inner = repr(values) if tuple in kinds else None
    key = (name, tuple(args), tuple(values), kinds, inner)
    try:
        return _MADE[key]
    except KeyError:
        pass
    except TypeError:  # graphs hold mappings, which have no hash
        return _validate(name, args)
    if len(_MADE) >= _LIMIT:
        _MADE.clear()
        _EQUAL.clear()
    made = _validate(name, args)
    made = _MADE[key] = _EQUAL.setdefault(made, made)
    return made


def _validate(name: str, args: Mapping[str, Any]) -> Op:
    op = OPS.get(name) or _further(name)
    if op is None:
        from archgraph.ops.torch_module import make_torch

        return make_torch(name, args)
    try:
        return op.model_validate(dict(args))
    except ValidationError as error:
        first, *others = _refusals(op, args, error)
        raise RuleError(first.message, hint=first.hint, argument=first.argument, others=others) from None


def _further(name: str) -> type[Op] | None:
    """An op that is not in the table yet, of a plug-in; None for a class of torch.nn. Raises RuleError."""
    if name.startswith("nn."):
        return None
    from archgraph.ops.plugins import installed

    try:
        installed()
    except UsageError as error:
        raise RuleError(f"unknown op {name!r}", hint=str(error)) from None
    if name not in OPS:
        raise RuleError(f"unknown op {name!r}", hint=nearest(name, OPS))
    return OPS[name]


def mistakes(name: str, args: Mapping[str, Any]) -> list[RuleError]:
    """What is wrong with some of an op's arguments, the others not being known yet."""
    if name not in OPS:  # a class of torch.nn, which is asked when all of them are known
        return []
    try:
        OPS[name].model_validate(dict(args))
    except ValidationError as error:
        return [refusal for refusal in _refusals(OPS[name], args, error) if refusal.argument]
    return []


def _refusals(op: type[Op], args: Mapping[str, Any], error: ValidationError) -> list[RuleError]:
    """All of pydantic's findings, one an argument: of a union it names every member it tried."""
    found: dict[int | str, RuleError] = {}
    for detail in error.errors(include_url=False, include_context=False):
        if detail["loc"][0] not in found:
            found[detail["loc"][0]] = _refusal(op, args, detail["type"], detail["loc"])
    return list(found.values())


def _refusal(op: type[Op], args: Mapping[str, Any], kind: str, where: tuple[int | str, ...]) -> RuleError:
    """One of pydantic's findings in the words of the language."""
    argument = str(where[0])
    fields = op.model_fields
    if kind == "extra_forbidden":
        return RuleError(f"{op.op} has no argument {argument!r}", hint=nearest(argument, fields), argument=argument)
    takes = _takes(fields.get(argument))
    if kind == "missing":
        return RuleError(f"{op.op} needs {argument}: {takes}", hint=f"{op.op} takes {', '.join(fields)}")
    given, path = args[argument], argument
    for step in where[1:]:
        # pydantic also names the member of a union it tried; such a step is no place in the value.
        if step in (range(len(given)) if isinstance(given, tuple) else given if isinstance(given, Mapping) else ()):
            given, path = given[step], f"{path}.{step}"
    subject = "it" if path == argument else argument
    hint = _hint(fields.get(argument), given)
    return RuleError(f"{path} is {_shown(given)}, {subject} takes {takes}", hint=hint, argument=path)


def _takes(field: FieldInfo | None) -> str:
    for item in field.metadata if field else ():
        if isinstance(item, Takes):
            return item.text
    return "a list of nodes"


def _hint(field: FieldInfo | None, given: Any) -> str:
    texts = sorted(_texts(field.annotation) - {OTHER}) if field else []
    if isinstance(given, str) and texts:
        return nearest(given, texts, most=6)
    if isinstance(given, float) and given.is_integer():
        return f"write {int(given)}; in an expression, int(...) or // gives a whole number"
    if isinstance(given, str) and "$" in given:
        return "an expression gives the value once its variables are known"
    return ""


def _texts(annotation: Any) -> set[str]:
    """The texts that an argument takes."""
    if get_origin(annotation) is Literal:
        return {value for value in get_args(annotation) if isinstance(value, str)}
    return {text for inner in get_args(annotation) for text in _texts(inner)}


def _shown(value: Any) -> str:
    """A value as YAML has it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_shown(item)}' for key, item in value.items())}}}"
    if isinstance(value, Body):
        return "a list of nodes"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
