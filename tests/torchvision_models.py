"""`torchvision.models`, also where torchvision's compiled operators do not load.

A wheel's operators are built against one torch (usually a CUDA one); beside another, the import of
torchvision stops at the shape rules it registers for them. No classifier calls these operators, so their
schemas are enough.
"""

from __future__ import annotations

import importlib
import importlib.util
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

_SAME_NAME = (
    "vgg11", "vgg11_bn", "vgg13", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn", "resnet18", "resnet34", "resnet50",
    "resnet152", "wide_resnet50_2", "resnext50_32x4d", "resnext101_32x8d", "densenet121", "densenet161", "densenet201",
    "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny", "regnet_x_400mf",
    "regnet_y_400mf", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x2_0", "mnasnet0_5", "mnasnet1_0",
    "mnasnet1_3", "squeezenet1_0", "squeezenet1_1",
)  # fmt: skip
_PIXELWISE: dict[str, Any] = {"weights": None, "weights_backbone": None, "num_classes": 21}
TWINS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in _SAME_NAME},
    "alexnet_owt": ("alexnet", {}),
    "swin_tiny": ("swin_t", {}),
    "googlenet_bn": ("googlenet", {"init_weights": False, "aux_logits": True, "transform_input": False}),
    "googlenet_bn_noaux": ("googlenet", {"init_weights": False, "aux_logits": False}),
    "inception_v3": ("inception_v3", {"init_weights": False, "aux_logits": True}),
    "inception_v3_noaux": ("inception_v3", {"init_weights": False, "aux_logits": False}),
    "fcn_resnet50": ("segmentation.fcn_resnet50", {**_PIXELWISE, "aux_loss": True}),
    "fcn_resnet50_noaux": ("segmentation.fcn_resnet50", _PIXELWISE),
    "deeplabv3_resnet50": ("segmentation.deeplabv3_resnet50", {**_PIXELWISE, "aux_loss": True}),
    "deeplabv3_resnet50_noaux": ("segmentation.deeplabv3_resnet50", _PIXELWISE),
    "lraspp_mobilenet_v3_large": ("segmentation.lraspp_mobilenet_v3_large", _PIXELWISE),
}
"""Networks of the zoo that torchvision has too: its constructor and arguments."""

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_LIBRARY: list[torch.library.Library] = []  # schemas go when their library object does


def torchvision_models() -> ModuleType:
    """The module `torchvision.models`; a test that asks for it is skipped where it is not installed."""
    package = importlib.util.find_spec("torchvision")
    if package is None or package.origin is None:
        pytest.skip("torchvision is not installed")
    if not _LIBRARY and not _operators_load(Path(package.origin).parent):
        library = torch.library.Library("torchvision", "DEF")
        for schema in _SCHEMAS:
            library.define(schema)
        _LIBRARY.append(library)
    return importlib.import_module("torchvision.models")


def twin(name: str) -> nn.Module:
    """torchvision's module for a network of the zoo."""
    constructor, arguments = TWINS[name]
    module: nn.Module = attrgetter(constructor)(torchvision_models())(**arguments)
    return module


def _operators_load(folder: Path) -> bool:
    """Whether the wheel's operators fit this torch; they are loaded if so."""
    try:
        for path in folder.glob("_C*.so"):
            torch.ops.load_library(path)
    except OSError:
        return False
    return hasattr(torch.ops.torchvision, "qnms")
