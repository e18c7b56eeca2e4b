"""One proxy of one module, by name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from importlib import import_module
from typing import TypeAlias

import torch
from torch import Tensor, nn

from archgraph.errors import UsageError, nearest
from archgraph.train.proxies import PROXIES

Proxy: TypeAlias = Callable[[nn.Module, Tensor, Tensor], float]


def score(name: str, module: nn.Module, x_bchw: Tensor, labels_b: Tensor, *, seed: int = 0) -> float:
    """The value of a proxy for a module and one batch: images `(B, C, H, W)` and labels `(B,)` on the module's device.

    The module stays as it was, and so do torch's random numbers. The value is minus infinity, or no number, where the
    formula has none. Raises UsageError for an unknown name.
    """
    if name not in PROXIES:
        raise UsageError(f"no proxy {name!r}; {nearest(name, PROXIES, kind='proxies')}")
    proxy: Proxy = getattr(import_module(f"archgraph.train.proxies.{name}"), name)
    devices = [x_bchw.device] if x_bchw.device.type == "cuda" else []
    with torch.random.fork_rng(devices), torch.enable_grad():
        torch.manual_seed(seed)
        return proxy(copy.deepcopy(module), x_bchw, labels_b)
