"""The op of docs/adding-an-op.md is one that the contract test would take."""

from __future__ import annotations

from types import ModuleType

import pytest

from archgraph.ops.base import Primitive

pytestmark = pytest.mark.torch


def test_the_op_on_the_page_agrees_with_torch(pages: ModuleType) -> None:
    import torch
    from lowered import lowered

    page = pages.ROOT / "docs" / "adding-an-op.md"
    (source,) = (block.text for block in pages.blocks(page) if "op" in block.words)
    names: dict[str, object] = {"__name__": "page"}
    exec(compile(source, str(page), "exec", dont_inherit=True), names)
    (defined,) = pages.ops_in(names)
    for example in defined.examples:
        op = defined.model_validate(example.args)
        assert isinstance(op, Primitive)
        given = torch.arange(float(torch.Size(example.inputs[0]).numel())).reshape(1, *example.inputs[0])
        out = lowered(op, example.inputs)(given)
        assert tuple(out.shape[1:]) == op.shape(*example.inputs)
        pieces, count = example.args["pieces"], example.inputs[0][0]
        wanted = [given[:, n : n + pieces].amax(1) for n in range(0, count, pieces)]
        assert torch.equal(out, torch.stack(wanted, 1))
