"""What the vocabulary says of itself, read off the op classes: for `archgraph ops` and the pages of the docs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from pydantic.fields import FieldInfo

from archgraph.ops.arguments import Takes
from archgraph.ops.base import Example, Macro, Op, Primitive

_OWN = "archgraph."


class ArgumentReference(NamedTuple):
    """One argument: its name, what it takes, its default (None too where it is required), and what it is for."""

    name: str
    takes: str
    required: bool
    default: Any
    text: str


class OpReference(NamedTuple):
    """One op: a sentence on it, its shapes and oddities and source, and its arguments in order.

    `family` is the file that has its class, the whole module for an op of a plug-in. `several` says that it may have
    more than one output. A `word` is part of the language itself.
    """

    name: str
    kind: Literal["primitive", "macro", "word"]
    family: str
    summary: str
    text: str
    inputs: int | None = None
    arguments: tuple[ArgumentReference, ...] = ()
    examples: tuple[Example, ...] = ()
    several: bool = False
    plugin: bool = False

    def as_dict(self) -> Mapping[str, Any]:
        """The reference as plain data, for JSON; examples are left out."""
        plain = {key: value for key, value in self._asdict().items() if key != "examples"}
        return {**plain, "arguments": [argument._asdict() for argument in self.arguments]}


def reference(op: type[Op]) -> OpReference:
    """What an op's class says of it."""
    summary, _, text = inspect.cleandoc(op.__doc__ or "").partition("\n\n")
    plugin = not op.__module__.startswith(_OWN)
    return OpReference(
        name=op.op,
        kind="primitive" if issubclass(op, Primitive) else "macro",
        family=op.__module__ if plugin else op.__module__.rpartition(".")[2],
        summary=" ".join(summary.split()),
        text=text,
        inputs=op.arity,
        arguments=tuple(_argument(name, field) for name, field in op.model_fields.items()),
        examples=op.examples,
        several=_several(op),
        plugin=plugin,
    )


def _several(op: type[Op]) -> bool:
    """Whether it may have more than one output: a primitive has shapes for them, a macro gives a bundle."""
    if issubclass(op, Macro):
        return "Bundle" in str(inspect.signature(op.expand).return_annotation)
    return issubclass(op, Primitive) and op.further is not Primitive.further and not op.measured


WORDS: tuple[OpReference, ...] = (
    OpReference(
        "use",
        "word",
        "language",
        "Another spec as a node: a network of the zoo, or a file.",
        "`(...) -> (...)`, its inputs and what is taken of it.\nFurther arguments are values for its variables.",
        arguments=(
            ArgumentReference(
                "spec", "the name of a network, or a path below this file's folder", True, None, "The spec to put in."
            ),
            ArgumentReference(
                "take",
                "outputs, features, or the name of one",
                False,
                "outputs",
                "What is taken; the rest is left out.",
            ),
        ),
    ),
    OpReference(
        "nn.<Class>",
        "word",
        "language",
        "Any class of torch.nn, with its own arguments; torch finds its shape and cost on the meta device.",
        "`(...) -> (...)`, what the class gives.\n`archgraph ops nn.Softplus` shows the arguments of one.",
    ),
)
"""The words that are no ops of the table."""


def _argument(name: str, field: FieldInfo) -> ArgumentReference:
    takes = next((item.text for item in field.metadata if isinstance(item, Takes)), "")
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    return ArgumentReference(name, takes, field.is_required(), default, field.description or "")
