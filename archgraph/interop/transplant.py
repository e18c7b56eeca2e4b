"""The weights of one module put into another that is the same network under other names."""

from __future__ import annotations

import torch
from torch import nn

from archgraph.interop.match import match
from archgraph.interop.recording import Example


def transplant(source: nn.Module, target: nn.Module, example: Example, *, training: bool = True) -> dict[str, str]:
    """Copy every weight and buffer of `source` into `target`, and give the pairs of names.

    The pairs are those of `match`, which raises MatchError where the two differ; then nothing is copied.
    """
    mapping = match(source, target, example, training=training)
    given, taken = source.state_dict(keep_vars=True), target.state_dict(keep_vars=True)
    with torch.no_grad():
        for name, partner in mapping.items():
            taken[partner].copy_(given[name].reshape(taken[partner].shape))
    return mapping
