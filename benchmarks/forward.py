"""How long a forward, and a forward and backward, take beside torchvision's modules with the same weights.

    python benchmarks/forward.py [--quick] [--json] [--rounds N] [--batch N] [--threads N] [--cpu] [NETWORK...]

Both modules run in turn on the same input; a ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import torch
from timing import Comparison, compare, options, report
from torch import nn
from torchvision_models import TWINS, twin

import archgraph
from archgraph.interop.transplant import transplant

_NETWORKS = ("resnet18", "resnet50", "googlenet_bn", "densenet121")


def main() -> None:
    parser = options("forward and backward beside torchvision's modules")
    parser.add_argument("networks", nargs="*", default=_NETWORKS, help=f"of {', '.join(TWINS)}")
    parser.add_argument("--batch", type=int, default=2, help="images at once")
    parser.add_argument("--threads", type=int, default=1, help="torch's threads")
    parser.add_argument("--cpu", action="store_true", help="count processor time: for a machine in use by others")
    given = parser.parse_args()
    clock = time.process_time if given.cpu else time.perf_counter
    rounds = given.rounds or (5 if given.quick else 41)
    torch.set_num_threads(given.threads)
    rows = []
    for path in given.networks:
        name = Path(path).stem
        graph = archgraph.expand(archgraph.load(path))
        x = torch.randn(given.batch, *graph.inputs["in"])
        theirs, ours = twin(name), archgraph.build(graph, init=False)
        transplant(theirs, ours, x)
        row: dict[str, object] = {"network": name}
        for mode, training in (("eval forward", False), ("train forward+backward", True)):
            theirs.train(training)
            ours.train(training)
            step = _training_step if training else _inference
            row |= _columns(mode, compare(step(ours, x), step(theirs, x), rounds=rounds, warmup=3, clock=clock))
        rows.append(row)
    measured = "processor" if given.cpu else "wall"
    title = f"forward and backward beside torchvision, batch {given.batch}, {given.threads} thread(s), {measured} time"
    report(title, rows, as_json=given.json)


def _inference(module: nn.Module, x: torch.Tensor) -> Callable[[], object]:
    def call() -> object:
        with torch.inference_mode():
            return module(x)

    return call


def _training_step(module: nn.Module, x: torch.Tensor) -> Callable[[], object]:
    def call() -> object:
        outputs = module(x)
        parts = outputs.values() if isinstance(outputs, dict) else outputs
        loss = outputs.sum() if isinstance(outputs, torch.Tensor) else sum(part.sum() for part in parts)
        loss.backward()
        module.zero_grad()
        return loss

    return call


def _columns(mode: str, found: Comparison) -> dict[str, object]:
    spread = f"{found.ratio_low:.3f}-{found.ratio_high:.3f}"
    return {
        mode: found.ours,
        "torchvision " + mode: found.theirs,
        f"{mode} ratio": found.ratio,
        f"{mode} quartiles": spread,
    }


if __name__ == "__main__":
    main()
