"""Files made to take all memory or time are refused in little of both, in a process with hard limits."""

# ruff: noqa: E501 - one case a line reads better than a short line
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_vocabulary import HEAD, message_of, spec_of

from archgraph.errors import SpecError

MEGABYTES = 200


def bomb(item: str) -> str:
    """Aliases that multiply by ten, ten times over: 10 GB of values in 1 KB of text."""
    lines = ["a0: &a0 " + item.format("1")]
    lines += [f"a{n}: &a{n} " + item.format(", ".join([f"*a{n - 1}"] * 10)) for n in range(1, 11)]
    return "\n".join(lines)


def filled(start: str, item: str, end: str = "") -> str:
    """A text of just under 1 MB."""
    return start + item * ((999_000 - len(start) - len(end)) // len(item)) + end


HOSTILE = {
    "lists in lists": ("[" * 100_000, "values are nested more than 64 levels deep"),
    "a megabyte of mappings in mappings": ("{" * 999_000, "values are nested more than 64 levels deep"),
    "block lists in block lists": ("- " * 400_000, "values are nested more than 64 levels deep"),
    "keys in keys": ("? " * 400_000, "values are nested more than 64 levels deep"),
    "multiplying aliases": (bomb("[{}]"), "aliases multiply to more than 100,000 values"),
    "multiplying merges": (bomb("[{{k: [{}]}}]"), "aliases multiply to more than 100,000 values"),
    "aliases nested in aliases": (
        "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 100)),
        "aliases nest values more than 64 levels deep",
    ),
    "values without end": (filled(HEAD + "vars: {a: [", "1,", "1]}\n"), "the file holds more than 100,000 values"),
    "nodes without end": (filled(HEAD + "graph:\n", "- rellu\n"), "the file holds more than 100,000 values"),
    "mistakes without end": (HEAD + "graph:\n" + "  - rellu\n" * 20_000, "unknown op 'rellu'"),
    "names near to thousands": (
        HEAD
        + "graph:\n"
        + "".join(f"  - {{relu: , id: a{n}}}\n" for n in range(19_000))
        + "".join(f"  - {{relu: , from: aa{n}}}\n" for n in range(60)),
        "unknown node 'aa0'",
    ),
    "a number of a million digits": (HEAD + "vars: {a: " + "9" * 990_000 + "}\ngraph: [relu]\n", "is too large a number"),
    "a name of a million letters": (HEAD + "graph:\n  - " + "r" * 990_000 + "\n", "unknown op"),
    "an open quote": ('a: "' + "x" * 990_000, "a quoted text is not closed"),
    "expressions without end": (
        HEAD + "vars: {a: 1, b: [" + ", ".join(f"$a+{n}" for n in range(40_000)) + "]}\ngraph: [relu]\n",
        "the expressions of this file have more than 200,000 characters",
    ),
    "a long expression": (HEAD + "vars: {a: 1, b: " + "$a+" * 30_000 + "1}\ngraph: [relu]\n", "an expression of 90001 characters"),
    "a number that outgrows the universe": (HEAD + "vars: {a: 9**9**9**9*$b}\ngraph: [relu]\n", "unknown variable '$b'"),
    "a range of a million billion": (HEAD + "vars: {a: {range: [1, 1000000000000000]}}\ngraph: [relu]\n", "a range of more than 100,000"),
}  # fmt: skip

# Reads the files one after the other, and says what was found and the most memory the process had by then.
CHILD = """
import json, re, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
sys.path.insert(0, sys.argv[1])
from small_vocabulary import message_of
for text in json.load(sys.stdin):
    said = message_of(text).splitlines()[0]
    peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
    print(json.dumps([said, int(peak[1]) // 1024]), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[str, int]]:
    """What was said of each hostile file, and the peak of memory in MB."""
    tests = Path(__file__).parents[1]
    texts = json.dumps([text for text, _ in HOSTILE.values()])
    command = [sys.executable, "-c", CHILD, str(tests)]
    done = subprocess.run(command, input=texts, capture_output=True, text=True, cwd=tests.parent, check=False)
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(outcomes) == len(HOSTILE), f"stopped at {list(HOSTILE)[len(outcomes)]!r}: {done.stderr[-2000:]}"
    return dict(zip(HOSTILE, outcomes, strict=True))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of memory from /proc")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file(name: str, outcomes: dict[str, tuple[str, int]]) -> None:
    said, megabytes = outcomes[name]
    assert HOSTILE[name][1] in said
    assert megabytes < MEGABYTES


def test_a_file_over_a_megabyte_is_not_parsed() -> None:
    assert message_of("#" * 1_000_001) == "net.yaml is larger than 1 MB, the most a spec may have"
    assert message_of("é" * 500_001) == "net.yaml is larger than 1 MB, the most a spec may have"


def test_a_file_within_the_limits_is_read() -> None:
    assert len(spec_of(HEAD + "graph:\n" + "  - relu\n" * 20_000).graph.nodes) == 20_000


def test_deep_but_allowed_graphs_are_read() -> None:
    text = HEAD + "graph: " + "[residual: {body: " * 20 + "[relu]" + "}]" * 20 + "\n"
    assert spec_of(text).graph.nodes[0].op == "residual"
    with pytest.raises(SpecError):
        spec_of(HEAD + "graph: " + "[residual: {body: " * 22 + "[relu]" + "}]" * 22 + "\n")
