"""How far the zoo's outputs are from torchvision's with the same weights, and how long finding the pairs takes.

    python benchmarks/transplant.py [--quick] [--json] [NETWORK...]

Weights are paired by the two wirings alone. Differences are relative to the largest output, in float64,
with dropout off; `training` includes the outputs that only training mode has.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import torch
from timing import options, report
from torch import Tensor, nn
from torchvision_models import TWINS, twin

import archgraph
from archgraph.interop.transplant import transplant

_NETWORKS = ("alexnet_owt", "densenet121", "googlenet_bn", "resnet18", "resnet34", "resnet50", "vgg16", "vgg16_bn")


def main() -> None:
    parser = options("outputs beside torchvision's, from the same weights")
    parser.add_argument("networks", nargs="*", default=_NETWORKS, help=f"of {', '.join(TWINS)}")
    given = parser.parse_args()
    rows = []
    for name in given.networks[:2] if given.quick else given.networks:
        graph = archgraph.expand(archgraph.load(name))
        theirs, ours = twin(name), archgraph.build(graph, init=False)
        x = torch.randn(2, *graph.inputs["in"], generator=torch.Generator().manual_seed(0))
        start = time.perf_counter()
        pairs = transplant(theirs, ours, x)
        seconds = time.perf_counter() - start
        rows.append(
            {
                "network": name,
                "tensors": len(pairs),
                "of ours": len(ours.state_dict()),
                "seconds": seconds,
                "eval difference": f"{_difference(theirs, ours, x, training=False):.1e}",
                "training difference": f"{_difference(theirs, ours, x, training=True):.1e}",
            }
        )
    report("outputs beside torchvision's, from the same weights", rows, as_json=given.json)


def _difference(theirs: nn.Module, ours: nn.Module, x: Tensor, *, training: bool) -> float:
    outputs = []
    for module in (theirs, ours):
        module.double().train(training)
        for part in module.modules():
            if isinstance(part, nn.Dropout):
                part.eval()
        with torch.no_grad():
            found = module(x.double())
        parts = found.values() if isinstance(found, dict) else [found] if isinstance(found, Tensor) else found
        first, *others = (part for part in parts if part is not None)
        outputs.append([first, *sorted(others, key=lambda part: float(part.flatten()[0]))])
    assert len(outputs[0]) == len(outputs[1])
    return max(float((b - a).abs().max() / a.abs().max()) for a, b in zip(*outputs, strict=True))


if __name__ == "__main__":
    main()
