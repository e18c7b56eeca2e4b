"""Images and labels where they are used: on the device when they fit, else in memory and brought there by the batch."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from archgraph.train.dataset import Split

SHARE = 0.4
"""Of the free memory of a GPU, what the images of one part may take; the rest is for the network."""
_KNOWN: WeakKeyDictionary[Split, dict[torch.device, Placed]] = WeakKeyDictionary()


class Placed:
    """One part of a data set on a device; `batch` gives images as networks see them."""

    def __init__(self, split: Split, device: torch.device) -> None:
        self.device = device
        images, labels = torch.from_numpy(split.images), torch.from_numpy(split.labels)
        there = device if device.type != "cuda" or fits(images, device) else torch.device("cpu")
        self.images, self.labels = images.to(there), labels.to(there)
        self.mean_c11 = torch.from_numpy(split.mean).to(device)[:, None, None]
        self.scale_c11 = 1 / torch.from_numpy(split.deviation).to(device)[:, None, None]

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, chosen: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Images `(B, C, H, W)`, float32 of mean 0 and deviation 1, and labels `(B,)` or masks `(B, H, W)`, int64.

        Without a wait for the device where everything is on it.
        """
        if isinstance(chosen, Tensor):
            chosen = chosen.to(self.images.device)
        images, labels = self.images[chosen].to(self.device), self.labels[chosen].to(self.device)
        return (images.float() - self.mean_c11) * self.scale_c11, labels.long()


def placed(split: Split, device: torch.device) -> Placed:
    """A part of a data set on a device, brought there once for all trainings of a process."""
    known = _KNOWN.setdefault(split, {})
    if device not in known:
        known[device] = Placed(split, device)
    return known[device]


def fits(images: Tensor, device: torch.device) -> bool:
    """Whether there is room for the images on a GPU beside what networks need."""
    free, _ = torch.cuda.mem_get_info(device)
    return images.nbytes <= free * SHARE
