"""What an op says of arguments and shapes it cannot take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import archgraph
from archgraph.errors import RuleError, SpecError
from archgraph.ops import make
from archgraph.ops.base import Primitive
from archgraph.shape import Shape
from archgraph.spec.model import Body

ARGUMENTS: list[tuple[str, Mapping[str, Any], str, str, str | None]] = [
    (
        "conv",
        {"out": 8, "kernel": "three"},
        "kernel is 'three', it takes a positive integer or a pair of them",
        "",
        "kernel",
    ),
    (
        "conv",
        {"out": 8},
        "conv needs kernel: a positive integer or a pair of them",
        "conv takes out, kernel, stride, pad, dilation, groups, bias, padding_mode, norm, act, order",
        None,
    ),
    (
        "conv",
        {"out": 8, "kernal": 3, "kernel": 3},
        "conv has no argument 'kernal'",
        "did you mean 'kernel'? (allowed: act, bias, dilation, groups, kernel, norm, order, out, pad, "
        "padding_mode, stride)",
        "kernal",
    ),
    (
        "conv",
        {"out": 32.0, "kernel": 3},
        "out is 32.0, it takes a positive integer",
        "write 32; in an expression, int(...) or // gives a whole number",
        "out",
    ),
    ("conv", {"out": 0, "kernel": 3}, "out is 0, it takes a positive integer", "", "out"),
    ("conv", {"out": None, "kernel": 3}, "out is null, it takes a positive integer", "", "out"),
    (
        "conv",
        {"out": 8, "kernel": (3, 3, 3)},
        "kernel is [3, 3, 3], it takes a positive integer or a pair of them",
        "",
        "kernel",
    ),
    (
        "conv",
        {"out": 8, "kernel": 3, "act": "rleu"},
        "act is 'rleu', it takes none or the name of an activation",
        "did you mean 'relu'?",
        "act",
    ),
    (
        "conv",
        {"out": 8, "kernel": 3, "pad": "sme"},
        "pad is 'sme', it takes same, valid, tf_same, an integer from 0 up or a pair of them",
        "did you mean 'same'? (allowed: same, tf_same, valid)",
        "pad",
    ),
    ("spp", {"levels": (4, 0)}, "levels.1 is 0, levels takes a list of positive integers", "", "levels.1"),
    ("dropout", {"p": 1.5}, "p is 1.5, it takes a number from 0 to 1", "", "p"),
    ("dropout", {"p": float("nan")}, "p is nan, it takes a number from 0 to 1", "", "p"),
    ("residual", {"body": 3}, "body is 3, it takes a list of nodes", "", "body"),
    (
        "residual",
        {"body": Body(), "shortcut": "autp"},
        "shortcut is 'autp', it takes auto, identity, conv, pool, none or a list of nodes",
        "did you mean 'auto'? (allowed: auto, conv, identity, none, pool)",
        "shortcut",
    ),
    (
        "residual",
        {"body": Body(), "survival": 0.1},
        "residual has no argument 'survival'",
        "allowed: act, body, drop_path, factor, scale, shortcut",
        "survival",
    ),
    ("branches", {"paths": ()}, "paths is [], it takes a list of graphs, or graphs by name", "", "paths"),
    ("choice", {"wide": 3}, "wide is 3, it takes a list of nodes", "", "wide"),
    ("rleu", {}, "unknown op 'rleu'", "did you mean 'relu'?", None),
]

SHAPES: list[tuple[str, Mapping[str, Any], tuple[Shape, ...], str, str, str | None]] = [
    (
        "conv",
        {"out": 8, "kernel": 7, "pad": "valid"},
        ((3, 6, 9),),
        "a kernel of 7 is larger than its padded input of 6",
        "",
        "kernel",
    ),
    (
        "conv",
        {"out": 8, "kernel": 3, "dilation": 4, "pad": 1},
        ((3, 6),),
        "a kernel of 3 (dilation 4: spans 9) is larger than its padded input of 8",
        "",
        "kernel",
    ),
    (
        "conv",
        {"out": 8, "kernel": 3, "groups": 3},
        ((6, 8, 8),),
        "groups 3 does not divide 6 input and 8 output channels",
        "groups divides both: 1 mixes all channels, one group an input channel is depthwise",
        "groups",
    ),
    (
        "conv",
        {"out": 8, "kernel": (3, 3)},
        ((6, 8),),
        "kernel has 2 values, its input has 1 spatial axes",
        "",
        "kernel",
    ),
    (
        "conv",
        {"out": 8, "kernel": 9, "padding_mode": "reflect"},
        ((6, 4, 4),),
        "padding_mode reflect adds 4 pixels to an input of 4",
        "it adds at most 3 there; zeros and replicate add any number",
        "padding_mode",
    ),
    (
        "conv",
        {"out": 8, "kernel": 3},
        ((6,),),
        "conv takes a map (C, H, W) or a sequence (C, L), given a vector of 6",
        "put it above the layer that flattens, or make a map with `reshape`",
        "from",
    ),
    (
        "linear",
        {"out": 8},
        ((6, 4, 4),),
        "linear takes a vector (C,) or tokens (N, C), given the map 6x4x4",
        "put `flatten`, `global_avg_pool` or `tokens` before it",
        "from",
    ),
    (
        "add",
        {},
        ((64, 56, 56), (128, 28, 28)),
        "add takes inputs of one shape, given 64x56x56 and 128x28x28",
        "make them equal before it, with a conv 1x1 for the channels and a stride for the size",
        "from",
    ),
    (
        "concat",
        {},
        ((64, 56, 56), (64, 28, 28), (64, 56, 56)),
        "concat takes inputs that differ in channels alone, given 64x56x56, 64x28x28 and 64x56x56",
        "make the sizes equal before it, with the stride or the pad of the paths",
        "from",
    ),
    (
        "mul",
        {},
        ((64, 56, 56), (32, 1, 1)),
        "mul takes inputs of one shape, given 64x56x56 and 32x1x1",
        "a size may also be 1, as in the gate (C, 1, 1) of `global_avg_pool: {keep: true}`",
        "from",
    ),
    (
        "max_pool",
        {"kernel": 3, "pad": 2},
        ((6, 8, 8),),
        "pad 2 is more than half of a kernel of 3",
        "it is at most 1, so that each window sees a pixel of the input",
        "pad",
    ),
    (
        "reshape",
        {"to": (5, -1)},
        ((6, 4, 4),),
        "to [5, -1] does not hold the 96 elements of 6x4x4",
        "its sizes multiply to that number; one of them may be -1",
        "to",
    ),
]


@pytest.mark.parametrize(("name", "args", "message", "hint", "argument"), ARGUMENTS)
def test_a_wrong_argument_is_shown_with_what_is_allowed(
    name: str, args: Mapping[str, Any], message: str, hint: str, argument: str | None
) -> None:
    with pytest.raises(RuleError) as caught:
        make(name, args)
    assert (caught.value.message, caught.value.hint, caught.value.argument) == (message, hint, argument)


@pytest.mark.parametrize(("name", "args", "inputs", "message", "hint", "argument"), SHAPES)
def test_a_shape_that_does_not_fit_is_shown_with_what_would(
    name: str, args: Mapping[str, Any], inputs: tuple[Shape, ...], message: str, hint: str, argument: str | None
) -> None:
    op = make(name, args)
    assert isinstance(op, Primitive)
    with pytest.raises(RuleError) as caught:
        op.shape(*inputs)
    assert (caught.value.message, caught.value.hint, caught.value.argument) == (message, hint, argument)


MACROS: list[tuple[str, str, str]] = [
    (
        "residual: {body: [conv: {out: 8, kernel: 3, stride: 2}], shortcut: identity}",
        "the shortcut does not match: the body gives 8x4x4, the input is 8x8x8",
        "`shortcut: auto` puts a 1x1 conv there",
    ),
    (
        "residual: {body: [conv: {out: 8, kernel: 4, pad: valid}]}",
        "the shortcut does not match: the body gives 8x5x5, the input is 8x8x8 and no stride of a 1x1 conv "
        "brings it there",
        "give the shortcut as a list of nodes, or change the stride or the pad of the body",
    ),
    (
        "residual: {body: [flatten]}",
        "the shortcut does not match: the body gives 512, the input is 8x8x8 and no stride of a 1x1 conv "
        "brings it there",
        "give the shortcut as a list of nodes, or change the stride or the pad of the body",
    ),
    (
        "residual: {body: [conv: [16, 3]], shortcut: [conv: [12, 1]]}",
        "the shortcut does not match: the body gives 16x8x8, the shortcut gives 12x8x8",
        "",
    ),
    (
        "branches: {paths: [[conv: [8, 3]], [max_pool: 2]]}",
        "concat takes inputs that differ in channels alone, given 8x8x8 and 8x4x4",
        "make the sizes equal before it, with the stride or the pad of the paths",
    ),
    ("dense: {layers: 2}", "dense takes growth or a body, given neither", "growth: 32, or body: [conv: ...]"),
    (
        "dense: {layers: 2, growth: 4, body: [conv: [4, 3]]}",
        "dense takes growth or a body, given both",
        "growth: 32, or body: [conv: ...]",
    ),
    ("eca: 4", "kernel is 4, it takes an odd number", ""),
    ("cbam: {kernel: 2}", "kernel is 2, it takes an odd number", ""),
    (
        "choice: {pick: wdie, wide: [], narrow: []}",
        "pick is 'wdie', which is none of its graphs",
        "did you mean 'wide'? (graphs: narrow, wide)",
    ),
]


@pytest.mark.parametrize(("node", "message", "hint"), MACROS)
def test_a_macro_that_does_not_fit_says_so_at_its_place(node: str, message: str, hint: str) -> None:
    text = f"archgraph: 1\nname: net\ninput: [8, 8, 8]\ngraph:\n  - {node}\n"
    with pytest.raises(SpecError) as caught:
        archgraph.expand(archgraph.loads(text, name="net.yaml"))
    (finding,) = caught.value.findings
    assert finding.message == f"{node.partition(':')[0]}1: {message}"
    assert finding.hint == hint
    assert finding.at is not None and finding.at.line == 5
