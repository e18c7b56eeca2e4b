"""The check that authors of plug-ins run: every op of ours passes it, too."""

from __future__ import annotations

import pytest

from archgraph.contract import check_op
from archgraph.ops import OPS

pytestmark = pytest.mark.torch

OF_INDICES = {"max_unpool"}
"""Ops that take whole numbers, which the check does not make."""


@pytest.mark.parametrize("name", sorted(OPS.keys() - OF_INDICES))
def test_an_op_keeps_the_contract(name: str) -> None:
    check_op(OPS[name])
