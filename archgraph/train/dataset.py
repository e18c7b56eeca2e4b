"""What a data set is: images and labels as arrays in three parts, the shape of an image, and what is to be learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from archgraph.errors import UsageError
from archgraph.shape import Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Images: TypeAlias = NDArray[Any]
    Labels: TypeAlias = NDArray[Any]
    Channels: TypeAlias = NDArray[np.float32]

Part: TypeAlias = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
Task: TypeAlias = Literal["classification", "segmentation"]
IGNORED = 255
"""The label of pixels that count neither in the loss nor in a score, as in PASCAL VOC's masks."""


class DataError(UsageError):
    """Data that cannot be used: what is wrong, what would help, and which key of `data:` is to blame."""

    def __init__(self, message: str, *, hint: str = "", path: tuple[str, ...] = (), at_key: bool = False) -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint, self.path, self.at_key = message, hint, path, at_key


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set.

    `images` is `(N, C, H, W)`, bytes or float32, as stored; `(images - mean) / deviation`, with one number a channel,
    is what networks see: mean 0 and deviation 1 over the training images. `labels` is `(N,)`, or `(N, H, W)` for masks.
    """

    images: Images
    labels: Labels
    mean: Channels
    deviation: Channels

    @property
    def scaled(self) -> NDArray[np.float32]:
        """The images as networks see them, float32; four times the memory of bytes."""
        import numpy as np

        found: NDArray[np.float32] = self.images.astype(np.float32)
        found -= self.mean[:, None, None]
        found /= self.deviation[:, None, None]
        return found


@dataclass(frozen=True)
class DataSource:
    """A data set: the shape of an image, the number of classes, and how to get it.

    `given` is what `data:` says, its paths absolute: it finds the same data from any folder. `needs` is the module
    it is read with, `install` what installs that.
    """

    about: str
    shape: Shape
    classes: int
    load: Callable[[], Mapping[Part, Split]]
    needs: str = ""
    install: str = ""
    task: Task = "classification"
    given: str | Mapping[str, Any] = field(default="")

    def missing(self) -> str | None:
        """What has to be installed before it can be read; None where nothing is missing."""
        return None if not self.needs or find_spec(self.needs.split(".")[0]) else self.install


def require(module: str, kind: str, *, install: str) -> None:
    """Raises DataError where a package that some data are read with is not installed."""
    if find_spec(module) is None:
        raise DataError(f"{kind} is read with {module}, which is not installed", hint=install)
