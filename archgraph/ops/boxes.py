"""The box of an op that carries `norm:` and `act:`: the nodes it stands for."""

from __future__ import annotations

from functools import lru_cache

from archgraph.ops.arguments import NORMS
from archgraph.ops.base import Primitive, Wrapped


@lru_cache(maxsize=10_000)
def boxed(op: Primitive, norm: str, act: str, order: str, *, bias: bool) -> Wrapped | None:
    """The op alone, norm and activation after it, or before it with order `pre`; None without them."""
    if norm == act == "none":
        return None
    alone = op.model_copy(update={"norm": "none", "act": "none", "order": "post", "bias": bias})
    around: list[tuple[str, Primitive | str]] = []
    # What a linear gives is normalised along its features, the last axis; what a conv gives along its channels.
    over = {"norm": {"over": "last" if op.op == "linear" else "channels"}} if norm in ("layer", "rms") else {}
    if norm != "none":
        around.append(("norm", NORMS[norm]))
    if act != "none":
        around.append(("act", act))
    return Wrapped((*around, (op.op, alone)) if order == "pre" else ((op.op, alone), *around), over)
