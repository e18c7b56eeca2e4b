"""What the child process does besides training: a proxy's value, a user's function. It imports torch."""

from __future__ import annotations

import importlib
import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from numbers import Real
from pathlib import Path
from typing import Any, TextIO

import torch
from torch import Tensor

from archgraph import build, cost, expand, loads
from archgraph.errors import UsageError
from archgraph.graph.model import Graph
from archgraph.search.function import Function, TrialGiven
from archgraph.train.data import load
from archgraph.train.device import device, use_threads
from archgraph.train.latency.lock import alone
from archgraph.train.latency.measure import measure
from archgraph.train.latency.settings import Timing
from archgraph.train.proxies import COUNTED
from archgraph.train.proxies.score import score
from archgraph.train.proxies.settings import Proxying


def proxy(job: Mapping[str, Any], answers: TextIO) -> dict[str, Any]:
    """The value of a proxy as the score `proxy`, or why there is none."""
    settings = Proxying.model_validate(job["settings"])
    return _value(settings, job, settings.data)


def glance(job: Mapping[str, Any], answers: TextIO) -> dict[str, Any]:
    """The value of a proxy for a network that may be trained later, on the data that it would be trained on."""
    return _value(Proxying.model_validate(job["proxy"]), job, job["settings"].get("data"))


def _value(settings: Proxying, job: Mapping[str, Any], data: Any) -> dict[str, Any]:
    started = time.perf_counter()
    graph = expand(loads(job["spec"]))
    known = cost(graph)
    if settings.name in COUNTED:
        value = float(getattr(known, settings.name))
    else:
        use_threads(known.macs)
        torch.manual_seed(job["seed"])
        module = build(graph).to(device())
        x_bchw, labels_b = (tensor.to(device()) for tensor in _batch(data, settings.batch, graph))
        value = score(settings.name, module, x_bchw, labels_b, seed=job["seed"])
    if not math.isfinite(value):
        return {"error": f"{settings.name} has no value for this network: {value}"}
    return {"proxy": value, "seconds": round(time.perf_counter() - started, 4)}


def _batch(data: Any, number: int, graph: Graph) -> tuple[Tensor, Tensor]:
    """The same batch for every candidate: the first training images, or normal random numbers."""
    if data is not None:
        images, labels = _first(json.dumps(data), number)
        return images, labels
    (shape,) = graph.inputs.values()
    classes = next(iter(cost(graph).outputs.values()))[0]
    generator = torch.Generator().manual_seed(0)
    return torch.randn(number, *shape, generator=generator), torch.arange(number) % classes


@cache
def _first(data: str, number: int) -> tuple[Tensor, Tensor]:
    split = load(json.loads(data))["train"]
    return torch.from_numpy(split.scaled[:number]), torch.from_numpy(split.labels[:number])


def latency(job: Mapping[str, Any], answers: TextIO) -> dict[str, Any]:
    """The record of a measurement, or why there is none. Another process that measures is waited for."""
    graph = expand(loads(job["spec"]))
    module = build(graph)
    started = time.perf_counter()
    try:
        with alone():
            found = measure(module, tuple(graph.inputs.values()), on=Timing.model_validate(job["timing"]))
    except UsageError as error:
        return {"error": str(error)}
    return {**found.as_dict(), "seconds": round(time.perf_counter() - started, 4)}


def function(job: Mapping[str, Any], answers: TextIO) -> dict[str, Any]:
    """What a user's function gives, or what is wrong with it."""
    started = time.perf_counter()
    settings = Function.model_validate(job["settings"])
    found = imported(settings.function, job["folder"])
    spec = loads(job["spec"])
    torch.manual_seed(job["seed"])
    parent, resume = (Path(job[name]) if job[name] else None for name in ("parent", "resume"))
    trial = TrialGiven(job["seed"], Path(job["weights"]), parent, job["epochs"], resume)
    given = found(build(expand(spec)), spec, trial)
    if (wrong := _wrong(given, job["wanted"])) is not None:
        return {"error": f"{settings.function} {wrong}"}
    return {"seconds": round(time.perf_counter() - started, 4), **{name: float(value) for name, value in given.items()}}


def imported(name: str, folder: str) -> Callable[..., Any]:
    """The function of `package.module:function`, its module found from the folder too."""
    module, _, attribute = name.partition(":")
    if folder not in sys.path:
        sys.path.append(folder)
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found


def _wrong(given: Any, wanted: list[str]) -> str | None:
    """Why what a function gave is no set of scores; None where it is."""
    if not isinstance(given, Mapping):
        return f"gave {given!r}; it gives a mapping of names to numbers"
    for name, value in given.items():
        if not isinstance(name, str) or isinstance(value, bool) or not isinstance(value, Real):
            return f"gave {name!r}: {value!r}; it gives names and numbers"
        if not math.isfinite(value):
            return f"gave {name}: {float(value)}"
    missing = [name for name in wanted if name not in given]
    return f"gave no {' and no '.join(missing)}; it gave {', '.join(given) or 'nothing'}" if missing else None
