"""How long each op of a network takes when it runs alone, and how far their sum is from the whole network's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from archgraph.emit.module import build
from archgraph.graph.model import Graph, Node
from archgraph.graph.wording import changed, text
from archgraph.shape import Shape
from archgraph.train.device import describe
from archgraph.train.latency.lock import alone
from archgraph.train.latency.measure import (
    REPEATS,
    WARMUP,
    Latency,
    Spread,
    clock_of,
    place,
    random_inputs,
    running,
    timed,
)
from archgraph.train.latency.nodes import NodeCall, run_nodes
from archgraph.train.latency.settings import Timing

SECONDS = 0.5
"""Seconds after which an op is not repeated any more."""
INSIDE = 20
"""Calls of an op that a GPU is given at once: alone it would wait for each, which it does not within a network."""


class Pace(NamedTuple):
    """Seconds of a part of the warm-up and repeats, of the network and of each op."""

    whole: tuple[float, int] = (WARMUP, REPEATS)
    op: tuple[float, int] = (0.01, 50)


@dataclass(frozen=True)
class OpTime:
    """An op at its shapes, without the batch: the nodes that are it, and the time of one of them."""

    op: str
    arguments: Mapping[str, Any]
    inputs: tuple[Shape, ...]
    output: Shape
    nodes: tuple[str, ...]
    time: Spread

    @property
    def sum(self) -> float:
        """Milliseconds of all its nodes."""
        return len(self.nodes) * self.time.median


@dataclass(frozen=True)
class Bench:
    """A network's time as a whole, and those of its ops alone, the longest sum first."""

    whole: Latency
    ops: Sequence[OpTime]

    @property
    def sum(self) -> float:
        """Milliseconds of all nodes, each run alone."""
        return sum(line.sum for line in self.ops)

    @property
    def error(self) -> float:
        """How far the sum is from the whole, as a part of the whole; below 0 where it is less."""
        return self.sum / self.whole.time.median - 1

    def share(self, line: OpTime) -> float:
        """The part of the sum that an op has."""
        return line.sum / self.sum

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain data, for JSON."""
        return {
            "whole": self.whole.as_dict(), "sum_ms": self.sum, "error": self.error,
            "ops": [{**_plain(line), "sum_ms": line.sum, "share": self.share(line)} for line in self.ops],
        }  # fmt: skip


def bench(graph: Graph, *, on: Timing | None = None, pace: Pace | None = None) -> Bench:
    """Measure a network and each of its ops.

    The whole is measured before and after the ops, so that what the machine does meanwhile meets both. Raises
    UsageError as `measure` does.
    """
    on, pace = on or Timing(), pace or Pace()
    where = place(on)
    with alone(), running(on):
        torch.manual_seed(0)
        module = build(graph).to(device=where, dtype=getattr(torch, on.dtype)).eval()
        given = random_inputs(tuple(graph.inputs.values()), on)

        def whole() -> Spread:
            return timed(lambda: module(*given), clock_of(on), warmup=pace.whole[0], repeats=pace.whole[1])

        before = whole()
        ops = _ops(run_nodes(graph, module, dict(zip(graph.inputs, given, strict=True))), graph, on, pace)
        both = [before, whole()]
    return Bench(Latency(_mean(*both), on, describe(where)), sorted(ops, key=lambda line: -line.sum))


def _mean(one: Spread, other: Spread) -> Spread:
    median, low, high = ((a + b) / 2 for a, b in zip(one[:3], other[:3], strict=True))
    return Spread(median, low, high, one.repeats + other.repeats)


def _ops(calls: Iterator[NodeCall], graph: Graph, on: Timing, pace: Pace) -> list[OpTime]:
    """Each kind of node, measured where it comes first."""
    times: dict[tuple[Any, ...], Spread] = {}
    nodes: dict[tuple[Any, ...], list[Node]] = {}
    for one in calls:
        node = one.node
        same = tuple(map(node.inputs.index, node.inputs))
        key = (node.op, graph.input_shapes(node), same, one.overwrites)
        if key not in times:
            times[key] = _time(one, on, pace)
        nodes.setdefault(key, []).append(node)
    return [
        OpTime(found[0].op.op, changed(found[0]), key[1], found[0].shape, tuple(n.name for n in found), times[key])
        for key, found in nodes.items()
    ]


def _time(one: NodeCall, on: Timing, pace: Pace) -> Spread:
    if one.overwrites and on.device == "cpu":
        # Done again and again to its own result, an activation may come to numbers that are slow to work with.
        first, *rest = one.inputs
        scratch = first.clone()
        return _alone(lambda: one.call(scratch, *rest), on, pace, before=lambda: scratch.copy_(first))
    inputs = (one.inputs[0].clone(), *one.inputs[1:]) if one.overwrites else one.inputs
    return _alone(lambda: one.call(*inputs), on, pace)


def _alone(call: Callable[[], object], on: Timing, pace: Pace, before: Callable[[], object] | None = None) -> Spread:
    inside = INSIDE if on.device == "cuda" else 1
    warmup, repeats = pace.op
    return timed(call, clock_of(on), warmup=warmup, repeats=repeats, seconds=SECONDS, before=before, inside=inside)


def _plain(line: OpTime) -> dict[str, Any]:
    arguments = {key: text(value) for key, value in line.arguments.items()}
    shapes = {"inputs": list(map(list, line.inputs)), "output": list(line.output)}
    time = {f"{name}_ms": getattr(line.time, name) for name in ("median", "low", "high")}
    counted = {"count": len(line.nodes), "nodes": list(line.nodes), "repeats": line.time.repeats}
    return {"op": line.op, "arguments": arguments, **shapes, **counted, **time}
