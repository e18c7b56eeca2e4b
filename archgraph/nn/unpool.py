"""Max pooling undone, in operations that can be traced and scripted, as torch.nn.MaxUnpool2d cannot.

b batch, c channels, p the axes of pixels (height and width, or length) of the pooled map, q those of the output.
"""

from __future__ import annotations

from torch import Tensor, nn


class MaxUnpool(nn.Module):
    """`(B, C, P...), indices (B, C, P...) -> (B, C, Q...)`: each value at its index, zeros elsewhere.

    Kernel, stride and padding of the pool give the output size, one value an axis.
    """

    def __init__(self, kernel: list[int], stride: list[int], padding: list[int]) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, padding

    def forward(self, x_bcp: Tensor, indices_bcp: Tensor) -> Tensor:
        size: list[int] = []
        for axis, (kernel, stride, padding) in enumerate(zip(self.kernel, self.stride, self.padding), 2):  # noqa: B905
            size.append((x_bcp.shape[axis] - 1) * stride - 2 * padding + kernel)
        return unpooled(x_bcp, indices_bcp, size)

    def extra_repr(self) -> str:
        return f"kernel={self.kernel}, stride={self.stride}, padding={self.padding}"


class MaxUnpoolTo(nn.Module):
    """`(B, C, P...), indices (B, C, P...) -> (B, C, *size)`."""

    def __init__(self, *size: int) -> None:
        super().__init__()
        self.size = list(size)

    def forward(self, x_bcp: Tensor, indices_bcp: Tensor) -> Tensor:
        return unpooled(x_bcp, indices_bcp, self.size)

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.size))


class MaxUnpoolLike(nn.Module):
    """`(B, C, P...), indices (B, C, P...), (B, D, Q...) -> (B, C, Q...)`: the size of another map."""

    def forward(self, x_bcp: Tensor, indices_bcp: Tensor, other_bdq: Tensor) -> Tensor:
        return unpooled(x_bcp, indices_bcp, list(other_bdq.shape[2:]))


def unpooled(x_bcp: Tensor, indices_bcp: Tensor, size: list[int]) -> Tensor:
    """The values at their places in a map of this size. Windows that overlap may name a place twice, with one value."""
    total = 1
    for length in size:
        total *= length
    flat_bcq = x_bcp.new_zeros([x_bcp.shape[0], x_bcp.shape[1], total])
    flat_bcq = flat_bcq.scatter(2, indices_bcp.flatten(2), x_bcp.flatten(2))
    return flat_bcq.reshape([x_bcp.shape[0], x_bcp.shape[1]] + size)  # noqa: RUF005 - TorchScript knows no star
