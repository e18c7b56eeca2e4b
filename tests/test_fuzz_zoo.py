"""Whatever happens to a file of the zoo, it is a network or a list of located mistakes, soon.

`benchmarks/fuzz.py` does this 100,000 times.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from fuzzed import look
from hypothesis import given, settings
from hypothesis import strategies as st
from mutated_text import CHANGES, mutated

from archgraph import zoo

FILES = zoo.files()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FILES), st.integers(0, 2**32))
def test_a_mutated_file_is_a_network_or_has_located_mistakes(path: Path, seed: int) -> None:
    rng = Random(seed)
    look(mutated(path.read_text("utf-8"), rng), path, rng)


def test_every_change_changes_something() -> None:
    text = FILES[0].read_text("utf-8")
    for change, _ in CHANGES.values():
        assert any(change(text, Random(seed)) != text for seed in range(9)), change
