"""How long `build` takes beside torchvision's constructors, with and without initial weights.

    python benchmarks/build.py [--quick] [--json] [--rounds N] [NETWORK...]

`build` starts from the YAML file here: load, expand, plan, classes and modules are all in its time.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import torch
from timing import Comparison, compare, options, report
from torchvision_models import TWINS, twin

import archgraph

_NETWORKS = ("resnet18", "resnet50", "googlenet_bn", "densenet121", "vgg16")


def main() -> None:
    parser = options("build beside torchvision's constructors")
    parser.add_argument("networks", nargs="*", default=_NETWORKS, help=f"of {', '.join(TWINS)}")
    given = parser.parse_args()
    rounds = given.rounds or (3 if given.quick else 15)
    torch.set_num_threads(1)
    rows = []
    for path in given.networks:
        name = Path(path).stem
        full = compare(partial(_build, path), partial(twin, name), rounds=rounds)
        bare = compare(partial(_build, path, init=False), partial(twin, name), rounds=rounds)
        rows.append({"network": name, **_columns("", full), **_columns("init=False ", bare)})
    report("build(), and build(init=False), beside torchvision's constructor", rows, as_json=given.json)


def _build(path: str, *, init: bool = True) -> torch.nn.Module:
    return archgraph.build(archgraph.load(path), init=init)


def _columns(prefix: str, found: Comparison) -> dict[str, object]:
    spread = f"{found.ratio_low:.3f}-{found.ratio_high:.3f}"
    columns = {f"{prefix}ours": found.ours, f"{prefix}ratio": found.ratio, f"{prefix}quartiles": spread}
    return columns if prefix else {"torchvision": found.theirs, **columns}


if __name__ == "__main__":
    main()
