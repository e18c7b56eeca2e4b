"""`torchvision.models`, also where torchvision's compiled operators do not load.

A wheel's operators are built against one torch (usually a CUDA one); beside another, the import of
torchvision stops at the shape rules it registers for them. No classifier calls these operators, so their
schemas are enough.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

TWINS: dict[str, tuple[str, dict[str, Any]]] = {
    "alexnet_owt": ("alexnet", {}),
    "vgg16": ("vgg16", {}),
    "vgg16_bn": ("vgg16_bn", {}),
    "googlenet_bn": (
        "googlenet",
        {"init_weights": False, "aux_logits": True, "transform_input": False},
    ),
    "resnet18": ("resnet18", {}),
    "resnet34": ("resnet34", {}),
    "resnet50": ("resnet50", {}),
    "densenet121": ("densenet121", {}),
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
    module: nn.Module = getattr(torchvision_models(), constructor)(**arguments)
    return module


def _operators_load(folder: Path) -> bool:
    """Whether the wheel's operators fit this torch; they are loaded if so."""
    try:
        for path in folder.glob("_C*.so"):
            torch.ops.load_library(path)
    except OSError:
        return False
    return hasattr(torch.ops.torchvision, "qnms")
