"""Runs one op's lowering, without the emitter that does it for whole graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from archgraph.ops.base import Lowering, Primitive
from archgraph.shape import Shape


@cache
def _compiled(expression: str, names: tuple[str, ...]) -> Callable[..., Tensor | Sequence[Tensor]]:
    return eval(f"lambda module, {', '.join(names)}: {expression}", {"torch": torch})  # type: ignore[no-any-return]


class Lowered(nn.Module):
    """The module of a lowering, if it has one, called as the lowering says."""

    def __init__(self, lowering: Lowering, count: int) -> None:
        super().__init__()
        names = tuple(f"x{number}" for number in range(count))
        expression = lowering.forward.format(*names, inputs=", ".join(names), self="module")
        self.call = _compiled(expression, names)
        self.inner: nn.Module | None = None
        if lowering.module is not None:
            file, _, name = lowering.module.target.rpartition(".")
            owner = nn if file == "nn" else import_module(file)
            self.inner = getattr(owner, name)(*lowering.module.args, **lowering.module.kwargs)

    def forward(self, *inputs: Tensor) -> Any:
        """One tensor, or several for an op with several outputs."""
        return self.call(self.inner, *inputs)


def lowered(op: Primitive, inputs: tuple[Shape, ...], *, in_place: bool = False) -> Lowered:
    """The op at these input shapes as a module; with `in_place`, the variant that overwrites its first input."""
    lowering = op.lower(*inputs)
    found = lowering.in_place if in_place else lowering
    assert found is not None
    return Lowered(found, len(inputs))
