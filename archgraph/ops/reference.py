"""What the vocabulary says of itself, read off the op classes: for `archgraph ops` and the pages of the docs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from pydantic.fields import FieldInfo

from archgraph.ops.arguments import Takes
from archgraph.ops.base import Example, Op, Primitive


class ArgumentReference(NamedTuple):
    """One argument: its name, what it takes, its default (None too where it is required), and what it is for."""

    name: str
    takes: str
    required: bool
    default: Any
    text: str


class OpReference(NamedTuple):
    """One op: a sentence on it, its shapes and oddities and source, and its arguments in order."""

    name: str
    kind: Literal["primitive", "macro"]
    family: str
    summary: str
    text: str
    inputs: int | None
    arguments: tuple[ArgumentReference, ...]
    examples: tuple[Example, ...]

    def as_dict(self) -> Mapping[str, Any]:
        """The reference as plain data, for JSON; examples are left out."""
        plain = {key: value for key, value in self._asdict().items() if key != "examples"}
        return {**plain, "arguments": [argument._asdict() for argument in self.arguments]}


def reference(op: type[Op]) -> OpReference:
    """What an op's class says of it."""
    summary, _, text = inspect.cleandoc(op.__doc__ or "").partition("\n\n")
    return OpReference(
        name=op.op,
        kind="primitive" if issubclass(op, Primitive) else "macro",
        family=op.__module__.rpartition(".")[2],
        summary=" ".join(summary.split()),
        text=text,
        inputs=op.arity,
        arguments=tuple(_argument(name, field) for name, field in op.model_fields.items()),
        examples=op.examples,
    )


def _argument(name: str, field: FieldInfo) -> ArgumentReference:
    takes = next((item.text for item in field.metadata if isinstance(item, Takes)), "")
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    return ArgumentReference(name, takes, field.is_required(), default, field.description or "")
