"""Bundles of several tensors: blocks that take and give them, networks with several inputs, ops on streams."""

from __future__ import annotations

import pytest

import archgraph

HEAD = "archgraph: 1\nname: net\n"
ONE = HEAD + "input: [3, 32, 32]\n"
TWO = HEAD + "input: {left: [3, 32, 32], right: [1, 32, 32]}\n"


def expand(text: str, **options: object) -> archgraph.Graph:
    graph = archgraph.expand(archgraph.loads(text, name="net.yaml"), **options)
    graph.check()
    return graph


def wires(graph: archgraph.Graph) -> dict[str, list[str]]:
    return {
        node.name: [f"{ref.node}/{ref.output}" if ref.output else ref.node for ref in node.inputs] for node in graph
    }


def error(text: str) -> str:
    with pytest.raises(archgraph.SpecError) as caught:
        expand(text)
    return str(caught.value)


def test_from_joins_bundles_in_order() -> None:
    graph = expand(
        ONE + "blocks: {pair: {graph: [{relu: , id: a}, {tanh: , id: b, from: in}], outputs: [a, b]}}\n"
        "graph: [{pair: , id: p}, {sigmoid: , id: s, from: in}, {add: , from: [s, p]}]"
    )
    assert wires(graph)["add1"] == ["s", "p.a", "p.b"]


def test_outputs_of_a_block_have_names_and_numbers() -> None:
    pair = "blocks: {pair: {graph: [{conv: [4, 1], id: x}, {relu: , id: y}], outputs: {early: x, late: y}}}\n"
    graph = expand(ONE + pair + "graph: [{pair: , id: p}, {relu: , from: p/early}, {relu: , from: p/1}]")
    assert wires(graph)["relu1"] == ["p.x"]
    assert wires(graph)["relu2"] == ["p.y"]
    message = error(ONE + pair + "graph: [{pair: , id: p}, {relu: , from: p/middle}]")
    assert "'p' has no output 'middle'" in message or "no output" in message
    assert "early" in message


def test_a_cell_that_takes_the_two_before_it_chains_with_repeat() -> None:
    graph = expand(
        ONE + "blocks:\n"
        "  cell:\n"
        "    inputs: [older, newer]\n"
        "    graph:\n"
        "      - {add: , from: [older, newer], id: sum}\n"
        "    outputs: [newer, sum]\n"
        "graph:\n"
        "  - {relu: , id: stem}\n"
        "  - {cell: , from: [stem, stem], repeat: 3, id: cells}\n"
        "  - {relu: , from: cells/1}\n"
    )
    assert wires(graph) == {
        "stem": ["in"],
        "cells.0.sum": ["stem", "stem"],
        "cells.1.sum": ["stem", "cells.0.sum"],
        "cells.2.sum": ["cells.0.sum", "cells.1.sum"],
        "relu2": ["cells.2.sum"],
    }


def test_equal_blocks_on_streams_are_wired_alike_however_they_were_expanded() -> None:
    text = (
        ONE + "blocks:\n"
        "  swap: {inputs: [a, b], graph: [{conv: [4, 1], from: a}, {conv: [4, 1], from: b}], outputs: [conv2, conv1]}\n"
        "graph: [{conv: [4, 1], id: x}, {conv: [4, 1], id: y, from: in}, {swap: , from: [x, y], repeat: 3, id: s}, add]"
    )
    spec = archgraph.loads(text)
    replayed = archgraph.expand(spec)
    asked = archgraph.expand(spec, choose=lambda name, choice: choice.chosen)  # asks, so it writes nothing again
    assert wires(replayed) == wires(asked)
    assert wires(replayed)["s.1.conv1"] == ["s.0.conv2"]
    assert replayed.scopes == asked.scopes


def test_several_inputs_are_names_and_together_the_first_bundle() -> None:
    graph = expand(
        TWO + "graph: [{conv: [4, 1], from: left, id: a}, {conv: [4, 1], from: right, id: b}, {add: , from: [a, b]}]"
    )
    assert dict(graph.inputs) == {"left": (3, 32, 32), "right": (1, 32, 32)}
    assert wires(graph)["b"] == ["right"]
    assert wires(expand(TWO + "graph: [concat]"))["concat1"] == ["left", "right"]
    assert "conv takes one input, given 2" in error(TWO + "graph: [conv: [4, 1]]")


def test_another_size_is_given_to_inputs_by_name() -> None:
    spec = archgraph.loads(TWO + "graph: [concat]")
    graph = archgraph.expand(spec, input={"left": (3, 8, 8), "right": (1, 8, 8)})
    assert graph.nodes["concat1"].shape == (4, 8, 8)
    with pytest.raises(archgraph.UsageError, match=r"no input .lft..*left"):
        archgraph.expand(spec, input={"lft": (3, 8, 8)})
    with pytest.raises(archgraph.UsageError, match="left, right"):
        archgraph.expand(spec, input=(3, 8, 8))


def test_a_block_says_how_many_inputs_it_takes() -> None:
    block = "blocks: {join: {inputs: [x, skip], graph: [{add: , from: [x, skip]}]}}\n"
    assert "join takes 2 inputs (x, skip), given 1" in error(ONE + block + "graph: [join]")


def test_a_network_that_ends_in_a_bundle_has_an_output_for_each() -> None:
    text = ONE + "blocks: {pair: {graph: [{relu: , id: a}, {conv: [4, 1], id: b}], outputs: [a, b]}}\ngraph: [pair]"
    graph = expand(text)
    assert {name: graph.shape(ref) for name, ref in graph.outputs.items()} == {
        "output0": (3, 32, 32),
        "output1": (4, 32, 32),
    }


def test_parallel_gives_each_stream_its_own_width_and_weights() -> None:
    graph = expand(
        ONE + "graph:\n"
        "  - {conv: [8, 3], id: a}\n"
        "  - {conv: [4, 3, 2], id: b, from: in}\n"
        "  - {parallel: {each: {c: [8, 4]}, body: [conv: {out: 2*$c, kernel: 3}]}, from: [a, b], id: p}\n"
        "outputs: {high: p/0, low: p/1}\n"
    )
    assert [graph.shape(ref) for ref in graph.outputs.values()] == [(16, 32, 32), (8, 16, 16)]
    assert wires(graph)["p.0.conv1"] == ["a"]


def test_parallel_takes_a_path_a_stream() -> None:
    text = ONE + "graph:\n  - {conv: [4, 3], id: a}\n  - {conv: [8, 3], id: b}\n"
    text += "  - {parallel: {paths: [[conv: [2, 1]], []]}, from: [a, b]}\n  - concat\n"
    assert archgraph.cost(archgraph.loads(text)).outputs["output"][0] == 2 + 8


def test_parallel_counts_its_columns_against_the_streams() -> None:
    message = error(
        ONE + "graph:\n  - relu\n  - parallel: {each: {c: [8, 4]}, body: [conv: [$c, 1]]}\n",
    )
    assert "each.c has 2 values, 1 stream came in" in message


def test_a_transition_keeps_what_fits_and_halves_for_the_new_stream() -> None:
    graph = expand(ONE + "graph: [{conv: [8, 3], id: a}, {hr_transition: {widths: [8, 16, 32]}, id: t}]")
    assert [graph.shape(ref) for ref in graph.outputs.values()] == [(8, 32, 32), (16, 16, 16), (32, 8, 8)]
    assert [name for name in graph.nodes if name.endswith(("conv", "t.1", "t.2", "t.2_0"))]


def test_a_fusion_keeps_the_shape_of_every_stream_at_odd_sizes_too() -> None:
    text = (
        ONE
        + "graph: [{conv: [8, 3], id: a}, {hr_transition: {widths: [8, 16, 32]}}, {hr_fusion: {widths: [8, 16, 32]}}]"
    )
    for size in (32, 33, 45):
        graph = archgraph.expand(archgraph.loads(text), input=(3, size, size))
        graph.check()
        half = -(-size // 2)
        shapes = [graph.shape(ref) for ref in graph.outputs.values()]
        assert shapes == [(8, size, size), (16, half, half), (32, -(-half // 2), -(-half // 2))]
    assert "widths is [8, 8], the streams have [8, 16] channels" in error(
        ONE + "graph: [{conv: [8, 3]}, {hr_transition: {widths: [8, 16]}}, {hr_fusion: {widths: [8, 8]}}]"
    )


def test_a_fusion_resizes_as_it_is_told_and_not_as_the_file_resizes_elsewhere() -> None:
    text = (
        ONE + "defaults: {upsample: {mode: bicubic, align_corners: true}}\n"
        "graph: [{conv: [4, 3]}, {hr_transition: {widths: [4, 8]}}, hr_fusion%s]"
    )
    for given, expected in (("", ("nearest", False)), (": {mode: bilinear, align_corners: true}", ("bilinear", True))):
        (resize,) = (node.op for node in expand(text % given) if node.op.op == "upsample")
        assert (resize.mode, resize.align_corners) == expected


def test_an_op_for_one_tensor_says_so_when_streams_come() -> None:
    message = error(ONE + "graph: [{conv: [8, 1]}, {hr_transition: {widths: [8, 16]}}, relu]")
    assert "relu takes one input, given 2" in message
    assert "parallel" in message
