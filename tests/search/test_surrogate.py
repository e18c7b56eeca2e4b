"""The Gaussian process against scikit-learn's, and expected improvement against an integral."""

from __future__ import annotations

import math

import numpy as np
import pytest

from archgraph.search.surrogate import Guess, focused, guess, scaled


def _data(count: int = 40, asked: int = 25) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    known, others = rng.normal(size=(count, 4)), rng.normal(size=(asked, 4))
    return known, np.sin(known[:, 0]) + 0.5 * known[:, 1] + 0.1 * rng.normal(size=count), others


def test_mean_and_spread_are_those_of_scikit_learn() -> None:
    gaussian_process = pytest.importorskip("sklearn.gaussian_process")
    from sklearn.gaussian_process.kernels import Matern
    from sklearn.metrics import pairwise_distances

    known, targets, asked = _data()
    found = guess(known, targets, asked)
    apart = pairwise_distances(known)
    median = float(np.median(apart[np.triu_indices(len(known), 1)]))
    values = (targets - targets.mean()) / targets.std()
    best = None
    # The same grid, with the variance of the largest likelihood for each point of it.
    for length in (0.5, 1.0, 2.0, 4.0):
        for noise in (0.01, 0.03, 0.1, 0.3):
            kernel = Matern(length * median, nu=1.5)
            covariance = kernel(known) + noise * np.eye(len(known))
            variance = float(values @ np.linalg.solve(covariance, values)) / len(values)
            model = gaussian_process.GaussianProcessRegressor(variance * kernel, alpha=variance * noise, optimizer=None)
            model.fit(known, values)
            likelihood = model.log_marginal_likelihood(model.kernel_.theta)
            if best is None or likelihood > best[0]:
                best = likelihood, model
    assert best is not None
    mean, spread = best[1].predict(asked, return_std=True)
    assert found.mean == pytest.approx(mean * targets.std() + targets.mean(), abs=1e-8)
    assert found.spread == pytest.approx(spread * targets.std(), rel=1e-5)
    assert found.best == pytest.approx((best[1].predict(known) * targets.std() + targets.mean()).max(), abs=1e-8)


def test_expected_improvement_is_the_mean_of_what_is_gained() -> None:
    mean, spread = np.array([0.2, 0.9, 1.4]), np.array([0.5, 0.1, 0.3])
    steps = np.linspace(-12, 12, 200_001)
    density = np.exp(-(steps**2) / 2) / math.sqrt(2 * math.pi)
    for index, improvement in enumerate(Guess(mean, spread, 1.0).improvement()):
        gains = np.maximum(mean[index] + spread[index] * steps - 1.0, 0)
        assert improvement == pytest.approx(np.trapezoid(gains * density, steps), rel=1e-6)


def test_networks_that_look_alike_and_scores_that_are_equal_are_no_trouble() -> None:
    alike = guess(np.zeros((5, 3)), np.arange(5.0), np.zeros((2, 3)))
    assert np.isfinite(alike.improvement()).all() and alike.mean == pytest.approx(2.0, abs=0.5)
    known, _, asked = _data()
    equal = guess(known, np.ones(len(known)), asked)
    assert equal.mean == pytest.approx(1.0) and np.isfinite(equal.improvement()).all()


def test_very_bad_scores_do_not_stretch_the_scale_of_the_good_ones() -> None:
    values = np.array([0.1, 0.1, 0.6, 0.88, 0.89, 0.9, 0.91, 0.915, 0.92, 0.925])
    lifted = focused(values)
    assert (lifted[3:] == values[3:]).all()
    assert len(set(lifted[:3])) == 1 and 0.6 < lifted[0] < 0.88


def test_columns_are_scaled_and_constant_ones_say_nothing() -> None:
    columns = scaled(np.array([[1.0, 5.0], [3.0, 5.0]]))
    assert columns.tolist() == [[-1.0, 0.0], [1.0, 0.0]]
