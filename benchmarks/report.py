"""What the report of a search takes to write, and how large its page is, by the number of trials.

The searches are real ones whose evaluation does nothing; the reports are written by `archgraph search report` from the
shell. `processor` is the time of that process and of the drawing program that it calls.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import resource
import subprocess
import sys
import tempfile
from base64 import b64decode
from pathlib import Path

from overhead import Nothing
from rich.console import Console
from timing import measure, options, report

from archgraph.search import worker

RECIPE = """\
archgraph_search: 1
name: report
spec: SPEC
set: {classes: 10, input: [1, 8, 8]}
budget: {macs: MACS}
evaluate: {train: {data: digits, epochs: 1}}
objectives: OBJECTIVES
"""
MAIN = "from archgraph.cli import program; program()"
PACKED = re.compile(r'<script type="text/plain" id="(\w+)">([^<]*)<')


def main() -> None:
    """Run searches, write their reports, and print the table."""
    asked = options(__doc__.splitlines()[0]).parse_args()
    rounds = asked.rounds or (1 if asked.quick else 5)
    small, large = ("cifar_resnet8", "2M"), ("resnet50", "20M")
    cases = [(60, *small, "[accuracy]"), (60, *large, "[accuracy]")]
    if not asked.quick:
        cases += [(200, *small, "[accuracy]"), (2_000, *small, "[accuracy, params, macs]")]
    rows = [_row(trials, spec, macs, aims, rounds=rounds) for trials, spec, macs, aims in cases]
    report("The report of a search", rows, as_json=asked.json)


def _row(trials: int, spec: str, macs: str, objectives: str, *, rounds: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        recipe, out = Path(folder) / "report.yaml", Path(folder) / "run"
        recipe.write_text(RECIPE.replace("SPEC", spec).replace("MACS", macs).replace("OBJECTIVES", objectives))
        worker.run(recipe, trials=trials, out=out, console=Console(file=io.StringIO()), evaluator=Nothing())
        processor = measure(lambda: _write(out), rounds=rounds, warmup=0, clock=_processor)
        page = (out / "report.html").read_text(encoding="utf-8")
    packed = dict(PACKED.findall(page))
    pictures = json.loads(gzip.decompress(b64decode(packed["pictures"])))
    steps = sum(name.startswith("step-") for name in pictures)
    return {
        "network": spec, "objectives": objectives.count(",") + 1, "trials": f"{trials:,}",
        "networks drawn": len(pictures) - steps, "differences": steps, "processor": processor,
        "page": _megabytes(len(page.encode())), "plotly.js": _megabytes(len(packed["plotly"])),
        "pictures": _megabytes(len(packed["pictures"])),
    }  # fmt: skip


def _write(run: Path) -> None:
    """Write a report from a process of its own, as from the shell."""
    subprocess.run([sys.executable, "-c", MAIN, "search", "report", str(run)], check=True, stdout=subprocess.DEVNULL)


def _processor() -> float:
    """Seconds of the processor of the processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB"


if __name__ == "__main__":
    main()
