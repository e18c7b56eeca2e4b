"""Where a training stands between two epochs, kept in a file, so that it goes on as if it had never stopped.

The weights are not in it: they are in a file of their own, beside it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import torch

from archgraph.files import write_whole

Checkpoint: TypeAlias = Mapping[str, Any]
"""`epochs` and `steps` that are done, the state of the `optimizer`, and those of the generators of random numbers:
`order` of the images, `chance` of their changes, `torch` and `cuda` of what modules draw, on `device`."""


def write_checkpoint(checkpoint: Checkpoint, path: str | Path) -> None:
    """Write a checkpoint, whole or not at all. Raises UsageError."""
    held = io.BytesIO()
    torch.save(dict(checkpoint), held)
    write_whole(path, held.getvalue())


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint; nothing in it is run. Raises FileNotFoundError."""
    found: Checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    return found


def chances(device: torch.device) -> dict[str, Any]:
    """The states of the generators that modules draw from, as dropout does."""
    cuda = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    return {"torch": torch.get_rng_state(), "cuda": cuda}


def set_chances(checkpoint: Checkpoint, device: torch.device) -> None:
    """Bring the generators that modules draw from to where they were."""
    torch.set_rng_state(checkpoint["torch"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(checkpoint["cuda"], device)
