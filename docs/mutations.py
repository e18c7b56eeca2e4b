"""The pictures of the page of mutations: `python docs/mutations.py` draws what each example's child has new.

A picture has both networks: red goes, green comes, amber has another argument; what is far from it is one box.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import archgraph
from archgraph.pictures.comparison import difference_drawing
from archgraph.pictures.picture import Drawing
from archgraph.search.applying import apply

IMAGES = Path(__file__).parent / "images" / "mutations"


@dataclass(frozen=True)
class Example:
    """A change that shows well: the network, the seed, and the second parent of a crossover."""

    parent: str
    seed: int
    mate: str | None = None


EXAMPLES = {
    "width": Example("cifar_resnet8", 0),
    "depth": Example("cifar_resnet8", 0),
    "kernel": Example("cifar_resnet8", 0),
    "stride": Example("cifar_resnet8", 0),
    "groups": Example("vgg11_bn", 4),
    "dilation": Example("vgg11_bn", 0),
    "activation": Example("cifar_resnet8", 0),
    "norm": Example("cifar_resnet8", 0),
    "attention": Example("cifar_resnet8", 1),
    "pool": Example("resnet50", 1),
    "block": Example("cifar_resnet8", 4),
    "branch": Example("googlenet_bn", 3),
    "skip": Example("cifar_resnet8", 1),
    "dense": Example("densenet121", 3),
    "order": Example("cifar_resnet8", 1),
    "resolution": Example("cifar_resnet8", 0),
    "choice": Example("nasbench201", 0),
    "crossover": Example("cifar_resnet8", 0, mate="mobilenet_v1"),
}


def picture(operator: str) -> Drawing:
    """The example of one mutation: its parent and its child in one picture."""
    example = EXAMPLES[operator]
    parent = archgraph.load(example.parent)
    mate = archgraph.load(example.mate) if example.mate else None
    made = apply(parent, [operator], seed=example.seed, mate=mate)
    child = archgraph.loads(made.text)
    return difference_drawing(archgraph.expand(parent), archgraph.expand(child), legend=False)


def main() -> None:
    """Draw all of them."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for operator in EXAMPLES:
        picture(operator).save(IMAGES / f"{operator}.svg")


if __name__ == "__main__":
    main()
