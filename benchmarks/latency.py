"""What `archgraph bench` measures beside torch.utils.benchmark.Timer, and how far the sum of the ops is from the whole.

    python benchmarks/latency.py [--quick] [--json] [--rounds N] [--threads N] [--batch N] [NETWORK...]

Timer measures the same module by the same clock, in turn with ours: before and after.
"""

from __future__ import annotations

import statistics
import time

import torch
from timing import options, report
from torch import nn
from torch.utils.benchmark import Timer

from archgraph import build, expand, load
from archgraph.graph.model import Graph
from archgraph.train.latency.measure import random_inputs
from archgraph.train.latency.ops import Pace, bench
from archgraph.train.latency.settings import Timing

NETWORKS = (
    "lenet5", "cifar_resnet8", "squeezenet1_1", "shufflenet_v2_x1_0", "mobilenet_v2", "resnet18", "densenet121",
    "vit_tiny",
)  # fmt: skip


def main() -> None:
    """Print a row for each network."""
    parser = options("measured latency beside torch's Timer")
    parser.add_argument("networks", nargs="*", default=NETWORKS, help="names of the zoo, or files")
    parser.add_argument("--batch", type=int, default=1, help="inputs at once")
    parser.add_argument("--threads", type=int, default=1, help="torch's threads")
    given = parser.parse_args()
    on = Timing(batch=given.batch, threads=given.threads)
    pace = Pace((0.0, 5), (0.0, 5)) if given.quick else Pace()
    if given.rounds:
        pace = pace._replace(whole=(pace.whole[0], given.rounds))
    rows = []
    for name in given.networks:
        graph = expand(load(name))
        before = _timer(graph, on, quick=given.quick)
        found = bench(graph, on=on, pace=pace)
        theirs = statistics.mean([before, _timer(graph, on, quick=given.quick)])
        ours = found.whole.time
        rows.append(
            {
                "network": name,
                "ms": ours.median,
                "quartiles": f"{ours.low:.3g}-{ours.high:.3g}",
                "Timer ms": theirs,
                "ours/Timer": ours.median / theirs,
                "nodes": sum(len(line.nodes) for line in found.ops),
                "measured": len(found.ops),
                "sum of ops ms": found.sum,
                "sum - whole": f"{100 * found.error:+.0f} %",
            }
        )
    report(f"latency of a forward: {on}", rows, as_json=given.json)


def _timer(graph: Graph, on: Timing, *, quick: bool) -> float:
    """The median of torch's Timer for the same network and inputs, in milliseconds."""
    torch.manual_seed(0)
    module: nn.Module = build(graph).eval()
    inputs = random_inputs(tuple(graph.inputs.values()), on)
    clock = time.thread_time if on.threads == 1 else time.perf_counter
    timer = Timer(
        "module(*inputs)",
        timer=clock,
        globals={"module": module, "inputs": inputs},
        num_threads=on.threads,
    )
    with torch.inference_mode():
        found = timer.timeit(5) if quick else timer.adaptive_autorange(0.05, min_run_time=0.3, max_run_time=3.0)
    return 1e3 * found.median


if __name__ == "__main__":
    main()
