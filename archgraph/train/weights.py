"""Weights in files that hold nothing else: safetensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import nn

from archgraph.files import write_whole


def write_weights(module: nn.Module, path: str | Path, *, about: Mapping[str, Any] | None = None) -> None:
    """Write all parameters and buffers by their names, whole or not at all; `about` goes into the file's head.

    Weights used in two places are one tensor, which the format refuses: they are written twice. Raises UsageError.
    """
    # One entry, in JSON: the format keeps several in no order, and equal weights would be unequal files.
    head = {"archgraph": json.dumps(about)} if about else None
    weights = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in module.state_dict().items()}
    write_whole(path, save(weights, metadata=head))
