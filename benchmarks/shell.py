"""From a shell to an answer: whole processes, start-up and all.

Limits: 0.4 s for `archgraph check|cost|show resnet50`, 3 s for a check of the whole zoo; torch, optuna and networkx not
imported.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from timing import Times, measure, options, report

COMMANDS: Mapping[tuple[str, ...], float] = {
    ("check", "resnet50"): 0.4,
    ("cost", "resnet50"): 0.4,
    ("show", "resnet50"): 0.4,
    ("zoo", "--verify"): 3.0,
}
"""Commands, each with the seconds it may take."""
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


def row(name: str, times: Times, limit: float | None, heavy: list[str]) -> dict[str, Any]:
    within = "" if limit is None else f"{limit:g} s: {'yes' if times.median <= limit else 'NO'}"
    return {
        "command": name, "median": times, "lower quartile": f"{times.low * 1e3:.0f} ms",
        "upper quartile": f"{times.high * 1e3:.0f} ms", "within": within, "imported": ", ".join(heavy) or "none",
    }  # fmt: skip


def main() -> None:
    given = options("Wall time of commands, from the shell.").parse_args()
    rounds = given.rounds or (3 if given.quick else 21)
    rows = []
    for words, limit in COMMANDS.items():
        times = measure(lambda words=words: run(*words), rounds=rounds)
        rows.append(row(f"archgraph {' '.join(words)}", times, limit, imported(*words)))
    bare = [sys.executable, "-c", "import typer, pydantic.main, yaml, rich.table"]
    alone = measure(lambda: subprocess.run(bare, check=True), rounds=rounds)
    rows.append(row("only typer, pydantic, yaml, rich", alone, None, []))
    report("From a shell", rows, as_json=given.json)


if __name__ == "__main__":
    main()
