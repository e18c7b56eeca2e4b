"""Two modules that are one network are matched weight by weight; two that are not say where they part."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from archgraph.errors import MatchError
from archgraph.interop.match import isomorphism, match
from archgraph.interop.transplant import transplant
from archgraph.interop.vertices import Vertex

pytestmark = pytest.mark.torch


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm(self.conv(x)))
        return self.fc(x.mean((2, 3)))


class Other(nn.Module):
    """Plain, written in another way."""

    def __init__(self, *, kernel: int = 3, act: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, kernel, padding=kernel // 2), nn.BatchNorm2d(8), act())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Conv2d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.flatten(self.head(self.drop(self.pool(self.body(x)))), 1)


X = torch.zeros(2, 3, 8, 8)


def test_weights_are_found_by_their_place_not_their_names() -> None:
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    assert match(Plain(), Other(), X) == {
        "conv.weight": "body.0.weight",
        "conv.bias": "body.0.bias",
        **{f"norm.{name}": f"body.1.{name}" for name in norm},
        "fc.weight": "head.weight",
        "fc.bias": "head.bias",
    }


def test_transplanted_weights_give_the_same_outputs() -> None:
    one, other = Plain(), Other().eval()
    one(torch.randn(4, 3, 8, 8))  # running statistics that are not the initial ones
    transplant(one, other, X)
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(other(x), one.eval()(x))


def test_matching_changes_neither_module() -> None:
    one, other = Plain().eval(), Other()
    other.drop.eval()
    before = copy.deepcopy((one.state_dict(), other.state_dict()))
    match(one, other, X)
    assert not one.training and other.training and not other.drop.training
    for old, new in zip(before, (one.state_dict(), other.state_dict()), strict=True):
        assert all(torch.equal(old[name], new[name]) for name in old)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            Other(kernel=5),
            "the source has conv2d 2x3x8x8 -> 2x8x8x8 in 'conv', to which nothing in the target corresponds; "
            "fed by the same value, it has conv2d 2x3x8x8 -> 2x8x8x8 in 'body.0'",
        ),
        (
            Other(act=nn.SiLU),
            "the source has relu 2x8x8x8 -> 2x8x8x8, to which nothing in the target corresponds; "
            "fed by the same value, it has silu 2x8x8x8 -> 2x8x8x8 in 'body.2'",
        ),
        (nn.Sequential(Other(), nn.Identity(), nn.ReLU()), "the source has linear 2x8 -> 2x4 in 'fc'"),
    ],
)
def test_the_first_difference_is_named(other: nn.Module, message: str) -> None:
    with pytest.raises(MatchError) as error:
        match(Plain(), other, X)
    assert str(error.value).startswith(message)


def test_nothing_is_copied_where_they_differ() -> None:
    target = Other(kernel=5)
    before = copy.deepcopy(target.state_dict())
    with pytest.raises(MatchError):
        transplant(Plain(), target, X)
    assert all(torch.equal(before[name], tensor) for name, tensor in target.state_dict().items())


def test_a_weight_that_no_output_reads_is_an_error() -> None:
    class Spare(Plain):
        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Linear(2, 2)

    with pytest.raises(MatchError, match=r"no output of the source depends on unused\.weight, unused\.bias"):
        match(Spare(), Other(), X)


class Twins(nn.Module):
    """Branches that nothing tells apart: any pairing of them is right, as long as a branch is paired as a whole."""

    def __init__(self, order: tuple[int, ...]) -> None:
        super().__init__()
        self.order = order
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 3)) for _ in range(4)
        )

    def forward(self, x: Tensor) -> Tensor:
        a, b, c, d = (self.branches[n](x) for n in self.order)
        return (a + b) * (c + d)


def test_branches_that_are_alike_are_paired_as_wholes() -> None:
    one, other = Twins((0, 1, 2, 3)), Twins((2, 0, 3, 1))
    mapping = transplant(one, other, X)
    assert sorted(mapping) == sorted(mapping.values()) == sorted(one.state_dict())
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(other(x), one(x))


def test_the_order_of_a_concat_matters_and_that_of_a_sum_does_not() -> None:
    class Two(nn.Module):
        def __init__(self, *, swapped: bool, join: str) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 3, padding=1)
            self.swapped, self.join = swapped, join

        def forward(self, x: Tensor) -> Tensor:
            a, b = self.a(x), self.b(x)
            a, b = (b, a) if self.swapped else (a, b)
            return a + b if self.join == "add" else torch.cat([a, b], 1)

    assert match(Two(swapped=False, join="add"), Two(swapped=True, join="add"), X)["a.weight"] == "a.weight"
    with pytest.raises(MatchError, match="the source has cat"):
        match(Two(swapped=False, join="cat"), Two(swapped=True, join="cat"), X)


def test_a_weight_used_twice_is_matched_once() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(8, 8)
            self.again = self.fc

        def forward(self, x: Tensor) -> Tensor:
            return self.again(torch.relu(self.fc(x)))

    mapping = match(Twice(), Twice(), torch.zeros(2, 8))
    assert mapping["fc.weight"] == "fc.weight"


def test_connections_that_colours_cannot_tell_apart_are_still_checked() -> None:
    def ring(*sizes: int) -> list[Vertex]:
        """Cycles of "ends" joined by two-input ops: alike for colours whatever the sizes."""
        vertices = [Vertex("end", (), "end") for _ in range(sum(sizes))]
        start = 0
        for size in sizes:
            joins = ((start + n, start + (n + 1) % size) for n in range(size))
            vertices += [Vertex("join", feeds, "join", ordered=False) for feeds in joins]
            start += size
        return vertices

    assert sorted(isomorphism(ring(3, 3), ring(3, 3))) == list(range(12))
    with pytest.raises(MatchError, match="no pairing of them fits all connections"):
        isomorphism(ring(3, 3), ring(6))


class Resized(nn.Module):
    """A map at another size, told as a factor or as the size of another one."""

    def __init__(self, factor: float | None) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.down = nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        full = self.conv(x)
        less = self.down(full)
        if self.factor is None:
            return full + nn.functional.interpolate(less, full.shape[2:], mode="bilinear")
        return full + nn.functional.interpolate(less, scale_factor=self.factor, mode="bilinear")


def test_a_size_is_the_factor_that_gives_it_exactly() -> None:
    assert len(match(Resized(None), Resized(2), X)) == 4
    with pytest.raises(MatchError, match="upsample"):
        # 4 pixels by 2.1 are 8 too, but torch then samples at other places.
        match(Resized(None), Resized(2.1), X)


def tokens(x: Tensor) -> Tensor:
    return x.flatten(2).transpose(1, 2)


class Attention(nn.Module):
    """Attention of tokens to each other, written in one of several ways."""

    def __init__(self, way: str, *, heads: int = 2) -> None:
        super().__init__()
        self.heads, self.way = heads, way
        self.qkv, self.out = nn.Linear(8, 24), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        if self.way == "slices":
            parts = [part.reshape(b, n, self.heads, -1).transpose(1, 2) for part in self.qkv(x).split(c, -1)]
        else:
            parts = list(self.qkv(x).reshape(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0))
        q, k, v = parts if self.way != "keys first" else (parts[1], parts[0], parts[2])
        if self.way == "fused":
            mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        else:
            mixed = torch.softmax((q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1), -1) @ v
        return self.out(mixed.transpose(1, 2).reshape(b, n, c))


TOKENS = torch.zeros(2, 5, 8)


@pytest.mark.parametrize("way", ["slices", "fused"])
def test_attention_is_one_however_it_is_written(way: str) -> None:
    one, other = Attention("unbound"), Attention(way)
    assert len(match(one, other, TOKENS)) == 4
    transplant(one, other, TOKENS)
    x = torch.randn(2, 5, 8)
    torch.testing.assert_close(other(x), one(x))


@pytest.mark.parametrize("other", [Attention("keys first"), Attention("fused", heads=4)])
def test_attention_with_other_roles_or_heads_is_another(other: nn.Module) -> None:
    with pytest.raises(MatchError):
        match(Attention("fused"), other, TOKENS)


class Ways(nn.Module):
    """A conv with something behind it."""

    def __init__(self, behind: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.behind = behind
        self.last = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.behind(self.conv(x)))


def _shuffled(x: Tensor, groups: int) -> Tensor:
    b, c, h, w = x.shape
    return x.view(b, groups, c // groups, h, w).transpose(1, 2).reshape(b, c, h, w)


F = nn.functional
SAME: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "hardswish": (F.hardswish, lambda x: x * (F.relu6(x + 3) / 6)),
    "silu": (F.silu, lambda x: x * torch.sigmoid(x)),
    "channel shuffle": (lambda x: F.channel_shuffle(x, 2), lambda x: _shuffled(x, 2)),
    "expand": (
        lambda x: x * torch.sigmoid(x.mean((2, 3), keepdim=True)),
        lambda x: x * torch.sigmoid(F.adaptive_avg_pool2d(x, 1)).expand_as(x),
    ),
    "roll": (lambda x: x.roll((1, 2), (2, 3)), lambda x: x.roll(1, 2).roll(2, 3)),
    "cat of halves": (lambda x: torch.cat(x.chunk(2, 1)[::-1], 1), lambda x: x.roll(4, 1)),
    "cat of cats": (
        lambda x: torch.cat([x.relu(), x, x.tanh()], 1)[:, :8],
        lambda x: torch.cat([torch.cat([x.relu(), x], 1), x.tanh()], 1)[:, :8],
    ),
    "sum of sums": (lambda x: (x.relu() + x) + x.tanh(), lambda x: x.relu() + (x.tanh() + x)),
    "window as wide as the map": (lambda x: F.avg_pool2d(x, 8), lambda x: x.mean((-1, -2), keepdim=True)),
    "factor": (lambda x: x * 0.5 / 2, lambda x: 0.25 * x),
    "norm of pixels": (
        lambda x: F.layer_norm(x.permute(0, 2, 3, 1), [8]).permute(0, 3, 1, 2),
        lambda x: F.layer_norm(tokens(x), [8]).transpose(1, 2).reshape(x.shape),
    ),
    "dropped paths": (lambda x: x, lambda x: x * torch.empty(len(x), 1, 1, 1).bernoulli_(0.9).div_(0.9)),
    "in place": (lambda x: x.clamp(0, 6) * 2, lambda x: F.relu6(x, inplace=True).mul_(2)),
}  # fmt: skip
DIFFERENT: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "groups": (lambda x: F.channel_shuffle(x, 2), lambda x: F.channel_shuffle(x, 4)),
    "axis of roll": (lambda x: x.roll(1, 2), lambda x: x.roll(1, 3)),
    "axis of softmax": (lambda x: x.softmax(2), lambda x: x.softmax(3)),
    "axis of mean": (lambda x: x + x.mean(2, keepdim=True), lambda x: x + x.mean(3, keepdim=True)),
    "axes swapped": (lambda x: x.transpose(2, 3), lambda x: x),
    "factor": (lambda x: x * 0.5, lambda x: x * 0.25),
    "factor before an activation": (lambda x: F.silu(x * 0.5), lambda x: F.silu(x) * 0.5),
    "half": (lambda x: x[:, :4].repeat(1, 2, 1, 1), lambda x: x[:, 4:].repeat(1, 2, 1, 1)),
    "written": (lambda x: x.clone(), lambda x: _first_row_zero(x)),
    "spread over rows or columns": (
        lambda x: x * torch.arange(8.0, device=x.device)[:, None], lambda x: x * torch.arange(8.0, device=x.device)
    ),
    "side of the padding": (lambda x: F.pad(x, (1, 0))[..., :8], lambda x: F.pad(x, (0, 1))[..., 1:]),
    "corners": (
        lambda x: F.interpolate(F.avg_pool2d(x, 2), (8, 8), mode="bilinear", align_corners=True),
        lambda x: F.interpolate(F.avg_pool2d(x, 2), (8, 8), mode="bilinear"),
    ),
    "mean or max": (lambda x: x + x.amax((2, 3), keepdim=True), lambda x: x + x.mean((2, 3), keepdim=True)),
}  # fmt: skip


def _first_row_zero(x: Tensor) -> Tensor:
    x = x.clone()
    x[:, :, 0] = 0
    return x


@pytest.mark.parametrize("way", SAME)
def test_ways_to_write_the_same_match(way: str) -> None:
    one, other = map(Ways, SAME[way])
    assert len(match(one, other, X)) == 4
    if way != "dropped paths":
        transplant(one, other, X)
        x = torch.randn(2, 3, 8, 8)
        torch.testing.assert_close(other(x), one(x))


@pytest.mark.parametrize("way", DIFFERENT)
def test_what_gives_something_else_does_not_match(way: str) -> None:
    one, other = map(Ways, DIFFERENT[way])
    other.load_state_dict(one.state_dict())
    x = torch.randn(2, 3, 8, 8)
    assert not torch.allclose(other(x), one(x))
    with pytest.raises(MatchError):
        match(one, other, X)


def test_weights_go_over_in_order_where_only_the_outputs_show_that_two_are_one() -> None:
    """A norm written out and torch's own."""

    def by_hand(x: Tensor) -> Tensor:
        return (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), unbiased=False, keepdim=True) + 1e-5).sqrt()

    one, other = Ways(F.instance_norm), Ways(by_hand)
    with pytest.raises(MatchError):
        match(one, other, X)
    mapping = transplant(one, other, X)
    assert mapping == {name: name for name in one.state_dict()}
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(other(x), one(x))


def test_weights_in_order_that_give_other_outputs_stay_where_they_are() -> None:
    one, other = Ways(torch.relu), Ways(F.elu)
    before = copy.deepcopy(other.state_dict())
    with pytest.raises(MatchError, match=r"the source has relu .* in the order of use the outputs differ"):
        transplant(one, other, X)
    assert all(torch.equal(before[name], tensor) for name, tensor in other.state_dict().items())


def test_several_inputs_are_told_apart() -> None:
    class Two(nn.Module):
        def __init__(self, *, swapped: bool) -> None:
            super().__init__()
            self.a, self.b, self.swapped = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1), swapped

        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            return self.b(x) - self.a(y) if self.swapped else self.a(x) - self.b(y)

    mapping = match(Two(swapped=False), Two(swapped=True), (X, X))
    assert mapping["a.weight"] == "b.weight"
