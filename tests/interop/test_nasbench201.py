"""Cells of NAS-Bench-201 against facts of its table: parameters, MACs, classes of equal cells, cells without a way.

nasbench201.csv has 60 of the 15,625 rows of NATS-Bench's table for CIFAR-10 (arXiv:2009.00437, MIT); all of them are
compared by benchmarks/nasbench201.py.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

import archgraph
from archgraph.errors import SpecError
from archgraph.graph.hashing import canonical_hash
from archgraph.graph.normal_form import normal_form
from archgraph.graph.space import space
from archgraph.interop.nasbench201 import OPS, connected, edges, spec, topology

with Path(__file__).with_name("nasbench201.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
CONV3 = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"


def cell(**ops: str) -> str:
    """The string of a cell from the ops of its edges; those not given are `none`."""
    full = {short: op for op, short in OPS.items()}
    given = {name: full[ops.get(name, "none")] for name in ("e10", "e20", "e21", "e30", "e31", "e32")}
    nodes = ("".join(f"|{op}~{name[2]}" for name, op in given.items() if name[1] == node) + "|" for node in "123")
    return "+".join(nodes)


def digest(arch: str) -> str:
    return canonical_hash(archgraph.expand(spec(arch)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(edges(row["arch"]).values()))
def test_a_cell_has_the_parameters_and_macs_of_the_table(row: Mapping[str, str]) -> None:
    found = archgraph.cost(spec(row["arch"]))
    assert found.params == round(float(row["params_M"]) * 1e6)
    assert found.macs + 10 == round(float(row["macs_M"]) * 1e6)  # the table counts the classifier's bias
    assert found.outputs == {"features": (64,), "logits": (10,)}


def test_a_cell_without_a_way_from_input_to_output_does_not_see_the_image() -> None:
    blind = [row["arch"] for row in ROWS if float(row["test_200"]) == 10.0]
    assert 5 < len(blind) < len(ROWS)
    for row in ROWS:
        vertices = normal_form(archgraph.expand(spec(row["arch"]))).vertices
        sees = any(ref.node == "in" for vertex in vertices.values() for ref in vertex.inputs)
        assert sees == connected(row["arch"]) == (row["arch"] not in blind)


def test_topology_tells_cells_apart_as_the_benchmark_does() -> None:
    pairs = {(row["iso_class"], topology(row["arch"])) for row in ROWS}
    classes, texts = zip(*pairs, strict=True)
    assert len(set(classes)) == len(set(texts)) == len(pairs) < len(ROWS)


@pytest.mark.parametrize(
    ("what", "one", "other"),
    [
        ("by which node a way leads", cell(e10="conv3", e31="pool"), cell(e20="conv3", e32="pool")),
        ("a node that passes one edge on", cell(e10="conv3", e31="skip"), cell(e30="conv3")),
        ("a sum within a sum", cell(e20="pool", e30="conv3", e32="skip"), cell(e30="pool", e20="conv3", e32="skip")),
        ("an edge that leads nowhere", cell(e10="conv1", e30="conv3"), cell(e30="conv3")),
        ("a pool of nothing", cell(e32="pool", e30="conv3"), cell(e30="conv3")),
        ("which conv reads nothing", cell(e31="conv1", e30="conv3"), cell(e32="conv3", e30="conv3")),
    ],
)  # fmt: skip
def test_cells_with_one_function_have_one_hash(what: str, one: str, other: str) -> None:
    assert digest(one) == digest(other), what


@pytest.mark.parametrize(
    ("what", "one", "other"),
    [
        ("the norm after a conv of nothing has a bias", cell(e31="conv1", e30="skip"), cell(e30="skip")),
        (
            "a branch that is read twice is not two branches",
            cell(e10="conv3", e21="skip", e31="skip", e32="skip"),
            cell(e10="conv3", e20="conv3", e31="skip", e32="skip"),
        ),
    ],
)
def test_the_hash_keeps_apart_what_the_benchmark_takes_as_one(what: str, one: str, other: str) -> None:
    assert digest(one) != digest(other), what


def test_the_benchmark_keeps_apart_what_the_hash_takes_as_one() -> None:
    short, long = cell(e30="conv3"), cell(e10="conv3", e31="skip")
    assert topology(short) == "#+#+(0)@nor_conv_3x3"
    assert topology(cell(e20="conv3", e32="skip")) == "#+#+#+(0)@nor_conv_3x3"
    assert digest(short) == digest(long) == digest(cell(e20="conv3", e32="skip"))


def test_every_cell_is_one_of_the_networks_of_the_zoos_space() -> None:
    whole = archgraph.load("nasbench201")
    assert space(whole, most=3).networks == 5**6
    made = spec(CONV3)
    assert made.vars == archgraph.load("nasbench201_conv3x3").vars
    assert made.blocks == whole.blocks and archgraph.loads(archgraph.dump(made)) == made


MISTAKES = {
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_5x5~1|+|none~0|none~1|none~2|": """\
<architecture>:1:34: unknown op 'nor_conv_5x5'
    1 | |nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_5x5~1|+|none~0|none~1|none~2|
      |                                  ^^^^^^^^^^^^
      = did you mean 'nor_conv_3x3'? (allowed: avg_pool_3x3, none, nor_conv_1x1, nor_conv_3x3, skip_connect)""",
    "|none~0|+|none~0|none~0|+|none~0|none~1|none|": """\
<architecture>:1:18: edge 2 of node 2 comes from node 1, given 'none~0'
    1 | |none~0|+|none~0|none~0|+|none~0|none~1|none|
      |                  ^^^^^^
      = a cell is written |op~0|+|op~0|op~1|+|op~0|op~1|op~2|
<architecture>:1:41: edge 3 of node 3 comes from node 2, given 'none'
    1 | |none~0|+|none~0|none~0|+|none~0|none~1|none|
      |                                         ^^^^
      = a cell is written |op~0|+|op~0|op~1|+|op~0|op~1|op~2|""",
    "|none~0|+|none~0|+|none~0|none~1|none~2|": """\
<architecture>:1:10: node 2 has 2 edges between bars, given '|none~0|'
    1 | |none~0|+|none~0|+|none~0|none~1|none~2|
      |          ^^^^^^^^
      = a cell is written |op~0|+|op~0|op~1|+|op~0|op~1|op~2|""",
    "resnet50": """\
<architecture>:1:1: a cell has three nodes after its input, given 1
    1 | resnet50
      | ^^^^^^^^
      = a cell is written |op~0|+|op~0|op~1|+|op~0|op~1|op~2|""",
}


@pytest.mark.parametrize("arch", MISTAKES)
def test_mistakes_in_a_string_are_shown_where_they_are(arch: str) -> None:
    with pytest.raises(SpecError) as caught:
        spec(arch)
    assert str(caught.value) == MISTAKES[arch]


@pytest.mark.parametrize(
    "arch", ["", "+", "++", "|||", "|+||+|||", "~", "é|x~0|+", "|a~0|+|a~0|a~1|+|a~0|a~1|a~2|" * 2]
)
def test_no_string_ends_in_anything_but_a_located_mistake(arch: str) -> None:
    with pytest.raises(SpecError):
        edges(arch)
