"""Whatever a spec says, it ends in a located error, soon, in little memory, and runs nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAD = "archgraph: 1\nname: n\ninput: [3, 8, 8]\n"

SPECS = {
    "aliases multiply": "a: &a [x,x,x,x,x,x,x,x]\n"
    + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefghi", "bcdefghij", strict=True)),
    "100,000 open brackets": "[" * 100_000,
    "50,000 open braces": "{a: " * 50_000,
    "50,000 nested dashes": "- " * 50_000 + "a",
    "2 MB": "a: " + "x" * 2_000_000,
    "a graph that holds itself": HEAD + "graph: &g [residual: {body: *g}]\n",
    "a block that doubles": HEAD + "blocks: {b: {graph: [b: {}, b: {}]}}\ngraph: [b: {}]\n",
    "a tower of powers": HEAD + "vars: {a: 9}\ngraph: [conv: [$a**$a**$a**$a, 1]]\n",
    "a text times a number": HEAD + "vars: {a: xxxxxxxx}\ngraph: [conv: [$a * 1000000000, 1]]\n",
    "a list times a number": HEAD + "vars: {a: [1, 2]}\ngraph: [conv: [$a * 1000000000, 1]]\n",
    "a range without end": HEAD + "graph: [dropout: {range: [0, 1], step: 1e-300}]\n",
    "repeats of repeats": HEAD
    + "blocks: {b: {graph: [{conv: [3, 1], repeat: 15000}]}}\ngraph: [{b: {}, repeat: 15000}]\n",
    "6,000 dense layers": HEAD + "graph: [dense: {layers: 6000, growth: 1}]\n",
    "20,000 pyramid levels": HEAD + f"graph: [spp: {{levels: [{'1, ' * 20_000}1]}}]\n",
    "an image of 10^28 pixels": HEAD.replace("8, 8", "100000000000000, 80000000000000")
    + "graph: [conv: [3, 3], flatten, linear: 10]\n",
    "a number of 5,000 digits": HEAD + f"graph: [conv: [1{'0' * 5_000}, 3]]\n",
    "20,000 mistakes": HEAD + "graph:\n" + "  - bogus: 1\n" * 20_000,
    "a Python tag": HEAD + "graph: [!!python/object/apply:os.system ['touch ran']]\n",
    "Python in an expression": HEAD + "graph: [conv: [\"$x or __import__('os').system('touch ran')\", 3]]\n",
    "a class path": HEAD + "graph: [os.system: touch ran]\n",
}

CHECK = """
import json, os, resource, sys, time
import archgraph
found = {}
for name, text in json.load(sys.stdin).items():
    start = time.perf_counter()
    path = "spec.yaml"
    open(path, "w").write(text)
    try:
        archgraph.expand(archgraph.load(path))
        said = "no error"
    except archgraph.SpecError as error:
        said = str(error)
    found[name] = [said[:300], time.perf_counter() - start]
# Not ru_maxrss: that begins with what the process that started this one had.
high = [line for line in open("/proc/self/status") if line.startswith("VmHWM")] if os.path.exists("/proc") else []
peak = int(high[0].split()[1]) // 1024 if high else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({"found": found, "peak_mb": peak, "modules": [m for m in ("torch", "networkx") if m in sys.modules]}))
"""


def test_hostile_specs_end_in_located_errors_within_200_mb(tmp_path: Path) -> None:
    root = str(Path(__file__).parent.parent)
    run = subprocess.run(
        [sys.executable, "-c", CHECK],
        input=json.dumps(SPECS),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": root, "PATH": "/usr/bin:/bin"},
        timeout=120,
        check=True,
    )
    report = json.loads(run.stdout)
    for name, (said, _) in report["found"].items():
        assert said.startswith("spec.yaml"), (name, said)
    slow = {name: seconds for name, (_, seconds) in report["found"].items() if seconds > 20}
    assert not slow
    assert report["peak_mb"] < 200
    assert report["modules"] == []
    assert [path.name for path in tmp_path.iterdir()] == ["spec.yaml"]
