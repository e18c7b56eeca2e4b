"""Pictures, from the shell to the file. With `--zoo` every network at every level, read back.

Limits: 0.7 s for `archgraph render resnet50 -o x.svg`, 3 s for hrnetv2_w48. Beside the wall time stand the seconds of
CPU: nothing in it runs side by side, so a busy machine needs more of the one than of the other. `--zoo` takes minutes:
it draws each network of the zoo by default, as stages, as blocks and flat, and counts what overlaps, is cut or leaves
its box, as tests/pictures does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from timing import Times, options, report

import archgraph
from archgraph.pictures.dot import dot
from archgraph.pictures.picture import Drawing
from archgraph.zoo import names

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from picture_layout import read

MAIN = "from archgraph.cli import program; program()"
COMMANDS: Mapping[tuple[str, ...], float] = {
    ("resnet50",): 0.7,
    ("resnet50", "--depth", "1"): 0.7,
    ("resnet50", "--flat"): 0.7,
    ("hrnetv2_w48",): 3.0,
    ("hrnetv2_w48", "--depth", "1"): 3.0,
    ("hrnetv2_w48", "--flat"): 3.0,
}
"""What is drawn, with the seconds it may take."""
LEVELS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "stages": {"depth": 1},
    "blocks": {"depth": 2},
    "flat": {"flat": True},
}


def cpu() -> float:
    """Seconds of CPU that this process and those it waited for have taken."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def timed(words: tuple[str, ...], rounds: int) -> tuple[Times, float]:
    """Wall times of a command, and the median of its seconds of CPU."""
    walls, busy = [], []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", MAIN, "render", *words, "-o", f"{folder}/x.svg"]
        for _ in range(rounds + 1):
            start, before = time.perf_counter(), cpu()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            walls.append(time.perf_counter() - start)
            busy.append(cpu() - before)
    walls, busy = sorted(walls[1:]), busy[1:]  # The first one reads files from the disk.
    quarter = len(walls) // 4
    return Times(median(walls), walls[quarter], walls[-1 - quarter], rounds), median(busy)


def shell(rounds: int) -> list[dict[str, Any]]:
    rows = []
    for words, limit in COMMANDS.items():
        wall, busy = timed(words, rounds)
        rows.append(
            {
                "command": f"archgraph render {' '.join(words)} -o x.svg",
                "median": wall,
                "CPU": f"{busy:.2f} s",
                "within": f"{limit:g} s: {'yes' if wall.median <= limit else 'NO'}",
            }
        )
    return rows


def zoo() -> list[dict[str, Any]]:
    """Each level over all networks: how many pictures, what is wrong in them, and which took longest."""
    rows = []
    graphs = {name: archgraph.expand(archgraph.load(name)) for name in sorted(names())}
    for level, look in LEVELS.items():
        faults, spent, boxes = [], {}, 0
        for name, graph in graphs.items():
            before = cpu()
            layout = read(Drawing(dot(graph, **look)).render("svg").decode())
            spent[name] = cpu() - before
            boxes += len(layout.boxes)
            faults += [f"{name}: {fault}" for fault in layout.faults()]
        slowest = max(spent, key=spent.__getitem__)
        rows.append(
            {
                "level": level, "pictures": len(graphs), "boxes": boxes, "faults": len(faults),
                "CPU": f"{sum(spent.values()):.0f} s", "median": f"{median(spent.values()) * 1e3:.0f} ms",
                "slowest": f"{slowest}, {spent[slowest]:.1f} s",
            }
        )  # fmt: skip
        print(*faults[:10], sep="\n", file=sys.stderr, end="\n" if faults else "")
    return rows


def main() -> None:
    parser = options("Pictures from the shell, and all of the zoo's, read back.")
    parser.add_argument("--zoo", action="store_true", help="draw every network at every level, and count faults")
    given = parser.parse_args()
    if given.zoo:
        report("Pictures of the zoo", zoo(), as_json=given.json)
    else:
        report("Pictures from a shell", shell(given.rounds or (3 if given.quick else 11)), as_json=given.json)


if __name__ == "__main__":
    main()
