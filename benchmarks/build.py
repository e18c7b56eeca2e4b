"""How long `build` takes beside torchvision's constructors, with and without initial weights.

    python benchmarks/build.py [--quick] [--json] [--rounds N] [--cpu] [NETWORK...]

`build` starts from the YAML file here: load, expand, plan, classes and modules are all in its time. torchvision's
side is its constructor as it is called by default, with the initial weights of its own scheme.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import torch
from timing import Comparison, compare, options, report
from torchvision_models import TWINS, torchvision_models, twin

import archgraph

_NETWORKS = ("resnet18", "resnet50", "googlenet_bn", "densenet121", "vgg16")


def main() -> None:
    parser = options("build beside torchvision's constructors")
    parser.add_argument("networks", nargs="*", default=_NETWORKS, help=f"of {', '.join(TWINS)}")
    parser.add_argument("--cpu", action="store_true", help="count processor time: for a machine in use by others")
    given = parser.parse_args()
    clock = time.process_time if given.cpu else time.perf_counter
    rounds = given.rounds or (3 if given.quick else 15)
    torch.set_num_threads(1)
    rows = []
    for path in given.networks:
        name = Path(path).stem
        full = compare(partial(_build, path), partial(_constructed, name), rounds=rounds, clock=clock)
        bare = compare(partial(_build, path, init=False), partial(_constructed, name), rounds=rounds, clock=clock)
        rows.append({"network": name, **_columns("", full), **_columns("init=False ", bare)})
    measured = "processor" if given.cpu else "wall"
    title = f"build(), and build(init=False), beside torchvision's constructor, {measured} time"
    report(title, rows, as_json=given.json)


def _constructed(name: str) -> torch.nn.Module:
    if name != "googlenet_bn":
        return twin(name)
    module: torch.nn.Module = torchvision_models().googlenet(init_weights=True, aux_logits=True)
    return module


def _build(path: str, *, init: bool = True) -> torch.nn.Module:
    return archgraph.build(archgraph.load(path), init=init)


def _columns(prefix: str, found: Comparison) -> dict[str, object]:
    spread = f"{found.ratio_low:.3f}-{found.ratio_high:.3f}"
    columns = {f"{prefix}ours": found.ours, f"{prefix}ratio": found.ratio, f"{prefix}quartiles": spread}
    return columns if prefix else {"torchvision": found.theirs, **columns}


if __name__ == "__main__":
    main()
