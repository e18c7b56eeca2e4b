"""From a shell to an answer: `archgraph check|cost|show resnet50`, whole processes, start-up and all.

Limit: 0.4 s, with torch, optuna and networkx not imported.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from timing import Times, measure, options, report

LIMIT = 0.4
COMMANDS = ("check", "cost", "show")
HEAVY = ("torch", "optuna", "networkx", "numpy")
MAIN = "from archgraph.cli import program; program()"
REPORT = "import atexit, json, sys; atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr)); "


def run(*words: str) -> None:
    """One whole process, as a shell starts it."""
    subprocess.run([sys.executable, "-c", MAIN, *words], check=True, stdout=subprocess.DEVNULL)


def imported(*words: str) -> list[str]:
    """The heavy modules that a command imports."""
    done = subprocess.run([sys.executable, "-c", REPORT + MAIN, *words], check=True, capture_output=True, text=True)
    modules = json.loads(done.stderr)
    return [name for name in HEAVY if name in modules]


def row(name: str, times: Times, heavy: list[str]) -> dict[str, Any]:
    within = "yes" if times.median <= LIMIT else "NO"
    return {
        "command": name, "median": times, "lower quartile": f"{times.low * 1e3:.0f} ms",
        "upper quartile": f"{times.high * 1e3:.0f} ms", "within 0.4 s": within, "imported": ", ".join(heavy) or "none",
    }  # fmt: skip


def main() -> None:
    given = options("Wall time of archgraph check|cost|show resnet50.").parse_args()
    rounds = given.rounds or (3 if given.quick else 21)
    rows = []
    for name in COMMANDS:
        times = measure(lambda name=name: run(name, "resnet50"), rounds=rounds)
        rows.append(row(f"archgraph {name} resnet50", times, imported(name, "resnet50")))
    bare = [sys.executable, "-c", "import typer, pydantic.main, yaml, rich.table"]
    rows.append(
        row("only typer, pydantic, yaml, rich", measure(lambda: subprocess.run(bare, check=True), rounds=rounds), [])
    )
    report("From a shell", rows, as_json=given.json)


if __name__ == "__main__":
    main()
