"""Max pooling undone, as torch.nn.MaxUnpool1d and 2d do it."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import nn

from archgraph.errors import RuleError
from archgraph.nn.unpool import MaxUnpool, MaxUnpoolLike, MaxUnpoolTo
from archgraph.ops import make
from archgraph.ops.base import Primitive

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(("kernel", "stride", "pad"), [(2, 2, 0), (3, 2, 1), (3, 3, 0), (3, 1, 1)])
def test_values_go_where_torchs_put_them(kernel: int, stride: int, pad: int) -> None:
    x = torch.randn(2, 3, 8, 9)
    pooled, indices = nn.MaxPool2d(kernel, stride, pad, return_indices=True)(x)
    theirs = nn.MaxUnpool2d(kernel, stride, pad)
    assert torch.equal(MaxUnpoolTo(8, 9)(pooled, indices), theirs(pooled, indices, [8, 9]))
    assert torch.equal(MaxUnpoolLike()(pooled, indices, x), theirs(pooled, indices, [8, 9]))


def test_without_a_size_it_is_the_plain_one() -> None:
    pooled, indices = nn.MaxPool2d((2, 3), return_indices=True)(torch.randn(2, 3, 8, 9))
    expected = nn.MaxUnpool2d((2, 3))(pooled, indices)
    assert torch.equal(MaxUnpool([2, 3], [2, 3], [0, 0])(pooled, indices), expected)
    pooled, indices = nn.MaxPool1d(3, return_indices=True)(torch.randn(2, 3, 9))
    assert torch.equal(MaxUnpool([3], [3], [0])(pooled, indices), nn.MaxUnpool1d(3)(pooled, indices))


@pytest.mark.parametrize(("kernel", "stride", "pad"), [*product((1, 2, 3, 4), (None, 1, 2, 3), (0, 1, 2))])
def test_the_op_takes_the_sizes_that_torch_takes(kernel: int, stride: int | None, pad: int) -> None:
    step = kernel if stride is None else stride
    indices = torch.zeros(1, 1, 3, dtype=torch.long)
    for size in range(1, 2 * step + kernel + step):
        op = make("max_unpool", {"kernel": kernel, "stride": stride, "pad": pad, "size": (size,)})
        assert isinstance(op, Primitive)
        try:
            nn.MaxUnpool1d(kernel, stride, pad)(torch.ones(1, 1, 3), indices, [size])
        except ValueError:
            with pytest.raises(RuleError, match="was not pooled"):
                op.shape((1, 3), (1, 3))
        else:
            assert op.shape((1, 3), (1, 3)) == (1, size)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_it_can_be_scripted_and_traced() -> None:
    x = torch.randn(2, 3, 8, 6)
    pooled, indices = nn.MaxPool2d(2, return_indices=True)(x)
    for module, given in (
        (MaxUnpool([2, 2], [2, 2], [0, 0]), (pooled, indices)),
        (MaxUnpoolTo(8, 6), (pooled, indices)),
        (MaxUnpoolLike(), (pooled, indices, x)),
    ):
        expected = module(*given)
        assert torch.equal(torch.jit.script(module)(*given), expected)
        assert torch.equal(torch.jit.trace(module, given)(*given), expected)
