"""How often Python looks for garbage in archgraph's own processes."""

from __future__ import annotations

import gc


def collect_rarely() -> None:
    """For a process that makes very many objects of which nearly none holds itself, as imports and candidates are.

    Looking through them for cycles at Python's usual pace only takes time (docs/decisions/quick-commands.md).
    """
    gc.set_threshold(100_000, 20, 20)
