"""Whether a network fits a data set: its input the images, its outputs the classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from archgraph.shape import Shape
from archgraph.train.dataset import DataSource


class Misfit(NamedTuple):
    """What does not fit, and the variable (or `input`) whose value would often mend it."""

    message: str
    variable: str
    value: Any


def misfits(
    name: str, taken: Shape | Mapping[str, Shape], outputs: Mapping[str, Shape], data: DataSource
) -> Iterator[Misfit]:
    """All that keeps the network `name` from being trained: `taken` is its input, `outputs` the shapes it gives.

    Classes are `(K,)`; masks `(K, H, W)` of the images' size, or `(1, H, W)` where there are two classes.
    """
    called = data.given if isinstance(data.given, str) else next(iter(data.given.values()))
    if taken != data.shape:
        shown = "several inputs" if isinstance(taken, Mapping) else list(taken)
        message = f"{name} takes {shown}, the images of {called} are {list(data.shape)}"
        yield Misfit(message, "input", list(data.shape))
    _, *size = data.shape
    for output, shape in outputs.items():
        given = f"{output} of {name} is {list(shape)}, {called} has"
        if data.task == "classification":
            if shape != (data.classes,):
                yield Misfit(f"{given} {data.classes} classes", "classes", data.classes)
        # Two classes can be told apart by one number.
        elif shape != (data.classes, *size) and not (data.classes == 2 and shape == (1, *size)):
            message = f"{given} masks of {data.classes} classes: [{data.classes}, {size[0]}, {size[1]}]"
            yield Misfit(message, "classes", data.classes)
