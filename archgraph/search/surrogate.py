"""A guess of how good networks are, from a few that were trained: a Gaussian process on what graphs look like.

On NAS-Bench-201 it needs less than half as many trained networks as a search guided by a forest did
(docs/decisions/surrogate.md), and it needs numpy alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Matrix: TypeAlias = NDArray[np.float64]
"""(networks, features)"""
Vector: TypeAlias = NDArray[np.float64]

LENGTHS = (0.5, 1.0, 2.0, 4.0)
"""Length scales that are tried, times the median distance between trained networks."""
SAME = 1e-6
"""Distances up to this are rounding."""
NOISES = (0.01, 0.03, 0.1, 0.3)
"""Parts of the variance that may be noise of the training."""


@dataclass(frozen=True)
class Guess:
    """Mean and spread for each network, in the units of the targets, and the best mean among those trained."""

    mean: Vector
    spread: Vector
    best: float

    def improvement(self) -> Vector:
        """Expected improvement upon the best (Jones et al. 1998); the best is a mean too, since scores are noisy."""
        gap = (self.mean - self.best) / self.spread
        density = np.exp(-gap * gap / 2) / math.sqrt(2 * math.pi)
        below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in gap])
        improvement: Vector = self.spread * (gap * below + density)
        return improvement


def guess(known: Matrix, targets: Vector, asked: Matrix) -> Guess:
    """What a Gaussian process with a Matern 3/2 kernel says of the networks `asked`, larger being better.

    Length scale and noise are those of the largest marginal likelihood (Rasmussen and Williams 2006, chapter 5).
    """
    center, scale = targets.mean(), targets.std() or 1.0
    values = (targets - center) / scale
    apart = _distances(known, known)
    pairs = apart[np.triu_indices(len(known), 1)]
    median = float(np.median(pairs[pairs > SAME])) if (pairs > SAME).any() else 1.0
    length, variance, spectrum, basis = _fitted(apart / median, values)
    weights = (basis.T @ values) / spectrum
    near = _kernel(_distances(asked, known) / (length * median)) @ basis
    spread = np.sqrt(variance * np.maximum(1 - (near**2 / spectrum).sum(axis=1), 1e-6))
    own = _kernel(apart / (length * median)) @ basis @ weights
    return Guess(near @ weights * scale + center, spread * scale, float(own.max()) * scale + float(center))


def _fitted(apart: Matrix, values: Vector) -> tuple[float, float, Vector, Matrix]:
    """Length, variance, and the eigenvalues and -vectors of the kernel with its noise."""
    best: tuple[float, float, float, Vector, Matrix] | None = None
    for length in LENGTHS:
        eigenvalues, basis = np.linalg.eigh(_kernel(apart / length))
        power = (basis.T @ values) ** 2
        for noise in NOISES:
            spectrum = np.maximum(eigenvalues, 0) + noise
            variance = float((power / spectrum).mean()) or 1.0
            likelihood = -0.5 * len(values) * math.log(variance) - 0.5 * float(np.log(spectrum).sum())
            if best is None or likelihood > best[0]:
                best = likelihood, length, variance, spectrum, basis
    assert best is not None
    return best[1:]


def _distances(one: Matrix, other: Matrix) -> Matrix:
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    distances: Matrix = np.sqrt(np.maximum(squares, 0))
    return distances


def _kernel(distance: Matrix) -> Matrix:
    scaled = math.sqrt(3) * distance
    kernel: Matrix = (1 + scaled) * np.exp(-scaled)
    return kernel


def focused(values: Vector) -> Vector:
    """Targets with the worst third lifted to about the distance that the best tenth has from it: how bad a bad network
    is says little of which of the good ones is best."""
    low, high = np.quantile(values, 0.3), np.quantile(values, 0.9)
    lifted: Vector = np.maximum(values, low - (high - low))
    return lifted


def scaled(features: Matrix) -> Matrix:
    """Columns of mean 0 and deviation 1; constant columns become 0."""
    spread = features.std(axis=0)
    columns: Matrix = (features - features.mean(axis=0)) / np.where(spread > 1e-12, spread, 1.0)
    return columns
