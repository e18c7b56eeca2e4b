"""The technique pages of the zoo: what their papers say of them, and what torch counts of the modules."""

from __future__ import annotations

from fractions import Fraction

import pytest

import archgraph
from archgraph import zoo

FAMILY = zoo.specs_folder() / "techniques"
FILES = sorted(FAMILY.glob("*.yaml"))
NAMES = [name for file in FILES for name in archgraph.load(file).variants]


def macs(name: str) -> int:
    return archgraph.cost(archgraph.load(name)).macs


@pytest.mark.parametrize(("kernel", "out"), [(3, 64), (5, 64), (3, 256)])
def test_a_separable_conv_costs_one_nth_and_one_over_k_squared_of_a_standard_one(kernel: int, out: int) -> None:
    """arXiv:1704.04861, section 3.1: 1/N + 1/K^2."""
    settings = {"kernel": kernel, "out": out}
    standard, separable = (
        archgraph.cost(archgraph.override(archgraph.load(name), settings)).macs
        for name in ("conv_standard", "conv_separable")
    )
    assert Fraction(separable, standard) == Fraction(1, out) + Fraction(1, kernel**2)


def test_three_small_kernels_have_27_of_the_49_weights_of_a_large_one_and_see_as_far() -> None:
    """arXiv:1409.1556, section 2.3."""
    small, large = archgraph.load("conv_3x3_three_times"), archgraph.load("conv_7x7")
    assert Fraction(archgraph.cost(small).params, archgraph.cost(large).params) == Fraction(27, 49)


def test_dilation_costs_nothing_and_groups_divide_the_cost() -> None:
    plain = macs("conv_plain")
    assert macs("conv_dilated_2") == macs("conv_dilated_4") == plain
    assert [Fraction(macs(f"conv_{form}"), plain) for form in ("grouped_4", "grouped_32", "depthwise")] == [
        Fraction(1, 4),
        Fraction(1, 32),
        Fraction(1, 64),
    ]


def test_what_is_only_moved_costs_the_same_but_is_another_network() -> None:
    from archgraph.graph.hashing import canonical_hash

    for file in ("residual_order", "norm_placement", "cbam_order"):
        names = list(archgraph.load(FAMILY / f"{file}.yaml").variants)
        assert len({macs(name) for name in names}) == 1
        assert len({canonical_hash(archgraph.expand(archgraph.load(name))) for name in names}) == len(names)


def test_attention_before_the_units_is_narrower_and_inside_them_narrower_still() -> None:
    """arXiv:1709.01507, tables 13 and 14: the 3x3 position has the fewest parameters of those with attention."""
    params = {
        place: archgraph.cost(archgraph.load(f"attention_{place}")).params
        for place in ("none", "standard", "pre", "post", "identity", "3x3")
    }
    assert params["none"] < params["3x3"] < params["pre"] < params["standard"]
    assert params["standard"] == params["post"] == params["identity"]


@pytest.mark.torch
@pytest.mark.parametrize("name", NAMES)
def test_torch_counts_what_is_expected(name: str) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    spec = archgraph.load(name)
    with torch.device("meta"):
        module = archgraph.build(spec, init=False).eval()
        image = torch.empty(1, *spec.input)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = module(image)
    assert spec.expect == {
        "params": sum(parameter.numel() for parameter in module.parameters()),
        "macs": counter.get_total_flops() // 2,
        "output": tuple(out.shape[1:]),
    }
