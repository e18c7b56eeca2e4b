"""The table of all ops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archgraph.ops import (
    activation,
    attention,
    branches,
    conv,
    dense,
    historic,
    inverted,
    linear,
    merge,
    norm,
    pool,
    reshape,
    residual,
    scaling,
    separable,
    spp,
)
from archgraph.ops.base import Op


def by_name(ops: Sequence[type[Op]]) -> Mapping[str, type[Op]]:
    """The ops by the names they have in YAML. Raises ValueError for a name that two of them have."""
    table: dict[str, type[Op]] = {}
    for op in ops:
        if table.setdefault(op.op, op) is not op:
            raise ValueError(f"two ops are called {op.op!r}: {table[op.op].__name__} and {op.__name__}")
    return table


OPS: Mapping[str, type[Op]] = by_name(
    [
        conv.Conv,
        linear.Linear,
        norm.BatchNorm,
        norm.LocalResponseNorm,
        activation.ReLU,
        activation.ReLU6,
        activation.LeakyReLU,
        activation.PReLU,
        activation.ELU,
        activation.SELU,
        activation.CELU,
        activation.GELU,
        activation.SiLU,
        activation.Mish,
        activation.Sigmoid,
        activation.Tanh,
        activation.Softplus,
        activation.Softsign,
        activation.Hardswish,
        activation.Hardsigmoid,
        activation.Hardtanh,
        activation.LogSigmoid,
        activation.Hardshrink,
        activation.Softshrink,
        activation.Tanhshrink,
        pool.MaxPool,
        pool.AvgPool,
        pool.AdaptiveAvgPool,
        pool.AdaptiveMaxPool,
        pool.GlobalAvgPool,
        pool.GlobalMaxPool,
        merge.Add,
        merge.Sub,
        merge.Mul,
        merge.Max,
        merge.Mean,
        merge.Concat,
        reshape.Flatten,
        reshape.Reshape,
        reshape.Pad,
        reshape.Reduce,
        reshape.Identity,
        reshape.Dropout,
        separable.Separable,
        inverted.Inverted,
        residual.Residual,
        scaling.Scale,
        scaling.DropPath,
        branches.Branches,
        branches.Choice,
        dense.Dense,
        attention.SqueezeExcite,
        attention.EfficientChannelAttention,
        attention.Cbam,
        spp.SpatialPyramidPool,
        historic.Subsample,
        historic.ScaledTanh,
        historic.RadialBasisOutput,
    ]
)
"""Every op by its name in YAML."""
