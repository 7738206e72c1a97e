"""Whether predicted uncertainties are true: coverage, calibration, and one way to mend them.

Every function takes the predictive **standard deviation** in the target's unit, never the
variance. A library that returns variances needs a square root first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

_LEVELS = np.linspace(0, 1, 21)


def coverage(
    y: ArrayLike, mean: ArrayLike, std: ArrayLike, *, levels: ArrayLike
) -> NDArray[np.float64]:
    r"""Share of observations inside the central Gaussian interval of each level.

    Inside means :math:`|y - \mu| \le z_p \sigma` with :math:`z_p = \Phi^{-1}((1 + p) / 2)`;
    an honest model has coverage :math:`p` at level :math:`p`.

    Args:
        y: Observed values, shape ``(n_samples,)``.
        mean: Predictive mean, same shape and unit.
        std: Predictive standard deviation (not variance), same shape and unit, not negative.
        levels: Probabilities between 0 and 1, shape ``(n_levels,)``.

    Returns:
        Coverage per level, shape ``(n_levels,)``.

    Raises:
        ValueError: if shapes differ, a ``std`` is negative or a level is no probability.
    """
    wanted = np.asarray(levels, dtype=float)
    if wanted.ndim != 1 or not ((wanted >= 0) & (wanted <= 1)).all():
        raise ValueError("levels: expected a vector of probabilities between 0 and 1")
    needed = needed_levels(y, mean, std)
    inside = np.searchsorted(np.sort(needed), wanted, side="right")
    return np.asarray(inside / needed.size, dtype=float)


def needed_levels(y: ArrayLike, mean: ArrayLike, std: ArrayLike) -> NDArray[np.float64]:
    r"""Level of the smallest central interval that holds each observation.

    :math:`p_i = 2 \Phi(|y_i - \mu_i| / \sigma_i) - 1`, shape ``(n_samples,)``; uniform on
    [0, 1] for an honest model. Where ``std`` is 0 it is 0 for a hit and 1 for a miss.

    Args:
        y: Observations, shape ``(n_samples,)``.
        mean: Predictive mean, same shape and unit.
        std: Predictive standard deviation, same shape and unit, not negative.

    Raises:
        ValueError: as :func:`coverage`.
    """
    observed, centre, spread = _checked(y, mean, std)
    error = np.abs(observed - centre)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(error == 0, 0.0, error / spread)
    return np.asarray(1 - 2 * scipy.stats.norm.sf(z), dtype=float)


@dataclass(frozen=True, kw_only=True)
class CalibrationCurve:
    """Coverage against level, with the band that chance alone allows an honest model."""

    levels: NDArray[np.float64]
    coverage: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    miscalibration_area: float


def calibration_curve(
    y: ArrayLike,
    mean: ArrayLike,
    std: ArrayLike,
    *,
    levels: ArrayLike = _LEVELS,
    band: float = 0.95,
) -> CalibrationCurve:
    """Coverage at many levels: on the diagonal if honest, below if overconfident.

    ``low`` and ``high`` bound, level by level, where the coverage of an honest model falls with
    probability ``band`` when the samples are independent (binomial quantiles).

    Args:
        y: Observations, shape ``(n_samples,)``.
        mean: Predictive mean, same shape and unit.
        std: Predictive standard deviation, same shape and unit, not negative.
        levels: Shape ``(n_levels,)``, between 0 and 1.
        band: Probability of the band, between 0 and 1.

    Raises:
        ValueError: as :func:`coverage`, or if the band is no probability.
    """
    if not 0 < band < 1:
        raise ValueError(f"band: expected a probability between 0 and 1, got {band}")
    wanted = np.asarray(levels, dtype=float)
    observed = coverage(y, mean, std, levels=wanted)
    n_samples = np.asarray(y).size
    low, high = (
        scipy.stats.binom.ppf(tail, n_samples, wanted) / n_samples
        for tail in ((1 - band) / 2, (1 + band) / 2)
    )
    return CalibrationCurve(
        levels=wanted,
        coverage=observed,
        low=np.clip(low, 0, 1),
        high=np.clip(high, 0, 1),
        miscalibration_area=miscalibration_area(y, mean, std),
    )


def miscalibration_area(y: ArrayLike, mean: ArrayLike, std: ArrayLike) -> float:
    r"""Area between the calibration curve and the diagonal: 0 is honest, 0.5 the worst.

    :math:`\int_0^1 |C(p) - p| \, dp`, exactly and without a grid: it is the distance between
    the sorted needed levels :math:`p_{(i)}` and uniform quantiles,
    :math:`\sum_i \int_{(i-1)/n}^{i/n} |p_{(i)} - q| \, dq`.

    Args:
        y: Observations, shape ``(n_samples,)``.
        mean: Predictive mean, same shape and unit.
        std: Predictive standard deviation, same shape and unit, not negative.

    Raises:
        ValueError: as :func:`coverage`.
    """
    needed = np.sort(needed_levels(y, mean, std))
    edges = np.arange(needed.size + 1) / needed.size
    left, right = edges[:-1] - needed, edges[1:] - needed
    # The integral of |t| is t |t| / 2.
    return float(np.sum(right * np.abs(right) - left * np.abs(left)) / 2)


def fit_std_scale(y: ArrayLike, mean: ArrayLike, std: ArrayLike) -> float:
    r"""Factor for all standard deviations that makes held-out observations most likely.

    :math:`s^2 = \frac{1}{n} \sum_i (y_i - \mu_i)^2 / \sigma_i^2`, the maximum of the Gaussian
    likelihood :cite:`laves2020`: above 1 the model was overconfident. Fit it on data that
    trained nothing, then judge ``s * std`` on data that fitted nothing.

    Args:
        y: Observations, shape ``(n_samples,)``.
        mean: Predictive mean, same shape and unit.
        std: Predictive standard deviation, same shape and unit, not negative.

    Raises:
        ValueError: as :func:`coverage`, or if a ``std`` is 0 (no factor can widen it).
    """
    observed, centre, spread = _checked(y, mean, std)
    if not (spread > 0).all():
        raise ValueError("std: expected positive numbers, a standard deviation of 0 cannot scale")
    return float(np.sqrt(np.mean(((observed - centre) / spread) ** 2)))


def _checked(*arrays: ArrayLike) -> Sequence[NDArray[np.float64]]:
    y, mean, std = (np.asarray(array, dtype=float) for array in arrays)
    if y.ndim != 1 or y.size == 0 or not y.shape == mean.shape == std.shape:
        shapes = f"{y.shape}, {mean.shape}, {std.shape}"
        raise ValueError(f"y, mean, std: expected one shape (n_samples,), got {shapes}")
    if not all(np.isfinite(array).all() for array in (y, mean, std)):
        raise ValueError("y, mean, std: expected finite numbers, got NaN or infinity")
    if (std < 0).any():
        raise ValueError("std: expected standard deviations, got a negative number")
    return y, mean, std
