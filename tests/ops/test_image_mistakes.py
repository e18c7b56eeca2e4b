"""What the ops on images say of shapes they cannot take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import archgraph
from archgraph.errors import RuleError, SpecError
from archgraph.ops import make
from archgraph.ops.base import Primitive
from archgraph.shape import Shape

SHAPES: list[tuple[str, Mapping[str, Any], tuple[Shape, ...], str, str | None]] = [
    ("upsample", {}, ((8, 4, 4),), "upsample takes one of factor, size, like, given none of them", None),
    (
        "upsample",
        {"factor": 2, "size": 8},
        ((8, 4, 4),),
        "upsample takes one of factor, size, like, given factor and size",
        "size",
    ),
    ("upsample", {"factor": 2, "mode": "bilinear"}, ((8, 4),), "mode bilinear is for a map, given a sequence", "mode"),
    (
        "upsample",
        {"factor": 2, "align_corners": True},
        ((8, 4, 4),),
        "mode nearest has no corners to align",
        "align_corners",
    ),
    ("upsample", {"factor": 0.2}, ((8, 4, 4),), "factor 0.2 leaves nothing of 4x4", "factor"),
    (
        "upsample",
        {"like": "other"},
        ((8, 4, 4), (16,)),
        "like names a vector of 16, the input is the map 8x4x4",
        "like",
    ),
    ("pixel_shuffle", {"factor": 3}, ((8, 4, 4),), "factor 3 does not fit 8 channels", "factor"),
    ("pixel_unshuffle", {"factor": 3}, ((8, 4, 6),), "factor 3 does not divide 4x6", "factor"),
    ("pixel_shuffle", {"factor": 2}, ((8, 4),), "pixel_shuffle takes a map (C, H, W), given 8x4", "from"),
    ("crop", {"size": 5}, ((8, 4, 6),), "5x5 is no part of 4x6", "size"),
    ("crop", {"like": "other"}, ((8, 4, 6), (8, 4, 7)), "4x7 is no part of 4x6", "like"),
    ("crop", {"box": (1, 4)}, ((8, 4, 6),), "box [1, 4] has 2 numbers, here it is [top, left, height, width]", "box"),
    ("crop", {"box": (1, 0, 4, 6)}, ((8, 4, 6),), "box [1, 0, 4, 6] takes 4 pixels from 1 on, of 4", "box"),
    ("pad", {"space": 3, "mode": "reflect"}, ((8, 3, 6),), "mode reflect adds 3 pixels to an input of 3", "mode"),
    (
        "pad",
        {"channels": 1, "mode": "replicate"},
        ((8, 3, 6),),
        "mode replicate is for pixels, not for channels",
        "mode",
    ),
    ("split", {"parts": 3}, ((8, 4, 4),), "parts 3 does not divide 8", "parts"),
    ("split", {"sizes": (3, 4)}, ((8, 4, 4),), "sizes [3, 4] add up to 7, the axis has 8", "sizes"),
    ("split", {"parts": 2, "axis": 2}, ((8, 4),), "axis 2 is none of 8x4", "axis"),
    ("slice", {"start": 8}, ((8, 4, 4),), "start 8 is outside of an axis of 8", "start"),
    (
        "slice",
        {"start": 4, "stop": 2},
        ((8, 4, 4),),
        "stop 2 is not between start 4 and the end of an axis of 8",
        "stop",
    ),
    ("permute", {"order": (0, 2, 2)}, ((8, 4, 4),), "order [0, 2, 2] is none of the axes of 8x4x4", "order"),
    ("channel_shuffle", {"groups": 3}, ((8, 4, 4),), "groups 3 does not divide 8 channels", "groups"),
    ("group_norm", {}, ((8, 4, 4),), "groups 32 does not divide 8 channels", "groups"),
    ("instance_norm", {}, ((8, 1, 1),), "instance_norm takes more than one pixel, given 8x1x1", "from"),
    ("glu", {}, ((7, 4, 4),), "glu takes two halves along its axis, given 7", "axis"),
    ("matmul", {}, ((8, 4), (8, 4)), "matmul takes (M, K) and (K, N), given 8x4 and 8x4", "from"),
    (
        "max_unpool",
        {"kernel": 2},
        ((8, 4, 4), (8, 8, 8)),
        "max_unpool takes values and as many indices, given 8x4x4 and 8x8x8",
        "from",
    ),
    ("max_unpool", {"kernel": 2, "size": 10}, ((8, 4, 4),) * 2, "a size of 10x10 was not pooled to 4x4", "size"),
    (
        "conv_transpose",
        {"out": 8, "kernel": 2, "stride": 2, "output_pad": 2},
        ((8, 4, 4),),
        "output_pad 2 is not less than the stride 2 or the dilation 1",
        "output_pad",
    ),
    (
        "conv_transpose",
        {"out": 8, "kernel": 2, "pad": 3},
        ((8, 4, 4),),
        "pad 3 takes away all 5 pixels of the output",
        "pad",
    ),
    ("adaptive_avg_pool", {"size": (None, None)}, ((8, 4, 4),), "size keeps every axis", "size"),
]


@pytest.mark.parametrize(("name", "args", "inputs", "message", "argument"), SHAPES)
def test_a_shape_that_does_not_fit_is_said_at_the_argument(
    name: str, args: Mapping[str, Any], inputs: tuple[Shape, ...], message: str, argument: str | None
) -> None:
    op = make(name, args)
    assert isinstance(op, Primitive)
    with pytest.raises(RuleError) as caught:
        op.shape(*inputs)
    assert (caught.value.message, caught.value.argument) == (message, argument)


def test_the_node_that_like_names_is_pointed_at() -> None:
    text = """\
archgraph: 1
name: net
input: [8, 8, 8]
graph:
  - {conv: [8, 3], id: high}
  - {max_pool: 2, id: low}
  - crop: {like: high}
"""
    with pytest.raises(SpecError) as caught:
        archgraph.expand(archgraph.loads(text, name="net.yaml"))
    assert str(caught.value).splitlines()[:3] == [
        "net.yaml:7:18: crop1: 8x8 is no part of 4x4",
        "    7 |   - crop: {like: high}",
        "      |                  ^^^^",
    ]


def test_an_op_without_the_node_that_it_names_is_a_mistake() -> None:
    for name in ("upsample", "crop"):
        op = make(name, {"like": "other"})
        assert isinstance(op, Primitive)
        with pytest.raises(RuleError, match="was not given the node that like names"):
            op.shape((8, 4, 4))
