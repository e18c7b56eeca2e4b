"""Public implementations of the zoo's networks: which package has one, and how to ask for it."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torchvision_models import TWINS, torchvision_models, twin

Make = Callable[[], nn.Module]


def _timm(name: str, **arguments: object) -> Make:
    return lambda: _package("timm").create_model(name, **arguments)


def _timm_resnet(attention: str) -> nn.Module:
    resnet = _package("timm.models.resnet")
    module: nn.Module = resnet.ResNet(resnet.Bottleneck, [3, 4, 6, 3], block_args={"attn_layer": attention})
    return module


def _smp(name: str, encoder: str, classes: int) -> Make:
    package = "segmentation_models_pytorch"
    return lambda: getattr(_package(package), name)(encoder, encoder_weights=None, classes=classes)


def _cv(name: str) -> Make:
    return lambda: _at_any_size(_package("pytorchcv.model_provider").get_model(name))


def _at_any_size(module: nn.Module) -> nn.Module:
    """pytorchcv pools a window as large as the map is for a 224 image: the same there, an error elsewhere."""
    module.features.final_pool = nn.AdaptiveAvgPool2d(1)  # type: ignore[union-attr]
    return module


def _package(name: str) -> object | type:
    torchvision_models()  # timm imports torchvision, and segmentation_models_pytorch imports timm
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        pytest.skip(f"{name} is not installed")
    return importlib.import_module(name)


PEERS: dict[str, Make] = {
    **{name: (lambda name=name: twin(name)) for name in TWINS},
    "inception_v4": _timm("inception_v4"),
    "inception_resnet_v2": _timm("inception_resnet_v2"),
    "se_resnet18_timm": _timm("seresnet18"),
    "se_resnext50_32x4d": _timm("seresnext50_32x4d"),
    "eca_resnet50": lambda: _timm_resnet("eca"),
    "mobilenet_v1": _timm("mobilenetv1_100", act_layer=nn.ReLU),  # its own is relu6, the paper's relu
    "mnasnet_a1": _timm("semnasnet_100"),
    "hrnetv2_w18": _timm("hrnet_w18"),
    "hrnetv2_w30": _timm("hrnet_w30"),
    "hrnetv2_w32": _timm("hrnet_w32"),
    "hrnetv2_w48": _timm("hrnet_w48"),
    "vit_tiny": _timm("vit_tiny_patch16_224", img_size=96),
    "vit_small": _timm("vit_small_patch16_224", img_size=96),
    "vit_base": _timm("vit_base_patch16_224", img_size=96),
    "nasnet_a_large": _timm("nasnetalarge"),
    "pnasnet5large": _timm("pnasnet5large"),
    "deeplabv3plus_resnet50": _smp("DeepLabV3Plus", "resnet50", 21),
    "unet_resnet34": _smp("Unet", "resnet34", 1),
    "resnet50_v1": _cv("resnet50"),
    "sparsenet121": _cv("sparsenet121"),
    "sparsenet169": _cv("sparsenet169"),
    "sparsenet201": _cv("sparsenet201"),
    "se_resnet18": _cv("seresnet18"),
    "se_resnet50": _cv("seresnet50b"),
    "se_resnet50_v1": _cv("seresnet50"),
    "cbam_resnet18": _cv("cbam_resnet18"),
    "cbam_resnet50": _cv("cbam_resnet50"),
    "nasnet_a_mobile": _cv("nasnet_4a1056"),
    "darts_imagenet": _cv("darts"),
    "cifar_resnet20_b": _cv("resnet20_cifar10"),
}
"""Networks that a public package can construct, by their names in the zoo."""

_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def peer(name: str) -> nn.Module:
    """The public module for a network of the zoo, in float64, every weight and statistic of its own value.

    Fresh weights would hide mistakes: all norms are alike, and so are the scales of layers.
    """
    module = _without_initial_weights(name) or PEERS[name]().double()
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            if not tensor.is_floating_point():
                if name.endswith("num_batches_tracked"):
                    tensor.zero_()
            elif tensor.dim() < 2:
                low = 0.5 if name.endswith(("weight", "running_var")) else -0.5
                tensor.uniform_(low, low + 1, generator=draw)
            else:
                bound = (3 / tensor[0].numel()) ** 0.5
                tensor.uniform_(-bound, bound, generator=draw)
    return module


def _without_initial_weights(name: str) -> nn.Module | None:
    """The module made without the time that initial weights take; None where there is more to it than weights."""
    try:
        with torch.device("meta"):
            module = PEERS[name]()
    except NotImplementedError:  # it computes with tensors while it is made
        return None
    plain = all(buffer.rpartition(".")[2] in _STATISTICS for buffer, _ in module.named_buffers())
    return module.double().to_empty(device="cpu") if plain else None
