"""Networks at inputs other than their own, in the cost and in one and the same module."""

from __future__ import annotations

import pytest

import archgraph
from archgraph import zoo
from archgraph.shape import Shape

PYRAMIDS = [("spp_net_zf5", 180), ("spp_net_zf5", 224), ("spp_net_vgg16", 180), ("spp_net_vgg16", 224)]
"""SPP-nets are trained at both sizes in turn, arXiv:1406.4729, section 2.3."""

ANY_SIZE = {
    "alexnet_owt": [(3, 97, 130)],
    "vgg16_bn": [(3, 97, 130)],
    "googlenet_bn": [(3, 97, 130)],
    "inception_v3_noaux": [(3, 107, 130)],
    "resnet50": [(3, 97, 130), (3, 32, 32)],
    "densenet121": [(3, 97, 130)],
    "sparsenet121": [(3, 97, 130)],
    "cbam_resnet50": [(3, 97, 130)],
    "cifar_resnet20": [(3, 50, 33)],
    "wrn_28_10": [(3, 50, 33)],
    "mobilenet_v3_large": [(3, 97, 130)],
    "efficientnet_b0": [(3, 97, 130)],
    "regnet_y_400mf": [(3, 97, 130)],
    "shufflenet_v2_x1_0": [(3, 97, 130)],
    "squeezenet1_0": [(3, 97, 130)],
    "convnext_tiny": [(3, 97, 130)],
    "hrnetv2_w18": [(3, 97, 130)],
    "hrnetv2_w18_seg": [(3, 97, 130)],
    "fcn_resnet50": [(3, 97, 130)],
    "fcn8s_vgg16": [(3, 97, 130), (3, 33, 64)],
    "deeplabv3_resnet50_noaux": [(3, 97, 130)],
    "deeplabv3plus_resnet50": [(3, 97, 130)],
    "deeplabv3_hrnetv2_w18": [(3, 97, 130)],
    "deeplabv3plus_hrnetv2_w18": [(3, 97, 130)],
    "lraspp_mobilenet_v3_large": [(3, 97, 130)],
    "unet": [(1, 221, 250)],
    "unet_resnet34": [(3, 97, 130)],
    "segnet": [(3, 97, 130)],
    "hourglass_2": [(3, 191, 130)],
}
"""Networks that end in a pool over all pixels, or in a map, and sizes that halve unevenly where they can."""

CASES = [(name, (3, size, size)) for name, size in PYRAMIDS]
CASES += [(name, size) for name, sizes in ANY_SIZE.items() for size in sizes]
WRITTEN = [(name, size) for name, size in CASES if name in zoo.names()]


@pytest.mark.parametrize(("name", "size"), WRITTEN)
def test_another_size_costs_other_macs_and_the_same_parameters(name: str, size: Shape) -> None:
    spec = archgraph.load(name)
    nominal, other = archgraph.cost(spec), archgraph.cost(spec, input=size)
    assert (other.params, other.buffers) == (nominal.params, nominal.buffers)
    assert (other.macs == nominal.macs) is (size == spec.input)


@pytest.mark.torch
@pytest.mark.parametrize(("name", "size"), WRITTEN)
def test_a_module_takes_another_size_than_it_was_built_for(name: str, size: Shape) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    spec = archgraph.load(name)
    with torch.device("meta"):
        module = archgraph.build(spec, init=False).eval()
        image = torch.empty(2, *size)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = module(image)
    outputs = out if isinstance(out, dict) else {"output": out}
    expected = archgraph.cost(spec, input=size)
    assert [tuple(tensor.shape) for tensor in outputs.values()] == [(2, *shape) for shape in expected.outputs.values()]
    assert counter.get_total_flops() == 2 * expected.flops
