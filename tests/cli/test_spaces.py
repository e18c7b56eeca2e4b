"""`archgraph space`: what the choices of a spec hold, against counting by hand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from archgraph import cost, load, override

Archgraph = Callable[..., Any]
HEAD = "archgraph: 1\nname: net\ninput: [3, 8, 8]\n"
SPACE = HEAD + "vars: {w: {choice: [4, 8, 16]}, k: {choice: [1, 3]}}\ngraph: [conv: [$w, $k], conv: [8, 3]]\n"


@pytest.fixture
def net(tmp_path: Path) -> Path:
    file = tmp_path / "net.yaml"
    file.write_text(SPACE)
    return file


def _costs(net: Path) -> list[Any]:
    return [cost(override(load(net), {"w": w, "k": k})) for w, k in product((4, 8, 16), (1, 3))]


def test_a_small_space_is_gone_through(archgraph: Archgraph, net: Path) -> None:
    found, known = archgraph("space", net, "--json").json, _costs(net)
    assert (found["networks"], found["exact"], found["whole"]) == (6, True, True)
    for name, spread in found["costs"].items():
        values = sorted(getattr(one, name) for one in known)
        assert spread == {"min": values[0], "median": values[3], "max": values[-1]}
    assert "6 networks, counted; looked at: all of them" in archgraph("space", net).out


def test_the_share_that_fits_is_that_of_counting(archgraph: Archgraph, net: Path) -> None:
    known = _costs(net)
    limit = sorted(one.macs for one in known)[3]
    fit = sum(one.macs <= limit and 300 <= one.params <= 900 for one in known)
    ran = archgraph("space", net, "--budget", f"macs={limit},params=[300,900]", "--json")
    assert 0 < fit < 6 and ran.json["budget"]["fit"] == fit and ran.json["budget"]["share"] == fit / 6
    assert f"{fit} of the 6 looked at" in archgraph("space", net, "--budget", f"macs={limit},params=[300,900]").out


def test_where_none_fits_the_nodes_that_alone_are_over_are_named(archgraph: Archgraph, net: Path) -> None:
    """The smallest has 3*4 weights and 4 biases of 64 pixels, then 4*8*9."""
    out = archgraph("space", net, "--budget", "macs=10k").out
    assert f"None fits macs at most 10,000; the nearest has {64 * (12 + 288):,} macs." in out
    assert f"conv2 alone has {64 * 288:,} macs." in out and "conv1 alone" not in out
    assert "No node of it is over a limit by itself." in archgraph("space", net, "--budget", "macs=19k").out


def test_of_a_large_space_a_sample_is_drawn_and_it_says_so(archgraph: Archgraph) -> None:
    ran = archgraph("space", "nasbench201", "--sample", 10, "--budget", "macs=7783040", "--json").json
    assert (ran["networks"], ran["looked_at"], ran["whole"]) == (15625, 10, False)
    assert ran["budget"]["fit"] > 0 or ran["budget"]["possible"], "the cell without convs fits just so"
    assert "looked at: 10 at random" in archgraph("space", "nasbench201", "--sample", 10).out


def test_what_is_fixed_is_not_counted(archgraph: Archgraph, net: Path) -> None:
    assert archgraph("space", net, "--set", "vars.w=8", "--json").json["networks"] == 2
    assert archgraph("space", net, "--set", "w=8", "--json").json["networks"] == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["lenet5"], "lenet5 has no choices"),
        (["nasbench201", "--budget", "mac=3"], "no limit 'mac'; did you mean 'macs'"),
        (["nasbench201", "--budget", "macs"], "it takes COST=MOST"),
        (["nasbench201", "--budget", "macs=some"], "macs=some: it takes whole numbers"),
        (["nasbench201", "--budget", "params=[9,3]"], "at least 9 and at most 3 is impossible"),
    ],
)
def test_wrong_use_is_told(archgraph: Archgraph, given: list[str], said: str) -> None:
    ran = archgraph("space", *given)
    assert ran.code == 2 and said in ran.err
