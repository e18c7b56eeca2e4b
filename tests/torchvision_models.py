"""`torchvision.models`, also where torchvision's compiled operators do not load.

A wheel's operators are built against one torch (usually a CUDA one); beside another, the import of torchvision
stops at the shape rules it registers for them. No classifier calls these operators, so their schemas are enough.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_LIBRARY: list[torch.library.Library] = []  # schemas go when their library object does


def torchvision_models() -> ModuleType:
    """The module `torchvision.models`; a test that asks for it is skipped where torchvision is not installed."""
    package = importlib.util.find_spec("torchvision")
    if package is None or package.origin is None:
        pytest.skip("torchvision is not installed")
    if not _LIBRARY and not _operators_load(Path(package.origin).parent):
        library = torch.library.Library("torchvision", "DEF")
        for schema in _SCHEMAS:
            library.define(schema)
        _LIBRARY.append(library)
    return importlib.import_module("torchvision.models")


def _operators_load(folder: Path) -> bool:
    """Whether the wheel's operators fit this torch; they are loaded if so."""
    try:
        for path in folder.glob("_C*.so"):
            torch.ops.load_library(path)
    except OSError:
        return False
    return hasattr(torch.ops.torchvision, "qnms")
