"""Augmentation: what comes out is the image, moved, mirrored or with a hole, and its mask likewise."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import pad

from archgraph.train.augment import augmented

pytestmark = pytest.mark.torch


def order(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int = 64, size: int = 16) -> torch.Tensor:
    """No two pixels alike."""
    return torch.arange(1, count * 3 * size * size + 1, dtype=torch.float32).reshape(count, 3, size, size)


def test_a_crop_is_the_image_moved_by_at_most_an_eighth() -> None:
    x = images()
    moved, _ = augmented(x, torch.zeros(64), ["crop"], order())
    padded = pad(x, (2,) * 4, mode="replicate")
    offsets = set()
    for image, around in zip(moved, padded, strict=True):
        views = {(r, c): around[:, r : r + 16, c : c + 16] for r in range(5) for c in range(5)}
        (found,) = (at for at, view in views.items() if torch.equal(image, view))
        offsets.add(found)
    assert len(offsets) > 12 and {r for r, _ in offsets} == {c for _, c in offsets} == set(range(5))


def test_about_half_of_the_images_are_mirrored() -> None:
    x = images()
    flipped, labels = augmented(x, torch.arange(64), ["flip"], order())
    mirrored = [torch.equal(new, old.flip(2)) for new, old in zip(flipped, x, strict=True)]
    same = [torch.equal(new, old) for new, old in zip(flipped, x, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True)) and 20 < sum(mirrored) < 44
    assert torch.equal(labels, torch.arange(64))


def test_a_cutout_is_a_square_of_zeros_that_may_hang_over_the_edge() -> None:
    x = images()
    cut, _ = augmented(x, torch.zeros(64), ["cutout"], order())
    sizes = set()
    for new, old in zip(cut, x, strict=True):
        gone = (new == 0).all(0)
        assert torch.equal(new[:, ~gone], old[:, ~gone])
        rows, columns = gone.any(1).nonzero().flatten(), gone.any(0).nonzero().flatten()
        assert gone.sum() == len(rows) * len(columns)
        assert len(rows) == rows[-1] - rows[0] + 1 <= 4 and len(columns) == columns[-1] - columns[0] + 1 <= 4
        sizes.add((len(rows), len(columns)))
    assert (4, 4) in sizes and len(sizes) > 1


@pytest.mark.parametrize("names", [["flip"], ["crop"], ["flip", "crop", "cutout"]])
def test_a_mask_goes_with_its_image(names: list[str]) -> None:
    x = images()
    new, mask = augmented(x, x[:, 0].clone(), names, order())
    left = new[:, 0] != 0
    assert torch.equal(new[:, 0][left], mask[left]) and not torch.equal(mask, x[:, 0])
    assert ("cutout" in names) == (not left.all())


def test_nothing_is_changed_where_nothing_is_asked() -> None:
    x, y = images(), torch.arange(64)
    new, labels = augmented(x, y, [], order())
    assert new is x and labels is y


def test_the_same_state_gives_the_same_changes() -> None:
    names = ["flip", "crop", "cutout"]
    first, second, other = (augmented(images(), torch.zeros(64), names, order(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(first, second) and not torch.equal(first, other)
