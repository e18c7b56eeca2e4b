"""The matrix product."""

from __future__ import annotations

from pydantic import Field

from archgraph.errors import RuleError
from archgraph.ops.arguments import Flag
from archgraph.ops.base import Example, Lowering, Primitive
from archgraph.ops.sizes import listed
from archgraph.shape import Shape, numel


class MatMul(Primitive):
    """The matrix product of two inputs, over their last two axes.

    `(M, K), (K, N) -> (M, N)`; `(C, M, K), (C, K, N) -> (C, M, N)`, a product for each C, where one may have one.
    Source: torch.matmul.
    """

    op = "matmul"
    arity = 2
    transpose_first: Flag = Field(False, description="The first input is (K, M): its last two axes change places.")
    transpose_second: Flag = Field(False, description="The second input is (N, K).")

    examples = (
        Example({}, ((6, 4), (4, 5))),
        Example({"transpose_second": True}, ((3, 49, 32), (3, 49, 32))),
        Example({"transpose_first": True}, ((8, 5, 6), (1, 5, 7))),
    )

    def shape(self, *inputs: Shape) -> Shape:
        lead, rows, _, columns = self._sizes(*inputs)
        return *lead, rows, columns

    def _sizes(self, first: Shape, second: Shape) -> tuple[Shape, int, int, int]:
        """What stands before the last two axes; rows, inner size and columns of the product."""
        if len(first) == len(second) >= 2:
            rows, inner = first[-2:] if not self.transpose_first else first[:-3:-1]
            same, columns = second[-2:] if not self.transpose_second else second[:-3:-1]
            pairs = list(zip(first[:-2], second[:-2], strict=True))
            if inner == same and all(a == b or 1 in (a, b) for a, b in pairs):
                return tuple(b if a == 1 else a for a, b in pairs), rows, inner, columns
        raise RuleError(
            f"matmul takes (M, K) and (K, N), given {listed((first, second))}",
            hint="transpose_first and transpose_second change the last two axes of an input",
            argument="from",
        )

    def macs(self, *inputs: Shape) -> int:
        lead, rows, inner, columns = self._sizes(*inputs)
        return numel(lead) * rows * inner * columns

    def lower(self, *inputs: Shape) -> Lowering:
        first = "{0}.transpose(-2, -1)" if self.transpose_first else "{0}"
        second = "{1}.transpose(-2, -1)" if self.transpose_second else "{1}"
        return Lowering(f"{first} @ {second}", overwritable=True)
