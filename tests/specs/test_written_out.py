"""Networks that no package has, against modules written out here from their papers and their authors' public code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import pytest
import torch
from torch import Tensor, nn

import archgraph
from archgraph.interop.nasbench201 import spec
from archgraph.interop.transplant import transplant

pytestmark = pytest.mark.torch

Genotype: TypeAlias = Sequence[tuple[tuple[str, int], tuple[str, int]]]
"""For each node of a cell its two ops, and which states they read: 0 and 1 are the two cells before."""

DARTS_V2: tuple[Genotype, Genotype] = (
    [
        (("sep_3", 0), ("sep_3", 1)),
        (("sep_3", 0), ("sep_3", 1)),
        (("sep_3", 1), ("skip", 0)),
        (("skip", 0), ("dil_3", 2)),
    ],
    [(("max", 0), ("max", 1)), (("skip", 2), ("max", 1)), (("max", 0), ("skip", 2)), (("skip", 2), ("max", 1))],
)
NASNET: tuple[Genotype, Genotype] = (
    [
        (("sep_5", 1), ("sep_3", 0)),
        (("sep_5", 0), ("sep_3", 0)),
        (("avg", 1), ("skip", 0)),
        (("avg", 0), ("avg", 0)),
        (("sep_3", 1), ("skip", 1)),
    ],
    [
        (("sep_5", 1), ("sep_7", 0)),
        (("max", 1), ("sep_7", 0)),
        (("avg", 1), ("sep_5", 0)),
        (("skip", 3), ("avg", 2)),
        (("sep_3", 2), ("max", 1)),
    ],
)
NB201 = ("skip", "conv_1", "avg", "conv_3", "none", "conv_3")
"""A cell of NAS-Bench-201: the ops of the edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2."""


def relu_conv(inside: int, out: int, kernel: int, stride: int = 1) -> nn.Module:
    conv = nn.Conv2d(inside, out, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), conv, nn.BatchNorm2d(out))


def depthwise(channels: int, kernel: int, stride: int, dilation: int = 1) -> nn.Module:
    pad = dilation * (kernel // 2)
    first = nn.Conv2d(channels, channels, kernel, stride, pad, dilation, channels, bias=False)
    return nn.Sequential(nn.ReLU(), first, nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels))


class FactorizedReduce(nn.Module):
    def __init__(self, inside: int, out: int) -> None:
        super().__init__()
        self.even, self.odd = (nn.Conv2d(inside, out // 2, 1, 2, bias=False) for _ in range(2))
        self.norm = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        x = x.relu()
        out: Tensor = self.norm(torch.cat([self.even(x), self.odd(x[:, :, 1:, 1:])], 1))
        return out


def operation(name: str, channels: int, stride: int) -> nn.Module:
    kind, _, kernel = name.partition("_")
    if kind == "sep":
        return nn.Sequential(depthwise(channels, int(kernel), stride), depthwise(channels, int(kernel), 1))
    if kind == "dil":
        return depthwise(channels, int(kernel), stride, dilation=2)
    if kind == "conv":
        return relu_conv(channels, channels, int(kernel))
    if kind == "max":
        return nn.MaxPool2d(3, stride, 1)
    if kind == "avg":
        return nn.AvgPool2d(3, stride, 1, count_include_pad=False)
    assert kind == "skip" and stride == 1
    return nn.Identity()


class DartsCell(nn.Module):
    def __init__(self, genotype: Genotype, before: int, last: int, width: int, *, reduce: bool, reduced: bool) -> None:
        super().__init__()
        self.earlier = FactorizedReduce(before, width) if reduced else relu_conv(before, width, 1)
        self.last = relu_conv(last, width, 1)
        self.genotype = genotype
        self.ops = nn.ModuleList(
            operation(op, width, 2 if reduce and source < 2 else 1) for pair in genotype for op, source in pair
        )
        used = {source for pair in genotype for _, source in pair}
        self.loose = [node for node in range(2, 2 + len(genotype)) if len(genotype) < 5 or node not in used]

    def forward(self, s0: Tensor, s1: Tensor) -> Tensor:
        states = [self.earlier(s0), self.last(s1)]
        for number, ((_, first), (_, second)) in enumerate(self.genotype):
            states.append(self.ops[2 * number](states[first]) + self.ops[2 * number + 1](states[second]))
        return torch.cat([states[node] for node in self.loose], 1)


class DartsNetwork(nn.Module):
    """20 cells, of which the 7th and the 14th halve the size; width 36, stem 108."""

    def __init__(self, cells: tuple[Genotype, Genotype]) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 108, 3, padding=1, bias=False), nn.BatchNorm2d(108))
        before, last, width, reduced = 108, 108, 36, False
        self.cells = nn.ModuleList()
        for number in range(20):
            reduce = number in (6, 13)
            width *= 2 if reduce else 1
            cell = DartsCell(cells[reduce], before, last, width, reduce=reduce, reduced=reduced)
            self.cells.append(cell)
            before, last, reduced = last, len(cell.loose) * width, reduce
        self.classifier = nn.Linear(last, 10)

    def forward(self, x: Tensor) -> Tensor:
        s0 = s1 = self.stem(x)
        for cell in self.cells:
            s0, s1 = s1, cell(s0, s1)
        out: Tensor = self.classifier(s1.mean((2, 3)))
        return out


class Zero(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 0


class BenchCell(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.edges = nn.ModuleList(Zero() if op == "none" else operation(op, width, 1) for op in NB201)

    def forward(self, x: Tensor) -> Tensor:
        e10, e20, e21, e30, e31, e32 = self.edges
        one = e10(x)
        two = e20(x) + e21(one)
        three: Tensor = e30(x) + e31(one) + e32(two)
        return three


class BenchReduction(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(relu_conv(width, 2 * width, 3, 2), relu_conv(2 * width, 2 * width, 3))
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(width, 2 * width, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.shortcut(x) + self.body(x)
        return out


class BenchNetwork(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)]
        for width in (16, 32, 64):
            parts += [BenchReduction(width // 2)] if width > 16 else []
            parts += [BenchCell(width) for _ in range(5)]
        self.features = nn.Sequential(*parts, nn.BatchNorm2d(64), nn.ReLU())
        self.classifier = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.features(x).mean((2, 3))
        return features, self.classifier(features)


def airbench() -> nn.Module:
    norm = partial(nn.BatchNorm2d, eps=1e-12, momentum=0.4)
    parts: list[nn.Module] = [nn.Conv2d(3, 24, 2), nn.GELU()]
    for inside, out in ((24, 64), (64, 256), (256, 256)):
        parts += [nn.Conv2d(inside, out, 3, padding="same", bias=False), nn.MaxPool2d(2), norm(out), nn.GELU()]
        parts += [nn.Conv2d(out, out, 3, padding="same", bias=False), norm(out), nn.GELU()]
    return nn.Sequential(*parts, nn.MaxPool2d(3), nn.Flatten(), nn.Linear(256, 10, bias=False), Ninth())


class Ninth(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * (1 / 9)


def cell_of_the_bench() -> archgraph.Spec:
    names = {"skip": "skip_connect", "avg": "avg_pool_3x3", "conv_1": "nor_conv_1x1", "conv_3": "nor_conv_3x3"}
    return spec("|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*(names.get(op, op) for op in NB201)))


@pytest.mark.parametrize(
    ("made", "written"),
    [
        (partial(archgraph.load, "darts_cifar"), partial(DartsNetwork, DARTS_V2)),
        (partial(archgraph.load, "nasnet_cell_cifar"), partial(DartsNetwork, NASNET)),
        (cell_of_the_bench, BenchNetwork),
        (partial(archgraph.load, "airbench94"), airbench),
    ],
    ids=["darts_cifar", "nasnet_cell_cifar", "nasbench201", "airbench94"],
)
def test_it_equals_the_module_written_out(made: Callable[[], archgraph.Spec], written: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    theirs, ours = written().double(), archgraph.build(made(), init=False).double()
    for weight in theirs.parameters():
        nn.init.normal_(weight, 0.1, 0.3)
    x = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    mapping = transplant(theirs, ours, x)
    assert sorted(mapping.values()) == sorted(ours.state_dict())
    for training in (True, False):
        with torch.no_grad():
            expected, found = theirs.train(training)(x), ours.train(training)(x)
        wanted = expected if isinstance(expected, tuple) else (expected,)
        given = tuple(found.values()) if isinstance(found, dict) else (found,)
        for one, other in zip(wanted, given, strict=True):
            assert float(one.std()) > 0
            torch.testing.assert_close(other, one, rtol=1e-6, atol=1e-9)


def test_airbench_has_the_parameters_counted_by_hand() -> None:
    whitening = 24 * 3 * 2 * 2 + 24
    convs = 9 * (24 * 64 + 64 * 64 + 64 * 256 + 256 * 256 + 2 * 256 * 256)
    norms = 2 * (2 * 64 + 4 * 256)
    net = archgraph.load("airbench94")
    assert whitening + convs + norms + 256 * 10 == archgraph.cost(net).params == net.expect["params"]
