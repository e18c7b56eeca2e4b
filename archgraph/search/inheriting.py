"""What a training begins with: the weights of a parent, or those of the same network after fewer epochs.

The files may be gone: others may be trained by now, or they are on another machine. Then the training begins with new
weights, and its scores say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from safetensors.torch import load_file
from torch import Tensor, nn

from archgraph import expand, loads
from archgraph.graph.model import Graph
from archgraph.interop.transfer import transfer
from archgraph.search.files import checkpoint_of, spec_of
from archgraph.train.checkpoint import Checkpoint, read_checkpoint


class Start(NamedTuple):
    """From where a training goes on, and what is to be noted of that beside its scores."""

    checkpoint: Checkpoint | None
    scores: Mapping[str, float]


def begin(module: nn.Module, graph: Graph, *, resume: str | None, parent: str | None) -> Start:
    """Put weights into a new module: those of the file `resume`, whose checkpoint lies beside it, or else what fits of
    `parent`, whose spec does.

    The scores are `resumed`, the epochs it goes on from, and `inherited`, the share of the parameters that came from
    the parent; each is 0 where the files are gone.
    """
    checkpoint = _resumed(module, resume) if resume else None
    noted: dict[str, float] = {}
    if resume:
        noted["resumed"] = checkpoint["epochs"] if checkpoint else 0
    if parent and checkpoint is None:
        noted["inherited"] = round(_inherited(module, graph, Path(parent)), 6)
    return Start(checkpoint, noted)


def _resumed(module: nn.Module, weights: str) -> Checkpoint | None:
    try:
        tensors, checkpoint = load_file(weights), read_checkpoint(checkpoint_of(weights))
    except FileNotFoundError:
        return None
    module.load_state_dict(tensors)
    return checkpoint


def _inherited(module: nn.Module, graph: Graph, weights: Path) -> float:
    try:
        tensors: Mapping[str, Tensor] = load_file(weights)
        text = spec_of(weights).read_text(encoding="utf-8")
    except FileNotFoundError:
        return 0.0
    return transfer(tensors, expand(loads(text)), module, graph).share
