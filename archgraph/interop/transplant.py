"""The weights of one module put into another that is the same network under other names."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from archgraph.errors import MatchError
from archgraph.interop.match import match
from archgraph.interop.order import match_in_order
from archgraph.interop.recording import Example


def transplant(source: nn.Module, target: nn.Module, example: Example, *, training: bool = True) -> dict[str, str]:
    """Copy every weight and buffer of `source` into `target`, and give the pairs of names.

    The pairs are those of `match`. Where that finds a difference they are those of `match_in_order`, if both
    modules then give the same in eval mode for a random input of the example's shape. Raises MatchError, which names
    the first difference, where neither is so; then `target` is as it was.
    """
    try:
        mapping = match(source, target, example, training=training)
    except MatchError as difference:
        return _in_order(source, target, example, difference, training=training)
    _copy(source, target, mapping)
    return mapping


def _in_order(
    source: nn.Module, target: nn.Module, example: Example, difference: MatchError, *, training: bool
) -> dict[str, str]:
    try:
        mapping = match_in_order(source, target, example, training=training)
    except MatchError as error:
        raise MatchError(f"{difference}; {error}") from None
    before = {name: tensor.clone() for name, tensor in target.state_dict().items()}
    _copy(source, target, mapping)
    if not _same_outputs(source, target, example):
        target.load_state_dict(before)
        raise MatchError(f"{difference}; with weights in the order of use the outputs differ") from None
    return mapping


def _copy(source: nn.Module, target: nn.Module, mapping: Mapping[str, str]) -> None:
    given, taken = source.state_dict(keep_vars=True), target.state_dict(keep_vars=True)
    with torch.no_grad():
        for name, partner in mapping.items():
            taken[partner].copy_(given[name].reshape(taken[partner].shape))


def _same_outputs(source: nn.Module, target: nn.Module, example: Example) -> bool:
    """Whether both give the same, as far as the numbers of their type can tell."""
    first = next(source.parameters())
    shapes = [x.shape for x in (example if isinstance(example, tuple) else (example,))]
    inputs = [torch.randn(shape, dtype=first.dtype, device=first.device) for shape in shapes]
    one, other = (_outputs(module, inputs) for module in (source, target))
    close = torch.finfo(first.dtype).eps ** 0.5
    return len(one) == len(other) and all(
        a.shape == b.shape and bool((a - b).abs().max() <= close * a.abs().max())
        for a, b in zip(one, other, strict=True)
    )


def _outputs(module: nn.Module, inputs: list[Tensor]) -> list[Tensor]:
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        with torch.no_grad():
            return [leaf for leaf in pytree.tree_leaves(module(*inputs)) if isinstance(leaf, Tensor)]
    finally:
        for part, mode in modes.items():
            part.training = mode
