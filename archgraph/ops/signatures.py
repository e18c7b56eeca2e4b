"""What the ops' fields say to the parser and to a search."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pydantic.fields import FieldInfo

from archgraph.ops.arguments import Held, Role, RoleName
from archgraph.ops.base import Op
from archgraph.ops.table import OPS
from archgraph.spec.vocabulary import Argument, Holds, Signature, Vocabulary


@cache
def vocabulary() -> Vocabulary:
    """The ops and their arguments, in order, as the parser needs them."""
    signatures = {}
    for name, op in OPS.items():
        fields = op.model_fields.items()
        arguments = {key: Argument(key, field.is_required(), _holds(field)) for key, field in fields}
        signatures[name] = Signature(name, arguments, rest=op.model_config.get("extra") == "allow")
    return signatures


@cache
def roles(op: str) -> Mapping[str, RoleName]:
    """The arguments of an op that a search may change, and what each of them means; none of what is no op of ours."""
    found = {}
    for name, field in OPS[op].model_fields.items() if op in OPS else ():
        for item in field.metadata:
            if isinstance(item, Role):
                found[name] = item.name
    return found


@cache
def node_arguments(op: type[Op]) -> tuple[str, ...]:
    """The arguments of an op that name a node."""
    return tuple(name for name, field in op.model_fields.items() if _holds(field) == "node")


def named(op: Op) -> int:
    """How many nodes its arguments name: inputs it has beside those of `from`."""
    arguments = node_arguments(type(op))
    return sum(getattr(op, name) is not None for name in arguments) if arguments else 0


def _holds(field: FieldInfo) -> Holds:
    return next((item.holds for item in field.metadata if isinstance(item, Held)), "value")
