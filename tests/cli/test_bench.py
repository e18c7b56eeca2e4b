"""`archgraph bench`: what it prints and how it ends. No test looks at how long anything took."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from archgraph import expand, load

Archgraph = Callable[..., Any]


@pytest.mark.torch
def test_its_table_has_every_node_and_compares_the_sum_with_the_whole(archgraph: Archgraph) -> None:
    found = archgraph("bench", "lenet5", "--batch", 2, "--dtype", "bfloat16", "--json").json
    nodes = expand(load("lenet5")).needed(training=False)
    assert sorted(name for line in found["ops"] for name in line["nodes"]) == sorted(nodes)
    assert sum(line["count"] for line in found["ops"]) == len(nodes)
    assert (found["whole"]["batch"], found["whole"]["dtype"], found["whole"]["threads"]) == (2, "bfloat16", 1)
    assert found["sum_ms"] == pytest.approx(sum(line["count"] * line["median_ms"] for line in found["ops"]))
    assert found["error"] == pytest.approx(found["sum_ms"] / found["whole"]["median_ms"] - 1)


@pytest.mark.torch
def test_the_rest_of_the_ops_is_a_line(archgraph: Archgraph) -> None:
    found = archgraph("bench", "lenet5", "--top", 2)
    lines = [line for line in found.out.splitlines() if line]
    (rest,) = (line.split() for line in lines if " more " in line)
    assert rest[:2] == ["10", "more"] and int(rest[2]) == 12 - sum(int(line.split()[-5]) for line in lines[2:4])
    assert "lenet5  cpu, batch 1, float32, 1 thread, on" in found.out
    assert "sum of 12 nodes, each run alone" in lines[-1] and lines[-1].endswith("of the whole")


@pytest.mark.torch
def test_a_gpu_that_is_not_there_is_wrong_use(archgraph: Archgraph) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    found = archgraph("bench", "lenet5", "--device", "cuda")
    assert (found.code, found.err) == (2, "archgraph: the device is cuda, and torch finds no GPU here; cpu is there\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lenet6",), "no network 'lenet6' in the zoo, and no such file; did you mean 'lenet5'?"),
        (("lenet5", "--input", "3"), "lenet5"),
        (("lenet5", "--device", "gpu"), "'gpu' is not one of 'cpu', 'cuda'"),
        (("lenet5", "--batch", "0"), "Invalid value for '--batch'"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_measured(
    archgraph: Archgraph, words: tuple[str, ...], said: str
) -> None:
    found = archgraph("bench", *words)
    assert found.code in (1, 2) and said in found.err
